/** The written form of brokers, logs and clusters. */
import * as z from 'zod';
import {
  byteRate,
  bytes,
  choice,
  cost,
  count,
  duration,
  flag,
  group,
  NEVER,
  optional,
  required,
  setting,
  share,
  text,
  UNLIMITED,
} from './setting.ts';

export const CLASS_NAMES = ['low', 'normal', 'high'] as const;

/** A name: starts with a letter, so that no name is an integer (whose order in an object is not the written one). */
export const NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
export const nameOf = (what: string, example: string) => text(`the name of ${what}, such as ${example}`, { example });

const CALIBRATED = 'T15: 33 % CPU at 10 MB/s and 10,000 records/s; fit 32.4 + 0.52 r + 0.60 r² (d)';

export const cpuSchema = group(
  z.strictObject({
    base: setting(
      share(),
      'Share of all cores that a broker spends without any request.',
      'guess: 0, so that all load follows from requests and bytes; not published',
      '0%',
    ),
    perRequest: setting(
      cost(),
      'Core time of one produce request, whatever its size.',
      `${CALIBRATED}: 0.52 % of 4 cores for 1,000 requests/s`,
      '20.8us',
    ),
    perRequestPerKiloRequest: setting(
      cost(),
      'Convex term: core time of one produce request more for each 1,000 requests/s that the broker takes. An empirical constant.',
      `${CALIBRATED}: 0.60 % of 4 cores`,
      '24us',
    ),
    perByte: setting(
      cost(),
      'Core time of one byte that a producer writes.',
      'guess: T15 fixes only the sum, 32.4 % of 4 cores at 10 MB/s = 129.6 ns a byte written, replicated once and fetched once; half of it is taken for the write',
      '64.8ns',
    ),
    perReplicaByte: setting(
      cost(),
      'Core time of one byte that a follower copies.',
      'guess: a quarter of the 129.6 ns a byte that T15 fixes in all',
      '32.4ns',
    ),
    perFetch: setting(
      cost(),
      'Core time of one consumer fetch, whatever its size.',
      'guess: the same as a produce request',
      '20.8us',
    ),
    perFetchByte: setting(
      cost(),
      'Core time of one byte that a consumer fetches.',
      'guess: a quarter of the 129.6 ns a byte that T15 fixes in all',
      '32.4ns',
    ),
  }),
  'What work costs a broker in core time.',
);

export const brokerSchema = group(
  z.strictObject({
    cores: setting(count({ min: 1 }), 'Processor cores.', 'T16: d2.xl, 4 vCPU', 4),
    ioThreads: setting(count({ min: 1 }), 'Threads that work requests off the queue.', 'AK num.io.threads', 8),
    networkThreads: setting(
      count({ min: 1 }),
      'Threads that read requests and send answers.',
      'AK num.network.threads',
      3,
    ),
    requestQueue: setting(
      count({ min: 1 }),
      'Requests that wait for an I/O thread; beyond it network threads stop reading.',
      'AK queued.max.requests',
      500,
    ),
    network: setting(
      byteRate({ min: 1 }),
      'Network bandwidth, each direction.',
      'T16: d2.xl, about 750 Mbit/s by vendor documentation',
      '750Mbit/s',
    ),
    disk: setting(
      byteRate({ min: 1 }),
      'Sequential disk throughput, all disks together.',
      'guess: 3 HDD (T16) at 100 MB/s each',
      '300MB/s',
    ),
    seek: setting(
      duration(),
      'Time of one disk seek, paid by reads that lag behind the page cache.',
      'guess: an HDD of 7,200 rpm',
      '8ms',
    ),
    pageCache: setting(
      bytes(),
      'Memory that holds the newest log bytes: reads from it cost no disk.',
      'guess: 30.5 GB of a d2.xl (T16) less heap and system',
      '20GB',
    ),
    cpu: cpuSchema.prefault({}),
  }),
  'What a broker machine is made of.',
);

export const logSchema = group(
  z.strictObject({
    segment: setting(bytes({ min: 1 }), 'Size at which a log segment is closed.', 'AK log.segment.bytes', '1GiB'),
    segmentAge: setting(
      duration({ min: 1, word: NEVER }),
      'Age at which a log segment is closed.',
      'AK log.roll.hours, 168 h',
      '7d',
    ),
    retentionCheck: setting(
      duration({ min: 1 }),
      'Time between two checks for segments past retention.',
      'AK log.retention.check.interval.ms',
      '5min',
    ),
    replicaFetchPause: setting(
      duration(),
      'Time between two fetches of a follower, beyond the round trip.',
      'guess: the loop of a fetcher thread, 1 ms',
      '1ms',
    ),
    replicaLagTimeMax: setting(
      duration({ min: 1 }),
      'A follower that has not caught up for this long leaves the in-sync set.',
      'AK replica.lag.time.max.ms: 30 s since 2.5',
      '30s',
    ),
    replicaLagMessages: setting(
      count({ min: 1 }),
      'A follower that lacks more records at a check leaves the in-sync set, however briefly it has lacked them.',
      'AK: no such bound since 0.9 (KIP-16)',
      Number.MAX_SAFE_INTEGER,
    ),
    minInsyncReplicas: setting(
      count({ min: 1 }),
      'In-sync replicas that acks all needs before a write is taken.',
      'AK min.insync.replicas',
      1,
    ),
    uncleanElection: setting(
      flag(),
      'Whether a replica out of sync may lead when none in sync is left: available again, and what it lacks is lost.',
      'AK unclean.leader.election.enable, false since 0.11',
      false,
    ),
    truncation: setting(
      choice(['high-watermark', 'epoch']),
      'To what a follower cuts its log when a leader begins: its own high watermark, or where the epoch of the leader began.',
      'AK: epoch since 0.11 (KIP-101)',
      'epoch',
    ),
  }),
  'How partition logs are cut, kept and copied.',
);

export const controllerSchema = group(
  z.strictObject({
    kind: setting(
      choice(['zookeeper', 'kraft']),
      'zookeeper: one of the brokers is the controller too. kraft: controllers are nodes of their own.',
      'AK: KRaft alone since 4.0',
      'kraft',
    ),
    sessionTimeout: setting(
      duration({ min: 1 }),
      'A broker that is heard no more is taken for dead after so long.',
      'AK broker.session.timeout.ms',
      '9s',
    ),
    election: setting(
      duration(),
      'Serial work of the controller for each partition whose leader or in-sync set changes.',
      'guess: 2 million partitions recovered in 37 s (Confluent on KIP-500), all of it taken for serial work',
      '18500ns',
    ),
    load: setting(
      duration(),
      'What a new controller spends on each partition of the cluster before it does anything.',
      'AK: standby controllers of KRaft hold the metadata already',
      '0s',
    ),
    failover: setting(
      duration(),
      'Until another controller is active; with ZooKeeper it takes the session time-out instead.',
      'AK controller.quorum.fetch.timeout.ms 2 s and controller.quorum.election.timeout.ms 1 s',
      '3s',
    ),
    metadataDelay: setting(
      duration(),
      'From a decision of the controller until brokers tell clients of it.',
      'guess: one round of requests to the brokers',
      '10ms',
    ),
  }),
  'Who watches the brokers and elects leaders.',
);

export const clusterSchema = group(
  z.strictObject({
    role: setting(
      choice(['fronting', 'consumer', 'stand-by']),
      'Fronting clusters take what producers send; consumer clusters what routers write; stand-bys nothing until a failover.',
      'T16',
      'fronting',
    ),
    class: setting(
      choice(CLASS_NAMES),
      'Class of service of the topics that a fronting cluster holds.',
      'T15',
      'normal',
    ),
    count: setting(
      count({ min: 1, max: 1000 }),
      'How many such clusters to make in each region: name-1, name-2, …',
      'one',
      1,
    ),
    region: optional(nameOf('a region', 'main'), 'The region they stand in.', 'as many in every region'),
    brokers: required(count({ min: 1, max: 10_000 }), 'Brokers of each cluster. T16 caps them at 200.'),
    replicationFactor: setting(
      count({ min: 1, max: 5 }),
      'Copies of each partition, the leader included.',
      'T16: 2 copies as built',
      2,
    ),
    placement: setting(
      choice(['plain', 'zones', 'hosts']),
      'What copies of a partition are kept apart by: nothing but brokers, zones, or zones and then physical hosts.',
      'T16: zone-aware; AK broker.rack (KIP-36)',
      'zones',
    ),
    brokersPerHost: setting(
      count({ min: 1 }),
      'Brokers that share a physical host, of one zone.',
      'T16: several instances on one host happen; how many is not published',
      1,
    ),
    retention: setting(
      duration({ min: 1, word: NEVER }),
      'How long a record is kept at least.',
      'T16: 8 h for normal as built',
      '8h',
    ),
    retentionBytes: setting(
      bytes({ min: 1, word: UNLIMITED }),
      'Size of a partition beyond which its oldest segments go.',
      'AK log.retention.bytes −1',
      'unlimited',
    ),
    broker: group(brokerSchema.prefault({}), 'Machines of this cluster, where they differ from `broker`.', {
      inheritsFrom: 'broker',
    }),
    log: group(logSchema.prefault({}), 'Logs of this cluster, where they differ from `log`.', { inheritsFrom: 'log' }),
    zookeeper: optional(
      nameOf('a ZooKeeper ensemble', 'shared'),
      'One of `zookeepers`: where its brokers register. T16: one of its own for each cluster, after an incident.',
      'an ensemble of its own for each cluster',
    ),
    controller: group(
      controllerSchema.prefault({}),
      'The controller of this cluster, where it differs from `controller`.',
      { inheritsFrom: 'controller' },
    ),
  }),
  'One cluster, or a template of several alike.',
);
