import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterSpec, Scenario } from '../scenario/scenario.ts';
import { fronting, generic, MS, smallWorld, topic } from './small-world.fixture.ts';
import { REPLICAS_MAX, Topology } from './topology.ts';

interface Place {
  readonly zones: number;
  readonly brokers: number;
  readonly replicationFactor: number;
  readonly partitions: readonly number[];
}

/** One cluster, and a topic for each number of partitions. */
function placed({ zones, brokers, replicationFactor, partitions }: Place): Scenario {
  return {
    ...smallWorld(),
    regions: [{ name: 'main', zones }],
    clusters: [{ ...fronting, brokers, replicationFactor }],
    topics: partitions.map((n, index) => ({ ...topic, name: `topic-${index}`, partitions: n, replicationFactor })),
  };
}

const places: fc.Arbitrary<Place> = fc
  .record({
    zones: fc.integer({ min: 1, max: 4 }),
    brokers: fc.integer({ min: 1, max: 20 }),
    copies: fc.integer({ min: 1, max: REPLICAS_MAX }),
    partitions: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
  })
  .map(({ copies, ...place }) => ({ ...place, replicationFactor: Math.min(copies, place.brokers) }));

const replicasOf = (world: Topology, partition: number): number[] => {
  const row = partition * REPLICAS_MAX;
  return [...world.replicas.subarray(row, row + REPLICAS_MAX)].filter((broker) => broker !== -1);
};

const count = (of: Int32Array | readonly number[], brokers: number): number[] => {
  const counts = new Array<number>(brokers).fill(0);
  for (const broker of of) counts[broker]++;
  return counts;
};

const spread = (counts: readonly number[]): number => Math.max(...counts) - Math.min(...counts);

describe('partitions', () => {
  it('have as many copies as they should, on different brokers, the leader’s first', () => {
    fc.assert(
      fc.property(places, (place) => {
        const world = new Topology(placed(place));
        expect(world.partitions).toBe(place.partitions.reduce((sum, n) => sum + n, 0));
        for (let partition = 0; partition < world.partitions; partition++) {
          const replicas = replicasOf(world, partition);
          expect(replicas.length).toBe(place.replicationFactor);
          expect(new Set(replicas).size).toBe(replicas.length);
          expect(replicas[0]).toBe(world.partitionLeader[partition]);
          for (const broker of replicas) expect(broker >= 0 && broker < world.brokers).toBe(true);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('have leaders as even as can be, over all topics of a cluster', () => {
    fc.assert(
      fc.property(places, (place) => {
        const world = new Topology(placed(place));
        expect(spread(count(world.partitionLeader, world.brokers))).toBeLessThanOrEqual(1);
      }),
      { numRuns: 100 },
    );
  });

  it('have each copy in a zone of its own, where zones are enough and hold equally many brokers', () => {
    const even = places
      .filter(({ zones }) => zones > 1)
      .map((place) => {
        const brokers = place.zones * Math.ceil(place.brokers / place.zones);
        return { ...place, brokers, replicationFactor: Math.min(place.replicationFactor, place.zones) };
      });
    fc.assert(
      fc.property(even, (place) => {
        const world = new Topology(placed(place));
        for (let partition = 0; partition < world.partitions; partition++) {
          const zones = replicasOf(world, partition).map((broker) => world.zoneOf(broker));
          expect(new Set(zones).size).toBe(place.replicationFactor);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('of one leader have followers on many brokers, so that its load is shared when it stops', () => {
    const world = new Topology(placed({ zones: 3, brokers: 12, replicationFactor: 2, partitions: [144] }));
    const followers = new Set<number>();
    for (let partition = 0; partition < world.partitions; partition++) {
      const [leader, follower] = replicasOf(world, partition);
      if (leader === 0) followers.add(follower);
    }
    expect(followers.size).toBeGreaterThanOrEqual(3);
  });

  it('are numbered topic by topic', () => {
    const world = new Topology(placed({ zones: 1, brokers: 2, replicationFactor: 1, partitions: [3, 1, 2] }));
    expect([...world.topicFirstPartition]).toEqual([0, 3, 4]);
    expect([...world.partitionTopic]).toEqual([0, 0, 0, 1, 2, 2]);
    // Each topic begins where the one before it ended.
    expect([...world.partitionLeader]).toEqual([0, 1, 0, 1, 0, 1]);
  });
});

describe('clusters', () => {
  const other: ClusterSpec = { ...fronting, name: 'other', region: 'east', brokers: 3, replicationFactor: 1 };
  const scenario: Scenario = {
    ...smallWorld(),
    regions: [
      { name: 'main', zones: 2 },
      { name: 'east', zones: 3 },
    ],
    clusters: [{ ...fronting, brokers: 4 }, other],
    topics: [topic, { ...topic, name: 'there', cluster: 'other', replicationFactor: 1 }],
  };
  const world = new Topology(scenario);

  it('have brokers numbered on from one another, named after them', () => {
    expect([...world.clusterFirstBroker]).toEqual([0, 4]);
    expect([...world.brokerCluster]).toEqual([0, 0, 0, 0, 1, 1, 1]);
    expect(world.brokerNames[0]).toBe('fronting-0');
    expect(world.brokerNames[6]).toBe('other-2');
  });

  it('have brokers in the zones of their region by turns', () => {
    expect([...world.zoneRegion]).toEqual([0, 0, 1, 1, 1]);
    expect([...world.brokerZone]).toEqual([0, 1, 0, 1, 2, 3, 4]);
  });

  it('lead only their own topics', () => {
    world.partitionLeader.forEach((broker, partition) => {
      expect(world.brokerCluster[broker]).toBe(world.topicCluster[world.partitionTopic[partition]]);
    });
  });
});

describe('a topic that a route writes to a consumer cluster', () => {
  const { router } = generic;
  const mirror = { name: 'mirror', kind: 'kafka', cluster: 'consumer', router } as const;
  const second = { ...mirror, name: 'second' } as const;
  const scenario: Scenario = {
    ...smallWorld({ sinks: [mirror, second, generic] }),
    topics: [
      { ...topic, name: 'a', partitions: 4, routes: ['mirror', 'second'] },
      { ...topic, name: 'b', routes: ['generic'] },
    ],
  };
  const world = new Topology(scenario);

  it('has one topic there, with as many partitions and the cluster’s copies and retention', () => {
    expect(world.topicNames).toEqual(['a', 'b', 'consumer/a']);
    expect([...world.mirrors]).toEqual([['consumer/a', 2]]);
    const [, consumer] = scenario.clusters;
    expect(world.topicPartitions[2]).toBe(4);
    expect(world.topicCopies[2]).toBe(consumer.replicationFactor);
    expect(world.topicRetentionNs[2]).toBe(consumer.retentionNs);
    expect(world.topicCluster[2]).toBe(1);
  });
});

describe('a trip', () => {
  it('is longer between zones than within one', () => {
    const world = new Topology(smallWorld({ jitterFraction: 0 }));
    expect(world.tripNs(0, 0, 1, 1)).toBe(150_000);
    expect(world.tripNs(0, 1, 1, 1)).toBe(500_000);
    expect(world.tripNs(1, 0, 1, 1)).toBeLessThan(MS);
  });
});
