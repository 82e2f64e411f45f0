import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Scenario } from '../scenario/scenario.ts';
import { fronting, smallWorld, topic } from './small-world.fixture.ts';
import { planStreams, type StreamPlan } from './stream-plan.ts';
import { Topology } from './topology.ts';

interface Streams {
  readonly instances: number;
  /** Streams of each topic, by region. */
  readonly streams: readonly (readonly number[])[];
  readonly seed?: number;
}

/** A region of two zones, a cluster and some topics for each row. */
function planned({ instances, streams, seed = 1 }: Streams): { scenario: Scenario; plan: StreamPlan } {
  const base = smallWorld({ seed });
  const scenario: Scenario = {
    ...base,
    regions: streams.map((_, region) => ({ name: `region-${region}`, zones: 2 })),
    clusters: streams.map((_, region) => ({ ...fronting, name: `cluster-${region}`, region: `region-${region}` })),
    topics: streams.flatMap((counts, region) =>
      counts.map((n, i) => ({ ...topic, name: `topic-${region}-${i}`, cluster: `cluster-${region}`, streams: n })),
    ),
    producers: { ...base.producers, instances },
  };
  return { scenario, plan: planStreams(scenario, new Topology(scenario)) };
}

const worlds: fc.Arbitrary<Streams> = fc.record({
  instances: fc.integer({ min: 3, max: 60 }),
  streams: fc.array(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 3,
  }),
});

/** Topics of each producer, in order of its streams. */
const topicsByProducer = ({ producers, firstStream, streamTopic }: StreamPlan): number[][] =>
  Array.from({ length: producers }, (_, producer) => [
    ...streamTopic.subarray(firstStream[producer], firstStream[producer + 1]),
  ]);

describe('streams', () => {
  it('are all there, each with one producer, which has at least one', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { scenario, plan } = planned(world);
        const counts = scenario.topics.map((_, index) => plan.streamTopic.filter((each) => each === index).length);
        expect(counts).toEqual(scenario.topics.map((each) => each.streams));
        expect(plan.streams).toBe(counts.reduce((sum, n) => sum + n, 0));
        expect(plan.firstStream[plan.producers]).toBe(plan.streams);
        for (let producer = 0; producer < plan.producers; producer++) {
          expect(plan.firstStream[producer + 1]).toBeGreaterThan(plan.firstStream[producer]);
          for (let stream = plan.firstStream[producer]; stream < plan.firstStream[producer + 1]; stream++) {
            expect(plan.streamProducer[stream]).toBe(producer);
          }
        }
      }),
    );
  });

  it('are dealt out evenly within a region', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { scenario, plan } = planned(world);
        scenario.regions.forEach((_, region) => {
          const sizes = topicsByProducer(plan)
            .filter((_, producer) => plan.producerZone[producer] >> 1 === region)
            .map((topics) => topics.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        });
      }),
    );
  });

  it('of a topic are with different producers, as long as there are enough of those', () => {
    const { plan } = planned({ instances: 12, streams: [[12, 5, 7, 1, 11]] });
    expect(plan.producers).toBe(12);
    for (const topics of topicsByProducer(plan)) expect(new Set(topics).size).toBe(topics.length);
  });

  it('stay in the region of their topic’s cluster', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { scenario, plan } = planned(world);
        for (let stream = 0; stream < plan.streams; stream++) {
          const { cluster } = scenario.topics[plan.streamTopic[stream]];
          const zone = plan.producerZone[plan.streamProducer[stream]];
          expect(`cluster-${zone >> 1}`).toBe(cluster);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('have the class of their topic', () => {
    const base = smallWorld({
      topics: [
        { class: 'high', streams: 1 },
        { class: 'low', streams: 2 },
      ],
    });
    const { streamTopic, streamClass } = planStreams(base, new Topology(base));
    const classes = [...streamTopic].map((each) => (each === 0 ? 2 : 0));
    expect([...streamClass]).toEqual(classes);
  });
});

describe('instances', () => {
  it('are all used where there are streams for them, and never more than there are streams', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { scenario, plan } = planned(world);
        expect(plan.producers).toBeLessThanOrEqual(plan.streams);
        if (scenario.regions.length === 1) expect(plan.producers).toBe(Math.min(world.instances, plan.streams));
      }),
    );
  });

  it('are shared out to regions by their streams', () => {
    const { plan } = planned({
      instances: 40,
      streams: [
        [30, 30],
        [10, 10],
      ],
    });
    const here = plan.producerZone.filter((zone) => zone < 2).length;
    expect([here, plan.producers - here]).toEqual([30, 10]);
  });

  it('stand in the zones of their region by turns', () => {
    const { plan } = planned({ instances: 6, streams: [[3], [9]] });
    const zones = [...plan.producerZone];
    expect(zones.slice(0, 2)).toEqual([0, 1]);
    expect(zones.slice(2)).toEqual([2, 3, 2, 3]);
  });
});

describe('a stream’s identity', () => {
  it('is its own, the same for the same seed and another for another', () => {
    const identities = (seed: number) => [...planned({ instances: 5, streams: [[20]], seed }).plan.streamIdentity];
    expect(new Set(identities(1)).size).toBe(20);
    expect(identities(1)).toEqual(identities(1));
    expect(identities(1).filter((identity) => identities(2).includes(identity))).toEqual([]);
  });
});
