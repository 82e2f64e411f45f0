import fc from 'fast-check';
import type { FaultSpec } from '../../scenario/scenario.ts';

const MS = 1_000_000;

const pace = {
  throttleBytesPerSecond: fc.constantFrom(20_000, Number.MAX_SAFE_INTEGER),
  atOnce: fc.integer({ min: 1, max: 5 }),
};

/** What an operator may do to a world; to its first topic, as far as it is about one. */
export const operationsOf = (brokers: number, tenants: readonly string[]): fc.Arbitrary<FaultSpec> => {
  const cluster = fc.constant('fronting');
  const topic = fc.constant('topic-0');

  const atNs = fc.integer({ min: 0, max: 1_500 * MS });
  const each: fc.Arbitrary<FaultSpec>[] = [
    fc.record({
      kind: fc.constant('add-brokers' as const),
      atNs,
      cluster,
      brokers: fc.integer({ min: 1, max: 2 }),
      turnNs: fc.constant(50 * MS),
    }),
    fc.record({
      kind: fc.constant('add-partitions' as const),
      atNs,
      cluster,
      topic,
      partitions: fc.integer({ min: 1, max: 3 }),
      on: fc.constantFrom('new-brokers' as const, 'all-brokers' as const),
      everyNs: fc.constantFrom(0, 50 * MS),
    }),
    fc.record({
      kind: fc.constant('move-partitions' as const),
      atNs,
      cluster,
      topic: fc.constantFrom(null, 'topic-0'),
      ...pace,
    }),
    fc.record({
      kind: fc.constant('copies-change' as const),
      atNs,
      cluster,
      topic,
      replicationFactor: fc.integer({ min: 1, max: brokers }),
      ...pace,
    }),
    fc.record({ kind: fc.constant('scale-down' as const), atNs, cluster, brokers: fc.constant(1), ...pace }),
    fc.record({
      kind: fc.constant('image-replacement' as const),
      atNs,
      cluster,
      downNs: fc.integer({ min: 1 * MS, max: 900 * MS }),
      disk: fc.constantFrom('kept' as const, 'lost' as const),
    }),
    fc.record({ kind: fc.constant('retention-change' as const), atNs, topic, retentionNs: fc.constant(100 * MS) }),
    fc.record({
      kind: fc.constant('class-change' as const),
      atNs,
      topic,
      class: fc.constantFrom('low' as const, 'normal' as const, 'high' as const),
    }),
  ];
  if (tenants.length > 0) {
    each.push(
      fc.record({
        kind: fc.constant('quota-change' as const),
        atNs,
        tenant: fc.constantFrom(...tenants),
        recordsPerSecond: fc.constantFrom(undefined, 5, 500),
        bytesPerSecond: fc.constantFrom(undefined, 2_000),
      }),
    );
  }
  return fc.oneof(...each);
};
