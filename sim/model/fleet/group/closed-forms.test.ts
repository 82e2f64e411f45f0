/** What a rebalance costs, by arithmetic: detection, news by heartbeat, join and sync; for all partitions or for those that move. */
import { describe, expect, it } from 'vitest';
import type { FaultSpec, GroupSpec } from '../../../scenario/scenario.ts';
import { Simulation } from '../../../simulation.ts';
import { eager, generic, MS, S, smallWorld } from '../../small-world.fixture.ts';

const CRASH_NS = 700 * MS;
const TRIP_NS = 500_000;
const STORE_NS = 2 * MS;
const DESIRED_NS = 5 * MS;
const NEVER_NS = 100 * S;
const PARTITIONS = 6;
const crash: FaultSpec = { kind: 'router-crash', atNs: CRASH_NS, sink: 'generic', container: 1 };

function run(
  group: Partial<GroupSpec>,
  how: { relaunchNs?: number; faults?: readonly FaultSpec[]; untilNs?: number } = {},
) {
  const { relaunchNs = NEVER_NS, faults = [crash], untilNs = 2 * S } = how;
  const simulation = new Simulation(
    smallWorld({
      sinks: [generic],
      topics: [{ partitions: PARTITIONS }],
      durationNs: 4 * S,
      faults,
      router: { containers: 3, relaunchNs, group: { ...eager, assignor: 'sticky', ...group } },
    }),
  );
  const { routers } = simulation;
  const group0 = routers.groups!.of(routers.plan.jobs[0])!;
  const sinceNs = group0.members.map((member) => member.sinceNs);
  simulation.advance({ untilNs });
  return { simulation, routers, sinceNs, pauses: routers.groups!.pauses, rebalances: routers.rebalances };
}

/** When the session of the container that died ends, and when the others hear of it. */
function news(sinceNs: readonly number[]) {
  const { heartbeatNs, sessionTimeoutNs } = eager;
  const beats = (since: number, ns: number) => since + Math.floor((ns - since) / heartbeatNs) * heartbeatNs;
  const detectedNs = beats(sinceNs[1], CRASH_NS) + sessionTimeoutNs;
  const heardNs = [0, 2].map((m) => beats(sinceNs[m], detectedNs) + heartbeatNs + 2 * TRIP_NS);
  return { detectedNs, heardNs };
}

describe('a member that dies', () => {
  it('stops an eager group for as long as it takes that all have joined: all partitions', () => {
    const { sinceNs, pauses, rebalances } = run({ protocol: 'eager' });
    const { heardNs } = news(sinceNs);
    const revokedNs = heardNs.map((ns) => ns + STORE_NS + 1);
    const joinedNs = Math.max(...revokedNs) + TRIP_NS;
    const backNs = joinedNs + 3 * TRIP_NS + STORE_NS;
    const ofDead = backNs - CRASH_NS;
    expect(rebalances).toBe(1);
    expect(pauses).toEqual({
      count: PARTITIONS,
      maxNs: ofDead,
      totalNs: 2 * ofDead + revokedNs.reduce((sum, ns) => sum + 2 * (backNs - ns), 0),
    });
  });

  it('costs a cooperative group the partitions of the dead, and nobody else a moment', () => {
    const { sinceNs, pauses, rebalances } = run({ protocol: 'cooperative' });
    const { heardNs } = news(sinceNs);
    const backNs = Math.max(...heardNs) + TRIP_NS + 3 * TRIP_NS + STORE_NS;
    expect(rebalances).toBe(1);
    expect(pauses).toEqual({ count: 2, maxNs: backNs - CRASH_NS, totalNs: 2 * (backNs - CRASH_NS) });
  });

  it('costs a group that the broker deals the same partitions, each until its new owner has heard', () => {
    const { sinceNs, pauses } = run({ protocol: 'kip-848' });
    const paused = news(sinceNs).heardNs.map((ns) => ns + STORE_NS - CRASH_NS);
    expect(pauses).toEqual({ count: 2, maxNs: Math.max(...paused), totalNs: paused[0] + paused[1] });
  });
});

describe('a member that is back', () => {
  const relaunchNs = 300 * MS;

  it('makes an eager group stop all again, the others give up only what moves', () => {
    const runs = (['eager', 'cooperative', 'kip-848'] as const).map((protocol) => run({ protocol }, { relaunchNs }));
    expect(runs.map(({ pauses }) => pauses.count)).toEqual([2 * PARTITIONS, 2 + 2, 2 + 2]);
    // Cooperative takes two rounds: in the first, what moves is given up, in the second it is dealt.
    expect(runs.map(({ rebalances }) => rebalances)).toEqual([2, 3, 2]);
    for (const { routers } of runs) {
      const owners = Array.from({ length: PARTITIONS }, (_, p) => routers.runOf(routers.plan.jobs[0], p)!.container);
      expect([0, 1, 2].map((container) => owners.filter((owner) => owner === container).length)).toEqual([2, 2, 2]);
    }
  });

  it('within its session is waited for in vain as the one that it was, unless it says that it is the same', () => {
    const early = { relaunchNs: 30 * MS };
    const stranger = run({ protocol: 'cooperative' }, early);
    const { detectedNs } = news(stranger.sinceNs);
    expect(stranger.pauses.maxNs).toBeGreaterThanOrEqual(detectedNs - CRASH_NS);
    const same = run({ protocol: 'cooperative', staticMembership: true }, early);
    const pauseNs = early.relaunchNs + DESIRED_NS + 2 * STORE_NS + 2 * TRIP_NS;
    expect(same.rebalances).toBe(0);
    expect(same.pauses).toEqual({ count: 2, maxNs: pauseNs, totalNs: 2 * pauseNs });
  });
});

it("does not commit ahead of its writes: what it gave up would be nobody's to lose", () => {
  const scenario = smallWorld({ sinks: [generic], router: { group: eager, commitUpTo: 'fetched' } });
  expect(() => new Simulation(scenario)).toThrow(/commits ahead of writes for topic-0; expected/);
});

describe('a member that is stuck', () => {
  const stuck: FaultSpec = { kind: 'router-stuck', atNs: CRASH_NS, forNs: S, sink: 'generic', container: 1 };
  const held = (group: Partial<GroupSpec>, untilNs: number) => run(group, { faults: [stuck], untilNs });

  it.each(['eager', 'cooperative', 'kip-848'] as const)(
    'leaves a %s group after its longest poll interval',
    (protocol) => {
      const before = held({ protocol }, CRASH_NS + eager.maxPollIntervalNs - 1);
      expect([before.routers.containersRunning, before.rebalances]).toEqual([3, 0]);
      const after = held({ protocol }, CRASH_NS + eager.maxPollIntervalNs + 60 * MS);
      expect([after.routers.containersRunning, after.rebalances]).toEqual([2, 1]);
      const { routers } = after;
      for (let p = 0; p < PARTITIONS; p++) expect(routers.runOf(routers.plan.jobs[0], p)?.stuck).toBe(false);
      const freed = held({ protocol }, CRASH_NS + 2 * S);
      expect(freed.routers.containersRunning).toBe(3);
    },
  );

  it('is not heard any more where heartbeats come from its polls, and goes with its session', () => {
    const { sinceNs } = held({ heartbeatThread: false }, CRASH_NS);
    const { detectedNs } = news(sinceNs);
    expect(held({ heartbeatThread: false }, detectedNs - 1).routers.containersRunning).toBe(3);
    expect(held({ heartbeatThread: false }, detectedNs).routers.containersRunning).toBe(2);
  });

  it('stays for ever without a group, and goes on where it was when it is freed: nothing is lost, nothing comes twice', () => {
    const simulation = new Simulation(
      smallWorld({ sinks: [generic], durationNs: 3 * S, faults: [stuck], router: { containers: 3 } }),
      { check: 'event' },
    );
    simulation.advance({ untilNs: CRASH_NS + S - 1 });
    const stuckLag = simulation.lag.now(0);
    expect(stuckLag.ageNs).toBeGreaterThan(0.9 * S);
    simulation.advance();
    expect(simulation.lag.now(0).ageNs).toBeLessThan(0.2 * S);
    const [route] = simulation.finish().ledger.routes;
    expect(route).toMatchObject({ balanced: true, lost: {}, duplicates: {} });
  });

  it('that crashes while it is stuck and returns within its session hears like any other', () => {
    const stuckAt = (container: number, atNs: number): FaultSpec => ({
      kind: 'router-stuck',
      atNs,
      forNs: 10 * S,
      sink: 'generic',
      container,
    });
    const { routers } = run(
      { protocol: 'eager', staticMembership: true },
      { relaunchNs: 10 * MS, faults: [stuckAt(1, CRASH_NS - 10 * MS), crash, stuckAt(2, S)], untilNs: 4 * S },
    );
    const owners = Array.from({ length: PARTITIONS }, (_, p) => routers.runOf(routers.plan.jobs[0], p)?.container);
    expect([0, 1].map((container) => owners.filter((owner) => owner === container).length)).toEqual([3, 3]);
  });
});
