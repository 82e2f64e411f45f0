import { below, hash32 } from '../../hash.ts';
import type { LoadView, Partitioner, TopicView } from '../policy.ts';
import { Available } from './available.ts';
import { grown } from './column.ts';

export interface StickyOptions {
  /**
   * Batches to stay for before moving: an integer ≥ 1, or `Infinity` for as long as the partition has a leader.
   * Default 1, which is Kafka's sticky partitioner of 2.4–3.2 (KIP-480). Keystone's of 2015 stayed "on one partition
   * for a while" (T15), which with a linger is more than one batch.
   */
  readonly stickForBatches?: number;
}

/**
 * Stays on one partition until a batch closes, then draws another one, never the same twice in a row if there is a
 * choice. Never moves while its batch is open. A slow broker's batches stay open longer and so get *more* records: that
 * is KIP-480's known fault, and why KIP-794 (see `uniformSticky`) replaced it.
 */
export function sticky(options: StickyOptions = {}): () => Partitioner {
  const stickForBatches = options.stickForBatches ?? 1;
  if (!(stickForBatches === Infinity || (Number.isInteger(stickForBatches) && stickForBatches >= 1))) {
    throw new RangeError(`sticky: stickForBatches must be an integer ≥ 1 or Infinity, got ${stickForBatches}`);
  }
  return () => new StickyPartitioner(stickForBatches);
}

class StickyPartitioner implements Partitioner {
  readonly movesBetweenBatches = true;
  readonly name: string;
  readonly #stickForBatches: number;
  readonly #available = new Available();
  #identity = new Int32Array(0);
  #choices = new Uint32Array(0);
  /** The partition in use, kept after its time as the one to avoid next; −1 before the first. */
  #partition = new Int32Array(0);
  /** Batches closed on this partition since it was chosen. */
  #batches = new Float64Array(0);
  #open = new Uint8Array(0);

  constructor(stickForBatches: number) {
    this.#stickForBatches = stickForBatches;
    this.name = stickForBatches === 1 ? 'sticky' : `sticky for ${stickForBatches} batches`;
  }

  addStream(stream: number, identity: number): void {
    this.#available.addStream(stream);
    this.#identity = grown(this.#identity, stream);
    this.#choices = grown(this.#choices, stream);
    this.#partition = grown(this.#partition, stream);
    this.#batches = grown(this.#batches, stream);
    this.#open = grown(this.#open, stream);
    this.#identity[stream] = identity;
    this.#choices[stream] = 0;
    this.#partition[stream] = -1;
    this.#batches[stream] = 0;
    this.#open[stream] = 0;
  }

  peek(stream: number, _keyHash: number, view: TopicView, _load: LoadView): number {
    const leaders = view.leaders;
    const partition = this.#partition[stream];
    if (partition >= 0 && partition < leaders.length) {
      if (this.#open[stream] === 1) return partition;
      if (this.#batches[stream] < this.#stickForBatches) {
        // Without a leader it stays only if no partition has one: then the list holds them all.
        if (leaders[partition] >= 0 || leaders[this.#available.of(stream, view)[0]] < 0) return partition;
      }
    }
    return this.#choose(stream, view);
  }

  #choose(stream: number, view: TopicView): number {
    const list = this.#available.of(stream, view);
    const previous = this.#partition[stream];
    const previousListed =
      previous >= 0 &&
      previous < view.leaders.length &&
      (view.leaders[previous] >= 0 || list.length === view.leaders.length);
    const choices = previousListed && list.length > 1 ? list.length - 1 : list.length;
    let partition = list[below(hash32(this.#identity[stream], this.#choices[stream]++), choices)];
    // The last one stands in for the previous one, which leaves every other equally likely.
    if (partition === previous) partition = list[list.length - 1];
    this.#partition[stream] = partition;
    this.#batches[stream] = 0;
    this.#open[stream] = 0;
    return partition;
  }

  appended(stream: number, partition: number, _n: number, _bytes: number): void {
    if (partition === this.#partition[stream]) this.#open[stream] = 1;
  }

  closed(stream: number, partition: number): void {
    if (partition !== this.#partition[stream] || this.#open[stream] === 0) return;
    this.#open[stream] = 0;
    this.#batches[stream]++;
  }

  promised(_stream: number, _bytesEach: number): number {
    return Infinity;
  }
}
