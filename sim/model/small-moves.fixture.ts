/** Moves of the topic `topic-0` and of the cluster `fronting` to the stand-by `spare`, quick ones. */
import fc from 'fast-check';
import type { FaultSpec } from '../scenario/scenario.ts';

const MS = 1_000_000;

export function movesWithin(atNs: fc.Arbitrary<number>): fc.Arbitrary<FaultSpec>[] {
  return [
    fc.record({
      kind: fc.constant('topic-move' as const),
      atNs,
      topic: fc.constant('topic-0'),
      to: fc.constantFrom('spare', 'fronting'),
      createNs: fc.constantFrom(0, 50 * MS),
      pollNs: fc.constantFrom(1, 200 * MS),
    }),
    fc.record({
      kind: fc.constant('failover' as const),
      atNs,
      cluster: fc.constant('fronting'),
      to: fc.constant('spare'),
      rule: fc.constantFrom(null, { checkNs: 50 * MS, hits: 2, window: 3, sickFraction: 0.3 }),
      bootNs: fc.constantFrom(0, 100 * MS),
      createNs: fc.constantFrom(0, 50 * MS),
      pollNs: fc.constantFrom(1, 200 * MS),
      stayNs: fc.constantFrom(0, 200 * MS, null),
      lookNs: fc.constant(20 * MS),
    }),
  ];
}
