import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram } from './program.ts';
import { realKit, realWorld } from './real-world.ts';
import { FakeIo } from './world.fixture.ts';

const example = join(import.meta.dirname, '../../examples/failover-drill.yaml');
const small = [
  'traffic.rate=200/s',
  'topics.count=2',
  'producers.instances=4',
  'producers.streams=8',
  'producers.policy.buffer=128KiB',
  'producers.policy.batch=1KiB',
  'run.for=150s',
].flatMap((set) => ['--set', set]);

async function drill(...words: string[]) {
  const io = new FakeIo();
  const code = await runProgram(['drill', ...words], { io, world: realWorld, kit: realKit });
  return { code, out: io.stdout, err: io.stderr };
}

it('says which step of a failover matters', async () => {
  const { code, out } = await drill(example, '--json', '--quiet', ...small);
  expect(code).toBe(0);
  const { failovers, steps } = JSON.parse(out);
  expect(failovers).toMatchObject([{ cluster: 'normal', to: 'stand-by', start: 8, create: 2 }]);
  const [as, ...slower] = steps as { step: string; lost: number; untilShifted: number; untilBack: number }[];
  const shifted = Object.fromEntries(slower.map(({ step, untilShifted }) => [step, untilShifted - as!.untilShifted]));
  const lost = Object.fromEntries(slower.map(({ step, lost: records }) => [step, records - as!.lost]));
  // Steps before the shift come one after the other: each takes its own time more.
  expect(shifted.start).toBeGreaterThan(7);
  expect(shifted.detect).toBeGreaterThan(3);
  expect([shifted.stay, shifted.repair, shifted.look]).toEqual([0, 0, 0]);
  expect(as!.lost).toBeGreaterThan(0);
  expect(lost.start).toBeGreaterThan(lost.create!);
  expect([lost.stay, lost.look, lost.repair]).toEqual([0, 0, 0]);
  expect(slower.find(({ step }) => step === 'repair')!.untilBack - as!.untilBack).toBeGreaterThan(55);
}, 120_000);

it('prints a table for people', async () => {
  const { out } = await drill(example, '--quiet', ...small, '--set', 'run.for=110s');
  expect(out).toContain('repoint producers');
  expect(out).toMatch(/most records hang on: start/);
}, 120_000);

it('wants a failover', async () => {
  const { code, err } = await drill('laptop');
  expect(code).toBe(2);
  expect(err).toContain('laptop has no failover among its faults');
});
