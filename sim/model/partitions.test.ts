import { describe, expect, it } from 'vitest';
import type { PlaceSpec } from '../scenario/place-spec.ts';
import type { FaultSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';
import { sentAgainNs } from './retransmission.ts';
import { generic, MS, S, type SmallWorld, smallWorld } from './small-world.fixture.ts';

const broker = (number: number): PlaceSpec => ({ kind: 'broker', cluster: 'fronting', broker: number });
const controller: PlaceSpec = { kind: 'controller', cluster: 'fronting' };
const applications: PlaceSpec = { kind: 'applications', region: 'main', zone: null };
const CUT_NS = 1_000 * MS;

const cut = (from: PlaceSpec, to: PlaceSpec, how: { forNs: number; oneWay?: boolean }): FaultSpec => ({
  kind: 'network-partition',
  atNs: CUT_NS,
  forNs: how.forNs,
  from,
  to,
  oneWay: how.oneWay ?? false,
});

/** One partition with three copies, led by broker 0; 200 records a second, evenly. */
const world: SmallWorld = {
  brokers: 3,
  zones: 3,
  instances: 1,
  jitterFraction: 0,
  durationNs: 4 * S,
  topics: [{ partitions: 1, streams: 1, replicationFactor: 3 }],
  cluster: { replicationFactor: 3, minInsyncReplicas: 2, replicaLagTimeMaxNs: 400 * MS, replicaLagCheckNs: 200 * MS },
  policy: { deliveryTimeoutNs: Number.POSITIVE_INFINITY, retries: 1_000, requestTimeoutNs: 2 * S },
};

const fidelities = ['record', 'request'] as const;
function run(how: SmallWorld, fidelity: (typeof fidelities)[number] = 'request'): Simulation {
  const simulation = new Simulation(smallWorld({ ...world, ...how, fidelity }), { check: 'event' });
  simulation.advance();
  return simulation;
}
const booksOf = (simulation: Simulation) => simulation.finish().ledger;

describe('a leader out of its controller’s reach', () => {
  const zombie = cut(broker(0), controller, { forNs: 2 * S });
  const { sessionTimeoutNs, electionNs } = smallWorld(world).clusters[0].controller;
  const electedNs = CUT_NS + sessionTimeoutNs + electionNs;
  const healedNs = CUT_NS + 2 * S;

  it.each(fidelities)('acknowledges with acks 1 what is lost when it hears of its successor (%s)', (fidelity) => {
    const sinks = [generic];
    const simulation = run({ sinks, faults: [zombie], policy: { ...world.policy, acks: 1 } }, fidelity);
    const [route] = booksOf(simulation).routes;
    const staleRecords = route.lost['stale-leader'] ?? 0;
    // All that comes from the election until it hears of it; a batch more or less at both ends.
    expect(Math.abs(staleRecords - (200 * (healedNs - electedNs)) / S)).toBeLessThan(20);
    expect(simulation.topology.partitionLeader[0]).toBe(1);
  });

  it.each(fidelities)('acknowledges nothing with acks all, and nothing is lost (%s)', (fidelity) => {
    const sinks = [generic];
    const simulation = run(
      { sinks, faults: [zombie], policy: { ...world.policy, acks: -1, idempotent: true } },
      fidelity,
    );
    const { routes, unknown, duplicates } = booksOf(simulation);
    expect(routes[0].lost).toEqual({});
    expect([unknown, duplicates]).toEqual([0, {}]);
  });

  it('loses its producers when what they know is too old', () => {
    const policy = { ...world.policy, acks: 1 as const };
    const sinks = [generic];
    const soon = run({ sinks, faults: [zombie], policy, metadataMaxAgeNs: 500 * MS });
    const late = run({ sinks, faults: [zombie], policy });
    const lost = (simulation: Simulation) => booksOf(simulation).routes[0].lost['stale-leader'] ?? 0;
    expect(lost(soon)).toBeGreaterThan(0);
    expect(lost(soon)).toBeLessThan(lost(late));
  });

  it('can’t shrink its in-sync set: it commits nothing alone', () => {
    // Its followers are cut off as well, and its session outlives their time.
    const faults = [zombie, cut(broker(0), broker(1), { forNs: 2 * S }), cut(broker(0), broker(2), { forNs: 2 * S })];
    const kraft = { ...smallWorld(world).clusters[0].controller, sessionTimeoutNs: 3 * S };
    const simulation = new Simulation(
      smallWorld({ ...world, faults, cluster: { ...world.cluster, controller: kraft } }),
    );
    simulation.advance({ untilNs: CUT_NS + 50 * MS });
    const committed = simulation.clusters.copies.visibleEnd(0);
    simulation.advance({ untilNs: CUT_NS + 1_900 * MS });
    expect(simulation.clusters.copies.sets[0]!.inSyncAt(simulation.nowNs)).toBe(3);
    expect(simulation.clusters.copies.visibleEnd(0)).toBe(committed);
    simulation.advance();
    expect(simulation.clusters.copies.visibleEnd(0)).toBeGreaterThan(committed + 300);
  });
});

describe('a follower that is cut off from its leader', () => {
  it('leaves the in-sync set after replica.lag.time.max, and is back once it has caught up', () => {
    const faults = [cut(broker(0), broker(2), { forNs: 1 * S, oneWay: true })];
    const simulation = new Simulation(smallWorld({ ...world, faults }));
    const inSync = () => simulation.clusters.copies.sets[0]!.inSyncAt(simulation.nowNs);
    simulation.advance({ untilNs: CUT_NS + 390 * MS });
    expect(inSync()).toBe(3);
    simulation.advance({ untilNs: CUT_NS + 600 * MS });
    expect(inSync()).toBe(2);
    simulation.advance({ untilNs: CUT_NS + 1_200 * MS });
    expect(inSync()).toBe(3);
  });
});

describe('applications that are cut off from a broker', () => {
  const policy = { ...world.policy, acks: -1 as const };

  it.each(fidelities)('whose requests don’t arrive: sent again by TCP once they can (%s)', (fidelity) => {
    const faults = [cut(applications, broker(0), { forNs: 700 * MS, oneWay: true })];
    const simulation = new Simulation(smallWorld({ ...world, faults, policy, fidelity }), { check: 'event' });
    simulation.advance({ untilNs: CUT_NS + 600 * MS });
    const before = simulation.clusters.logs[0].endOffsetAt(simulation.nowNs);
    simulation.advance({ untilNs: CUT_NS + 700 * MS });
    expect(simulation.clusters.logs[0].endOffsetAt(simulation.nowNs)).toBe(before);
    // The first was sent within 20 ms and went again after 200, 600 and 1,400 ms.
    simulation.advance({ untilNs: CUT_NS + 1_399 * MS });
    expect(simulation.clusters.logs[0].endOffsetAt(simulation.nowNs)).toBe(before);
    simulation.advance({ untilNs: CUT_NS + 1_450 * MS });
    expect(simulation.clusters.logs[0].endOffsetAt(simulation.nowNs)).toBeGreaterThan(before);
    simulation.advance();
    expect(booksOf(simulation)).toMatchObject({ unknown: 0, duplicates: {}, dropped: {} });
  });

  it.each(fidelities)(
    'whose answers don’t arrive: it stores what comes again, unless it knows batches (%s)',
    (fidelity) => {
      const faults = [cut(broker(0), applications, { forNs: 900 * MS, oneWay: true })];
      const impatient = { ...policy, requestTimeoutNs: 300 * MS };
      const naive = booksOf(run({ faults, policy: { ...impatient, idempotent: false } }, fidelity));
      const idempotent = booksOf(run({ faults, policy: { ...impatient, idempotent: true } }, fidelity));
      expect(naive.duplicates.retry).toBeGreaterThan(0);
      expect(idempotent.duplicates).toEqual({});
      expect([naive.unknown, idempotent.unknown]).toEqual([0, 0]);
    },
  );
});

describe('a container that dies while its write is lost on the way', () => {
  it.each(fidelities)('sends it no more: the one after it has read its records again (%s)', (fidelity) => {
    const sinks = [{ ...generic, name: 'mirror', kind: 'kafka', cluster: 'consumer' } as const];
    const routers: PlaceSpec = { kind: 'routers', region: 'main', zone: null };
    const faults: FaultSpec[] = [
      cut(routers, { kind: 'cluster', cluster: 'consumer' }, { forNs: 800 * MS, oneWay: true }),
      { kind: 'router-crash', atNs: CUT_NS + 600 * MS, sink: 'mirror', container: 0 },
    ];
    const router = { containers: 1, relaunchNs: 300 * MS, commitIntervalNs: 50 * MS };
    const { routes } = booksOf(
      run({ sinks, faults, router, log: { segmentBytes: 3_000, segmentNs: 100 * MS } }, fidelity),
    );
    expect(routes[0]).toMatchObject({ balanced: true, lost: {} });
  });
});

describe('TCP', () => {
  it('sends again after 0.2, 0.6, 1.4 s and so on, at last every two minutes (RFC 6298, Linux)', () => {
    const turns: number[] = [];
    for (let atNs = 0; turns.length < 12; turns.push(atNs / S)) atNs = sentAgainNs(0, atNs);
    expect(turns.slice(0, 4)).toEqual([0.2, 0.6, 1.4, 3]);
    expect(turns[11] - turns[10]).toBe(120);
  });
});
