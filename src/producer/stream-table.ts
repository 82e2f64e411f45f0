/** Streams as rows of one array: a stream's row is one cache line, and each stream's open batches hang off it. */

import type { BatchPool } from './batch-pool.ts';
import { BATCH } from './batch-pool.ts';
import type { TopicView } from './topic-view.ts';

const { B_INTS, B_KEY_HASH, B_OPEN_NEXT, B_OPEN_PREVIOUS, B_PARTITION } = BATCH;

const S_STRIDE = 8;
const S_PRODUCER = 0;
const S_CLASS = 1;
const S_OPEN_HEAD = 2;
const S_OPEN_COUNT = 3;
/** Batches that are due and wait. */
const S_READY = 4;
/** Batches opened so far. */
const S_BATCHES = 5;
const S_IDENTITY = 6;
/** Where the next record without a key goes, as the partitioner last said; UNASKED when it has to be asked again. */
const S_PARTITION = 7;
const UNASKED = -2;

const NONE = -1;
/** A list longer than this gets an index: partitioners that spread keep a batch open in every partition. */
const SCAN_MAX = 8;

/**
 * For other files to take apart into constants of their own: V8 folds a module's own constants into its code, but reads
 * imported ones from memory each time.
 */
export const STREAM = {
  S_STRIDE,
  S_PRODUCER,
  S_CLASS,
  S_READY,
  S_BATCHES,
  S_IDENTITY,
  S_PARTITION,
  UNASKED,
} as const;

/** Unassigned batches are told apart by their key, which has no partition yet. */
const place = (partition: number, keyHash: number): number => (partition === NONE ? -2 - keyHash : partition);

export class StreamTable {
  ints = new Int32Array(S_STRIDE * 4);
  /**
   * Broker that the stream's next record without a key goes to, −1 for none, UNASKED when not known. A column of its
   * own: a producer's streams lie side by side in it, and are looked at together.
   */
  targets = new Int32Array(4);
  /** What is known of each stream's topic, null before the first metadata. */
  readonly views: (TopicView | null)[] = [];
  readonly #indexes = new Map<number, Map<number, number>>();
  count = 0;

  add(producer: number, serviceClass: number, identity: number): number {
    const stream = this.count++;
    if (this.count * S_STRIDE > this.ints.length) {
      const ints = new Int32Array(this.ints.length * 2);
      ints.set(this.ints);
      this.ints = ints;
      const targets = new Int32Array(this.targets.length * 2);
      targets.set(this.targets);
      this.targets = targets;
    }
    const at = stream * S_STRIDE;
    this.ints[at + S_PRODUCER] = producer;
    this.ints[at + S_CLASS] = serviceClass;
    this.ints[at + S_OPEN_HEAD] = NONE;
    this.ints[at + S_IDENTITY] = identity;
    this.ints[at + S_PARTITION] = UNASKED;
    this.targets[stream] = UNASKED;
    this.views.push(null);
    return stream;
  }

  /** Indexes CLASSES. */
  classOf(stream: number): number {
    return this.ints[stream * S_STRIDE + S_CLASS];
  }

  openHead(stream: number): number {
    return this.ints[stream * S_STRIDE + S_OPEN_HEAD];
  }

  /** The open batch for a partition (or, before metadata, for a key), −1 for none. */
  findOpen(stream: number, partition: number, keyHash: number, batches: BatchPool): number {
    const head = this.ints[stream * S_STRIDE + S_OPEN_HEAD];
    if (head === NONE) return NONE;
    if (this.#indexes.size !== 0) {
      const index = this.#indexes.get(stream);
      if (index !== undefined) return index.get(place(partition, keyHash)) ?? NONE;
    }
    for (let batch = head; batch !== NONE; batch = batches.ints[batch * B_INTS + B_OPEN_NEXT]) {
      if (
        batches.ints[batch * B_INTS + B_PARTITION] === partition &&
        (partition !== NONE || batches.ints[batch * B_INTS + B_KEY_HASH] === keyHash)
      ) {
        return batch;
      }
    }
    return NONE;
  }

  pushOpen(stream: number, batch: number, batches: BatchPool): void {
    const at = stream * S_STRIDE;
    const head = this.ints[at + S_OPEN_HEAD];
    batches.ints[batch * B_INTS + B_OPEN_NEXT] = head;
    batches.ints[batch * B_INTS + B_OPEN_PREVIOUS] = NONE;
    if (head !== NONE) batches.ints[head * B_INTS + B_OPEN_PREVIOUS] = batch;
    this.ints[at + S_OPEN_HEAD] = batch;
    let index = this.#indexes.size === 0 ? undefined : this.#indexes.get(stream);
    if (++this.ints[at + S_OPEN_COUNT] > SCAN_MAX && index === undefined) {
      index = new Map();
      for (let each = head; each !== NONE; each = batches.ints[each * B_INTS + B_OPEN_NEXT]) {
        index.set(place(batches.ints[each * B_INTS + B_PARTITION], batches.ints[each * B_INTS + B_KEY_HASH]), each);
      }
      this.#indexes.set(stream, index);
    }
    index?.set(place(batches.ints[batch * B_INTS + B_PARTITION], batches.ints[batch * B_INTS + B_KEY_HASH]), batch);
  }

  removeOpen(stream: number, batch: number, batches: BatchPool): void {
    const at = stream * S_STRIDE;
    const next = batches.ints[batch * B_INTS + B_OPEN_NEXT];
    const previous = batches.ints[batch * B_INTS + B_OPEN_PREVIOUS];
    if (previous === NONE) this.ints[at + S_OPEN_HEAD] = next;
    else batches.ints[previous * B_INTS + B_OPEN_NEXT] = next;
    if (next !== NONE) batches.ints[next * B_INTS + B_OPEN_PREVIOUS] = previous;
    this.ints[at + S_OPEN_COUNT]--;
    if (this.#indexes.size !== 0) {
      this.#indexes
        .get(stream)
        ?.delete(place(batches.ints[batch * B_INTS + B_PARTITION], batches.ints[batch * B_INTS + B_KEY_HASH]));
    }
  }
}
