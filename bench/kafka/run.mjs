// `npm run bench:kafka [-- --quick] [--client=NAME]`: builds, starts three brokers as `npm run test:kafka` does, and prints what producing
// through spillway costs beside the clients alone, and what a cluster that hangs costs.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const words = process.argv.slice(2);

if (words.includes('--built')) {
  const { run } = await import(pathToFileURL(join(root, 'dist/bench/kafka/main.js')).href);
  const client = words.find((word) => word.startsWith('--client='))?.slice('--client='.length) ?? '';
  await run({ quick: words.includes('--quick'), client });
} else {
  const build = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
  if (build.status !== 0) process.exit(build.status ?? 1);
  const args = ['--expose-gc', fileURLToPath(import.meta.url), '--built', ...words];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}
