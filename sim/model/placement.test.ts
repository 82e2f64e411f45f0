import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';
import { hostOfBroker, type PlacementOptions, placeReplicas } from './placement.ts';
import { generic, MS, S, type SmallWorld, smallWorld } from './small-world.fixture.ts';
import { zoneOfBroker } from './zones.ts';

const places = fc
  .record({
    brokers: fc.integer({ min: 1, max: 24 }),
    zones: fc.integer({ min: 1, max: 4 }),
    placement: fc.constantFrom('plain' as const, 'zones' as const, 'hosts' as const),
    brokersPerHost: fc.integer({ min: 1, max: 3 }),
    copies: fc.integer({ min: 1, max: 5 }),
    turn: fc.nat(2_000),
  })
  .filter(({ brokers, copies }) => copies <= brokers);

/** How many different zones, or hosts, there could be and are among the replicas. */
const spread = (replicas: readonly number[], { brokers }: PlacementOptions, of: (broker: number) => number) => ({
  most: Math.min(replicas.length, new Set(Array.from({ length: brokers }, (_, broker) => of(broker))).size),
  is: new Set(replicas.map(of)).size,
});

describe('replicas', () => {
  it('are on different brokers, however they are placed', () => {
    fc.assert(
      fc.property(places, ({ turn, copies, ...options }) => {
        const replicas = placeReplicas(turn, copies, options);
        expect(new Set(replicas).size).toBe(copies);
        expect(replicas[0]).toBe(turn % options.brokers);
        for (const broker of replicas) expect(broker >= 0 && broker < options.brokers).toBe(true);
      }),
    );
  });

  it('placed by zones are in as many zones as can be; by hosts on as many hosts besides', () => {
    fc.assert(
      fc.property(places, ({ turn, copies, ...options }) => {
        if (options.placement === 'plain') return;
        const replicas = placeReplicas(turn, copies, options);
        const zones = spread(replicas, options, (broker) => zoneOfBroker(broker, options.zones));
        expect(zones.is).toBe(zones.most);
        if (options.placement === 'zones') return;
        const hosts = spread(replicas, options, (broker) =>
          hostOfBroker(broker, options.zones, options.brokersPerHost),
        );
        expect(hosts.is).toBe(hosts.most);
      }),
    );
  });

  it('placed plainly share a zone now and then, and a host', () => {
    const options = { brokers: 12, zones: 3, placement: 'plain', brokersPerHost: 2 } as const;
    const all = Array.from({ length: 200 }, (_, turn) => placeReplicas(turn, 2, options));
    const together = (of: (broker: number) => number) => all.filter(([one, other]) => of(one) === of(other)).length;
    expect(together((broker) => zoneOfBroker(broker, 3))).toBeGreaterThan(20);
    expect(together((broker) => hostOfBroker(broker, 3, 2))).toBeGreaterThan(5);
  });
});

describe('a zone that goes for good, disks and all', () => {
  const KILL_NS = 1 * S;
  /** Seven brokers in three zones don't come out even. */
  const world = (zone: number, placement: 'plain' | 'zones'): SmallWorld => ({
    brokers: 7,
    zones: 3,
    durationNs: 4 * S,
    sinks: [generic],
    policy: { acks: 1, retries: 1000, deliveryTimeoutNs: 60 * S },
    topics: [{ partitions: 35, recordsPerSecond: 2_000 }],
    cluster: { placement },
    faults: [0, 1, 2, 3, 4, 5, 6]
      .filter((broker) => zoneOfBroker(broker, 3) === zone)
      .map(
        (broker): FaultSpec => ({
          kind: 'broker-kill',
          atNs: KILL_NS,
          forNs: 1 * S,
          cluster: 'fronting',
          broker,
          disk: 'lost',
        }),
      ),
  });

  /** Records that were on both copies before, and that no log has in the end. */
  function lostThoughReplicated(zone: number, placement: 'plain' | 'zones'): number {
    const simulation = new Simulation(smallWorld(world(zone, placement)));
    simulation.advance({ untilNs: KILL_NS - 1 });
    const { logs, sets } = simulation.clusters.copies;
    const replicated = logs.map((_, p) => Math.min(sets[p]?.endAt(0, KILL_NS) ?? 0, sets[p]?.endAt(1, KILL_NS) ?? 0));
    simulation.advance();
    expect(simulation.finish().ledger.balanced).toBe(true);
    return logs.reduce((sum, log, p) => {
      const tails = log.lostTails?.tails ?? [];
      return sum + tails.reduce((n, { from, to }) => n + Math.max(0, Math.min(to, replicated[p]) - from), 0);
    }, 0);
  }

  it.each([0, 1, 2])('takes nothing that was replicated, with two copies placed by zones (zone %i)', (zone) => {
    expect(lostThoughReplicated(zone, 'zones')).toBe(0);
  });

  it('takes both copies of some, when they are placed plainly', () => {
    const lost = [0, 1, 2].map((zone) => lostThoughReplicated(zone, 'plain'));
    expect(Math.max(...lost)).toBeGreaterThan(0);
  });

  it('comes back with empty disks that are filled from the others', () => {
    const simulation = new Simulation(smallWorld(world(0, 'zones')));
    simulation.advance({ untilNs: KILL_NS + 900 * MS });
    const { copies } = simulation.clusters;
    const lacking = () => copies.sets.filter((set) => set !== null && set.inSyncAt(simulation.nowNs) < 2).length;
    expect(lacking()).toBeGreaterThan(10);
    simulation.advance();
    expect(lacking()).toBe(0);
  });
});
