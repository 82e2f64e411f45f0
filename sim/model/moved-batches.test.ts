/** Batches that a cluster had taken without its producer hearing of it, and that were sent again to another one. */
import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';
import { generic, MS, S, type SmallWorld, smallWorld } from './small-world.fixture.ts';

const CUT_NS = 1_000 * MS;
const MOVED_NS = 1_200 * MS;
const DEAD_NS = 1_300 * MS;

/** 200 records a second, evenly; one broker, whose answers get lost from 1 s on, until the topic moves at 1.2 s. */
const world: SmallWorld = {
  brokers: 1,
  instances: 1,
  jitterFraction: 0,
  durationNs: 5 * S,
  topics: [{ partitions: 1, streams: 1, replicationFactor: 1 }],
  cluster: { replicationFactor: 1 },
  policy: { inFlight: 1, deliveryTimeoutNs: 10 * S, retries: 1_000, requestTimeoutNs: 300 * MS },
  sinks: [generic],
};

const unheard: FaultSpec = {
  kind: 'network-partition',
  atNs: CUT_NS,
  forNs: 2 * S,
  from: { kind: 'broker', cluster: 'fronting', broker: 0 },
  to: { kind: 'applications', region: 'main', zone: null },
  oneWay: true,
};
const move: FaultSpec = { kind: 'topic-move', atNs: MOVED_NS, topic: 'topic-0', to: 'spare', createNs: 0, pollNs: 1 };
/** Routers hear nothing of the broker from half a second on, to the end. */
const unread: FaultSpec = {
  ...unheard,
  atNs: 500 * MS,
  forNs: 5 * S,
  to: { kind: 'routers', region: 'main', zone: null },
};
const dies: FaultSpec = {
  kind: 'broker-kill',
  atNs: DEAD_NS,
  forNs: 500 * MS,
  cluster: 'fronting',
  broker: 0,
  disk: 'lost',
};

const fidelities = ['record', 'request'] as const;
function run(faults: FaultSpec[], fidelity: (typeof fidelities)[number], acks: 0 | 1 | -1 = 1, idempotent = false) {
  const policy = { ...world.policy, acks, idempotent };
  const simulation = new Simulation(smallWorld({ ...world, policy, faults, fidelity }), { check: 'event' });
  simulation.advance();
  return simulation.finish().ledger;
}

describe.each(fidelities)(
  'a batch whose answer is lost, whose topic moves, and which is sent again (%s)',
  (fidelity) => {
    it.each([
      { acks: 1, idempotent: false },
      { acks: -1, idempotent: false },
      // Clusters know nothing of each other's batches.
      { acks: -1, idempotent: true },
    ] as const)('is in both clusters, and counts once: acks $acks, idempotent $idempotent', ({ acks, idempotent }) => {
      const { offered, stored, duplicates, unknown, dropped, inFlight, routes } = run(
        [unheard, move],
        fidelity,
        acks,
        idempotent,
      );
      // One in flight: that request alone was taken and not heard of. It holds what a linger gathers, at the least.
      expect(duplicates).toEqual({ moved: expect.toSatisfy((n: number) => n >= 4 && n <= 20) });
      expect([unknown, dropped]).toEqual([0, {}]);
      expect(stored).toBe(offered - inFlight);
      expect(routes[0]).toMatchObject({ stored, lost: {} });
      // The sink is given both copies: no router knows that they are the same.
      expect(routes[0].delivered + routes[0].backlog).toBe(stored);
    });

    it('is not lost with a leader that dies before routers had it', () => {
      const dead = run([unheard, move, unread, dies], fidelity);
      const well = run([unheard, move, unread], fidelity);
      const n = dead.duplicates.moved!;
      expect(n).toBe(well.duplicates.moved);
      expect(well.routes[0].lost).toEqual({});
      // What had been answered is lost with the disk. What was sent again is not: the other cluster has it.
      // Without a move the batch is stored again where it was lost: either way only what had been answered is gone.
      const stays = run([unheard, unread, dies, { ...move, atNs: 4_900 * MS }], fidelity);
      expect(stays.duplicates.moved).toBeUndefined();
      expect(dead.routes[0].lost).toEqual(stays.routes[0].lost);
      const lost = dead.routes[0].lost['disk-lost']!;
      expect(dead.routes[0].stored - dead.routes[0].delivered - dead.routes[0].backlog).toBe(lost);
      // From when routers read no more to the cut, 200 a second, but for a linger or two at both ends.
      expect(Math.abs(lost - 100)).toBeLessThan(12);
      expect(dead.stored).toBe(dead.offered - dead.inFlight);
    });
  },
);
