// Builds dist/: JavaScript and types of src, sim, bench and examples, and the JSON Schema that editors complete from.
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

// What was built from a file that is gone must not be packed.
rmSync(dist, { recursive: true, force: true });

const compiler = createRequire(import.meta.url).resolve('typescript/package.json');
const { bin } = JSON.parse(readFileSync(compiler, 'utf8'));
const tsc = join(dirname(compiler), typeof bin === 'string' ? bin : bin.tsc);
const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

const { scenarioJsonSchema } = await import(pathToFileURL(join(dist, 'sim/scenario/index.js')).href);
writeFileSync(join(dist, 'scenario.schema.json'), `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);

for (const path of Object.values(manifest.bin)) chmodSync(join(root, path), 0o755);
