/** How long moves take, against closed forms. */
import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../scenario/scenario.ts';
import { Simulation } from '../../simulation.ts';
import { fronting, MS, S, smallWorld } from '../small-world.fixture.ts';

const UNBOUND = Number.MAX_SAFE_INTEGER;
const BEGINS_NS = 20 * S;

/** Seconds until all partitions of one topic have a second copy, which a change of its copies asks for; and what went into it. */
function secondCopies(how: {
  throttle?: (inBytesPerSecond: number) => number;
  partitions?: number;
  cardBytes?: number;
}) {
  const { partitions = 1, cardBytes } = how;
  const world = (throttleBytesPerSecond: number): Simulation => {
    const change: FaultSpec = {
      kind: 'copies-change',
      atNs: BEGINS_NS,
      cluster: 'fronting',
      topic: 'topic-0',
      replicationFactor: 2,
      throttleBytesPerSecond,
      atOnce: partitions,
    };
    const broker = cardBytes === undefined ? fronting.broker : { ...fronting.broker, networkBytesPerSecond: cardBytes };
    return new Simulation(
      smallWorld({
        brokers: 2,
        durationNs: 200 * S,
        topics: [{ partitions, replicationFactor: 1, recordsPerSecond: 1_000, recordBytes: 100 }],
        cluster: { replicationFactor: 1, broker },
        faults: [change],
      }),
    );
  };
  const bytesAt = (simulation: Simulation, atNs: number): number => {
    simulation.advance({ untilNs: atNs });
    return simulation.clusters.logs.slice(0, partitions).reduce((sum, log) => sum + log.endBytesAt(atNs), 0);
  };
  const quiet = world(UNBOUND);
  const early = bytesAt(quiet, BEGINS_NS / 2);
  const kept = bytesAt(quiet, BEGINS_NS);
  const inflow = ((kept - early) * 2e9) / BEGINS_NS;
  const simulation = world(how.throttle?.(inflow) ?? UNBOUND);
  const { sets } = simulation.clusters.copies;
  for (let nowNs = BEGINS_NS; ; nowNs += 10 * MS) {
    if (simulation.advance({ untilNs: nowNs })) return { seconds: Infinity, kept, inflow };
    const done = sets.slice(0, partitions).every((set) => set?.inSyncAt(nowNs) === 2);
    if (done) return { seconds: (nowNs - BEGINS_NS) / 1e9, kept, inflow };
  }
}

describe('a copy that is moved', () => {
  it.each([0.2, 0.5, 0.75])('catches up in u · t ÷ (1 − u), with u of the throttle coming in: u = %f', (u) => {
    const { seconds, kept, inflow } = secondCopies({ throttle: (bytes) => bytes / u });
    const t = kept / inflow;
    expect(Math.abs(seconds - (u * t) / (1 - u))).toBeLessThan(0.02 * seconds + 0.2);
    // The same, as bytes ÷ (throttle − inflow).
    expect(Math.abs(seconds - kept / (inflow / u - inflow))).toBeLessThan(0.02 * seconds + 0.2);
  });

  it('shares the throttle of a broker with all that catch up there', () => {
    // Two brokers lead two of the four each, and copy the others.
    const { seconds, kept, inflow } = secondCopies({ throttle: (bytes) => 2 * bytes, partitions: 4 });
    expect(Math.abs(seconds - kept / 2 / (2 * inflow - inflow / 2))).toBeLessThan(0.05 * seconds);
  });

  it('has half of the smaller of card and disk without a throttle', () => {
    const cardBytes = 800_000;
    const { seconds, kept, inflow } = secondCopies({ cardBytes });
    expect(Math.abs(seconds - kept / (cardBytes / 2 - inflow))).toBeLessThan(0.02 * seconds + 0.2);
  });

  it('never gets there under a throttle below what comes in', () => {
    expect(secondCopies({ throttle: (bytes) => 0.9 * bytes }).seconds).toBe(Infinity);
  });
});
