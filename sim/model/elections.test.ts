import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FATE_DELIVERED } from '../../src/producer/outcome.ts';
import type { ClusterSpec, ControllerSpec, FaultSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';
import { chooseLeader } from './election.ts';
import { fronting, generic, MS, S, type SmallWorld, smallWorld } from './small-world.fixture.ts';
import { REPLICAS_MAX } from './topology.ts';

const zookeeper: ControllerSpec = {
  kind: 'zookeeper',
  sessionTimeoutNs: 600 * MS,
  electionNs: 5 * MS,
  loadNs: 2 * MS,
  failoverNs: 0,
  metadataDelayNs: 10 * MS,
};

const KILL_NS = 1_000 * MS;
/** More than the controller needs once all brokers are back. */
const ELECTIONS_MS = 500;

const kill = (broker: number, more: Partial<FaultSpec & { kind: 'broker-kill' }> = {}): FaultSpec => ({
  kind: 'broker-kill',
  atNs: KILL_NS,
  forNs: 3_600 * S,
  cluster: 'fronting',
  broker,
  disk: 'kept',
  ...more,
});

const partitionsOf = (simulation: Simulation): number[] =>
  Array.from({ length: simulation.topology.partitions }, (_, partition) => partition);

const ledBy = (simulation: Simulation, broker: number): number[] =>
  partitionsOf(simulation).filter((partition) => simulation.topology.partitionLeader[partition] === broker);

describe('the choice of a leader', () => {
  const among = (live: readonly boolean[], inSync: readonly boolean[]) => ({
    copies: live.length,
    isLive: (copy: number) => live[copy],
    isInSync: (copy: number) => inSync[copy],
  });

  it('falls on the first live replica in the order of the assignment that is in sync', () => {
    expect(chooseLeader(among([false, true, true], [true, false, true]), false)).toEqual({ copy: 2, clean: true });
    expect(chooseLeader(among([true, true, true], [true, true, true]), true)).toEqual({ copy: 0, clean: true });
  });

  it('falls on one out of sync only if that is allowed', () => {
    expect(chooseLeader(among([false, true, true], [true, false, false]), true)).toEqual({ copy: 1, clean: false });
    expect(chooseLeader(among([false, true, true], [true, false, false]), false)).toBe(null);
    expect(chooseLeader(among([false, false], [true, true]), true)).toBe(null);
  });
});

describe('after a broker has died', () => {
  const world: SmallWorld = {
    brokers: 4,
    topics: [{ partitions: 21 }],
    durationNs: 3 * S,
    cluster: { controller: zookeeper },
  };

  it('its partitions have leaders after detection + partitions led × step, all at once', () => {
    const simulation = new Simulation(smallWorld({ ...world, faults: [kill(2)] }));
    simulation.advance({ untilNs: KILL_NS });
    const led = ledBy(simulation, 2);
    expect(led.length).toBeGreaterThan(4);
    const electedNs = KILL_NS + zookeeper.sessionTimeoutNs + led.length * zookeeper.electionNs;
    simulation.advance({ untilNs: electedNs - 1 });
    expect(ledBy(simulation, 2)).toEqual(led);
    simulation.advance({ untilNs: electedNs });
    expect(ledBy(simulation, 2)).toEqual([]);
  });

  it('they wait for a new controller to load all partitions, if it was the controller', () => {
    const simulation = new Simulation(smallWorld({ ...world, faults: [kill(0)] }));
    simulation.advance({ untilNs: KILL_NS });
    const led = ledBy(simulation, 0).length;
    const loadedNs = KILL_NS + zookeeper.sessionTimeoutNs + 21 * zookeeper.loadNs;
    simulation.advance({ untilNs: loadedNs + led * zookeeper.electionNs - 1 });
    expect(ledBy(simulation, 0)).toHaveLength(led);
    simulation.advance({ untilNs: loadedNs + led * zookeeper.electionNs });
    expect(ledBy(simulation, 0)).toEqual([]);
  });

  it('its copies leave the in-sync sets by another step each, long before they would for their lag', () => {
    const simulation = new Simulation(smallWorld({ ...world, faults: [kill(2)] }));
    simulation.advance({ untilNs: KILL_NS });
    const { copies } = simulation.clusters;
    const led = ledBy(simulation, 2).length;
    const followed = copies.hosted(2).length - led;
    const doneNs = KILL_NS + zookeeper.sessionTimeoutNs + (led + followed) * zookeeper.electionNs;
    const inSync = () =>
      copies.hosted(2).filter((partition) => copies.isInSync(partition, copies.copyOf(partition, 2)));
    simulation.advance({ untilNs: doneNs - 1 });
    expect(inSync()).toHaveLength(followed);
    simulation.advance({ untilNs: doneNs });
    expect(inSync()).toHaveLength(0);
  });

  it('a process that is up again at once is not taken for alive before its session has ended', () => {
    const simulation = new Simulation(smallWorld({ ...world, faults: [kill(2, { forNs: 20 * MS })] }));
    simulation.advance({ untilNs: KILL_NS + zookeeper.sessionTimeoutNs - 1 });
    expect(simulation.clusters.copies.isDown(2)).toBe(true);
    simulation.advance();
    expect(simulation.clusters.copies.isDown(2)).toBe(false);
    expect(ledBy(simulation, 2)).toEqual([]);
    expect(simulation.finish().ledger.balanced).toBe(true);
  });

  it('a process that two faults start before the controller has heard of it joins once', () => {
    const faults: FaultSpec[] = [
      { kind: 'broker-stop', atNs: 0, forNs: MS, cluster: 'fronting', broker: 0 },
      { kind: 'controller-kill', atNs: 0, forNs: 20 * MS + 1, cluster: 'fronting' },
    ];
    const controller = { ...zookeeper, sessionTimeoutNs: 20 * MS, loadNs: 0 };
    const simulation = new Simulation(smallWorld({ ...world, cluster: { controller }, faults }));
    simulation.advance();
    expect(simulation.clusters.copies.isDown(0)).toBe(false);
  });

  it('preferred leaders lead again when they are told to', () => {
    const faults: FaultSpec[] = [
      kill(2, { forNs: 900 * MS }),
      { kind: 'leader-rebalance', atNs: 2_500 * MS, cluster: 'fronting' },
    ];
    const simulation = new Simulation(smallWorld({ ...world, faults }));
    simulation.advance();
    const { partitionLeader, replicas } = simulation.topology;
    for (const partition of partitionsOf(simulation)) {
      expect(partitionLeader[partition]).toBe(replicas[partition * REPLICAS_MAX]);
    }
  });

  it('producers go on by themselves once they have heard who leads', () => {
    const simulation = new Simulation(smallWorld({ ...world, faults: [kill(2)], policy: { retries: 100 } }));
    simulation.advance({ untilNs: 2_500 * MS });
    const before = simulation.ledger.check().topics[0].stored;
    simulation.advance();
    const [book] = simulation.ledger.check().topics;
    // 200 records a second; what waited has gone before.
    expect(book.stored - before).toBeGreaterThan(90);
    expect(book.inFlight).toBeLessThan(30);
  });

  it.each([100, 1_000])('a producer that finds no broker at first asks again at least every %i ms', (mostMs) => {
    const faults = [0, 1, 2, 3].map((broker) => kill(broker, { atNs: 0, forNs: 900 * MS }));
    const policy = { reconnectBackoffNs: 50 * MS, reconnectBackoffMaxNs: mostMs * MS };
    const simulation = new Simulation(smallWorld({ ...world, faults, policy }));
    const stored = (): number => simulation.ledger.check().topics[0].stored;
    simulation.advance({ untilNs: 900 * MS });
    expect(stored()).toBe(0);
    simulation.advance({ untilNs: (900 + mostMs + ELECTIONS_MS) * MS });
    expect(stored()).toBeGreaterThan(100);
  });

  it.each(['record', 'request'] as const)('what only it had is lost, to the record (%s)', (fidelity) => {
    const simulation = new Simulation(
      smallWorld({
        ...world,
        fidelity,
        sinks: [generic],
        // Followers fetch every 41 ms, so that the tail is long.
        cluster: { controller: zookeeper, replicaFetchProcessNs: 40 * MS },
        policy: { acks: 1, retries: 0, lingerNs: 5 * MS },
        topics: [{ partitions: 21, recordsPerSecond: 3_000 }],
        faults: [kill(2)],
      }),
    );
    // The last moment before: a tie with the fault is no concern of this test.
    simulation.advance({ untilNs: KILL_NS - 1 });
    const { logs, sets } = simulation.clusters.copies;
    const tail = ledBy(simulation, 2).reduce(
      (sum, partition) => sum + logs[partition].endOffsetAt(KILL_NS) - sets[partition]!.endAt(1, KILL_NS),
      0,
    );
    expect(tail).toBeGreaterThan(20);
    simulation.advance();
    const { ledger } = simulation.finish();
    expect(ledger.lost).toEqual({ 'leader-lost': tail });
    expect(ledger.balanced).toBe(true);
    // Stored stays stored.
    expect(ledger.routes[0].stored).toBe(ledger.stored);
    expect(ledger.routes[0].delivered + ledger.routes[0].backlog + tail).toBe(ledger.stored);
  });
});

describe('a follower that returns', () => {
  it('has caught up after u·t/(1−u)', () => {
    const awayNs = 4 * S;
    const simulation = new Simulation(
      smallWorld({
        brokers: 2,
        durationNs: 9 * S,
        topics: [{ partitions: 1, recordsPerSecond: 2_000, recordBytes: 100, streams: 1 }],
        instances: 1,
        cluster: { controller: zookeeper, broker: { ...fronting.broker, networkBytesPerSecond: 1e6 } },
        policy: { acks: 1 },
        faults: [kill(1, { forNs: awayNs })],
      }),
    );
    const [set] = simulation.clusters.copies.sets;
    simulation.advance({ untilNs: KILL_NS + awayNs });
    const bytesPerSecond = simulation.clusters.logs[0].endBytes / (simulation.nowNs / S);
    // Half of the card for the one partition that it follows.
    const u = bytesPerSecond / 0.5e6;
    expect(u).toBeGreaterThan(0.3);
    const caughtUpNs = (u * awayNs) / (1 - u);
    simulation.advance({ untilNs: KILL_NS + awayNs + 0.97 * caughtUpNs });
    expect(set!.inSyncAt(simulation.nowNs)).toBe(1);
    simulation.advance({ untilNs: KILL_NS + awayNs + 1.03 * caughtUpNs });
    expect(set!.inSyncAt(simulation.nowNs)).toBe(2);
  });
});

describe('acks all with a minimum of copies in sync', () => {
  const two: Partial<ClusterSpec> = { controller: zookeeper, minInsyncReplicas: 2 };
  const world: SmallWorld = {
    brokers: 2,
    durationNs: 4 * S,
    policy: { acks: -1, retries: 1000, deliveryTimeoutNs: 60 * S, requestTimeoutNs: 2 * S },
    sinks: [generic],
  };

  it('is refused while too few are in sync: nothing is written, and all of it once they are', () => {
    const simulation = new Simulation(smallWorld({ ...world, cluster: two, faults: [kill(1, { forNs: 1500 * MS })] }));
    const stored = () => simulation.ledger.check().topics[0].stored;
    // The dead copy has left the in-sync sets.
    simulation.advance({ untilNs: 1_700 * MS });
    const before = stored();
    simulation.advance({ untilNs: 2_400 * MS });
    expect(stored()).toBe(before);
    simulation.advance();
    expect(stored()).toBeGreaterThan(before + 200);
    expect(simulation.finish().ledger).toMatchObject({ lost: {}, dropped: {}, balanced: true });
  });

  it('has an error after the append when the set shrinks meanwhile: a retry stores it twice', () => {
    // While the follower hangs the leader takes writes; when it is out of sync, they are written to too few.
    const hang: FaultSpec = {
      kind: 'broker-hang',
      atNs: KILL_NS,
      forNs: 2 * S,
      cluster: 'fronting',
      broker: 1,
      session: 'kept',
    };
    const cluster = { ...two, replicaLagTimeMaxNs: 400 * MS, replicaLagCheckNs: 200 * MS };
    const lone = { ...world, topics: [{ partitions: 1, streams: 1 }], instances: 1, faults: [hang] };
    const duplicates = (idempotent: boolean) => {
      const simulation = new Simulation(smallWorld({ ...lone, cluster, policy: { ...world.policy, idempotent } }));
      simulation.advance();
      const { ledger } = simulation.finish();
      expect(ledger).toMatchObject({ lost: {}, dropped: {}, unknown: 0, balanced: true });
      return ledger.duplicates.retry ?? 0;
    };
    expect(duplicates(false)).toBeGreaterThan(0);
    expect(duplicates(true)).toBe(0);
  });
});

it('a lost tail is told once, however many a log has lost', () => {
  const simulation = new Simulation(
    smallWorld({
      brokers: 4,
      durationNs: 7 * S,
      cluster: { controller: zookeeper, replicaFetchProcessNs: 40 * MS },
      policy: { acks: 1, retries: 0, lingerNs: 5 * MS },
      topics: [{ partitions: 21, recordsPerSecond: 3_000 }],
      faults: [0, 1, 2, 3].map((broker) => kill(broker, { atNs: (1 + 1.5 * broker) * S, forNs: 900 * MS })),
    }),
  );
  const { copies } = simulation.clusters;
  const told = copies.logs.map((): { from: number; to: number }[] => []);
  const listener = copies.lossListener!;
  copies.lossListener = (partition, tails) => {
    listener(partition, tails);
    told[partition].push(...tails);
  };
  simulation.advance();
  const lost = copies.logs.map((log) => log.lostTails?.tails ?? []);
  expect(lost.some((tails) => tails.length > 1)).toBe(true);
  expect(told.map((tails) => tails.sort((one, other) => one.from - other.from))).toEqual(lost);
});

describe('an unclean election', () => {
  // The follower of each partition is out of sync when the leader dies.
  const faults: FaultSpec[] = [kill(1, { atNs: 800 * MS, forNs: 1_600 * MS }), kill(0, { atNs: 2_350 * MS })];
  const world: SmallWorld = {
    brokers: 2,
    durationNs: 5 * S,
    sinks: [generic],
    policy: { retries: 1000, deliveryTimeoutNs: 60 * S },
    topics: [{ partitions: 1 }],
    faults,
  };

  it('loses what the new leader lacks; without it the partition stays offline and nothing is lost', () => {
    const ended = (uncleanElection: boolean) => {
      const simulation = new Simulation(smallWorld({ ...world, cluster: { controller: zookeeper, uncleanElection } }));
      simulation.advance();
      return { offline: simulation.topology.partitionOffline[0], ...simulation.finish().ledger };
    };
    const clean = ended(false);
    expect(clean).toMatchObject({ offline: 1, lost: {}, balanced: true });
    const unclean = ended(true);
    expect(unclean).toMatchObject({ offline: 0, balanced: true });
    // Nearly all of it had been delivered before: gone from the log, and not lost to the sink.
    expect(Object.keys(unclean.lost).every((cause) => cause === 'unclean-election')).toBe(true);
    expect(unclean.stored).toBeGreaterThan(clean.stored);
  });
});

describe('nothing that was acknowledged is lost', () => {
  const happenings = fc.array(
    fc.record({
      what: fc.constantFrom('kill', 'kill', 'stop', 'hang', 'zone', 'slow', 'rebalance'),
      which: fc.nat(5),
      waitNs: fc.integer({ min: 0, max: 400 * MS }),
      downNs: fc.integer({ min: 1 * MS, max: 900 * MS }),
    }),
    { minLength: 1, maxLength: 5 },
  );

  /** Acknowledged batches that no log has any more, after failures that come one at a time. */
  function lostAcknowledged(how: typeof happenings extends fc.Arbitrary<infer H> ? H : never, acks: -1 | 1 = -1) {
    const simulation = new Simulation(
      smallWorld({
        brokers: 6,
        zones: 3,
        durationNs: 600 * S,
        topics: [{ partitions: 8, replicationFactor: 3, recordsPerSecond: 600 }],
        cluster: {
          replicationFactor: 3,
          minInsyncReplicas: 2,
          replicaLagTimeMaxNs: 300 * MS,
          replicaLagCheckNs: 150 * MS,
          controller: { ...zookeeper, sessionTimeoutNs: 100 * MS },
          // As long as it takes for some records to be there that no follower has.
          replicaFetchProcessNs: 20 * MS,
        },
        policy: { acks, retries: 50, deliveryTimeoutNs: 5 * S, lingerNs: 5 * MS, inFlight: 5 },
      }),
    );
    const { controllers, topology, producers } = simulation;
    const acknowledged: { partition: number; from: number; n: number }[] = [];
    const ended = producers.ended.bind(producers);
    producers.ended = (batch, stream, n, fate) => {
      if (fate === FATE_DELIVERED) {
        const partition = producers.courier.partitionOf(batch);
        acknowledged.push({ partition, from: producers.books.offset(batch), n });
      }
      ended(batch, stream, n, fate);
    };
    const run = (ns: number) => simulation.advance({ untilNs: simulation.nowNs + ns });
    const settle = () => {
      for (let looks = 0; looks < 2_000; looks++) {
        if (
          Array.from({ length: 6 }, (_, broker) => broker).every(
            (broker) => !controllers.view.isRecovering(broker, simulation.nowNs),
          )
        )
          return;
        run(20 * MS);
      }
      throw new Error('the in-sync sets never filled again');
    };
    run(500 * MS);
    for (const { what, which, waitNs, downNs } of how) {
      settle();
      run(waitNs);
      const zone = topology.brokerZone[which];
      const brokers =
        what === 'zone' ? [0, 1, 2, 3, 4, 5].filter((broker) => topology.brokerZone[broker] === zone) : [which];
      for (const broker of brokers) {
        if (what === 'kill' || what === 'zone') controllers.kill(broker);
        else if (what === 'stop') controllers.shutDown(broker);
        else if (what === 'hang') controllers.hang(broker, which % 2 === 0 ? 'kept' : 'lost');
        else if (what === 'slow') simulation.clusters.slow(broker, { cpu: 5, disk: 5, network: 2_000 });
        else controllers.preferLeaders(0);
      }
      run(downNs);
      for (const broker of brokers) {
        if (what === 'hang') controllers.resume(broker);
        else if (what === 'slow') simulation.clusters.slow(broker, { cpu: 1, disk: 1, network: 1 });
        else if (what !== 'rebalance') controllers.start(broker, 'kept');
      }
    }
    settle();
    run(1 * S);
    expect(simulation.ledger.check().balanced).toBe(true);
    expect(acknowledged.length).toBeGreaterThan(20);
    return acknowledged.filter(({ partition, from, n }) => {
      const tails = simulation.clusters.logs[partition].lostTails?.tails ?? [];
      return tails.some((tail) => tail.from < from + n && tail.to > from);
    });
  }

  it('with three copies across zones, acks all, two of them needed and no unclean election, one failure at a time', () => {
    fc.assert(
      fc.property(happenings, (how) => {
        expect(lostAcknowledged(how)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });

  it('but it is when only the leader has acknowledged it', () => {
    const how = [0, 1, 2, 3, 4, 5].map((which) => ({ what: 'kill' as const, which, waitNs: 0, downNs: 500 * MS }));
    expect(lostAcknowledged(how, 1).length).toBeGreaterThan(0);
    expect(lostAcknowledged(how)).toEqual([]);
  });
});
