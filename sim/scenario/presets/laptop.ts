import type { WrittenScenario } from '../written.ts';

/**
 * Small enough to run in seconds and to read in a minute: nothing here is a figure of Keystone's, everything was chosen
 * so that each part of a pipeline is there once.
 */
export const laptop = {
  name: 'laptop',
  description: 'A small pipeline with every part in it: 3,000 records/s, two classes, three kinds of sink, 60 s',
  run: { warmup: '2s', for: '60s' },
  kafka: { profile: '4.x' },
  regions: { main: { zones: 3 } },
  clusters: {
    normal: { class: 'normal', brokers: 3, replicationFactor: 2, retention: '8h' },
    high: { class: 'high', brokers: 3, replicationFactor: 3, retention: '24h' },
    consumer: { role: 'consumer', brokers: 3, replicationFactor: 2, retention: '8h' },
  },
  topics: {
    count: 6,
    recordBytes: { mean: '1kB', spread: '50%' },
    partitionBytesPerSecond: '200kB/s',
    streamsExponent: 0.5,
    classes: { normal: '70%', high: '30%' },
    routes: { s3: '100%', kafka: '50%', elasticsearch: '30%' },
  },
  traffic: { rate: '3000/s' },
  producers: { instances: 20, streams: 60 },
  router: { relaunch: '10s' },
  sinks: {
    s3: { kind: 's3', file: '1MiB', fileAge: '2s', router: { containers: 12 } },
    elasticsearch: { kind: 'elasticsearch', rate: '2500/s', queue: 200, router: { containers: 6 } },
    kafka: { kind: 'kafka', cluster: 'consumer', router: { containers: 6 } },
  },
} satisfies WrittenScenario;
