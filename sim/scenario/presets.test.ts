import { describe, expect, it } from 'vitest';
import { explain } from './explain.ts';
import { loadScenario } from './load.ts';
import { presets } from './presets.ts';
import type { Scenario } from './scenario.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const bytesPerSecond = (topics: Scenario['topics']) =>
  sum(topics.map((topic) => topic.recordsPerSecond * topic.recordBytes));
const brokers = ({ clusters }: Scenario, role: string) =>
  sum(clusters.filter((cluster) => cluster.role === role).map((cluster) => cluster.brokers));

describe('keystone-2015', () => {
  const scenario = loadScenario('keystone-2015');

  it('has the traffic of T15', () => {
    expect(sum(scenario.topics.map((topic) => topic.recordsPerSecond))).toBeCloseTo(8e6, 3);
    expect(bytesPerSecond(scenario.topics) / 17e9).toBeCloseTo(1, 3);
    expect(sum(scenario.topics.map((topic) => topic.streams))).toBe(53_000);
    expect(scenario.producers.instances).toBe(10_600);
    expect(scenario.topics).toHaveLength(400);
  });

  it('has 1,700 fronting brokers at 10 MB/s each, at most 200 a cluster and 10,000 partitions', () => {
    expect(brokers(scenario, 'fronting')).toBe(1700);
    for (const cluster of scenario.clusters) {
      expect(cluster.brokers).toBeLessThanOrEqual(200);
      if (cluster.role !== 'fronting') continue;
      const held = scenario.topics.filter((topic) => topic.cluster === cluster.name);
      expect(sum(held.map((topic) => topic.partitions))).toBeLessThan(10_000);
      expect(bytesPerSecond(held) / cluster.brokers / 10e6).toBeCloseTo(1, 1);
    }
  });

  it('keeps three classes as planned', () => {
    const kept = scenario.clusters.filter(({ role }) => role === 'fronting');
    const byClass = new Map(kept.map((each) => [each.class, [each.replicationFactor, each.retentionNs / 3600e9]]));
    expect(Object.fromEntries(byClass)).toEqual({ low: [2, 2], normal: [2, 4], high: [3, 24] });
  });

  it('batches as T15 says: about 15 records in what a stream gathers during linger', () => {
    const { lingerNs, batchBytes, overheadBytesPerRecord } = scenario.producers.policy;
    const requests = scenario.topics.map(({ recordsPerSecond, recordBytes, streams }) => {
      const gathered = 1 + (recordsPerSecond / streams) * (lingerNs / 1e9);
      return recordsPerSecond / Math.min(gathered, batchBytes / (recordBytes + overheadBytesPerRecord));
    });
    const records = 8e6 / sum(requests);
    expect(records).toBeGreaterThan(13.5);
    expect(records).toBeLessThan(16.5);
  });

  it('costs a broker of T15 the CPU of T15, by its own constants', () => {
    const { cores, cpu } = scenario.clusters[0]!.broker;
    // 10 MB/s in 10,000 records, replicated once and fetched once.
    const percent = (recordsPerRequest: number): number => {
      const requests = 10_000 / recordsPerRequest;
      const perRequest = cpu.perRequestNs + (cpu.perRequestPerKiloRequestNs * requests) / 1000;
      const bytes = 10e6 * (cpu.perByteNs + cpu.perReplicaByteNs + cpu.perFetchByteNs);
      return ((requests * perRequest + bytes) / (cores * 1e9)) * 100;
    };
    expect(percent(1.25)).toBeCloseTo(75, 0);
    expect(percent(2)).toBeCloseTo(50, 0);
    expect(percent(15)).toBeCloseTo(33, 0);
  });
});

describe('keystone-2016', () => {
  const scenario = loadScenario('keystone-2016');

  it('has the scale of T16 and B16', () => {
    expect(sum(scenario.topics.map((topic) => topic.recordsPerSecond))).toBeCloseTo(11e6, 3);
    expect(bytesPerSecond(scenario.topics) / 24e9).toBeCloseTo(1, 3);
    expect(scenario.regions).toHaveLength(3);
    expect(scenario.clusters.filter(({ role }) => role === 'fronting')).toHaveLength(24);
    expect(scenario.clusters).toHaveLength(36);
    expect(brokers(scenario, 'fronting')).toBe(3000);
    expect(brokers(scenario, 'consumer')).toBe(996);
  });

  it('has 13,000 containers: 7,000, 4,500 and 1,500', () => {
    const of = (kind: string) =>
      sum(scenario.sinks.filter((sink) => sink.kind === kind).map((sink) => sink.router.containers));
    expect([of('s3'), of('kafka'), of('elasticsearch')]).toEqual([7000, 4500, 1500]);
  });

  it('routes topics to consumer Kafka in their own region', () => {
    const regionOf = new Map(scenario.clusters.map(({ name, region }) => [name, region]));
    for (const topic of scenario.topics) {
      for (const sink of scenario.sinks) {
        if (sink.kind !== 'kafka' || !topic.routes.includes(sink.name)) continue;
        expect(regionOf.get(sink.cluster)).toBe(regionOf.get(topic.cluster));
      }
    }
  });
});

describe('every preset', () => {
  it.each(presets.map(({ name }) => name))('%s says of each guess what it is, at a path that explain knows', (name) => {
    const { guesses } = loadScenario(name);
    expect(guesses.length).toBeGreaterThan(0);
    for (const { path, note } of guesses) {
      expect(note).not.toBe('');
      expect(() => explain(path)).not.toThrow();
    }
  });

  it('has a summary of one line', () => {
    expect(presets.map(({ name }) => name)).toEqual(['keystone-2015', 'keystone-2016', 'laptop']);
    for (const { summary } of presets) expect(summary).toMatch(/^.{20,110}$/);
  });
});
