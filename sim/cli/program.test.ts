import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reproducible } from '../report/json.ts';
import { resultFixture } from '../report/result.fixture.ts';
import type { RunResult } from '../report/result.ts';
import { runProgram } from './program.ts';
import { FakeIo, FakeKit, FakeWorld } from './world.fixture.ts';

let io: FakeIo;
let world: FakeWorld;
let kit: FakeKit;
let folder: string;

beforeEach(() => {
  io = new FakeIo();
  world = new FakeWorld();
  kit = new FakeKit();
  folder = mkdtempSync(join(tmpdir(), 'spillway-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const spillway = (...words: string[]): Promise<number> => runProgram(words, { io, world, kit });

describe('spillway run', () => {
  it('prints the summary on standard output and nothing on standard error', async () => {
    expect(await spillway('run', 'laptop')).toBe(0);
    expect(io.stdout).toContain('HOLDS: 2 of 2 assertions');
    expect(io.stdout).toContain('spillway run laptop --seed 7\n');
    expect(io.stderr).toBe('');
  });

  it('hands every override down, and repeats it in the command that reproduces the run', async () => {
    const options = ['--seed', '42', '--for', '10s', '--fidelity', 'record', '--set', 'a.b=1', '--set', 'c=x y'];
    expect(await spillway('run', 'laptop', ...options)).toBe(0);
    expect(world.overrides).toEqual({ seed: 42, for: '10s', fidelity: 'record', sets: ['a.b=1', 'c=x y'] });
    expect(io.stdout).toContain(
      "spillway run laptop --seed 42 --for 10s --fidelity record --set a.b=1 --set 'c=x y'\n",
    );
  });

  it('with --json alone gives JSON and not a byte beside it', async () => {
    expect(await spillway('run', 'laptop', '--json')).toBe(0);
    const result = JSON.parse(io.stdout) as RunResult;
    expect(reproducible(result)).toEqual(reproducible({ ...resultFixture(), simulatedSeconds: 10 }));
    expect(result.wall.seconds).toBeGreaterThan(0);
    expect(result.wall.realTimeFactor).toBeCloseTo(10 / result.wall.seconds);
    expect(io.stderr).toBe('');
  });

  it('with --json <file> writes the file whole, and still prints the summary', async () => {
    const file = join(folder, 'result.json');
    writeFileSync(file, 'former');
    world.simulation().finish = () => {
      expect(readFileSync(file, 'utf8')).toBe('former');
      return resultFixture();
    };
    expect(await spillway('run', 'laptop', '--json', file)).toBe(0);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ scenario: 'laptop', seed: 7 });
    expect(readdirSync(folder)).toEqual(['result.json']);
    expect(io.stdout).toContain('HOLDS');
  });

  it('with --quiet says nothing when all holds, and names what does not', async () => {
    expect(await spillway('run', 'laptop', '--quiet')).toBe(0);
    expect(io.stdout + io.stderr).toBe('');
    world.running.nowNs = 0;
    world.running.changes = { assertions: [{ name: 'lag of s3', ok: false, observed: 31, bound: 30 }] };
    expect(await spillway('run', 'laptop', '--quiet')).toBe(1);
    expect(io.stdout).toBe('');
    expect(io.stderr).toBe('spillway: assertion does not hold: lag of s3: observed 31, bound 30\n');
  });

  it('ends with 1 when an assertion does not hold, and keeps JSON pure', async () => {
    world.running.changes = { assertions: [{ name: 'lag of s3', ok: false, observed: 31, bound: 30 }] };
    expect(await spillway('run', 'laptop', '--json')).toBe(1);
    expect(JSON.parse(io.stdout)).toMatchObject({ assertions: [{ ok: false }] });
    expect(io.stderr).toContain('lag of s3');
  });
});

describe('a broken invariant', () => {
  it('ends with 3 and the command that replays it, and writes nothing', async () => {
    const file = join(folder, 'result.json');
    const onSlice = (): void => {
      world.running.recordsStored = 99;
    };
    expect(await runProgram(['run', 'laptop', '--set', 'a=1', '--json', file], { io, world, kit, onSlice })).toBe(3);
    expect(io.stderr).toContain('offered 100 but accounted for 99');
    expect(io.stderr).toContain('\n  spillway run laptop --seed 7 --set a=1\n');
    expect(io.stdout).toBe('');
    expect(existsSync(file)).toBe(false);
  });

  it('is also books that say of themselves that they do not balance', async () => {
    world.running.changes = { ledger: { ...resultFixture().ledger, balanced: false } };
    expect(await spillway('run', 'laptop')).toBe(3);
    expect(io.stderr).toContain('the books do not balance');
  });

  it('is also a simulation that stands still', async () => {
    world.running.advance = () => false;
    expect(await spillway('run', 'laptop')).toBe(3);
    expect(io.stderr).toContain('stands still at 0 ns');
  });
});

describe('Ctrl-C', () => {
  it('stops after the slice, prints what was reached and ends with 130', async () => {
    const onSlice = (simulation: { nowNs: number }): void => {
      if (simulation.nowNs === 3e9) io.interrupt();
    };
    expect(await runProgram(['run', 'laptop'], { io, world, kit, onSlice })).toBe(130);
    expect(world.running.nowNs).toBe(3e9);
    expect(io.stdout).toContain('STOPPED EARLY');
    expect(io.stderr).toContain('stopped after 5.000 simulated seconds');
    expect(io.listeners.size).toBe(0);
  });

  it('writes JSON that says it is not complete', async () => {
    const file = join(folder, 'result.json');
    const onSlice = (): void => io.interrupt();
    expect(await runProgram(['run', 'laptop', '--json', file], { io, world, kit, onSlice })).toBe(130);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ complete: false });
  });

  it('in the last slice changes nothing: the run is complete', async () => {
    const onSlice = (simulation: { nowNs: number }): void => {
      if (simulation.nowNs === 10e9) io.interrupt();
    };
    expect(await runProgram(['run', 'laptop'], { io, world, kit, onSlice })).toBe(0);
  });
});

describe('the progress bar', () => {
  it('lives on standard error, on a terminal only, and leaves no trace', async () => {
    io.errIsTerminal = true;
    expect(await spillway('run', 'laptop')).toBe(0);
    expect(io.stderr).toContain('s (warm-up)');
    expect(io.stderr).toContain('x real time');
    expect(io.stderr.endsWith('\r\x1b[K')).toBe(true);
    expect(io.stdout).not.toContain('x real time');
  });

  it('is silenced by --quiet', async () => {
    io.errIsTerminal = true;
    await spillway('run', 'laptop', '--quiet');
    expect(io.stderr).toBe('');
  });
});

describe('bad input ends with 2, says what to do, and simulates nothing', () => {
  const cases: [string[], string | RegExp][] = [
    [['run', 'lapdog'], 'unknown preset lapdog; nearest: laptop'],
    [['run'], "missing required argument 'scenario'"],
    [['run', '--json', 'laptop'], 'put the scenario before --json'],
    [['run', 'laptop', '--sed', '3'], /unknown option '--sed'\n\(Did you mean .*--se[et]/],
    [['run', 'laptop', '--seed', 'x'], 'Expected a whole number from 0 to 4294967295.'],
    [['run', 'laptop', '--seed', '-1'], 'Expected a whole number'],
    [['run', 'laptop', '--seed', '4294967296'], 'Expected a whole number'],
    [['run', 'laptop', '--fidelity', 'recrod'], 'Allowed choices are record, request.'],
    [['run', 'laptop', '--set', 'seed'], 'Expected path=value'],
    [['run', 'laptop', 'extra'], 'too many arguments'],
    [['run', 'laptop', '--json', '/no/such/folder/x.json'], 'folder /no/such/folder does not exist'],
    [['run', 'laptop', '--json', '/tmp'], 'is a folder; expected a file'],
    [['rnu', 'laptop'], "unknown command 'rnu'\n(Did you mean run?)"],
    [[], 'Usage: spillway'],
    [['explain', 'producers.lingre'], 'producers.lingre is no setting'],
    [['validate', 'lapdog'], 'unknown preset lapdog'],
  ];
  it.each(cases)('%j', async (words, message) => {
    expect(await spillway(...words)).toBe(2);
    if (typeof message === 'string') expect(io.stderr).toContain(message);
    else expect(io.stderr).toMatch(message);
    expect(io.stdout).toBe('');
    expect(world.running.events).toBe(0);
  });
});

describe('the other commands', () => {
  it('validate says what a scenario amounts to', async () => {
    expect(await spillway('validate', 'laptop', '--set', 'a=1')).toBe(0);
    expect(world.overrides).toEqual({ sets: ['a=1'] });
    expect(io.stdout).toContain('laptop is valid');
    expect(io.stdout).toContain('2 topics, 60 streams of 12 producers');
    expect(io.stdout).toContain('2 clusters of 6 brokers');
  });

  it('init writes the template once, and replaces it only by force', async () => {
    const file = join(folder, 'plan.yaml');
    expect(await spillway('init', file)).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('extends: laptop\n');
    writeFileSync(file, 'mine');
    expect(await spillway('init', file)).toBe(2);
    expect(io.stderr).toContain('is there already; --force replaces it');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await spillway('init', file, '--force')).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe('extends: laptop\n');
    expect(await spillway('init', join(folder, 'no', 'plan.yaml'))).toBe(2);
  });

  it('presets lists names and what they are', async () => {
    expect(await spillway('presets')).toBe(0);
    expect(io.stdout).toBe('laptop         small\nkeystone-2015  8 M/s\n');
  });

  it('explain gives meaning, unit, default and source', async () => {
    expect(await spillway('explain', 'producers.linger')).toBe(0);
    expect(io.stdout.split('\n')).toEqual([
      'producers.linger',
      '  How long a batch waits.',
      '  write: a duration, such as 250ms',
      '  default: 5ms',
      '  source: AK linger.ms',
      '  default with Kafka 0.8.2: 0ms',
      '  in keystone-2015: 100ms (a guess: all of them)',
      '',
    ]);
  });

  it('help and version are no failure, and help names the exit codes', async () => {
    expect(await spillway('--help')).toBe(0);
    expect(io.stdout).toContain('Exit codes:');
    expect(await spillway('--version')).toBe(0);
    expect(io.stdout).toMatch(/\d+\.\d+\.\d+\n$/);
  });
});
