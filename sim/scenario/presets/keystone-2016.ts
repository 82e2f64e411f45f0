import type { WrittenScenario } from '../written.ts';

/** Keystone of 2016 at its peak, as built: three regions, two classes, two copies (T16, B16). */
export const keystone2016 = {
  name: 'keystone-2016',
  description: 'Keystone of 2016 at its peak: 11 M records/s, 24 GB/s, 3 regions with 8 fronting clusters each',
  run: { warmup: '2s', for: '10s' },
  kafka: { profile: '0.9' }, // B16
  regions: { 'us-east-1': { zones: 3 }, 'us-west-2': { zones: 3 }, 'eu-west-1': { zones: 3 } }, // T16: three
  clusters: {
    // 8 fronting clusters in each of 3 regions, 3,000 brokers (T16): 125 each.
    normal: { class: 'normal', count: 6, brokers: 125, replicationFactor: 2, retention: '8h' }, // T16: 2 copies, 8 h
    high: { class: 'high', count: 2, brokers: 125, replicationFactor: 2, retention: '24h' }, // T16: 2 copies, 24 h
    // 36 clusters and 4,000 brokers in all (B16) less the fronting ones (T16): 12 clusters, 1,000 brokers (d).
    consumer: { role: 'consumer', count: 4, brokers: 83, replicationFactor: 2, retention: '8h' },
  },
  topics: {
    count: 400, // T14: hundreds of event types, a topic each
    zipfExponent: 0.7,
    recordBytes: { mean: '2182B', spread: '50%' }, // T16, d: 24 GB/s ÷ 11 M/s
    partitionBytesPerSecond: '2MB/s',
    streamsExponent: 1,
    classes: { normal: '75%', high: '25%' }, // as the brokers above
    routes: { s3: '100%', kafka: '50%', elasticsearch: '20%' },
  },
  traffic: { rate: '11M/s' }, // T16
  producers: {
    instances: 14_600,
    streams: 73_000,
    arrivals: 'even',
    policy: {
      partitioner: 'sticky', // T15
      linger: '100ms', // T15
      deliveryTimeout: '30100ms', // AK KIP-19: request.timeout.ms after the batch was due
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
    fetchMin: '4MiB',
    fetchMax: '8MiB',
    fetchWait: '1s',
  },
  sinks: {
    s3: { kind: 's3', file: '16MiB', fileAge: '5s', router: { containers: 7000 } }, // T16
    kafka: { kind: 'kafka', cluster: 'consumer', router: { containers: 4500 } }, // T16
    elasticsearch: { kind: 'elasticsearch', rate: '2.1M/s', queue: 30_000, router: { containers: 1500 } }, // T16
  },
  guesses: {
    regions: 'traffic is shared equally by three regions; their real shares are not published',
    'clusters.normal.count': 'how clusters divide over classes is not published',
    'clusters.high.count': 'how clusters divide over classes is not published',
    'clusters.consumer': 'clusters and brokers follow from B16 and T16; copies and retention are not published',
    'topics.count': '"hundreds" of event types (T14); 400 is taken',
    'topics.zipfExponent': 'volumes are unequal (T14); how unequal is not published',
    'topics.recordBytes.spread': 'not published',
    'topics.partitionBytesPerSecond': 'partitions go by volume (T14); the figure is not published',
    'topics.streamsExponent': 'busier event types come from more instances; in proportion is taken',
    'topics.classes': 'volume by class is not published; it follows the brokers of each class',
    'topics.routes': 'volume by sink is not published; containers of T16 inform it',
    'producers.instances': 'not published; scaled from keystone-2015 by rate',
    'producers.streams': 'not published; scaled from keystone-2015 by rate',
    'producers.policy.reconnectBackoff':
      'not published; at the 10 ms of 0.8.2 ten thousand instances would knock a million times a second on one stopped broker',
    'producers.policy.batch': 'the default of 16 KiB would hold 7 records of 2.2 KB, not 15 (T15)',
    'producers.policy.buffer': 'small on purpose (T16); the figure is not published',
    'router.fetchMin': 'not published; large, as T15 advises where consumers are many',
    'router.fetchWait': 'not published; consumers see 1 s on average (T16)',
    'sinks.elasticsearch.rate': 'takes less than it is sent (T16): a little under 20 % of 11 M/s',
    'sinks.elasticsearch.queue': 'not published',
    'sinks.s3.file': 'with fileAge, about the 3 s of mean latency in T16',
    'sinks.s3.fileAge': 'with file, about the 3 s of mean latency in T16',
  },
} satisfies WrittenScenario;
