import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { checkPolicy, type PoliciesModule } from '../testing/check.ts';
import { smallPipeline } from '../testing/traps.fixture.ts';
import { runProgram } from './program.ts';
import { realKit, realWorld } from './real-world.ts';
import { FakeIo, FakeKit, FakeWorld } from './world.fixture.ts';

let io: FakeIo;
let kit: FakeKit;
let folder: string;
let corpus: string;

beforeEach(() => {
  io = new FakeIo();
  kit = new FakeKit();
  folder = mkdtempSync(join(tmpdir(), 'spillway-'));
  corpus = join(folder, 'corpus');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const check = (...words: string[]): Promise<number> =>
  runProgram(['check', ...words, '--corpus', corpus], { io, world: new FakeWorld(), kit });
const tight = { ...smallPipeline({ policy: { buffer: '1kB' } }), assert: [{ metric: 'dropped' as const, atMost: 0 }] };
const { failure } = checkPolicy({ world: tight, runs: 100, seed: 1 });
const found = { saved: failure!.saved, text: failure!.text };

describe('spillway check', () => {
  it('searches for as long as asked, on all cores, and says what held', async () => {
    expect(await check('laptop', '--time', '200ms')).toBe(0);
    expect(kit.threads).toBe(2);
    expect(kit.stopped).toBe(true);
    // A fake clock is 10 ms later at each look, and is looked at twice a slice at most.
    expect(kit.slices).toBeGreaterThan(7);
    expect(kit.slices).toBeLessThan(13);
    expect(io.stdout).toBe(`HOLDS: 1 assertion, books and recovery, over ${20 * kit.slices} schedules, seed 1\n`);
    expect(existsSync(corpus)).toBe(false);
  });

  it('hands down how to search', async () => {
    const words = ['--seed', '7', '--threads', '1', '--kind', 'broker-stop', 'sink-stop', '--faults-max', '2'];
    expect(
      await check('laptop', '--time', '50ms', ...words, '--apart', '1s', '--for-max', '3s', '--settle', '9s'),
    ).toBe(0);
    expect(kit.threads).toBe(1);
    expect(kit.task).toMatchObject({
      seed: 7,
      check: 'laptop',
      fidelity: 'record',
      phases: { settle: '9s' },
      faults: { kinds: ['broker-stop', 'sink-stop'], faultsMax: 2, apart: '1s', forMax: '3s' },
    });
  });

  it('ends at a failure, tells it, and keeps it to be tried first', async () => {
    kit.found = { slice: 3, failure: found };
    expect(await check('laptop', '--time', '1h')).toBe(1);
    expect(io.stdout).toBe(`${found.text}\n`);
    expect(io.stderr).toMatch(/^spillway: broken after 60 schedules; kept in .*assertion-[0-9a-f]{12}\.json\n$/);
    const [file] = readdirSync(corpus);
    expect(JSON.parse(readFileSync(join(corpus, file!), 'utf8'))).toEqual(found.saved);

    kit.former = found;
    kit.slices = 0;
    expect(await check('laptop', '--time', '1h')).toBe(1);
    expect(kit.slices).toBe(0);
    kit.former = null;
    kit.found = null;
    io.stdout = '';
    expect(await check('laptop', '--time', '20ms')).toBe(0);
    expect(io.stdout).toContain(', 1 of them failures of former times\n');
  });

  it('stops at Ctrl-C, and says how far it came', async () => {
    kit.search = (_task, { turn }) => ({
      next: async () => {
        io.interrupt();
        await turn();
        return { schedules: 20, failure: null };
      },
      stop: async () => {
        kit.stopped = true;
      },
    });
    expect(await check('laptop', '--time', '1h')).toBe(130);
    expect(io.stderr).toBe('spillway: stopped after 20 schedules, seed 1; no promise was broken\n');
    expect(kit.stopped).toBe(true);
  });

  it('refuses bad input before it searches', async () => {
    expect(await check('lapptop')).toBe(2);
    expect(await check('laptop', '--time', 'soon')).toBe(2);
    expect(io.stderr).toContain('Expected a duration with its unit, such as 30s.');
    expect(await check('laptop', '--apart', '3')).toBe(2);
    expect(await check('laptop', '--kind', 'broker-stopp')).toBe(2);
    expect(await check('laptop', '--threads', '0')).toBe(2);
    expect(await check('laptop')).toBe(0);
    kit.found = { slice: kit.slices + 1, failure: found };
    await check('laptop');
    writeFileSync(join(corpus, 'other.json'), '{}');
    expect(await check('laptop')).toBe(2);
    expect(io.stderr).toContain('other.json: no saved case; expected one that `spillway check` has saved');
    expect(kit.slices).toBeGreaterThan(0);
  });
});

describe('spillway check and replay, on a real search', () => {
  const real = (...words: string[]): Promise<number> => runProgram(words, { io, world: realWorld, kit: realKit });

  it('finds what an assertion forbids, and tells it again to the byte', async () => {
    const file = join(folder, 'tight.yaml');
    writeFileSync(file, stringify(tight));
    io.tickMs = 1;
    expect(await real('check', file, '--threads', '1', '--time', '1h', '--corpus', corpus)).toBe(1);
    const told = io.stdout;
    expect(told).toMatch(/^broken: the scenario asserts dropped, records at most 0\n {2}seen: \d+\n/);
    expect(told).toMatch(/what became of record \d+:\n[\s\S]*dropped, buffer-full/);
    const token = /spillway replay (\S+)/.exec(told)![1]!;

    const [kept] = readdirSync(corpus);
    for (const what of [token, join(corpus, kept!)]) {
      io.stdout = '';
      io.stderr = '';
      expect(await real('replay', what)).toBe(1);
      expect(io.stdout).toBe(told);
      expect(io.stderr).toBe('');
    }
    io.stdout = '';
    expect(await real('replay', token, '--trace')).toBe(1);
    expect(io.stdout.startsWith(told)).toBe(true);
    expect(io.stdout.split('\n').length).toBeGreaterThan(told.split('\n').length + 100);

    // Mended: what broke is tried first, and holds.
    writeFileSync(file, stringify({ ...tight, ...smallPipeline({ policy: { deliveryTimeout: 'never' } }) }));
    io.stdout = '';
    expect(await real('check', file, '--threads', '1', '--time', '20ms', '--corpus', corpus)).toBe(0);
    expect(io.stdout).toContain('1 of them failures of former times');
  });

  it('replays nothing that is no failure, and sends code back to its test', async () => {
    expect(await real('replay', 'spw1-nonsense')).toBe(2);
    expect(await real('replay', join(folder, 'none.json'))).toBe(2);
    expect(io.stderr).toContain('no such file; expected a token, or a file of a corpus');
    writeFileSync(join(folder, 'code.json'), JSON.stringify({ ...found.saved, code: true }));
    expect(await real('replay', join(folder, 'code.json'))).toBe(2);
    expect(io.stderr).toContain('run its test with SPILLWAY_REPLAY=<token> in the environment');
  });

  it('replays code to the byte from the module that has it', async () => {
    const module = join(folder, 'policies.mjs');
    writeFileSync(
      module,
      `export const policies = { router: { commit: { name: 'ahead', upTo: 'fetched', dueNs: (_, lastNs) => lastNs + 1e8 } } };`,
    );
    const { policies } = (await import(module)) as PoliciesModule;
    const world = smallPipeline();
    const options = { world, ...policies, module, bounds: { loss: 0 }, runs: 500, seed: 1 };
    const { failure } = checkPolicy({ ...options, faults: { kinds: ['router-crash', 'sink-stop'] } });
    expect(failure!.command).toBe(`npx spillway replay ${failure!.token} --policies ${module}`);
    expect(await real('replay', ...failure!.command.split(' ').slice(3))).toBe(1);
    expect(io.stdout).toBe(`${failure!.text}\n`);
    expect(io.stderr).toBe('');

    // What would be taken for a policy and isn't is said.
    for (const [text, said] of [
      ['export const policy = {};', 'it exports policy; expected `policies`'],
      [
        'export const policies = { routers: {} };',
        'policies.routers; expected one of producer, router, dedupe, bounds',
      ],
      ['export const policies = ;', 'expected a JavaScript module'],
    ] as const) {
      const bad = join(folder, `${said.length}.mjs`);
      writeFileSync(bad, text);
      expect(await real('replay', failure!.token, '--policies', bad)).toBe(2);
      expect(io.stderr).toContain(said);
    }
  });
});
