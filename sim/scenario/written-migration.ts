/** The written form of the pipeline that is being replaced. */
import * as z from 'zod';
import { bytes, choice, count, duration, group, recordRate, required, setting, share } from './setting.ts';
import { nameOf } from './written-cluster.ts';

const SURO = 'Netflix/suro source';

const clientSchema = group(
  z.strictObject({
    queue: setting(
      count({ min: 1 }),
      'Records in memory; more are dropped.',
      `${SURO}: asyncMemoryQueueCapacity`,
      10_000,
    ),
    batch: setting(count({ min: 1 }), 'Records of a message set.', `${SURO}: asyncBatchSize`, 200),
    batchTimeout: setting(
      duration({ min: 1 }),
      'A set is sent after so long, full or not.',
      `${SURO}: asyncTimeout`,
      '5s',
    ),
    senders: setting(count({ min: 1 }), 'Sets without an answer.', `${SURO}: asyncSenderThreads`, 3),
    attempts: setting(
      count({ min: 1 }),
      'Attempts after which the records of a set go back into the queue.',
      `${SURO}: retryCount`,
      5,
    ),
    markDown: setting(
      duration(),
      'How long a collector that failed is not tried again.',
      'guess: shorter than minimum.reconnect.timeInterval, 90 s, as discovery tells of its return',
      '10s',
    ),
  }),
  'The client in each application instance.',
);

const collectorSchema = group(
  z.strictObject({
    queue: setting(
      count({ min: 1 }),
      'Message sets in memory that wait to be dealt out; more are refused.',
      `${SURO}: SuroServer.memoryQueueCapacity`,
      100,
    ),
    rate: setting(
      recordRate({ min: 1e-9 }),
      'Records a second that a collector deals out to its sinks.',
      'guess: tens of thousands on a machine of the time',
      '20k/s',
    ),
    sinkQueue: setting(
      count({ min: 1 }),
      'Records in memory that wait to be written to a file; more are dropped.',
      `${SURO}: MemoryQueue4Sink of LocalFileSink`,
      10_000,
    ),
    writeBatch: setting(
      count({ min: 1 }),
      'Records written and synced together.',
      `${SURO}: QueuedSink batchSize`,
      1000,
    ),
    writeTimeout: setting(
      duration({ min: 1 }),
      'They are written after so long, however few.',
      `${SURO}: QueuedSink batchTimeout`,
      '1s',
    ),
    file: setting(bytes({ min: 1 }), 'Size at which a file is closed and put.', `${SURO}: maxFileSize`, '200MiB'),
    fileAge: setting(duration({ min: 1 }), 'Age at which a file is closed and put.', `${SURO}: rotationPeriod`, '2min'),
    disk: setting(bytes({ min: 1 }), 'Of each collector, for files.', 'guess: a local disk of the time', '200GB'),
    diskFree: setting(
      share(),
      'Share of the disk that must be free; below it a collector takes no traffic.',
      `${SURO}: minPercentFreeDisk`,
      '15%',
    ),
    uploadRetry: setting(
      duration({ min: 1 }),
      'Wait after a put that failed.',
      'guess: a short while beside fileAge',
      '10s',
    ),
  }),
  'The collectors.',
);

const branchSchema = group(
  z.strictObject({
    sink: required(nameOf('a sink', 'old-kafka'), 'What it writes to: a rate-limited sink stands for the old Kafka.'),
    queue: setting(
      choice(['memory', 'file']),
      'Where records wait: in memory, of which a crash takes all; or on disk.',
      `${SURO}: queue4Sink, memory by default`,
      'memory',
    ),
    queueRecords: setting(
      count({ min: 1 }),
      'Records that wait; more are dropped.',
      `${SURO}: MemoryQueue4Sink`,
      10_000,
    ),
    batch: setting(count({ min: 1 }), 'Records of a write.', `${SURO}: QueuedSink batchSize`, 1000),
    linger: setting(
      duration({ min: 1 }),
      'A write leaves after so long, full or not.',
      `${SURO}: QueuedSink batchTimeout`,
      '1s',
    ),
  }),
  'A branch of the collectors for real time.',
);

export const migrationSchema = group(
  z.strictObject({
    sink: required(
      nameOf('an S3 sink', 's3'),
      'The S3 sink to compare by: collectors put their own files with its settings.',
    ),
    collectors: setting(count({ min: 1, max: 10_000 }), 'Collectors in each region.', 'guess: a small cluster', 3),
    client: clientSchema.prefault({}),
    collector: collectorSchema.prefault({}),
    branch: branchSchema.optional(),
  }),
  'The pipeline before Keystone runs beside it, fed the same records, and the two are compared record by record. Record fidelity only.',
);
