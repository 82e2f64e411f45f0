/** Failovers and moves while other things are the matter. Books are balanced after every event. */
import { describe, expect, it } from 'vitest';
import { ALERT_RULES, type AlertRules } from '../../src/audit/alert-rules.ts';
import { generic, MS, S, type SmallWorld, smallWorld } from '../model/small-world.fixture.ts';
import type { RunResult } from '../report/result.ts';
import type { AuditSpec, FaultSpec, PlaceSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';

const CUT_NS = 1_010 * MS;
const applications = (zone: number | null): PlaceSpec => ({ kind: 'applications', region: 'main', zone });
const fronting: PlaceSpec = { kind: 'cluster', cluster: 'fronting' };

const cut = (from: PlaceSpec, to: PlaceSpec, forNs: number): FaultSpec => ({
  kind: 'network-partition',
  atNs: CUT_NS,
  forNs,
  from,
  to,
  oneWay: false,
});
/** Checks at every 100 ms; two of three must be bad. */
const failover: FaultSpec = {
  kind: 'failover',
  atNs: 0,
  cluster: 'fronting',
  to: 'spare',
  rule: { checkNs: 100 * MS, hits: 2, window: 3, sickFraction: 0.5 },
  bootNs: 200 * MS,
  createNs: 50 * MS,
  pollNs: 100 * MS,
  stayNs: 300 * MS,
  lookNs: 20 * MS,
};
const move: FaultSpec = { kind: 'topic-move', atNs: 1_500 * MS, topic: 'topic-0', to: 'spare', createNs: 0, pollNs: 1 };

const world: SmallWorld = {
  brokers: 3,
  zones: 3,
  instances: 3,
  durationNs: 5 * S,
  topics: [{ partitions: 3, streams: 3, replicationFactor: 3 }],
  cluster: { replicationFactor: 3, minInsyncReplicas: 2 },
  policy: { deliveryTimeoutNs: 10 * S, retries: 1_000, bufferRecords: 10_000, bufferBytes: 1_000_000 },
  sinks: [generic],
};
const audit: AuditSpec = {
  cluster: 0,
  windowNs: 100 * MS,
  graceNs: 800 * MS,
  settleNs: 1_000 * MS,
  delayNs: 20 * MS,
  holdNs: 10 * S,
  keepNs: 60 * S,
};
const QUICK = { above: 0, windowNs: 700 * MS, forNs: 0, clearForNs: 50 * MS };
const alerts = {
  intervalNs: 50 * MS,
  rules: Object.fromEntries(ALERT_RULES.map((rule) => [rule, QUICK])) as unknown as AlertRules,
};

const fidelities = ['record', 'request'] as const;
function running(how: SmallWorld, fidelity: (typeof fidelities)[number] = 'request') {
  const scenario = { ...smallWorld({ ...world, ...how, fidelity }), audit, alerts };
  const simulation = new Simulation(scenario, { check: 'event' });
  simulation.advance();
  return { ...simulation.finish(), simulation };
}
const run = (how: SmallWorld, fidelity?: (typeof fidelities)[number]): RunResult => running(how, fidelity);
const seconds = (ns: number): number => ns / 1e9;

describe('a network partition', () => {
  it.each(fidelities)('between a cluster and all its applications makes it sick (%s)', (fidelity) => {
    const { failovers, ledger } = run({ faults: [cut(applications(null), fronting, S), failover] }, fidelity);
    const [{ detect, start, create, shift, drain, stay, shiftBack, drainStandby }] = failovers!;
    // The first two checks after the cut.
    expect([start, create]).toEqual([0.2, 0.05]);
    const detectedNs = 1_200 * MS;
    expect(detect).toBeCloseTo(seconds(detectedNs - CUT_NS), 9);
    expect(shift).toBeLessThanOrEqual(0.1);
    for (const step of [drain, stay, shiftBack, drainStandby]) expect(step).not.toBeNull();
    // Back when it is well, drained (requests under way are sent again until they get through), and left for as long as it should.
    const shiftedNs = detectedNs + 1e9 * (start! + create! + shift!);
    const drainedNs = shiftedNs + 1e9 * drain!;
    const lateNs = drainedNs + 1e9 * stay! - Math.max(CUT_NS + S, drainedNs, shiftedNs + 300 * MS);
    expect(lateNs).toBeGreaterThan(-1);
    expect(lateNs).toBeLessThanOrEqual(20 * MS);
    expect([ledger.dropped, ledger.unknown, ledger.lost]).toEqual([{}, 0, {}]);
  });

  it('that leaves one zone its way does not', () => {
    const faults = [cut(applications(0), fronting, S), cut(applications(1), fronting, S), failover];
    const [{ shift }] = run({ faults }).failovers!;
    expect(shift).toBeNull();
  });

  it.each(fidelities)('between routers and the old cluster holds up its drain, and loses nothing (%s)', (fidelity) => {
    const routers: PlaceSpec = { kind: 'routers', region: 'main', zone: null };
    const decided: FaultSpec = { ...failover, rule: null, atNs: 1_100 * MS } as FaultSpec;
    const { failovers, ledger } = run({ faults: [cut(routers, fronting, 1_500 * MS), decided] }, fidelity);
    const [{ start, create, shift, drain }] = failovers!;
    const drainedNs = 1_100 * MS + 1e9 * (start! + create! + shift! + drain!);
    expect(drainedNs).toBeGreaterThan(CUT_NS + 1_500 * MS);
    expect(ledger.lost).toEqual({});
  });

  it.each(fidelities)(
    'that makes a leader a zombie ends for the producers with their topic’s move (%s)',
    (fidelity) => {
      const controller: PlaceSpec = { kind: 'controller', cluster: 'fronting' };
      const policy = { ...world.policy, acks: 1 as const };
      const stale = (faults: FaultSpec[]): number =>
        run(
          { policy, faults: [cut({ kind: 'broker', cluster: 'fronting', broker: 0 }, controller, 3 * S), ...faults] },
          fidelity,
        ).ledger.lost['stale-leader'] ?? 0;
      // Both know the spare cluster, so that all else is the same.
      const moved = stale([move]);
      expect(moved).toBeGreaterThan(0);
      expect(moved).toBeLessThan(stale([{ ...move, atNs: 4_900 * MS } as FaultSpec]));
    },
  );
});

describe('auditors and alerts', () => {
  it.each(fidelities)('are right about a topic that moves while both clusters are well (%s)', (fidelity) => {
    const { audit: words, alerts: told, ledger } = run({ faults: [move] }, fidelity);
    expect(ledger.duplicates).toEqual({});
    for (const { trueLost, trueCopies, reportedLost, reportedCopies } of words!.scores) {
      expect([trueLost, trueCopies, reportedLost, reportedCopies]).toEqual([0, 0, 0, 0]);
    }
    // One subject, wherever the topic is; what it lags behind is little, and nothing is stuck.
    expect(new Set(told!.raised.filter(({ rule }) => rule === 'lag').map(({ subject }) => subject)).size).toBeLessThan(
      2,
    );
    expect(told!.raised.filter(({ rule }) => rule === 'drops' || rule === 'stuck-consumer')).toEqual([]);
  });

  it.each(fidelities)('hear of what a failover drops (%s)', (fidelity) => {
    const policy = { ...world.policy, bufferBytes: 2_000 };
    const { audit: words, ledger } = run(
      { policy, faults: [cut(applications(null), fronting, S), failover] },
      fidelity,
    );
    const dropped = ledger.dropped['buffer-full'] ?? 0;
    expect(dropped).toBeGreaterThan(50);
    const sends = words!.scores.find(({ auditor }) => auditor === 'sends')!;
    expect(sends.trueLost).toBe(dropped + ledger.unknown);
  });
});

describe('a topic that gets more partitions', () => {
  const grow = (atNs: number): FaultSpec => ({
    kind: 'add-partitions',
    atNs,
    cluster: 'fronting',
    topic: 'topic-0',
    partitions: 3,
    on: 'all-brokers',
    everyNs: 0,
  });
  const growing: SmallWorld = {
    metadataMaxAgeNs: 200 * MS,
    policy: { ...world.policy, partitioner: 'keyed', keys: 40 },
  };
  const poll: FaultSpec = { ...move, pollNs: 500 * MS } as FaultSpec;

  it.each(fidelities)(
    'has them in the cluster that it goes to, too, before or while producers go there (%s)',
    (fidelity) => {
      for (const atNs of [900 * MS, 1_600 * MS]) {
        const { ledger, simulation } = running({ ...growing, faults: [grow(atNs), poll] }, fidelity);
        // The home has 6, and so has the place that it went to: logs of the new ones there have got records.
        const { topicPartitions, topicFirstPartition } = simulation.topology;
        expect([...topicPartitions]).toEqual([6, 6]);
        const ends = [3, 4, 5].map((index) => simulation.clusters.logs[topicFirstPartition[1] + index].endOffset());
        expect(Math.min(...ends)).toBeGreaterThan(0);
        expect([ledger.dropped, ledger.unknown, ledger.lost]).toEqual([{}, 0, {}]);
        expect(ledger.inFlight).toBeLessThan(20);
      }
    },
  );
});
