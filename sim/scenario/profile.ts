/** What Kafka's defaults were in each era: laid under a scenario before anything else. */
import type { ScenarioPatch } from './written.ts';

/**
 * 0.8.2: the new Java producer's first release, the one of Keystone in 2015 (AK, docs of 0.8.2). Its client had no
 * request or delivery time-out; 30 s is what the broker waited for acknowledgements (timeout.ms).
 */
const KAFKA_0_8_2 = {
  log: {
    replicaLagTimeMax: '10s', // AK replica.lag.time.max.ms
    replicaLagMessages: 4000, // AK replica.lag.max.messages
    uncleanElection: true, // AK unclean.leader.election.enable
    truncation: 'high-watermark', // AK: until KIP-101
  },
  controller: {
    kind: 'zookeeper',
    sessionTimeout: '6s', // AK zookeeper.session.timeout.ms
    election: '5ms', // Jun Rao, Confluent 2015: about 5 ms a partition
    load: '2ms', // Jun Rao, Confluent 2015: about 2 ms a partition
  },
  router: {
    group: {
      session: '6s', // AK zookeeper.session.timeout.ms: members of the consumer of 0.8 were known to ZooKeeper
      heartbeat: '2s', // AK ZooKeeper client: a ping each third of the session
      maxPollInterval: 'never', // AK: none, ZooKeeper's client has a thread of its own
    },
  },
  producers: {
    policy: {
      partitioner: 'round-robin', // AK DefaultPartitioner: round-robin over available partitions, unkeyed
      linger: '0ms', // AK linger.ms
      acks: '1', // AK acks
      requestTimeout: '30s', // AK timeout.ms
      deliveryTimeout: 'never', // T15: none
      retries: 0, // AK retries
      idempotence: 'off', // AK: since 0.11 (KIP-98)
      retryBackoff: '100ms', // AK retry.backoff.ms
      retryBackoffMax: '100ms', // AK: constant until KIP-580
      reconnectBackoff: '10ms', // AK reconnect.backoff.ms
      reconnectBackoffMax: '10ms', // AK: constant until KIP-144
      overheadPerRecord: '26B', // AK message format v0: offset 8, size 4, crc 4, magic 1, attributes 1, lengths 8
      overheadPerBatch: '0B', // AK: message sets have no header
    },
  },
} satisfies ScenarioPatch;

/** 0.9: request time-out in the client, which also expires batches that wait for a leader (KIP-19). */
const KAFKA_0_9 = {
  log: {
    replicaLagTimeMax: '10s', // AK replica.lag.time.max.ms
    uncleanElection: true, // AK unclean.leader.election.enable
    truncation: 'high-watermark', // AK: until KIP-101
  },
  controller: KAFKA_0_8_2.controller,
  router: {
    group: {
      session: '30s', // AK session.timeout.ms
      maxPollInterval: '30s', // AK: a rebalance waited as long as a session
      heartbeatThread: false, // AK: from poll, until KIP-62
    },
  },
  producers: {
    policy: {
      ...KAFKA_0_8_2.producers.policy,
      requestTimeout: '30s', // AK request.timeout.ms (KIP-19)
      deliveryTimeout: '30s', // AK KIP-19: batches that wait longer than request.timeout.ms expire
      reconnectBackoff: '50ms', // AK reconnect.backoff.ms
      reconnectBackoffMax: '50ms',
    },
  },
} satisfies ScenarioPatch;

/** 4.x is what the schema's own defaults are. */
export const PROFILES: Readonly<Record<string, ScenarioPatch>> = { '0.8.2': KAFKA_0_8_2, '0.9': KAFKA_0_9, '4.x': {} };
