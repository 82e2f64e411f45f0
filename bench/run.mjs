// `npm run bench [-- name …] [--quick]`: builds, then runs each bench in a process of its own, so that none inherits
// another's heap or compiled code. A bench is a file bench/<name>.ts that exports `run({ quick })` and prints a table.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const quick = words.includes('--quick');
const known = readdirSync(join(root, 'bench'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .filter((file) => /^export (async )?function run\b/m.test(readFileSync(join(root, 'bench', file), 'utf8')))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort();

if (words[0] === '--only') {
  const { run } = await import(pathToFileURL(join(root, 'dist/bench', `${words[1]}.js`)).href);
  await run({ quick });
} else {
  if (known.length === 0) throw new Error('bench: no file in bench/ exports run');
  const asked = words.filter((word) => !word.startsWith('--'));
  const strange = asked.filter((name) => !known.includes(name));
  if (strange.length > 0) {
    console.error(`bench: no ${strange.join(', ')}; there are ${known.join(', ')}`);
    process.exit(2);
  }
  build();
  let failed = 0;
  for (const name of asked.length > 0 ? asked : known) {
    console.log(`\n# ${name}${quick ? ' (quick: fewer rounds, figures are rough)' : ''}`);
    const args = ['--expose-gc', fileURLToPath(import.meta.url), '--only', name, ...(quick ? ['--quick'] : [])];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
    if (status !== 0) failed++;
  }
  process.exitCode = failed > 0 ? 1 : 0;
}

function build() {
  if (words.includes('--no-build') && existsSync(join(root, 'dist/bench'))) return;
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
