/** Failovers among other faults, followed record by record: what the ledger says of records that two clusters have. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { WrittenScenario } from '../scenario/index.ts';
import { faultSchedules } from './arbitrary/schedules.ts';
import { worlds } from './arbitrary/worlds.ts';
import { runSchedule } from './schedule-run.ts';

/** Worlds with a stand-by, and schedules in which a cluster fails over to it while other things break. */
const withFailover: fc.Arbitrary<WrittenScenario> = worlds().chain((world) => {
  const spare = {
    ...world,
    clusters: { ...world.clusters, spare: { role: 'stand-by', brokers: 2 } },
  } as WrittenScenario;
  const [cluster] = Object.keys(world.clusters);
  const failover = fc.record({
    kind: fc.constant('failover' as const),
    cluster: fc.constant(cluster),
    to: fc.constant('spare'),
    at: fc.integer({ min: 0, max: 1500 }).map((ms) => `${ms}ms`),
    by: fc.constantFrom('operator' as const, 'rule' as const),
    check: fc.constant('50ms'),
    boot: fc.constantFrom('0s', '100ms'),
    create: fc.constantFrom('0s', '50ms'),
    poll: fc.constantFrom('1ns', '200ms'),
    stay: fc.constantFrom('0s', '200ms'),
    returns: fc.boolean(),
    look: fc.constant('20ms'),
  });
  // Who looks on is wrong about nothing that the books know, wherever a topic is.
  const watched = fc.constantFrom(
    {},
    { alerts: {}, audit: { cluster, window: '100ms', grace: '50ms', settle: '300ms', delay: '20ms' } },
  );
  return fc.record({ faults: faultSchedules(spare), failover, watched }).map(({ faults, failover: own, watched }) => ({
    ...spare,
    ...watched,
    faults: [...faults, own],
  }));
});

it('are drawn by the kit wherever there is a stand-by', () => {
  const world = { ...fc.sample(worlds(), { numRuns: 1, seed: 1 })[0]! };
  const spare = {
    ...world,
    clusters: { ...world.clusters, spare: { role: 'stand-by', brokers: 2 } },
  } as WrittenScenario;
  const only = faultSchedules(spare, { kinds: ['failover'] });
  const drawn = fc.sample(only, { numRuns: 20, seed: 1 }).flat();
  expect(drawn.length).toBeGreaterThan(0);
  for (const fault of drawn) expect(fault).toMatchObject({ kind: 'failover', to: 'spare' });
  const moves = fc.sample(faultSchedules(spare, { kinds: ['topic-move'] }), { numRuns: 20, seed: 1 }).flat();
  expect(moves.length).toBeGreaterThan(0);
  for (const fault of moves) expect(fault).toMatchObject({ kind: 'topic-move', to: 'spare' });
});

it('come to what the ledger says, and drain once all is healed', () => {
  let shifted = 0;
  fc.assert(
    fc.property(withFailover, (written) => {
      const run = runSchedule(written);
      expect(run.broken).toBeNull();
      expect(run.stuck).toEqual([]);
      const { ledger, topics } = run.result!;
      shifted += run.result!.failovers?.filter((each) => each.shift !== null).length ?? 0;
      expect(run.offered).toBe(ledger.offered);
      const sums: Record<string, number> = {};
      for (const { cause, count, sink } of run.losses) {
        if (sink === null) sums[cause] = (sums[cause] ?? 0) + count;
      }
      const unknown = topics.reduce((sum, topic) => sum + topic.unknown, 0);
      expect(sums).toEqual({ ...ledger.dropped, ...(unknown > 0 && { unknown }) });
      ledger.routes.forEach((route, i) => {
        const copies = Object.values(route.duplicates).reduce((sum: number, n) => sum + n!, 0);
        expect(run.duplicates[i]).toMatchObject({ sink: route.sink, count: copies });
        const lost = run.losses.filter(({ sink }) => sink === route.sink).reduce((sum, { count }) => sum + count, 0);
        expect(lost).toBe(Object.values(route.lost).reduce((sum: number, n) => sum + n!, 0));
      });
    }),
    { numRuns: 60 },
  );
  expect(shifted).toBeGreaterThan(0);
});
