import type { WrittenScenario } from '../written.ts';

/**
 * Keystone of 2015 at its peak, as T15 tells it: 8 million events and 17 GB a second, three classes as planned then.
 * What the talks do not say is listed under `guesses`.
 */
export const keystone2015 = {
  name: 'keystone-2015',
  description: 'Keystone of 2015 at its peak: 8 M records/s, 17 GB/s, 1,700 fronting brokers, 53,000 streams',
  run: { warmup: '2s', for: '10s' },
  kafka: { profile: '0.8.2' }, // AK: the release of that year
  regions: { 'us-east-1': { zones: 3 } },
  clusters: {
    // 17 GB/s at 10 MB/s a broker = 1,700 brokers (T15, d), at most 200 a cluster (T16): nine clusters.
    low: { class: 'low', count: 3, brokers: 188, replicationFactor: 2, retention: '2h' }, // T15: 2 copies, 1–2 h
    normal: { class: 'normal', count: 4, brokers: 190, replicationFactor: 2, retention: '4h' }, // T15: 2 copies, 4 h
    high: { class: 'high', count: 2, brokers: 188, replicationFactor: 3, retention: '24h' }, // T15: 3 copies, 12–24 h
    // 12 consumer clusters with 1,000 brokers at 24 GB/s (B16 less T16, d), in proportion to 17 GB/s.
    consumer: { role: 'consumer', count: 4, brokers: 177, replicationFactor: 2, retention: '8h' },
  },
  topics: {
    count: 400, // T14: hundreds of event types, a topic each
    zipfExponent: 0.7,
    recordBytes: { mean: '2125B', spread: '50%' }, // T15, d: 17 GB/s ÷ 8 M/s
    partitionBytesPerSecond: '2MB/s',
    streamsExponent: 1,
    classes: { low: '33%', normal: '45%', high: '22%' }, // as the brokers above
    routes: { s3: '100%', kafka: '50%', elasticsearch: '20%' },
  },
  traffic: { rate: '8M/s' }, // T15
  producers: {
    instances: 10_600,
    streams: 53_000,
    arrivals: 'even',
    policy: {
      partitioner: 'sticky', // T15
      linger: '100ms', // T15
      batch: '64KiB',
      buffer: '8MiB', // T16: small on purpose
      acks: '1', // B16
      overflow: 'drop-new', // T16
      reconnectBackoff: '1s',
      reconnectBackoffMax: '1s',
    },
  },
  router: {
    partitionsPerContainerMax: 12, // T16
    fetchMin: '4MiB', // T15: a larger wait cuts polling
    fetchMax: '8MiB',
    fetchWait: '1s',
  },
  sinks: {
    // T16 has 7,000, 4,500 and 1,500 containers at 24 GB/s; in proportion to 17 GB/s (d).
    s3: { kind: 's3', file: '16MiB', fileAge: '5s', router: { containers: 4960 } },
    kafka: { kind: 'kafka', cluster: 'consumer', router: { containers: 3190 } },
    elasticsearch: { kind: 'elasticsearch', rate: '1.5M/s', queue: 20_000, router: { containers: 1060 } },
  },
  guesses: {
    'regions.us-east-1': 'figures of 2015 are given for the whole; one region of three zones is taken',
    'clusters.low.count': 'how brokers divide over classes and clusters is not published',
    'clusters.normal.count': 'how brokers divide over classes and clusters is not published',
    'clusters.high.count': 'how brokers divide over classes and clusters is not published',
    'clusters.consumer.brokers': 'scaled from 2016 by volume; copies and retention not published',
    'topics.count': '"hundreds" of event types (T14); 400 is taken',
    'topics.zipfExponent': 'volumes are unequal (T14); how unequal is not published',
    'topics.recordBytes.spread': 'not published',
    'topics.partitionBytesPerSecond': 'partitions go by volume (T14); the figure is not published',
    'topics.streamsExponent': 'busier event types come from more instances; in proportion is taken',
    'topics.classes': 'volume by class is not published; it follows the brokers of each class',
    'topics.routes': 'volume by sink is not published; containers of T16 inform it',
    'producers.instances': 'not published; above 10,000 is taken',
    'producers.streams': 'not published; at a linger of 100 ms about 15 records a request (T15) need so many',
    'producers.policy.reconnectBackoff':
      'not published; at the 10 ms of 0.8.2 ten thousand instances would knock a million times a second on one stopped broker',
    'producers.policy.batch': 'the default of 16 KiB would hold 7 records of 2.1 KB, not 15 (T15)',
    'producers.policy.buffer': 'small on purpose (T16); the figure is not published',
    'router.fetchMin': 'not published; large, as T15 advises where consumers are many',
    'router.fetchWait': 'not published; consumers see 1 s on average (T16)',
    'sinks.elasticsearch.rate': 'takes less than it is sent (T16): a little under 20 % of 8 M/s',
    'sinks.elasticsearch.queue': 'not published',
    'sinks.s3.router.containers': 'scaled from 2016 by volume',
    'sinks.kafka.router.containers': 'scaled from 2016 by volume',
    'sinks.elasticsearch.router.containers': 'scaled from 2016 by volume',
    'sinks.s3.file': 'with fileAge, about the 3 s of mean latency in T16',
    'sinks.s3.fileAge': 'with file, about the 3 s of mean latency in T16',
  },
} satisfies WrittenScenario;
