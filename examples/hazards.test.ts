/** Scenarios about what breaks around the brokers: each is run, holds what it asserts, and shows what it says. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RunResult, simulate } from '../sim/index.ts';

const run = (file: string, ...sets: string[]): RunResult => simulate(join(import.meta.dirname, file), { sets });
const failed = ({ assertions }: RunResult): string[] => assertions.filter(({ ok }) => !ok).map(({ name }) => name);
const sinkOf = ({ sinks }: RunResult, name: string) => sinks.find((sink) => sink.name === name)!;
const routeTo = ({ ledger }: RunResult, name: string) => ledger.routes.find(({ sink }) => sink === name)!;

describe('a sink that turns writes down', () => {
  it('is tried again: late, not lost', () => {
    const rejects = run('sink-rejects.yaml');
    expect(failed(rejects)).toEqual([]);
    expect(sinkOf(rejects, 'elasticsearch').rejects).toBeGreaterThan(100);
    expect(sinkOf(rejects, 's3').rejects).toBe(0);
  }, 60_000);

  it('for good blocks what is behind, until it is mended, unless its router drops it', () => {
    const blocked = run('sink-rejects.yaml', 'faults.0.manner=for-good');
    expect(failed(blocked)).toEqual([]);
    expect(sinkOf(blocked, 'elasticsearch').lagMaxSeconds).toBeGreaterThan(300);
    const dropped = run('sink-rejects.yaml', 'faults.0.manner=for-good', 'router.refused=drop');
    expect(failed(dropped)).toContain('loss at elasticsearch, records');
    expect(routeTo(dropped, 'elasticsearch').lost).toEqual({ refused: expect.any(Number) });
    expect(sinkOf(dropped, 'elasticsearch').lagMaxSeconds).toBeLessThan(60);
  }, 60_000);
});

describe('a noisy neighbour', () => {
  it('makes its host late, as far as what it leaves is too little', () => {
    const noisy = run('noisy-neighbour.yaml');
    expect(failed(noisy)).toEqual([]);
    const half = run('noisy-neighbour.yaml', 'faults.0.network=50%');
    expect(noisy.brokers.produceLatencyMs.p99).toBeGreaterThan(2 * half.brokers.produceLatencyMs.p99);
  }, 60_000);

  it('may be a consumer that reads from the beginning', () => {
    const calm = run('noisy-neighbour.yaml', 'faults.0.network=50%');
    const reader = run('noisy-neighbour.yaml', 'faults.0.network=50%', 'faults.1.rate=90MB/s');
    expect(failed(reader)).toEqual([]);
    expect(reader.brokers.produceLatencyMs.mean).toBeGreaterThan(calm.brokers.produceLatencyMs.mean);
  }, 60_000);
});

describe('a host of routers that crashes', () => {
  it('makes copies, by how long ago the last commits were', () => {
    const crash = run('router-host-crash.yaml');
    expect(failed(crash)).toEqual([]);
    expect(crash.routers.relaunches).toBe(4);
    const copies = (result: RunResult) =>
      result.ledger.routes.reduce((sum, { duplicates }) => sum + (duplicates.relaunch ?? 0), 0);
    expect(copies(run('router-host-crash.yaml', 'router.commitInterval=30s'))).toBeGreaterThan(2 * copies(crash));
    const waits = run('router-host-crash.yaml', 'faults.1.at=19s');
    const lag = (result: RunResult) => Math.max(...result.sinks.map(({ lagMaxSeconds }) => lagMaxSeconds));
    expect(lag(waits)).toBeGreaterThan(lag(crash) + 20);
  }, 60_000);
});

describe('chaos', () => {
  it('is survived by whoever waits for all copies, and each strike is on record', () => {
    const chaos = run('chaos-monkey.yaml');
    expect(failed(chaos)).toEqual([]);
    const by = (name: string) => chaos.struck!.filter((each) => each.by === name);
    expect(by('chaos-monkey').length).toBeGreaterThan(8);
    // The clock stands at half past eight when the run begins, and it works from nine on.
    expect(by('chaos-monkey').every(({ atSeconds }) => atSeconds >= 1800)).toBe(true);
    expect(by('chaos-gorilla').length).toBeGreaterThan(0);
    const one = run('chaos-monkey.yaml', 'producers.policy.acks=1');
    expect(failed(one).length).toBeGreaterThan(0);
    expect(one.struck).toEqual(chaos.struck);
    expect(run('chaos-monkey.yaml', 'faults.0.every=never').struck).toEqual(by('chaos-gorilla'));
  }, 60_000);
});

describe('an automaton that replaces brokers', () => {
  it('saves what a slow broker would have held up, if it is quick', () => {
    const healed = run('self-healing.yaml');
    expect(failed(healed)).toEqual([]);
    expect(healed.healing).toMatchObject({ detected: { right: 1, wrong: 0 }, replaced: { right: 1, wrong: 0 } });
    const alone = run('self-healing.yaml', 'healing.kind=off');
    expect(failed(alone)).toHaveLength(2);
    expect(sinkOf(alone, 's3').lagMaxSeconds).toBeGreaterThan(200);
    expect(alone.ledger.inFlight).toBeGreaterThan(0.1 * alone.ledger.offered);
    // Late, it does harm itself: what waits in the broker is lost with it.
    const late = run('self-healing.yaml', 'healing.check=10s', 'healing.hits=6', 'healing.window=10');
    expect(late.ledger.unknown).toBeGreaterThan(1_000);
  }, 60_000);

  it('does harm if it errs: records are lost that were safe', () => {
    const harm = run('self-harm.yaml');
    expect(failed(harm)).toEqual([]);
    expect(harm.healing!.replaced.right).toBe(0);
    expect(harm.healing!.replaced.wrong).toBeGreaterThan(20);
    expect(harm.struck!.every(({ by }) => by === 'self-healing')).toBe(true);
    expect(harm.ledger.lost['disk-lost']).toBeGreaterThan(10_000);
    expect(harm.ledger.lost['leader-lost']).toBeGreaterThan(0);
    const alone = run('self-harm.yaml', 'healing.kind=off');
    expect([alone.ledger.lost, alone.ledger.dropped]).toEqual([{}, {}]);
    expect(alone.healing).toBe(undefined);
    const careful = run('self-harm.yaml', 'healing.guard=in-sync', 'healing.atOnce=1');
    expect(careful.healing!.replaced.wrong).toBeGreaterThan(10);
    expect(careful.ledger.lost['disk-lost'] ?? 0).toBe(0);
    expect(run('self-harm.yaml', 'healing.hits=6', 'healing.window=10').healing!.replaced.wrong).toBe(0);
  }, 60_000);
});

describe('a surge', () => {
  it('is written by some and taken by all that can', () => {
    const surge = run('surge.yaml');
    expect(failed(surge)).toEqual([]);
    expect(sinkOf(surge, 'elasticsearch').lagMaxSeconds).toBeGreaterThan(20);
    const offered = (result: RunResult, of: string) =>
      result.topics.filter((topic) => topic.class === of).reduce((sum, topic) => sum + topic.offered, 0);
    const none = run('surge.yaml', 'faults.0.factor=0');
    expect(offered(none, 'high')).toBe(offered(surge, 'high'));
    // Of 362 s with the warm-up, 120 s count four times, or not at all.
    expect(offered(surge, 'normal') / offered(none, 'normal')).toBeCloseTo((242 + 4 * 120) / 242, 1);
  }, 60_000);
});
