/** What a producer core is told once: bounds, time-outs and policies. All its producers share it. */
import type { Acks } from '../record.ts';
import type { OverflowPolicy, PartitionerFactory, RetryPolicy } from './policy.ts';
import type { Quota } from './quotas.ts';

export interface ProducerConfig {
  /** How long a batch waits for company after its first record, ns. 0 sends as soon as a connection is free. */
  readonly lingerNs: number;
  /** A batch is full when the next record would take it above this, compressed bytes. One larger record goes alone. */
  readonly batchBytesMax: number;
  /** Largest produce request, compressed bytes: how many batches of different partitions may share one. */
  readonly requestBytesMax: number;
  /** Largest record, raw bytes; above it: `too-large`. */
  readonly recordBytesMax: number;
  /** Memory for all records not yet settled, bytes, overheads included. */
  readonly bufferBytesMax: number;
  /** The same in records. */
  readonly bufferRecordsMax: number;
  /** Heap that a buffered record costs beyond its payload, bytes: counted against `bufferBytesMax`. */
  readonly overheadBytesPerRecord: number;
  /** Heap that a batch costs, bytes: a tiny record in each of P partitions costs P of these. */
  readonly overheadBytesPerBatch: number;
  /** Expected compressed ÷ raw bytes, in (0, 1]. Decides how many records a batch holds; memory is counted raw. */
  readonly compressionRatio: number;
  /**
   * Requests in flight per broker, at least 1. With 1, order within a partition survives retries; with more, a retried
   * batch may land behind a later one.
   */
  readonly inFlightMax: number;
  /** Of streams that have none of their own. Acknowledgements are a request's: batches of other acks never share one. */
  readonly acks: Acks;
  /** No answer for this long: given up as maybe written, ns. */
  readonly requestTimeoutNs: number;
  /** From a batch's first record to its last attempt, ns; `Infinity` for none (Kafka 0.8.2 had none). */
  readonly deliveryTimeoutNs: number;
  /** Attempts after the first. Refused connections don't count: nothing was tried on them. */
  readonly retriesMax: number;
  readonly retry: RetryPolicy;
  /** Waits between attempts to reach a broker that refuses connections. */
  readonly reconnect: RetryPolicy;
  /** Makes the one partitioner that serves all streams of the core. */
  readonly partitioner: PartitionerFactory;
  readonly overflow: OverflowPolicy;
  /** Each producer has a bucket of its own for each of these; streams say which of them they count against. */
  readonly quotas: readonly Quota[];
}

/** Throws a RangeError that names the option, what was expected and what came. */
export function checkProducerConfig(config: ProducerConfig): void {
  const atLeast = (name: keyof ProducerConfig, least: number): void => {
    const value = config[name] as number;
    if (!(value >= least)) throw new RangeError(`${name}: expected a number ≥ ${least}, got ${value}`);
  };
  atLeast('lingerNs', 0);
  atLeast('batchBytesMax', 1);
  atLeast('requestBytesMax', 1);
  atLeast('recordBytesMax', 1);
  atLeast('bufferBytesMax', 1);
  atLeast('bufferRecordsMax', 1);
  atLeast('overheadBytesPerRecord', 0);
  atLeast('overheadBytesPerBatch', 0);
  atLeast('inFlightMax', 1);
  atLeast('requestTimeoutNs', 1);
  atLeast('deliveryTimeoutNs', 1);
  atLeast('retriesMax', 0);
  if (!(config.compressionRatio > 0 && config.compressionRatio <= 1)) {
    throw new RangeError(`compressionRatio: expected a number in (0, 1], got ${config.compressionRatio}`);
  }
  if (!(config.deliveryTimeoutNs >= config.lingerNs + config.requestTimeoutNs)) {
    throw new RangeError(
      `deliveryTimeoutNs: expected at least lingerNs + requestTimeoutNs = ${config.lingerNs + config.requestTimeoutNs}, got ${config.deliveryTimeoutNs}`,
    );
  }
}
