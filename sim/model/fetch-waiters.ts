/** Fetches that wait at a leader for enough data or for their time to run out: Kafka's fetch purgatory. */
import { type Engine, invariant } from '../engine/index.ts';

const NONE = -1;

/** A consumer's row is one cache line; it has one fetch at a time. */
const STRIDE = 8;
const PARTITION = 0;
const FROM = 1;
const BYTES_MAX = 2;
const ENOUGH_BYTES = 3;
const NEXT = 4;
const TIMER = 5;
/** What its fetch does: nothing yet, wait, or wait while its wake-up for enough data is on its way. */
const STATE = 6;
const IDLE = 0;
const WAITING = 1;
const WOKEN = 2;
/** Its fetches so far: an event for an earlier one is stale. */
const ORDINAL = 7;

export class FetchWaiters {
  readonly #engine: Engine;
  readonly #answer: (consumer: number) => void;
  readonly #readyKind: number;
  readonly #timeoutKind: number;
  /** By partition: first waiter. */
  readonly #heads: Int32Array;
  /** By partition: log bytes at which the first of its waiters has enough; never more than that. */
  readonly #least: Float64Array;
  #rows: Float64Array = new Float64Array(64 * STRIDE);

  constructor(options: { engine: Engine; partitions: number; answer: (consumer: number) => void }) {
    const { engine, answer } = options;
    this.#heads = new Int32Array(options.partitions).fill(NONE);
    this.#least = new Float64Array(options.partitions).fill(Infinity);
    this.#engine = engine;
    this.#answer = answer;
    this.#readyKind = engine.kind('fetch has data', (consumer, ordinal) => this.#fire(consumer, ordinal));
    this.#timeoutKind = engine.kind('fetch wait over', (consumer, ordinal) => this.#fire(consumer, ordinal));
  }

  head(partition: number): number {
    return this.#heads[partition];
  }

  /** Below so many bytes in the log nobody who waits for the partition has enough. */
  enoughBytes(partition: number): number {
    return this.#least[partition];
  }

  partition(consumer: number): number {
    return this.#rows[consumer * STRIDE + PARTITION];
  }

  from(consumer: number): number {
    return this.#rows[consumer * STRIDE + FROM];
  }

  bytesMax(consumer: number): number {
    return this.#rows[consumer * STRIDE + BYTES_MAX];
  }

  /** Reads what appends to the partitions will read, to have it in cache. */
  foresee(partitions: Int32Array, count: number): number {
    const least = this.#least;
    let read = 0;
    for (let i = 0; i < count; i++) read += least[partitions[i]];
    return read;
  }

  /** Reads what the end of the consumers' wait will read; into `partitions` goes what they wait for. */
  foreseeConsumers(consumers: Int32Array, count: number, partitions: Int32Array): number {
    const rows = this.#rows;
    const heads = this.#heads;
    let read = 0;
    for (let i = 0; i < count; i++) partitions[i] = rows[consumers[i] * STRIDE + PARTITION];
    for (let i = 0; i < count; i++) read += heads[partitions[i]];
    return read;
  }

  /** Notes a fetch that has arrived. */
  hold(consumer: number, partition: number, fromOffset: number, bytesMax: number): void {
    const row = consumer * STRIDE;
    while (row >= this.#rows.length) this.#grow();
    const rows = this.#rows;
    if (rows[row + STATE] !== IDLE) invariant(false, 'a consumer has one fetch at a time');
    rows[row + PARTITION] = partition;
    rows[row + FROM] = fromOffset;
    rows[row + BYTES_MAX] = bytesMax;
    rows[row + ORDINAL]++;
  }

  /** The noted fetch waits until the log has so many bytes in all, or until the deadline. */
  wait(consumer: number, enoughBytes: number, deadlineNs: number): void {
    const rows = this.#rows;
    const row = consumer * STRIDE;
    const partition = rows[row + PARTITION];
    rows[row + ENOUGH_BYTES] = enoughBytes;
    rows[row + STATE] = WAITING;
    rows[row + NEXT] = this.head(partition);
    this.#heads[partition] = consumer;
    if (enoughBytes < this.#least[partition]) this.#least[partition] = enoughBytes;
    const ordinal = rows[row + ORDINAL];
    rows[row + TIMER] = this.#engine.timer(deadlineNs, this.#timeoutKind, consumer, ordinal, ordinal);
  }

  /** The partition's log has now so many bytes, visible from `visibleNs` on. */
  appended(partition: number, endBytes: number, visibleNs: number): void {
    if (visibleNs === Infinity) return;
    const rows = this.#rows;
    let least = Infinity;
    for (let consumer = this.head(partition); consumer !== NONE; consumer = rows[consumer * STRIDE + NEXT]) {
      const row = consumer * STRIDE;
      if (rows[row + STATE] === WOKEN) continue;
      if (endBytes < rows[row + ENOUGH_BYTES]) {
        if (rows[row + ENOUGH_BYTES] < least) least = rows[row + ENOUGH_BYTES];
        continue;
      }
      rows[row + STATE] = WOKEN;
      const atNs = Math.max(visibleNs, this.#engine.nowNs);
      this.#engine.schedule(atNs, this.#readyKind, consumer, rows[row + ORDINAL], rows[row + ORDINAL]);
    }
    this.#least[partition] = least;
  }

  /** Takes a waiting fetch out without an answer. */
  drop(consumer: number): void {
    const rows = this.#rows;
    const row = consumer * STRIDE;
    if (rows[row + STATE] === IDLE) invariant(false, 'only a waiting fetch is dropped');
    rows[row + STATE] = IDLE;
    this.#engine.cancel(rows[row + TIMER]);
    const partition = rows[row + PARTITION];
    const next = rows[row + NEXT];
    let at = this.head(partition);
    if (at === consumer) {
      this.#heads[partition] = next;
      return;
    }
    while (rows[at * STRIDE + NEXT] !== consumer) at = rows[at * STRIDE + NEXT];
    rows[at * STRIDE + NEXT] = next;
  }

  #fire(consumer: number, ordinal: number): void {
    const row = consumer * STRIDE;
    if (this.#rows[row + STATE] === IDLE || this.#rows[row + ORDINAL] !== ordinal) return;
    this.drop(consumer);
    this.#answer(consumer);
  }

  #grow(): void {
    const rows = new Float64Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
