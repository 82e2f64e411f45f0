import { describe, expect, it } from 'vitest';
import type { FaultSpec, Scenario, ZooKeeperSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';
import { MS, S, smallWorld } from './small-world.fixture.ts';

const FIRST = 0;
const CONTROLLER = { kind: 'zookeeper', electionNs: MS, loadNs: 0, failoverNs: 0, metadataDelayNs: 0 } as const;
const TIMEOUT_NS = 600 * MS;

interface World {
  readonly partitions?: number;
  readonly brokers?: number;
  readonly zookeeper?: Partial<ZooKeeperSpec>;
  readonly faults: readonly FaultSpec[];
  readonly durationNs?: number;
}

/** Two copies; a session lasts 0.6 s. Times of faults count from the start, the warm-up ends at 0.1 s. */
function worldOf({ partitions = 12, brokers = 4, zookeeper = {}, faults, durationNs = 10 * S }: World): Scenario {
  const world = smallWorld({
    brokers,
    durationNs,
    faults,
    cluster: { controller: { ...CONTROLLER, sessionTimeoutNs: TIMEOUT_NS } },
    topics: [{ partitions }],
  });
  const keeper: ZooKeeperSpec = {
    name: 'keeper',
    clusters: ['fronting'],
    nodes: 5,
    electionNs: 200 * MS,
    readNs: 0,
    writeNs: 0,
    reconnectNs: 0,
    sessionsPerReplica: 0,
    ...zookeeper,
  };
  return { ...world, zookeepers: [keeper] };
}

function run(world: World): Simulation {
  const simulation = new Simulation(worldOf(world), { check: 'event' });
  simulation.advance();
  simulation.finish();
  return simulation;
}

const brokersAlive = (simulation: Simulation): number =>
  Array.from({ length: simulation.scenario.clusters[0].brokers }, (_, i) => i).filter(
    (broker) => !simulation.clusters.copies.isDown(broker),
  ).length;

const nodeKill = (node: number, atNs: number, forNs: number, replaced = false): FaultSpec => ({
  kind: 'zookeeper-node-kill',
  atNs,
  forNs,
  zookeeper: 'keeper',
  node,
  replaced,
});

/** Who leads each partition of the first topic at a moment, as elections are seen from outside. */
function leadersAt(simulation: Simulation, atNs: number): number[] {
  simulation.advance({ untilNs: atNs });
  return [...simulation.topology.partitionLeader.subarray(0, simulation.topology.topicPartitions[FIRST])];
}

describe('a ZooKeeper that is away', () => {
  const kill: FaultSpec = { kind: 'broker-kill', atNs: S, forNs: 20 * S, cluster: 'fronting', broker: 0, disk: 'kept' };

  it('lets nobody be elected; when it is back, sessions that nobody keeps last their time from then on', () => {
    const away: FaultSpec = { kind: 'zookeeper-down', atNs: 900 * MS, forNs: 3 * S, zookeeper: 'keeper' };
    const simulation = new Simulation(worldOf({ faults: [kill, away] }));
    const led = leadersAt(simulation, 500 * MS).filter((leader) => leader === 0).length;
    expect(led).toBeGreaterThan(0);
    const electedNs = away.atNs + 3 * S + 200 * MS;
    const until = electedNs + TIMEOUT_NS + led * CONTROLLER.electionNs;
    expect(leadersAt(simulation, until - 1).filter((leader) => leader === 0)).toHaveLength(led);
    expect(leadersAt(simulation, until)).not.toContain(0);
  });

  it('ends no session of a broker that lives, however long it is away', () => {
    const simulation = new Simulation(
      worldOf({ faults: [{ kind: 'zookeeper-down', atNs: S, forNs: 5 * S, zookeeper: 'keeper' }] }),
    );
    const before = leadersAt(simulation, 500 * MS);
    for (let atNs = S; atNs < 9 * S; atNs += 500 * MS) {
      expect(leadersAt(simulation, atNs)).toEqual(before);
      expect(brokersAlive(simulation)).toBe(4);
    }
  });

  it('is away while its leader is elected or most nodes are dead, and only then', () => {
    const serving = (faults: FaultSpec[], atNs: number): boolean => {
      const simulation = new Simulation(worldOf({ faults }));
      simulation.advance({ untilNs: atNs });
      return simulation.controllers.zookeepers.named('keeper').serving;
    };
    expect(serving([nodeKill(1, S, 5 * S)], S + 1)).toBe(true);
    expect(serving([nodeKill(0, S, 5 * S)], S + 1)).toBe(false);
    expect(serving([nodeKill(0, S, 5 * S)], S + 200 * MS)).toBe(true);
    const two = [nodeKill(3, S, 5 * S), nodeKill(4, S, 5 * S)];
    expect(serving(two, 2 * S)).toBe(true);
    expect(serving([...two, nodeKill(2, S, 3 * S)], 2 * S)).toBe(false);
    expect(serving([...two, nodeKill(2, S, 3 * S)], 4 * S + 200 * MS)).toBe(true);
  });
});

describe('a queue that is longer than a session', () => {
  const election: FaultSpec = { kind: 'zookeeper-election', atNs: S, zookeeper: 'keeper' };
  // A registration writes twice for itself and twice for each replica; each broker hosts partitions × 2 ÷ 4 of them.
  const roundNs = (partitions: number, writeNs: number): number => (4 * 2 + 2 * 2 * partitions) * writeNs;

  it('sustains itself from a round of registrations of two session time-outs on, and not below: a sweep', () => {
    const writeNs = MS;
    // Coming back takes longer than a session at all sizes, so that some sessions end.
    const zookeeper = { writeNs, reconnectNs: 250 * MS };
    const settles = (partitions: number): boolean => {
      const simulation = new Simulation(worldOf({ partitions, zookeeper, faults: [election], durationNs: 30 * S }));
      expect(simulation.controllers.zookeepers.named('keeper').roundNs).toBe(roundNs(partitions, writeNs));
      simulation.advance({ untilNs: 20 * S });
      let fenced = 0;
      for (let atNs = 20 * S; atNs <= 30 * S; atNs += 50 * MS) {
        simulation.advance({ untilNs: atNs });
        fenced = Math.max(fenced, 4 - brokersAlive(simulation));
      }
      return fenced === 0;
    };
    const sizes = [60, 150, 200, 240, 280, 298, 310, 350, 450, 600];
    const twiceNs = 2 * TIMEOUT_NS;
    expect(sizes.map((partitions) => [partitions, settles(partitions)])).toEqual(
      sizes.map((partitions) => [partitions, roundNs(partitions, writeNs) < twiceNs]),
    );
  });

  it('does nothing to sessions that are back in time', () => {
    const zookeeper = { writeNs: MS, reconnectNs: 140 * MS };
    const simulation = new Simulation(worldOf({ partitions: 900, zookeeper, faults: [election] }));
    const before = leadersAt(simulation, 500 * MS);
    expect(leadersAt(simulation, 9 * S)).toEqual(before);
    expect(brokersAlive(simulation)).toBe(4);
  });
});

describe('a node that is replaced', () => {
  const replaceAll = [1, 2, 3, 4, 0].map((node, i) => nodeKill(node, (1 + i) * S, 500 * MS, true));

  it('has an address that brokers which run do not know: when all have been replaced, sessions end for good', () => {
    expect(brokersAlive(run({ faults: replaceAll.slice(0, 4), durationNs: 12 * S }))).toBe(4);
    expect(brokersAlive(run({ faults: replaceAll, durationNs: 12 * S }))).toBe(0);
  });

  const lastDies = (forNs: number): FaultSpec[] => [...replaceAll.slice(0, 4), nodeKill(0, 5 * S, forNs)];

  it('leaves one that brokers know: when it is back after their sessions they register there', () => {
    expect(brokersAlive(run({ faults: lastDies(3 * S), durationNs: 7 * S }))).toBe(0);
    expect(brokersAlive(run({ faults: lastDies(3 * S), durationNs: 12 * S }))).toBe(4);
  });

  it('leaves one that brokers know: when it is back within their sessions they keep them', () => {
    const { copies } = run({ faults: lastDies(500 * MS) }).clusters;
    expect([0, 1, 2, 3].map((broker) => copies.stops(broker))).toEqual([0, 0, 0, 0]);
  });

  it('is found by a broker that restarts', () => {
    const restarts = [0, 1, 2, 3].map(
      (broker): FaultSpec => ({
        kind: 'broker-kill',
        atNs: (8 + broker) * S,
        forNs: 700 * MS,
        cluster: 'fronting',
        broker,
        disk: 'kept',
      }),
    );
    expect(brokersAlive(run({ faults: [...replaceAll, ...restarts], durationNs: 16 * S }))).toBe(4);
  });
});

describe('in-sync sets while ZooKeeper is away', () => {
  const away: FaultSpec = { kind: 'zookeeper-down', atNs: 900 * MS, forNs: 5 * S, zookeeper: 'keeper' };
  const hang: FaultSpec = {
    kind: 'broker-hang',
    atNs: 1 * S,
    forNs: 10 * S,
    cluster: 'fronting',
    broker: 1,
    session: 'kept',
  };
  const [replicaLagTimeMaxNs, replicaLagCheckNs] = [400 * MS, 200 * MS];
  const world = (faults: readonly FaultSpec[]): Scenario => {
    const scenario = worldOf({ faults, brokers: 2, partitions: 1 });
    const bounds = { replicaLagTimeMaxNs, replicaLagCheckNs };
    return { ...scenario, clusters: scenario.clusters.map((cluster) => ({ ...cluster, ...bounds })) };
  };
  /** Broker 0 leads partition 0, broker 1 follows and stands still from 1 s on. */
  const inSyncAt = (untilNs: number, faults: readonly FaultSpec[]): number => {
    const simulation = new Simulation(world(faults), { check: 'event' });
    simulation.advance({ untilNs });
    return simulation.clusters.copies.sets[0]!.inSyncAt(untilNs);
  };
  const shrunkNs = 1 * S + replicaLagTimeMaxNs + 2 * replicaLagCheckNs;
  const backNs = 900 * MS + 5 * S + 200 * MS;

  it('stay as they are, as nobody can write another one down, and shrink at the next check afterwards', () => {
    expect(shrunkNs).toBeLessThan(backNs - 1);
    expect(inSyncAt(shrunkNs, [hang])).toBe(1);
    expect(inSyncAt(shrunkNs, [away, hang])).toBe(2);
    expect(inSyncAt(backNs - 1, [away, hang])).toBe(2);
    expect(inSyncAt(backNs + replicaLagCheckNs, [away, hang])).toBe(1);
  });

  it('hold up acks all until then, and nothing before', () => {
    const stored = (faults: readonly FaultSpec[]): number => {
      const simulation = new Simulation(world(faults), { check: 'event' });
      simulation.advance({ untilNs: backNs - 1 });
      return simulation.clusters.copies.visibleEnd(0);
    };
    // All that is visible was there when the follower stood still: one and a half seconds' worth at most.
    expect(stored([away])).toBeGreaterThan(800);
    expect(stored([away, hang])).toBeLessThan(300);
    expect(stored([hang])).toBeGreaterThan(800);
  });
});
