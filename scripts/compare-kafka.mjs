// `npm run compare:kafka`: builds, then runs test/kafka/compare, which tells the words it takes.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function node(...args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

node(join(root, 'scripts/build.mjs'));
node(join(root, 'dist/test/kafka/compare/main.js'), ...process.argv.slice(2));
