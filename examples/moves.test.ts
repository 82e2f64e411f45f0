/** Scenarios in which topics, clusters and regions move: each is run, holds what it asserts, and shows what it says. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, type RunResult, simulate } from '../sim/index.ts';

const run = (file: string, ...sets: string[]): RunResult => simulate(join(import.meta.dirname, file), { sets });
const failed = ({ assertions }: RunResult): string[] => assertions.filter(({ ok }) => !ok).map(({ name }) => name);
const dropped = ({ ledger }: RunResult): number => Object.values(ledger.dropped).reduce((sum, n) => sum + n, 0);

describe('a topic that moves', () => {
  it('loses nothing and comes twice nowhere, as both clusters are well', () => {
    const moved = run('topic-moves.yaml');
    expect(failed(moved)).toEqual([]);
    expect(moved.ledger.duplicates).toEqual({});
  }, 120_000);
});

describe('a drill', () => {
  it('takes the time of its steps, and drops what buffers do not hold until the shift', () => {
    const result = run('failover-drill.yaml');
    expect(failed(result)).toEqual([]);
    const [drill] = result.failovers!;
    // Every 2 s, from 0 s on: at 20 s, when the cluster goes, and twice more.
    expect(drill).toMatchObject({ detect: 4, start: 8, create: 2 });
    expect(drill!.shift).toBeGreaterThan(3);
    expect(drill!.shift).toBeLessThanOrEqual(4);
    expect(drill!.untilShifted).toBeCloseTo(14 + drill!.shift!, 9);
    // 20 s from the shift on, then until the cluster is well at 80 s, seen a second later at the most.
    expect(20 + drill!.untilShifted! + drill!.drain! + drill!.stay!).toBeGreaterThanOrEqual(80);
    expect(20 + drill!.untilShifted! + drill!.drain! + drill!.stay!).toBeLessThanOrEqual(81);
    const [before, shift, drain, after] = drill!.phases;
    expect([before!.dropped, after!.dropped, after!.lost]).toEqual([{}, {}, {}]);
    const sum = drill!.phases.reduce((all, { dropped: by }) => all + (by['buffer-full'] ?? 0), 0);
    expect(sum).toBe(dropped(result));
    expect(shift!.dropped['buffer-full']).toBeGreaterThan(10_000);
    // What was under way when the cluster went may be in both.
    expect(drain!.duplicates).toEqual(result.ledger.duplicates);
    // Where buffers hold it all, nothing is lost.
    expect(dropped(run('failover-drill.yaml', 'producers.policy.buffer=16MiB'))).toBe(0);
  }, 120_000);
});

describe('a region that is evacuated', () => {
  it('leaves its traffic to the others in proportion', () => {
    const result = run('region-evacuation.yaml', 'producers.arrivals=even');
    expect(failed(result)).toEqual([]);
    const offered = (region: string): number =>
      result.topics.filter(({ name }) => name.startsWith(region)).reduce((sum, topic) => sum + topic.offered, 0);
    // To a record or two of each stream, as each begins at a time of its own. Each region has 2,000/s. East has none for 25 s, half of it for the 10 s of the shifts.
    const each = 2000 * 62;
    expect(Math.abs(offered('east') - (each - 2000 * 30))).toBeLessThan(100);
    for (const region of ['west', 'north']) expect(Math.abs(offered(region) - (each + 1000 * 30))).toBeLessThan(100);
    // A region's brokers work as its applications offer, above what they use when idle.
    const idle = loadScenario(join(import.meta.dirname, 'region-evacuation.yaml')).clusters[0]!.broker.cpu.baseFraction;
    const busy = (name: string): number =>
      result.brokers.regions!.find((region) => region.name === name)!.cpu.mean - idle;
    const share = busy('east') / (busy('east') + busy('west') + busy('north'));
    expect(Math.abs(share - (each - 2000 * 30) / (3 * each))).toBeLessThan(0.02);
  }, 120_000);
});
