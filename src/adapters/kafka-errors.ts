/**
 * What Kafka's error codes say about a produced batch. Codes and names: Apache Kafka 4.x,
 * `org.apache.kafka.common.protocol.Errors`; which of them a produce request can meet, and whether the leader has
 * appended by then: `kafka.server.ReplicaManager`, `DelayedProduce` and `org.apache.kafka.storage.internals.log`.
 */
import type { ProduceOutcome } from '../ports.ts';
import type { Acks } from '../record.ts';

type Verdict = 'backoff' | 'refresh-metadata' | 'never' | 'maybe-written';

const VERDICTS: Readonly<Record<number, Verdict>> = {
  /** UNKNOWN_SERVER_ERROR: an exception that the broker did not expect, at any point. */
  [-1]: 'maybe-written',
  /** CORRUPT_MESSAGE: a checksum broke on the way; refused before the append. */
  2: 'backoff',
  /** UNKNOWN_TOPIC_OR_PARTITION: also while a new topic spreads through the cluster. */
  3: 'refresh-metadata',
  /** LEADER_NOT_AVAILABLE */
  5: 'refresh-metadata',
  /** NOT_LEADER_OR_FOLLOWER: with acks −1 also after the append, see `outcomeOfCode`. */
  6: 'refresh-metadata',
  /** REQUEST_TIMED_OUT: appended by the leader, not by enough followers in time. */
  7: 'maybe-written',
  /** MESSAGE_TOO_LARGE */
  10: 'never',
  /** NETWORK_EXCEPTION: clients make it up when a connection breaks. */
  13: 'maybe-written',
  /** INVALID_TOPIC_EXCEPTION */
  17: 'never',
  /** RECORD_LIST_TOO_LARGE: larger than the topic's `segment.bytes`. */
  18: 'never',
  /** NOT_ENOUGH_REPLICAS: refused before the append. */
  19: 'backoff',
  /** NOT_ENOUGH_REPLICAS_AFTER_APPEND */
  20: 'maybe-written',
  /** INVALID_REQUIRED_ACKS */
  21: 'never',
  /** TOPIC_AUTHORIZATION_FAILED */
  29: 'never',
  /** CLUSTER_AUTHORIZATION_FAILED: idempotent writes are not allowed. */
  31: 'never',
  /** INVALID_TIMESTAMP: too far from the broker's time. */
  32: 'never',
  /** UNSUPPORTED_SASL_MECHANISM, ILLEGAL_SASL_STATE: of the connection; configuration may mend it. */
  33: 'backoff',
  34: 'backoff',
  /** UNSUPPORTED_VERSION */
  35: 'never',
  /** INVALID_REQUEST */
  42: 'never',
  /** UNSUPPORTED_FOR_MESSAGE_FORMAT */
  43: 'never',
  /** POLICY_VIOLATION */
  44: 'never',
  /** OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH: of idempotent producers; earlier copies may be there. */
  45: 'maybe-written',
  47: 'maybe-written',
  /** TRANSACTIONAL_ID_AUTHORIZATION_FAILED */
  53: 'never',
  /** KAFKA_STORAGE_ERROR: the disk failed, before or in the append; the partition gets another leader. */
  56: 'maybe-written',
  /** SASL_AUTHENTICATION_FAILED: nothing is written on such a connection; credentials may be renewed. */
  58: 'backoff',
  /** UNKNOWN_PRODUCER_ID */
  59: 'maybe-written',
  /** FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH */
  74: 'refresh-metadata',
  75: 'refresh-metadata',
  /** UNSUPPORTED_COMPRESSION_TYPE */
  76: 'never',
  /** INVALID_RECORD: refused by validation, before the append. */
  87: 'never',
  /** THROTTLING_QUOTA_EXCEEDED */
  89: 'backoff',
  /** UNKNOWN_TOPIC_ID, INCONSISTENT_TOPIC_ID: the topic was made anew. */
  100: 'refresh-metadata',
  103: 'refresh-metadata',
};

/** DUPLICATE_SEQUENCE_NUMBER: the broker knows this batch of an idempotent producer already. */
const DUPLICATE = 46;
const NOT_LEADER = 6;

export interface ProduceError {
  readonly code: number;
  readonly acks: Acks;
  readonly cause: unknown;
}

/** A code that is not known here says nothing about the log: maybe written. */
export function outcomeOfCode({ code, acks, cause }: ProduceError): ProduceOutcome {
  if (code === DUPLICATE) return { ok: true, baseOffset: null };
  const verdict = VERDICTS[code] ?? 'maybe-written';
  if (verdict === 'maybe-written' || (code === NOT_LEADER && acks === -1)) {
    // A leader that waits for its followers and loses office answers NOT_LEADER_OR_FOLLOWER after the append.
    return { ok: false, fate: 'maybe-written', code, cause };
  }
  return { ok: false, fate: 'not-written', next: verdict, code, cause };
}

/** INVALID_GROUP_ID, TOPIC_, GROUP_, CLUSTER_AUTHORIZATION_FAILED, UNSUPPORTED_SASL_MECHANISM, SASL_AUTHENTICATION_FAILED. */
const FATAL_TO_CONSUMERS = new Set([24, 29, 30, 31, 33, 58]);

/** No attempt to consume again mends it; somebody has to change a setting or a right. */
export function endsConsuming(code: number | undefined): boolean {
  return code !== undefined && FATAL_TO_CONSUMERS.has(code);
}
