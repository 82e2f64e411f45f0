import type { ProducerConfig } from './config.ts';
import { dropNew } from './overflow.ts';
import { keyed, uniformSticky } from './partitioner/index.ts';
import { exponential } from './retry.ts';

const MS = 1_000_000;
const KIB = 1_024;
const MIB = 1_024 * KIB;

/**
 * What a producer in an application starts from. AK is Kafka 4.x's own default, kept where there is no reason against it.
 */
export const PRODUCER_DEFAULTS: ProducerConfig = {
  /** AK `linger.ms`. Keystone ran 100 ms (T15): three times fewer requests for a delay that few event pipelines notice. */
  lingerNs: 5 * MS,
  /** AK `batch.size`. */
  batchBytesMax: 16 * KIB,
  /** AK `max.request.size`. */
  requestBytesMax: MIB,
  /** AK `max.request.size` bounds a record, too. */
  recordBytesMax: MIB,
  /** AK `buffer.memory`. Small on purpose: it lives in every application's memory (T16). */
  bufferBytesMax: 32 * MIB,
  /** librdkafka's `queue.buffering.max.messages`. */
  bufferRecordsMax: 100_000,
  /** Measured by `bench/overhead.ts` on Node 20 and 24: 190–290 with views on the bytes, the most of its kinds rounded up. */
  overheadBytesPerRecord: 300,
  /** Likewise, 220, and what columns hold in reserve: they double when they grow. */
  overheadBytesPerBatch: 300,
  /** Uncompressed. Set what your data reaches if the client compresses, so that batches fill. */
  compressionRatio: 1,
  /** AK `max.in.flight.requests.per.connection`. Without idempotence a retry may reorder; set 1 to keep order. */
  inFlightMax: 5,
  /** Keystone's: rather lose a message than wait for the second acknowledgement (T15). */
  acks: 1,
  /** AK `request.timeout.ms`. */
  requestTimeoutNs: 30_000 * MS,
  /** AK `delivery.timeout.ms`. */
  deliveryTimeoutNs: 120_000 * MS,
  /** AK `retries`: as many as the delivery time-out allows. */
  retriesMax: 2_147_483_647,
  /** AK `retry.backoff.ms`, `retry.backoff.max.ms`. */
  retry: exponential(),
  /** AK `reconnect.backoff.ms`, `reconnect.backoff.max.ms`. */
  reconnect: exponential({ retryBackoffNs: 50 * MS, retryBackoffMaxNs: 1_000 * MS }),
  /** AK's own: by key, else KIP-794. */
  partitioner: keyed(uniformSticky()),
  /** Keystone's: when the buffer is full, new messages drop (T16). */
  overflow: dropNew,
  /** Nobody is limited but by the buffer. */
  quotas: [],
};
