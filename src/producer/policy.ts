/**
 * The decisions a user can replace. Each policy is a small object without input or output: no clock, no randomness of
 * its own (draws are handed in), so the same object runs in production and in the simulator, and replays from a seed.
 */
import type { DropCause } from '../record.ts';
import type { TopicView } from './topic-view.ts';

/** What a partitioner may ask about the producer's own queues. */
export interface LoadView {
  /** Batches of this stream that wait or are open, by partition. Scratch: valid until the next call. */
  queuedBatches(stream: number): Int32Array;
}

/**
 * Chooses partitions. One instance serves all streams of a core; streams are small consecutive integers.
 *
 * `peek` must answer the same until `appended` or `closed` is called for the stream or its view changes: the simulator
 * relies on it to know where records that have not been offered yet will go.
 */
export interface Partitioner {
  readonly name: string;
  /** True when `peek` for records without a key changes its answer only at `closed` and with the view. */
  readonly movesBetweenBatches: boolean;
  /** Called once for each stream before any other call. `identity` is a 32-bit hash of who it is: seed draws with it. */
  addStream(stream: number, identity: number): void;
  /** The partition that the next record of the stream goes to. `view.leaders.length ≥ 1`. */
  peek(stream: number, keyHash: number, view: TopicView, load: LoadView): number;
  /** n records of `bytes` in all were appended to the partition that `peek` named. */
  appended(stream: number, partition: number, n: number, bytes: number): void;
  /** The stream's open batch for this partition was sealed, sent or evicted. */
  closed(stream: number, partition: number): void;
  /** Reads the streams' state and changes nothing, to have it in the processor's cache. Its answer means nothing. */
  foresee?(streams: Int32Array, count: number): number;
  /**
   * How many further unkeyed records of this size are promised to the partition that `peek` names, as long as no batch
   * closes: ≥ 1. `Infinity` for a policy that only moves between batches; 1 for one that may move at each record.
   */
  promised(stream: number, bytesEach: number): number;
}

/** How a core fills its batches: the part of its `ProducerConfig` that partitioners go by. */
export interface BatchLimits {
  /** Compressed payload of a batch at the most, bytes. */
  readonly batchBytesMax: number;
  /** Compressed size ÷ raw size. */
  readonly compressionRatio: number;
}

/** Makes the partitioner of one core: state is never shared between cores. */
export type PartitionerFactory = (limits: BatchLimits) => Partitioner;

/** What an overflow policy may ask about the buffer of the producer that is full. */
export interface BufferView {
  /** Oldest queued batch of this class that has not been handed to the network, or −1. */
  oldest(serviceClass: number): number;
  /** When the batch was opened, ns. */
  createdAtNs(batch: number): number;
}

/** Decides who gives way when the buffer is full. Asked again until there is room or it answers −1. */
export interface OverflowPolicy {
  readonly name: string;
  /** What it does to order, in a sentence for people. */
  readonly effectOnOrder: string;
  /** The batch to evict in favour of a record of `serviceClass`, or −1 to drop the new record. */
  victim(buffer: BufferView, serviceClass: number): number;
  /** The cause under which victims are booked. */
  readonly cause: DropCause;
}

/** Decides how long to wait before the next attempt. */
export interface RetryPolicy {
  readonly name: string;
  /** Wait before attempt `attempt` + 1, ns. `attempt` ≥ 1 counts those that failed; `draw` is uniform in [0, 1). */
  backoffNs(attempt: number, draw: number): number;
}
