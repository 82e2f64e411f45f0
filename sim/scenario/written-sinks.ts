/** The written form of sinks and of the routers before them. */
import * as z from 'zod';
import { byteRate, bytes, choice, count, duration, group, recordRate, required, setting } from './setting.ts';
import { nameOf } from './written-cluster.ts';
import { groupSchema } from './written-group.ts';

const scalingSchema = z.discriminatedUnion('kind', [
  group(z.strictObject({ kind: z.literal('fixed') }), 'The number of containers stays.'),
  group(
    z.strictObject({
      kind: z.literal('lag'),
      containersMin: required(count({ min: 1 }), 'Fewest containers.'),
      containersMax: required(count({ min: 1 }), 'Most containers.'),
      up: setting(duration(), 'Lag above which a sample votes for more containers.', 'guess: a minute behind', '60s'),
      down: setting(duration(), 'Lag below which a sample votes for fewer.', 'guess: nearly up to date', '5s'),
      window: setting(count({ min: 1 }), 'Samples that vote.', 'M: rolling count, 6 of 10', 10),
      hits: setting(count({ min: 1 }), 'Votes of them that decide.', 'M: rolling count, 6 of 10', 6),
      sample: setting(duration({ min: 1 }), 'Time between two samples.', 'guess: as metrics are collected', '10s'),
      cooldown: setting(
        duration(),
        'Time after a change without another.',
        'guess: M has a cool-down, no figure',
        '5min',
      ),
    }),
    'Containers follow lag.',
  ),
]);

export const routerSchema = group(
  z.strictObject({
    containers: setting(count({ min: 1 }), 'Containers over all topics of the sink; each serves one topic.', 'one', 1),
    partitionsPerContainerMax: setting(count({ min: 1 }), 'Most partitions of a container.', 'T16: 1 to 12', 12),
    fetchMin: setting(bytes({ min: 1 }), 'Bytes that a fetch waits for.', 'AK fetch.min.bytes', '1B'),
    fetchMax: setting(
      bytes({ min: 1 }),
      'Bytes of a partition that a fetch brings at most.',
      'AK max.partition.fetch.bytes',
      '1MiB',
    ),
    fetchWait: setting(duration(), 'How long a fetch waits for them.', 'AK fetch.max.wait.ms', '500ms'),
    writesInFlight: setting(
      count({ min: 1 }),
      'Writes to the sink without an answer, for each container.',
      'guess: a few, so that a slow write does not stall',
      4,
    ),
    buffer: setting(
      bytes({ min: 1 }),
      'Memory of a container for records that are fetched and not yet written.',
      'AK fetch.max.bytes, 50 MiB',
      '50MiB',
    ),
    commitInterval: setting(duration({ min: 1 }), 'Time between two commits.', 'AK auto.commit.interval.ms', '5s'),
    commitUpTo: setting(
      choice(['written', 'fetched']),
      'written: at least once. fetched: at most once, what a container holds when it dies is lost.',
      'T16: what is written; AK enable.auto.commit commits what was fetched, whoever still works on it',
      'written',
    ),
    relaunch: setting(
      duration(),
      'Time until a dead container runs again, from its last commit.',
      'guess: to notice, schedule and start a container',
      '30s',
    ),
    retryBackoff: setting(
      duration({ min: 1 }),
      'Wait before a refused write is tried again; it doubles.',
      'AK retry.backoff.ms',
      '100ms',
    ),
    retryBackoffMax: setting(duration({ min: 1 }), 'Longest such wait.', 'guess: short beside any retention', '10s'),
    refused: setting(
      choice(['retry', 'drop']),
      'A write that its sink will never take. retry: for ever, and nothing behind it is committed. drop: it is lost.',
      'guess: at least once (T16) comes first',
      'retry',
    ),
    reset: setting(
      choice(['earliest', 'latest', 'none']),
      'Where a router goes on that retention has overtaken: at what is left, at the end of the log, or nowhere.',
      'AK auto.offset.reset; `largest` in 0.8',
      'latest',
    ),
    sharedWith: setting(
      z.array(nameOf('a sink', 's3')),
      'Sinks that the same job writes to: the counter-example (T16), one stalls the others.',
      'T16: one sink a job',
      [],
    ),
    backpressure: setting(
      choice(['pause', 'credit']),
      'pause: stop fetching while the buffer is full. credit: the sink asks for n.',
      'T16',
      'pause',
    ),
    credit: setting(
      count({ min: 1 }),
      'credit: records that a sink asks for at a time.',
      'guess: a few writes',
      10_000,
      { onlyIf: { key: 'backpressure', is: 'credit' } },
    ),
    group: groupSchema,
    scaling: group(scalingSchema.prefault({ kind: 'fixed' }), 'Who decides the number of containers.'),
  }),
  'The jobs that carry records from fronting Kafka to a sink.',
);

const router = group(routerSchema.prefault({}), 'Its routers, where they differ from `router`.', {
  inheritsFrom: 'router',
});

export const sinkSchema = z.discriminatedUnion('kind', [
  group(
    z.strictObject({
      kind: z.literal('s3'),
      file: setting(
        bytes({ min: 1 }),
        'Size at which a file is closed and put.',
        'guess: with fileAge, about the 3 s of mean latency in T16',
        '16MiB',
      ),
      fileAge: setting(
        duration({ min: 1 }),
        'Age at which a file is closed and put.',
        'guess: with file, about the 3 s of mean latency in T16',
        '5s',
      ),
      putLatency: setting(duration(), 'Time of a put, beyond its bytes.', 'guess: a usual first-byte time', '100ms'),
      putRate: setting(
        byteRate({ min: 1 }),
        'Bytes a second of one put.',
        'guess: a usual rate of one connection',
        '50MB/s',
      ),
      visibilityDelay: setting(
        duration(),
        'Time from the end of a put until readers see the file.',
        'T14: eventually consistent until December 2020; 0 since',
        '0s',
      ),
      router,
    }),
    'Files on S3.',
  ),
  group(
    z.strictObject({
      kind: z.literal('elasticsearch'),
      bulk: setting(count({ min: 1 }), 'Records of a bulk request at most.', 'guess: a usual setting', 1000),
      bulkSize: setting(bytes({ min: 1 }), 'Bytes of a bulk request at most.', 'guess: a usual setting', '5MiB'),
      rate: required(
        recordRate({ min: 1e-9 }),
        'Records a second that the cluster indexes at most. T16: less than it is sent.',
      ),
      queue: setting(
        count({ min: 1 }),
        'Bulk requests that wait; beyond it they are rejected.',
        'guess: 200 of a node times the nodes',
        10_000,
      ),
      latency: setting(duration(), 'Time of a bulk request without a queue.', 'guess: a usual figure', '50ms'),
      refresh: setting(
        duration(),
        'Time until an indexed record can be found, at most.',
        'guess: index.refresh_interval, 1 s by default',
        '1s',
      ),
      router,
    }),
    'Elasticsearch.',
  ),
  group(
    z.strictObject({
      kind: z.literal('kafka'),
      cluster: required(
        nameOf('a consumer cluster', 'consumer'),
        'The consumer cluster; the name of a template of several makes a sink of each and spreads topics over them.',
      ),
      router,
    }),
    'Consumer Kafka.',
  ),
  group(
    z.strictObject({
      kind: z.literal('rate-limited'),
      rate: required(recordRate({ min: 1e-9 }), 'Records a second that it takes at most.'),
      latency: setting(duration(), 'Time of a write without a queue.', 'guess: a usual figure', '10ms'),
      batch: setting(count({ min: 1 }), 'Records of a write at most.', 'guess: a usual figure', 500),
      router,
    }),
    'Anything that takes so much and no more.',
  ),
]);
