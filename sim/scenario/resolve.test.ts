import { describe, expect, it } from 'vitest';
import { defineScenario } from './presets.ts';
import { resolveScenario } from './resolve.ts';
import { tiny } from './tiny.fixture.ts';

describe('a written scenario', () => {
  it('becomes plain numbers', () => {
    const scenario = resolveScenario(tiny);
    expect(scenario).toMatchObject({ warmupNs: 1e9, durationNs: 10e9, seed: 1, kafkaProfile: '4.x' });
    expect(scenario.clusters[0]).toMatchObject({
      name: 'normal',
      region: 'main',
      retentionNs: 28_800e9,
      segmentBytes: 1073741824,
    });
    expect(scenario.clusters[0]!.broker.networkBytesPerSecond).toBe(93.75e6);
    expect(scenario.producers.policy).toMatchObject({ acks: -1, lingerNs: 5e6, batchBytes: 16384 });
  });

  it('has the defaults of its Kafka profile, and overrides them', () => {
    const of = (profile: '0.8.2' | '0.9' | '4.x', policy = {}) =>
      resolveScenario({ ...tiny, kafka: { profile }, producers: { ...tiny.producers, policy } });
    expect(of('0.8.2').producers.policy).toMatchObject({
      acks: 1,
      retries: 0,
      lingerNs: 0,
      partitioner: 'round-robin',
    });
    expect(of('0.8.2').clusters[0]!.replicaLagTimeMaxNs).toBe(10e9);
    expect(of('4.x').clusters[0]!.replicaLagTimeMaxNs).toBe(30e9);
    expect(of('0.9').producers.policy.deliveryTimeoutNs).toBe(30e9);
    expect(of('0.8.2', { linger: '100ms' }).producers.policy).toMatchObject({ acks: 1, lingerNs: 100e6 });
  });

  it('makes several clusters of a template, in every region', () => {
    const { clusters, topics } = resolveScenario({
      ...tiny,
      regions: { east: { share: 3 }, west: {} },
      clusters: { normal: { brokers: 3, count: 2 }, drill: { brokers: 2, region: 'west', class: 'low' } },
    });
    expect(clusters.map(({ name, region }) => `${region}: ${name}`)).toEqual([
      'east: east-normal-1',
      'east: east-normal-2',
      'west: west-normal-1',
      'west: west-normal-2',
      'west: drill',
    ]);
    const rate = (prefix: string) =>
      topics
        .filter(({ name }) => name.startsWith(prefix))
        .reduce((sum, { recordsPerSecond }) => sum + recordsPerSecond, 0);
    expect(rate('east.')).toBeCloseTo(750, 6);
    expect(rate('west.')).toBeCloseTo(250, 6);
    expect(topics.every(({ name, cluster }) => cluster.startsWith(name.split('.')[0]!))).toBe(true);
  });

  it('lets clusters and sinks inherit from broker, log and router', () => {
    const { clusters, sinks } = resolveScenario({
      ...tiny,
      broker: { cores: 8, cpu: { perByte: '10ns' } },
      router: { fetchMin: '1MiB', writesInFlight: 9 },
      clusters: { normal: { brokers: 3, broker: { cpu: { perFetch: '1us' } } }, other: { brokers: 3, class: 'high' } },
      sinks: { s3: { kind: 's3', router: { containers: 8, writesInFlight: 2 } } },
    });
    expect(clusters[0]!.broker).toMatchObject({ cores: 8, cpu: { perByteNs: 10, perFetchNs: 1000 } });
    expect(clusters[1]!.broker).toMatchObject({ cores: 8, cpu: { perByteNs: 10, perFetchNs: 20_800 } });
    expect(sinks[0]!.router).toMatchObject({ fetchBytesMin: 1048576, writesInFlightMax: 2, containers: 8 });
  });

  it('makes a kafka sink of each cluster of a template', () => {
    const { sinks, topics, faults, assertions } = resolveScenario({
      ...tiny,
      clusters: { normal: { brokers: 3 }, consumer: { role: 'consumer', brokers: 3, count: 2 } },
      topics: { count: 4, routes: { kafka: '100%' } },
      sinks: { kafka: { kind: 'kafka', cluster: 'consumer', router: { containers: 9 } } },
      faults: [
        { kind: 'sink-stop', at: '1s', for: '2s', sink: 'kafka' },
        { kind: 'cluster-unreachable', at: '1s', for: '2s', cluster: 'consumer' },
        { kind: 'router-crash', at: '1s', sink: 'kafka', container: 6 },
      ],
      assert: [{ metric: 'lag', sink: 'kafka', atMost: '30s' }],
    });
    expect(sinks.map(({ name, router }) => [name, router.containers])).toEqual([
      ['kafka-1', 5],
      ['kafka-2', 4],
    ]);
    expect(new Set(topics.flatMap(({ routes }) => routes))).toEqual(new Set(['kafka-1', 'kafka-2']));
    expect(faults.map((fault) => ('sink' in fault ? fault.sink : 'cluster' in fault ? fault.cluster : ''))).toEqual([
      'kafka-1',
      'kafka-2',
      'consumer-1',
      'consumer-2',
      'kafka-2',
    ]);
    expect(faults[4]).toMatchObject({ container: 1 });
    expect(assertions).toEqual([
      { metric: 'lag', sink: 'kafka-1', atMost: 30, as: 'seconds', when: 'max' },
      { metric: 'lag', sink: 'kafka-2', atMost: 30, as: 'seconds', when: 'max' },
    ]);
  });

  it('counts times from the end of the warm-up', () => {
    const { faults, producers } = resolveScenario({
      ...tiny,
      traffic: { rate: '1000/s', shape: { kind: 'surge', at: '2s', for: '1s', factor: 2 } },
      faults: [{ kind: 'checkpoint-store-down', at: '3s', for: '1s' }],
    });
    expect(faults[0]!.atNs).toBe(4e9);
    expect(producers.shape).toMatchObject({ kind: 'surge', atNs: 3e9 });
    const diurnal = resolveScenario({
      ...tiny,
      traffic: { rate: '1/s', shape: { kind: 'diurnal', period: '8s', phase: '2s' } },
    });
    expect(diurnal.producers.shape).toMatchObject({ phaseNs: 1e9 });
  });

  it('reads bounds of assertions by their unit', () => {
    const { assertions } = resolveScenario({
      ...tiny,
      assert: [
        { metric: 'loss', atMost: 0 },
        { metric: 'dropped', atMost: '0.01%' },
        { metric: 'latency', sink: 's3', quantile: 'mean', atMost: '3s' },
        { metric: 'cpu', atMost: '60%' },
      ],
    });
    expect(assertions).toEqual([
      { metric: 'loss', sink: null, atMost: 0, as: 'records' },
      { metric: 'dropped', atMost: 0.0001, as: 'fraction' },
      { metric: 'latency', sink: 's3', quantile: 'mean', atMostMs: 3000 },
      { metric: 'cpu', quantile: 'max', region: null, atMost: 0.6 },
    ]);
  });

  it('may extend a preset in TypeScript', () => {
    const mine = defineScenario({
      extends: 'laptop',
      name: 'mine',
      sinks: { kafka: null },
      topics: { routes: { kafka: null } },
    });
    const { name, sinks } = resolveScenario(mine);
    expect(name).toBe('mine');
    expect(sinks.map((sink) => sink.name)).toEqual(['s3', 'elasticsearch']);
  });
});

describe('guesses', () => {
  const paths = (scenario: Parameters<typeof resolveScenario>[0]) =>
    resolveScenario(scenario).guesses.map(({ path }) => path);

  it('are the defaults in use that nobody has published', () => {
    expect(paths(tiny)).toContain('broker.cpu.perByte');
    expect(paths({ ...tiny, broker: { cpu: { perByte: '1ns' } } })).not.toContain('broker.cpu.perByte');
    expect(paths(tiny)).not.toContain('sinks.bulk');
  });

  it('count only where they matter', () => {
    expect(paths(tiny)).not.toContain('producers.policy.keys');
    expect(paths({ ...tiny, producers: { ...tiny.producers, policy: { partitioner: 'keyed' } } })).toContain(
      'producers.policy.keys',
    );
  });

  it('of a preset go when a scenario states the setting itself', () => {
    const mine = (change: object) =>
      paths({ extends: 'keystone-2015', ...change } as Parameters<typeof resolveScenario>[0]);
    expect(mine({})).toContain('topics.zipfExponent');
    expect(mine({ topics: { zipfExponent: 1 } })).not.toContain('topics.zipfExponent');
    expect(mine({ topics: { classes: { low: '33%' } } })).toContain('topics.classes');
    expect(mine({ topics: { classes: { low: '20%', normal: '30%', high: '50%' } } })).not.toContain('topics.classes');
  });
});
