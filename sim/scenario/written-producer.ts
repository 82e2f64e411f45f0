/** The written form of producers and their policies. Defaults are those of Kafka 4.x; `kafka.profile` changes them. */
import * as z from 'zod';
import {
  byteRate,
  bytes,
  choice,
  cost,
  count,
  duration,
  factor,
  flag,
  group,
  NEVER,
  optional,
  recordRate,
  setting,
} from './setting.ts';
import { NAME } from './written-cluster.ts';

export const ACKS = ['0', '1', 'all'] as const;

/** As Kafka writes them. */
export function acksOf(written: (typeof ACKS)[number]): 0 | 1 | -1 {
  return written === 'all' ? -1 : written === '1' ? 1 : 0;
}

export const policySchema = group(
  z.strictObject({
    partitioner: setting(
      choice(['random', 'round-robin', 'keyed', 'sticky', 'uniform-sticky']),
      'How a record chooses its partition.',
      'AK: uniform sticky since 3.3 (KIP-794)',
      'uniform-sticky',
    ),
    stickForBatches: setting(
      count({ min: 1 }),
      'sticky: batches to stay on a partition for before moving on; 1 moves at every batch.',
      'AK KIP-480',
      1,
    ),
    adaptive: setting(
      flag(),
      'uniform-sticky: weigh partitions by the length of their queue.',
      'AK partitioner.adaptive.partitioning.enable',
      true,
    ),
    keys: setting(count({ min: 1 }), 'keyed: distinct keys of a stream.', 'guess: depends on the events', 1000, {
      onlyIf: { key: 'partitioner', is: 'keyed' },
    }),
    linger: setting(duration(), 'How long a batch waits for more records.', 'AK linger.ms: 5 ms since 4.0', '5ms'),
    batch: setting(bytes({ min: 1 }), 'Size at which a batch is full: payloads, compressed.', 'AK batch.size', '16KiB'),
    requestMax: setting(
      bytes({ min: 1 }),
      'Largest request: ready batches of several partitions of one broker share it.',
      'AK max.request.size',
      '1MiB',
    ),
    recordMax: setting(
      bytes({ min: 1 }),
      'Largest record; a larger one is dropped as too large.',
      'AK max.request.size',
      '1MiB',
    ),
    buffer: setting(
      bytes({ min: 1 }),
      'Memory for records that are not acknowledged yet, overhead included.',
      'AK buffer.memory',
      '32MiB',
    ),
    bufferRecords: setting(
      count({ min: 1 }),
      'Records that are not acknowledged yet.',
      'guess: the bound of librdkafka, queue.buffering.max.messages; the Java client has none',
      100_000,
    ),
    overheadPerRecord: setting(
      bytes(),
      'Memory that a buffered record takes beyond its payload. Counts against `buffer` only: it neither fills a batch nor travels.',
      "AK message format v2, as Java's producer buffers it: 7 to 21 bytes, 10 typical. spillway's own producer takes 280B",
      '10B',
    ),
    overheadPerBatch: setting(
      bytes(),
      'Memory that a batch takes beyond its records. Counts against `buffer` only.',
      "AK message format v2, RECORD_BATCH_OVERHEAD. spillway's own producer takes 300B",
      '61B',
    ),
    overflow: setting(
      choice(['drop-new', 'drop-oldest', 'evict-lower']),
      'Who gives way when the buffer is full.',
      'T16: when the buffer is full, new messages drop',
      'drop-new',
    ),
    inFlight: setting(
      count({ min: 1, max: 1000 }),
      'Requests without an answer at each broker. 1 keeps order through retries.',
      'AK max.in.flight.requests.per.connection',
      5,
    ),
    idempotence: setting(
      choice(['auto', 'on', 'off']),
      'Whether leaders recognise a batch that they have and a retry brings again. auto: as Kafka, when acks is all, inFlight at most 5 and retries above 0.',
      'AK enable.idempotence: true since 3.0; since 0.11',
      'auto',
    ),
    acks: setting(
      choice(ACKS),
      'Acknowledgements a producer waits for: none, the leader, the in-sync set.',
      'AK acks: all since 3.0',
      'all',
    ),
    requestTimeout: setting(
      duration({ min: 1, word: NEVER }),
      'Time without an answer after which a request is given up.',
      'AK request.timeout.ms',
      '30s',
    ),
    deliveryTimeout: setting(
      duration({ min: 1, word: NEVER }),
      'Time from the opening of a batch after which it is given up.',
      'AK delivery.timeout.ms',
      '120s',
    ),
    retries: setting(count({ max: 2_147_483_647 }), 'Attempts after the first.', 'AK retries since 2.1', 2_147_483_647),
    retryBackoff: setting(
      duration({ min: 1 }),
      'Wait before the first retry; it doubles.',
      'AK retry.backoff.ms',
      '100ms',
    ),
    retryBackoffMax: setting(duration({ min: 1 }), 'Longest wait before a retry.', 'AK retry.backoff.max.ms', '1s'),
    reconnectBackoff: setting(
      duration({ min: 1 }),
      'Wait before the first new attempt to connect; it doubles.',
      'AK reconnect.backoff.ms',
      '50ms',
    ),
    reconnectBackoffMax: setting(
      duration({ min: 1 }),
      'Longest wait before a new attempt to connect.',
      'AK reconnect.backoff.max.ms',
      '1s',
    ),
    compressionRatio: setting(
      factor({ min: 0.01, max: 1 }),
      'Compressed ÷ raw bytes of a batch; 1 = none.',
      'AK compression.type none',
      1,
    ),
    compressionPerByte: setting(
      cost(),
      'Producer core time for each raw byte compressed.',
      'AK compression.type none',
      '0ns',
    ),
  }),
  'What a producer does with records.',
);

/** Bounds of a tenant: of its quota, and of a change of it. */
export const quotaBounds = {
  records: optional(recordRate({ min: 1 }), 'Records a second, a whole number.', 'no bound on records'),
  burst: optional(count({ min: 1 }), 'Records at once after a quiet time.', 'those of one second'),
  bytes: optional(byteRate({ min: 1 }), 'Bytes a second, raw, a whole number.', 'no bound on bytes'),
  burstBytes: optional(
    bytes({ min: 1 }),
    'Bytes at once; at least the largest record.',
    'those of one second, or the largest record',
  ),
};

const quotaSchema = group(
  z.strictObject(quotaBounds),
  'What each instance admits of a tenant; beyond it, records drop as over-quota.',
);

export const producersSchema = group(
  z.strictObject({
    instances: setting(count({ min: 1 }), 'Application instances, each with one producer.', 'guess: small', 10),
    streams: setting(count(), 'Pairs of an instance and a generated topic that it writes to.', 'guess: small', 0),
    arrivals: setting(
      choice(['even', 'poisson']),
      'Records of a stream come evenly spaced, or at random.',
      'guess: independent users make Poisson arrivals',
      'poisson',
    ),
    metadata: setting(
      duration(),
      'Within how long of its start a producer has its first metadata answer: each at a time of its own, evenly spread.',
      'guess: a few round trips and a connection',
      '50ms',
    ),
    metadataMaxAge: setting(
      duration({ min: 1_000_000 }),
      'A producer asks again who leads after so long, whatever happens. Simulated where that matters: after a leader was deposed and does not know, and for new partitions, which are not found before.',
      'AK metadata.max.age.ms, and the default of the library',
      '5min',
    ),
    policy: policySchema.prefault({}),
    quotas: group(
      z.record(z.string().regex(NAME), quotaSchema).prefault({}),
      'Quotas by tenant: token buckets in each instance. `topics` says whose a topic is.',
    ),
  }),
  'The applications that write events.',
);
