import type { WrittenScenario } from './written.ts';

/** The least that is a scenario, for tests to change. */
export const tiny = {
  name: 'tiny',
  run: { warmup: '1s', for: '10s' },
  clusters: { normal: { brokers: 3 }, consumer: { role: 'consumer', brokers: 3 } },
  topics: { count: 4, routes: { s3: '100%' } },
  traffic: { rate: '1000/s' },
  producers: { instances: 10, streams: 12 },
  sinks: { s3: { kind: 's3', router: { containers: 8 } } },
} satisfies WrittenScenario;
