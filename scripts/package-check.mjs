// Packs the package as npm would publish it, and uses it as a stranger would: publint and are-the-types-wrong, then an
// empty project that installs the tarball, imports every entry point (without the clients that adapters are for),
// compiles against their types and runs the command.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const scratch = mkdtempSync(join(tmpdir(), 'spillway-package-'));
const project = join(scratch, 'project');
const { version, exports, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const adapters = Object.keys(exports).filter((entry) => entry.startsWith('./adapters/'));

/** Runs a program; what it prints is shown only when it fails. */
function run(title, program, args, cwd = root) {
  process.stdout.write(`package-check: ${title} … `);
  try {
    const out = execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    process.stdout.write('ok\n');
    return out;
  } catch (error) {
    process.stdout.write(`FAILED\n${error.stdout ?? ''}${error.stderr ?? ''}\n`);
    throw new Error(`${title} failed`);
  }
}

function check(holds, message) {
  if (!holds) throw new Error(message);
}

try {
  run('build', process.execPath, [join(root, 'scripts/build.mjs')]);
  const packed = run('pack', 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', scratch]);
  const [{ filename, files }] = JSON.parse(packed);
  const tarball = join(scratch, filename);
  const paths = files.map(({ path }) => path);
  for (const needed of [
    'README.md',
    'LICENSE',
    'dist/scenario.schema.json',
    'dist/src/index.js',
    'dist/sim/index.d.ts',
    'dashboards/spillway-producer.json',
    'docs/application.md',
    'dist/sim/testing/index.d.ts',
    'dist/sim/testing/vitest.js',
  ]) {
    check(paths.includes(needed), `${needed} is not in the package`);
  }
  const stray = paths.filter(
    (path) => /\.(test|fixture)\./.test(path) || /^(src|sim|test|bench|examples)\//.test(path),
  );
  check(stray.length === 0, `these don't belong in the package: ${stray.join(', ')}`);

  run('publint', join(root, 'node_modules/.bin/publint'), [tarball, '--strict']);
  run('are the types wrong', join(root, 'node_modules/.bin/attw'), [tarball, '--profile', 'esm-only']);

  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  run(
    'install in an empty project',
    'npm',
    ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball],
    project,
  );

  writeFileSync(
    join(project, 'use.js'),
    `import * as spillway from 'spillway';
import * as sim from 'spillway/sim';
import * as kafkajs from 'spillway/adapters/kafkajs';
import * as platformatic from 'spillway/adapters/platformatic';
import { checkPolicy, WORLD_BASE } from 'spillway/testing';
import schema from 'spillway/scenario.schema.json' with { type: 'json' };
if (Object.keys(spillway).length === 0 || typeof sim.simulate !== 'function') throw new Error('entry points are empty');
for (const make of [kafkajs.kafkaJsProducer, kafkajs.kafkaJsConsumer, platformatic.platformaticProducer, platformatic.platformaticConsumer]) {
  if (typeof make !== 'function') throw new Error('an adapter is missing');
}
const world = {
  ...WORLD_BASE,
  name: 'stranger',
  clusters: { normal: { brokers: 1, replicationFactor: 1 } },
  topics: { named: { clicks: { rate: '50/s', recordBytes: '100B' } } },
};
if (!checkPolicy({ world, runs: 3 }).ok) throw new Error('a check does not run');
if (typeof schema.properties !== 'object') throw new Error('the schema has no properties');
// Adapters run without the libraries whose objects they are handed: a stranger has none of them yet.
for (const adapter of ${JSON.stringify(adapters)}) {
  const found = await import(adapter.replace(/^\\./, 'spillway'));
  if (Object.keys(found).length === 0) throw new Error(adapter + ' exports nothing');
}
`,
  );
  run('import from JavaScript', process.execPath, ['--disable-warning=ExperimentalWarning', 'use.js'], project);

  writeFileSync(
    join(project, 'use.ts'),
    `import { CLASSES, type ServiceClass } from 'spillway';
import { simulate, type RunResult } from 'spillway/sim';
import { type Bounds, losesAtMost, scenarios } from 'spillway/testing';
export const bounds: Bounds = { loss: [{ class: 'high', atMost: '1%' }] };
export const verdict: boolean = losesAtMost({ world: scenarios() }, 0).pass;
export const lowest: ServiceClass = CLASSES[0];
export const stored = (scenario: string): number => {
  const result: RunResult = simulate(scenario);
  return result.ledger.stored;
};
// @ts-expect-error a wrong type must be seen, or the declarations say nothing
export const wrong: string = simulate('laptop').ledger.stored;
`,
  );
  const flags = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', ''];
  run('compile against the types', join(root, 'node_modules/.bin/tsc'), [...flags, 'use.ts'], project);

  // With the peers beside it: types of an adapter are those of the client that is handed in.
  for (const peer of Object.keys(peerDependencies)) {
    const to = join(project, 'node_modules', peer);
    mkdirSync(dirname(to), { recursive: true });
    symlinkSync(join(root, 'node_modules', peer), to);
  }
  writeFileSync(
    join(project, 'adapters.ts'),
    `import { metrics } from '@opentelemetry/api';
import { register } from 'prom-client';
import { createProducer, type ProducerPort } from 'spillway';
import { openTelemetryMetrics } from 'spillway/adapters/opentelemetry';
import { promClientMetrics } from 'spillway/adapters/prom-client';
export function tell(port: ProducerPort): void {
  const producer = createProducer({ port });
  openTelemetryMetrics({ meter: metrics.getMeter('app'), producer }).close();
  promClientMetrics({ registry: register, producer }).close();
  // @ts-expect-error a wrong type must be seen, or the declarations say nothing
  promClientMetrics({ registry: metrics, producer });
}
`,
  );
  run('compile adapters against their peers', join(root, 'node_modules/.bin/tsc'), [...flags, 'adapters.ts'], project);

  const presets = run('run the command', 'npx', ['--no-install', 'spillway', 'presets'], project);
  check(presets.includes('keystone-2015'), `spillway presets does not list keystone-2015:\n${presets}`);
  const told = run('ask for the version', 'npx', ['--no-install', 'spillway', '--version'], project);
  check(told.trim() === version, `spillway --version says ${told.trim()}, expected ${version}`);
  console.log(`package-check: ok, ${paths.length} files`);
} catch (error) {
  console.error(`package-check: ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
