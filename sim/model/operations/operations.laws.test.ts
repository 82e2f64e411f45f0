/** What no operation may do, whatever comes together: lose what all copies in sync had acknowledged. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FATE_DELIVERED } from '../../../src/producer/outcome.ts';
import type { FaultSpec } from '../../scenario/scenario.ts';
import { Simulation } from '../../simulation.ts';
import { MS, S, smallWorld } from '../small-world.fixture.ts';

const BROKERS = 6;
const cluster = fc.constant('fronting');
const topic = fc.constant('topic-0');
const atNs = fc.integer({ min: 300 * MS, max: 12_000 * MS });
const pace = {
  throttleBytesPerSecond: fc.constantFrom(200_000, Number.MAX_SAFE_INTEGER),
  atOnce: fc.integer({ min: 1, max: 8 }),
};

/** Several at once, and rounds of preferred leaders beside them. */
const operations: fc.Arbitrary<FaultSpec[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('add-brokers' as const),
      atNs,
      cluster,
      brokers: fc.integer({ min: 1, max: 3 }),
      turnNs: fc.constant(200 * MS),
    }),
    fc.record({
      kind: fc.constant('add-partitions' as const),
      atNs,
      cluster,
      topic,
      partitions: fc.integer({ min: 1, max: 4 }),
      on: fc.constantFrom('new-brokers' as const, 'all-brokers' as const),
      everyNs: fc.constantFrom(0, 100 * MS),
    }),
    fc.record({ kind: fc.constant('move-partitions' as const), atNs, cluster, topic: fc.constant(null), ...pace }),
    fc.record({
      kind: fc.constant('scale-down' as const),
      atNs,
      cluster,
      brokers: fc.integer({ min: 1, max: 3 }),
      ...pace,
    }),
    fc.record({
      kind: fc.constant('copies-change' as const),
      atNs,
      cluster,
      topic,
      replicationFactor: fc.integer({ min: 2, max: 5 }),
      ...pace,
    }),
    fc.record({
      kind: fc.constant('image-replacement' as const),
      atNs,
      cluster,
      downNs: fc.integer({ min: 1 * MS, max: 900 * MS }),
      disk: fc.constantFrom('kept' as const, 'lost' as const),
    }),
    fc.record({ kind: fc.constant('leader-rebalance' as const), atNs, cluster }),
  ),
  { minLength: 1, maxLength: 5 },
);

/** Acknowledged batches that no log has any more, and how far operations got. */
function lostThrough(faults: FaultSpec[], acks: -1 | 1) {
  const simulation = new Simulation(
    smallWorld({
      brokers: BROKERS,
      zones: 3,
      durationNs: 40 * S,
      metadataMaxAgeNs: 2 * S,
      topics: [{ partitions: 8, replicationFactor: 3, recordsPerSecond: 600 }],
      cluster: {
        replicationFactor: 3,
        minInsyncReplicas: 2,
        replicaLagTimeMaxNs: 300 * MS,
        replicaLagCheckNs: 150 * MS,
        // As long as it takes for some records to be there that no follower has.
        replicaFetchProcessNs: 20 * MS,
      },
      policy: { acks, retries: 50, deliveryTimeoutNs: 5 * S, lingerNs: 5 * MS, inFlight: 5 },
      faults,
    }),
  );
  const { producers, clusters, topology } = simulation;
  const before = topology.replicas.slice();
  const acknowledged: { partition: number; from: number; n: number }[] = [];
  const ended = producers.ended.bind(producers);
  producers.ended = (batch, stream, n, fate) => {
    if (fate === FATE_DELIVERED) {
      const partition = producers.courier.partitionOf(batch);
      acknowledged.push({ partition, from: producers.books.offset(batch), n });
    }
    ended(batch, stream, n, fate);
  };
  simulation.advance();
  expect(simulation.ledger.check().balanced).toBe(true);
  expect(acknowledged.length).toBeGreaterThan(100);
  const lost = acknowledged.filter(({ partition, from, n }) => {
    const tails = clusters.logs[partition].lostTails?.tails ?? [];
    return tails.some((tail) => tail.from < from + n && tail.to > from);
  });
  const { sessions } = simulation.controllers;
  const retired = Array.from({ length: BROKERS }, (_, id) => id).filter((id) => sessions.isAbsent(id)).length;
  return { lost, retired, moved: topology.replicas.some((broker, i) => broker !== before[i]) };
}

describe('what was acknowledged by all copies in sync, two of them needed', () => {
  it('is not lost by operators, whatever they do at once', () => {
    let moved = 0;
    fc.assert(
      fc.property(operations, (faults) => {
        const told = lostThrough(faults, -1);
        expect(told.lost).toEqual([]);
        if (told.moved) moved++;
      }),
      { numRuns: 25 },
    );
    expect(moved).toBeGreaterThan(3);
  }, 120_000);

  it('is not lost, nor is a copy forgotten, by brokers that leave while others do', () => {
    const down: FaultSpec = {
      kind: 'scale-down',
      atNs: 300 * MS,
      cluster: 'fronting',
      brokers: 1,
      throttleBytesPerSecond: 200_000,
      atOnce: 1,
    };
    // The second one takes a broker that the first one has in mind for partitions whose turn has not come.
    const told = lostThrough([down, down, { ...down, atNs: 900 * MS }], -1);
    expect(told.lost).toEqual([]);
    expect(told.retired).toBe(3);
  });

  it('is when only the leader has acknowledged it, and leads no longer', () => {
    const at = { cluster: 'fronting', throttleBytesPerSecond: Number.MAX_SAFE_INTEGER, atOnce: 8 };
    const down: FaultSpec = { kind: 'scale-down', atNs: 2 * S, brokers: 2, ...at };
    expect(lostThrough([down], 1).lost.length).toBeGreaterThan(0);
    expect(lostThrough([down], -1).lost).toEqual([]);
  });
});
