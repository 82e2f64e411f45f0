import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FaultSpec, GroupSpec, RouterSpec } from '../../../scenario/scenario.ts';
import { Simulation } from '../../../simulation.ts';
import { eager, generic, MS, S, type SmallWorld, smallWorld } from '../../small-world.fixture.ts';

const protocols = ['eager', 'cooperative', 'kip-848'] as const;
const router: Partial<RouterSpec> = { containers: 3, commitIntervalNs: 150 * MS, relaunchNs: 60 * MS };
const PARTITIONS = 6;

function world(group: Partial<GroupSpec>, how: SmallWorld & { router?: Partial<RouterSpec> } = {}) {
  return smallWorld({
    sinks: [generic],
    topics: [{ partitions: PARTITIONS, recordsPerSecond: 600, streams: 6 }],
    jitterFraction: 0,
    ...how,
    router: { ...router, ...how.router, group: { ...eager, assignor: 'sticky', ...group } },
  });
}

const crashAt = (atNs: number, container: number): FaultSpec => ({
  kind: 'router-crash',
  atNs,
  sink: 'generic',
  container,
});

describe.each(protocols)('a %s group', (protocol) => {
  it('loses nothing, deals each partition to one member, and makes copies of at most what was not committed', () => {
    let copies = 0;
    let rebalances = 0;
    const faults = fc.array(
      fc.oneof(
        fc
          .record({ atNs: fc.integer({ min: 0, max: 1_600 * MS }), container: fc.nat(3) })
          .map(({ atNs, container }) => crashAt(atNs, container)),
        fc.record({
          kind: fc.constant('router-stuck' as const),
          atNs: fc.integer({ min: 0, max: 1_200 * MS }),
          forNs: fc.integer({ min: 1 * MS, max: 600 * MS }),
          sink: fc.constant('generic'),
          container: fc.nat(3),
        }),
        fc.record({
          kind: fc.constantFrom('checkpoint-store-down' as const, 'desired-state-store-down' as const),
          atNs: fc.integer({ min: 0, max: 1_200 * MS }),
          forNs: fc.integer({ min: 1 * MS, max: 300 * MS }),
        }),
      ),
      { minLength: 1, maxLength: 6 },
    );
    const scalings = fc.constantFrom<RouterSpec['scaling']>(null, {
      containersMin: 1,
      containersMax: 5,
      lagSecondsUp: 0.03,
      lagSecondsDown: 0.02,
      window: 3,
      hits: 2,
      sampleNs: 50 * MS,
      cooldownNs: 100 * MS,
    });
    const groups = fc.record({
      assignor: fc.constantFrom('range' as const, 'round-robin' as const, 'sticky' as const),
      staticMembership: fc.boolean(),
      heartbeatThread: fc.boolean(),
    });
    fc.assert(
      fc.property(faults, scalings, groups, fc.nat(1000), (struck, scaling, group, seed) => {
        const scenario = world(
          { protocol, ...group },
          {
            seed,
            durationNs: 3 * S,
            faults: struck,
            router: { scaling },
            shape: { kind: 'surge', atNs: 2 * S, forNs: 10 * S, factor: 0, rampNs: 0 },
          },
        );
        const simulation = new Simulation(scenario, { check: 'event' });
        simulation.advance();
        const { routers } = simulation;
        const [route] = simulation.finish().ledger.routes;
        // Half a second without traffic is enough to have all, where everybody is back.
        expect(route).toMatchObject({ balanced: true, lost: {}, backlog: 0 });
        const { relaunch = 0, rebalance = 0 } = route.duplicates;
        expect(relaunch + rebalance).toBeLessThanOrEqual(routers.uncommittedLeft);
        copies += relaunch + rebalance;
        rebalances += routers.rebalances;
        for (const job of routers.plan.jobs) {
          for (let p = 0; p < job.partitions; p++) expect(routers.runOf(job, job.firstConsumer + p)?.alive).toBe(true);
        }
      }),
      { numRuns: 25 },
    );
    expect(copies).toBeGreaterThan(0);
    expect(rebalances).toBeGreaterThan(25);
  }, 120_000);
});
