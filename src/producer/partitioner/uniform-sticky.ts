import { below, hash32 } from '../../hash.ts';
import type { LoadView, Partitioner, PartitionerFactory } from '../policy.ts';
import type { TopicView } from '../topic-view.ts';
import { grown } from './column.ts';

export interface UniformStickyOptions {
  /**
   * Payload to append to a partition before moving on, bytes. Default: what a full batch holds, as in Kafka (AK). With less,
   * batches never fill while there is load: it leaves each at twice these bytes.
   */
  readonly batchBytes?: number;
  /** Whether to prefer partitions with short queues. Default true, as Kafka's `partitioner.adaptive.partitioning.enable` (AK). */
  readonly adaptive?: boolean;
}

/**
 * Kafka's default since 3.3 (KIP-794; AK, `BuiltInPartitioner`): stays for `batchBytes` appended, over several batches if
 * they are small, so that a slow broker no longer gets more. It then waits for the open batch to close, so as not to leave a
 * fraction behind, but at twice the bytes it moves anyway: a visit lasts for one to two times `batchBytes`. The adaptive
 * form draws a partition with the weight (longest queue + 1 − its own queue), queues counted in batches. It may draw the
 * same partition again, as Kafka's does.
 *
 * Unlike Kafka's, it leaves a partition that lost its leader as soon as no batch is open there.
 */
export function uniformSticky(options: UniformStickyOptions = {}): PartitionerFactory {
  const { batchBytes, adaptive = true } = options;
  if (batchBytes !== undefined && (!Number.isSafeInteger(batchBytes) || batchBytes < 1)) {
    throw new RangeError(`uniformSticky: batchBytes must be an integer ≥ 1, got ${batchBytes}`);
  }
  return ({ batchBytesMax, compressionRatio }) =>
    new UniformStickyPartitioner(batchBytes ?? Math.ceil(batchBytesMax / compressionRatio), adaptive);
}

class UniformStickyPartitioner implements Partitioner {
  readonly movesBetweenBatches = false;
  readonly name: string;
  readonly #batchBytes: number;
  readonly #adaptive: boolean;
  #identity = new Int32Array(0);
  #choices = new Uint32Array(0);
  /** The partition in use; −1 when the next `peek` has to choose. */
  #partition = new Int32Array(0);
  #bytes = new Float64Array(0);
  #open = new Uint8Array(0);

  constructor(batchBytes: number, adaptive: boolean) {
    this.#batchBytes = batchBytes;
    this.#adaptive = adaptive;
    this.name = adaptive ? 'uniform sticky, adaptive' : 'uniform sticky';
  }

  addStream(stream: number, identity: number): void {
    this.#identity = grown(this.#identity, stream);
    this.#choices = grown(this.#choices, stream);
    this.#partition = grown(this.#partition, stream);
    this.#bytes = grown(this.#bytes, stream);
    this.#open = grown(this.#open, stream);
    this.#identity[stream] = identity;
    this.#choices[stream] = 0;
    this.#leave(stream);
  }

  peek(stream: number, _keyHash: number, view: TopicView, load: LoadView): number {
    const leaders = view.leaders;
    const partition = this.#partition[stream];
    if (partition >= 0 && partition < leaders.length) {
      if (this.#open[stream] === 1 || leaders[partition] >= 0) return partition;
      // Without a leader it stays only if no partition has one: then the list holds them all.
      if (leaders[view.available[0]] < 0) return partition;
    }
    this.#leave(stream);
    const list = view.available;
    const hash = hash32(this.#identity[stream], this.#choices[stream]++);
    const chosen =
      this.#adaptive && list.length > 1 && leaders[list[0]] >= 0
        ? weighted(hash, list, load.queuedBatches(stream))
        : list[below(hash, list.length)];
    this.#partition[stream] = chosen;
    return chosen;
  }

  appended(stream: number, partition: number, _n: number, bytes: number): void {
    if (partition !== this.#partition[stream]) return;
    this.#open[stream] = 1;
    this.#bytes[stream] += bytes;
    if (this.#bytes[stream] >= 2 * this.#batchBytes) this.#leave(stream);
  }

  closed(stream: number, partition: number): void {
    if (partition !== this.#partition[stream]) return;
    this.#open[stream] = 0;
    if (this.#bytes[stream] >= this.#batchBytes) this.#leave(stream);
  }

  promised(stream: number, bytesEach: number): number {
    // Positive: at twice the bytes the stream has already left. The record that reaches the bound still goes here.
    const left = 2 * this.#batchBytes - this.#bytes[stream];
    return bytesEach > 0 ? Math.ceil(left / bytesEach) : Infinity;
  }

  #leave(stream: number): void {
    this.#partition[stream] = -1;
    this.#bytes[stream] = 0;
    this.#open[stream] = 0;
  }
}

/** A partition of the list, with odds of (longest queue + 1 − its own). All queues equal: uniform. */
function weighted(hash: number, list: Int32Array, queued: Int32Array): number {
  let longest = 0;
  let sum = 0;
  for (let i = 0; i < list.length; i++) {
    const batches = queued[list[i]];
    sum += batches;
    if (batches > longest) longest = batches;
  }
  let left = below(hash, (longest + 1) * list.length - sum);
  for (let i = 0; i < list.length; i++) {
    left -= longest + 1 - queued[list[i]];
    if (left < 0) return list[i];
  }
  throw new Error('uniformSticky: the weights do not add up');
}
