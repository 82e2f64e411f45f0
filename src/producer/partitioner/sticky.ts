import { below, hash32 } from '../../hash.ts';
import type { LoadView, Partitioner } from '../policy.ts';
import type { TopicView } from '../topic-view.ts';
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

/** A stream's state is one row, as the simulator has tens of thousands of them and touches them at random. */
const STRIDE = 4;
const IDENTITY = 0;
const CHOICES = 1;
/** The partition in use, kept after its time as the one to avoid next; −1 before the first. */
const PARTITION = 2;
/** Batches that may still be closed on it, twice, and 1 more while one is open. */
const STAY = 3;
/** More than any run of the program closes. */
const STAY_MAX = 536_870_912;

class StickyPartitioner implements Partitioner {
  readonly movesBetweenBatches = true;
  readonly name: string;
  readonly #stay: number;
  #rows = new Int32Array(0);

  constructor(stickForBatches: number) {
    this.#stay = 2 * Math.min(stickForBatches, STAY_MAX);
    this.name = stickForBatches === 1 ? 'sticky' : `sticky for ${stickForBatches} batches`;
  }

  addStream(stream: number, identity: number): void {
    const row = stream * STRIDE;
    this.#rows = grown(this.#rows, row + STRIDE - 1);
    this.#rows[row + IDENTITY] = identity;
    this.#rows[row + CHOICES] = 0;
    this.#rows[row + PARTITION] = -1;
    this.#rows[row + STAY] = 0;
  }

  peek(stream: number, _keyHash: number, view: TopicView, _load: LoadView): number {
    const rows = this.#rows;
    const row = stream * STRIDE;
    const partition = rows[row + PARTITION];
    const stay = rows[row + STAY];
    if (stay > 0 && partition < view.partitions) {
      if (stay & 1) return partition;
      // Without a leader it stays only if no partition has one: then the list holds them all.
      if (view.allAvailable || view.leaders[partition] >= 0) return partition;
    }
    return this.#choose(row, view);
  }

  #choose(row: number, view: TopicView): number {
    const rows = this.#rows;
    const { allAvailable } = view;
    const available = allAvailable ? view.partitions : view.available.length;
    const previous = rows[row + PARTITION];
    const previousListed = previous >= 0 && previous < view.partitions && (allAvailable || view.leaders[previous] >= 0);
    const choices = previousListed && available > 1 ? available - 1 : available;
    const choice = below(hash32(rows[row + IDENTITY], rows[row + CHOICES]++), choices);
    let partition = allAvailable ? choice : view.available[choice];
    // The last one stands in for the previous one, which leaves every other equally likely.
    if (partition === previous) partition = allAvailable ? available - 1 : view.available[available - 1];
    rows[row + PARTITION] = partition;
    rows[row + STAY] = this.#stay;
    return partition;
  }

  appended(stream: number, partition: number, _n: number, _bytes: number): void {
    const row = stream * STRIDE;
    if (partition === this.#rows[row + PARTITION]) this.#rows[row + STAY] |= 1;
  }

  closed(stream: number, partition: number): void {
    const row = stream * STRIDE;
    if (partition !== this.#rows[row + PARTITION] || (this.#rows[row + STAY] & 1) === 0) return;
    this.#rows[row + STAY] -= 3;
  }

  foresee(streams: Int32Array, count: number): number {
    const rows = this.#rows;
    let read = 0;
    for (let i = 0; i < count; i++) read += rows[streams[i] * STRIDE];
    return read;
  }

  promised(_stream: number, _bytesEach: number): number {
    return Infinity;
  }
}
