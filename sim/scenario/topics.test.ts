import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pow } from '../engine/math.ts';
import { resolveScenario } from './resolve.ts';
import type { TopicSpec } from './scenario.ts';
import type { WrittenScenario } from './written.ts';

const base = {
  name: 'topics',
  clusters: {
    low: { class: 'low', brokers: 3, count: 2 },
    normal: { class: 'normal', brokers: 4, count: 3 },
    high: { class: 'high', brokers: 3 },
  },
  topics: {
    count: 200,
    zipfExponent: 0.7,
    recordBytes: { mean: '2kB', spread: '50%' },
    classes: { low: '30%', normal: '50%', high: '20%' },
    routes: { s3: '100%', other: '25%' },
  },
  traffic: { rate: '100k/s' },
  producers: { instances: 5000, streams: 20_000 },
  sinks: {
    s3: { kind: 's3', router: { containers: 10_000 } },
    other: { kind: 'rate-limited', rate: '1M/s', router: { containers: 10_000 } },
  },
} satisfies WrittenScenario;

const volume = ({ recordsPerSecond, recordBytes }: TopicSpec): number => recordsPerSecond * recordBytes;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

describe('generated topics', () => {
  const { topics, clusters } = resolveScenario(base);
  const total = sum(topics.map(volume));

  it('add up to the rate, the mean size and the streams that were asked for', () => {
    expect(topics).toHaveLength(200);
    expect(sum(topics.map((topic) => topic.recordsPerSecond))).toBeCloseTo(100_000, 6);
    expect(total / 100_000 / 2000).toBeCloseTo(1, 3);
    expect(sum(topics.map((topic) => topic.streams))).toBe(20_000);
  });

  it('have volumes that fall as 1/rank^0.7', () => {
    const [first, second] = topics as [TopicSpec, TopicSpec];
    expect(first.recordsPerSecond / second.recordsPerSecond).toBeCloseTo(pow(2, 0.7), 9);
    expect(first.recordsPerSecond / topics[99]!.recordsPerSecond).toBeCloseTo(pow(100, 0.7), 9);
  });

  it('have sizes within the spread', () => {
    const sizes = topics.map((topic) => topic.recordBytes);
    expect(Math.min(...sizes)).toBeGreaterThan(900);
    expect(Math.max(...sizes)).toBeLessThan(3300);
    expect(new Set(sizes).size).toBeGreaterThan(100);
  });

  it('have partitions for their volume', () => {
    for (const topic of topics) expect(topic.partitions).toBe(Math.ceil(volume(topic) / 2e6));
  });

  it('divide over classes by volume, and evenly over the clusters of a class', () => {
    for (const [name, share] of [
      ['low', 0.3],
      ['normal', 0.5],
      ['high', 0.2],
    ] as const) {
      const ofClass = topics.filter((topic) => topic.class === name);
      expect(sum(ofClass.map(volume)) / total).toBeCloseTo(share, 2);
      const fitting = clusters.filter((cluster) => cluster.class === name);
      for (const cluster of fitting) {
        const held = sum(ofClass.filter((topic) => topic.cluster === cluster.name).map(volume));
        expect(held / total).toBeCloseTo(share / fitting.length, 2);
      }
    }
  });

  it('fill clusters of one class in proportion to their brokers', () => {
    const { topics: uneven } = resolveScenario({
      ...base,
      clusters: { ...base.clusters, large: { class: 'high', brokers: 9 } },
    });
    const held = (cluster: string) => sum(uneven.filter((topic) => topic.cluster === cluster).map(volume));
    expect(held('large') / held('high')).toBeCloseTo(3, 1);
  });

  it('are routed by share of the volume', () => {
    const routed = (sink: string) => sum(topics.filter((topic) => topic.routes.includes(sink)).map(volume)) / total;
    expect(routed('s3')).toBeCloseTo(1, 9);
    expect(routed('other')).toBeCloseTo(0.25, 2);
  });

  it('do not depend on the seed', () => {
    expect(resolveScenario({ ...base, seed: 7 }).topics).toEqual(topics);
  });

  it('law: streams add up and everything has a cluster, whatever the figures', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 20 }),
        fc.nat(500),
        (count, tenths, extra) => {
          const scenario = resolveScenario({
            ...base,
            topics: { ...base.topics, count, zipfExponent: tenths / 10, streamsExponent: (20 - tenths) / 10 },
            producers: { instances: 5000, streams: count + extra },
          });
          expect(sum(scenario.topics.map((topic) => topic.streams))).toBe(count + extra);
          expect(scenario.topics.every((topic) => topic.cluster !== '' && topic.streams >= 1)).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('topics written out', () => {
  it('stand beside the generated ones and say what they like', () => {
    const { topics } = resolveScenario({
      ...base,
      topics: {
        count: 2,
        named: {
          plays: {
            class: 'high',
            rate: '10/s',
            recordBytes: '1kB',
            streams: 3,
            routes: ['s3'],
            partitions: 5,
            retention: '1h',
          },
          clicks: { cluster: 'low-2', rate: '1/s', recordBytes: '1kB', sizes: { kind: 'pareto', shape: 1.2 } },
        },
      },
      producers: { instances: 50, streams: 4 },
      traffic: { rate: '10/s' },
    });
    expect(topics[2]).toMatchObject({ name: 'plays', cluster: 'high', partitions: 5, streams: 3, retentionNs: 3600e9 });
    expect(topics[3]).toMatchObject({ cluster: 'low-2', sizes: { kind: 'pareto', shape: 1.2, bytesMax: 10e6 } });
  });
});

describe('acknowledgements and tenants', () => {
  const owned = resolveScenario({
    ...base,
    topics: {
      ...base.topics,
      acks: { high: 'all', low: '0' },
      tenants: { web: '30%', batch: '20%' },
      named: {
        plain: { class: 'high', rate: '10/s', recordBytes: '1kB' },
        own: { class: 'high', rate: '10/s', recordBytes: '1kB', acks: '1', tenant: 'web' },
      },
    },
    producers: {
      ...base.producers,
      quotas: { web: { records: '100/s' }, batch: { bytes: '1MB/s', burstBytes: '2MiB' } },
    },
  });

  it('come by class, by share of the volume, or by topic', () => {
    const generated = owned.topics.slice(0, -2);
    for (const { class: each, acks } of generated) expect(acks).toBe({ high: -1, normal: undefined, low: 0 }[each]);
    const total = sum(generated.map(volume));
    const share = (tenant: string | undefined) =>
      sum(generated.filter((topic) => topic.tenant === tenant).map(volume)) / total;
    expect(share('web')).toBeCloseTo(0.3, 1);
    expect(share('batch')).toBeCloseTo(0.2, 1);
    expect(share(undefined)).toBeCloseTo(0.5, 1);
    expect(owned.topics.slice(-2)).toMatchObject([{ acks: -1 }, { acks: 1, tenant: 'web' }]);
    expect(owned.topics.at(-2)).not.toHaveProperty('tenant');
  });

  it('quotas are each instance’s', () => {
    expect(owned.producers.policy.quotas).toEqual([
      { tenant: 'web', recordsPerSecond: 100 },
      { tenant: 'batch', bytesPerSecond: 1_000_000, burstBytes: 2_097_152 },
    ]);
  });

  it('change nothing else of a topic', () => {
    const before = resolveScenario(base).topics;
    const stripped = owned.topics.slice(0, -2).map(({ acks: _acks, tenant: _tenant, ...rest }) => rest);
    expect(stripped).toEqual(before);
  });
});
