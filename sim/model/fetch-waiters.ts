/** Fetches that wait at a leader for enough data or for their time to run out: Kafka's fetch purgatory. */
import { type Engine, invariant } from '../engine/index.ts';

const NONE = -1;

export class FetchWaiters {
  readonly #engine: Engine;
  readonly #answer: (consumer: number) => void;
  readonly #readyKind: number;
  readonly #timeoutKind: number;
  /** By partition: first waiter. */
  readonly #heads: Int32Array;
  /** By partition: log bytes at which the first of its waiters has enough; never more than that. */
  readonly #least: Float64Array;
  // By consumer; a consumer has one fetch at a time.
  #partition: Int32Array = new Int32Array(64);
  #from: Float64Array = new Float64Array(64);
  #bytesMax: Float64Array = new Float64Array(64);
  #enoughBytes: Float64Array = new Float64Array(64);
  #next: Int32Array = new Int32Array(64);
  #timer: Float64Array = new Float64Array(64);
  #waiting: Uint8Array = new Uint8Array(64);
  /** Its fetches so far: an event for an earlier one is stale. */
  #ordinal: Int32Array = new Int32Array(64);
  /** 1 when the wake-up for enough data is on its way. */
  #woken: Uint8Array = new Uint8Array(64);

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
    return this.#partition[consumer];
  }

  from(consumer: number): number {
    return this.#from[consumer];
  }

  bytesMax(consumer: number): number {
    return this.#bytesMax[consumer];
  }

  /** Notes a fetch that has arrived. */
  hold(consumer: number, partition: number, fromOffset: number, bytesMax: number): void {
    while (consumer >= this.#partition.length) this.#grow();
    invariant(this.#waiting[consumer] === 0, 'a consumer has one fetch at a time');
    this.#partition[consumer] = partition;
    this.#from[consumer] = fromOffset;
    this.#bytesMax[consumer] = bytesMax;
    this.#ordinal[consumer]++;
  }

  /** The noted fetch waits until the log has so many bytes in all, or until the deadline. */
  wait(consumer: number, enoughBytes: number, deadlineNs: number): void {
    const partition = this.#partition[consumer];
    this.#enoughBytes[consumer] = enoughBytes;
    this.#waiting[consumer] = 1;
    this.#woken[consumer] = 0;
    this.#next[consumer] = this.head(partition);
    this.#heads[partition] = consumer;
    if (enoughBytes < this.#least[partition]) this.#least[partition] = enoughBytes;
    const ordinal = this.#ordinal[consumer];
    this.#timer[consumer] = this.#engine.timer(deadlineNs, this.#timeoutKind, consumer, ordinal, ordinal);
  }

  /** The partition's log has now so many bytes, visible from `visibleNs` on. */
  appended(partition: number, endBytes: number, visibleNs: number): void {
    if (visibleNs === Infinity) return;
    let least = Infinity;
    for (let consumer = this.head(partition); consumer !== NONE; consumer = this.#next[consumer]) {
      if (this.#woken[consumer] === 1) continue;
      if (endBytes < this.#enoughBytes[consumer]) {
        if (this.#enoughBytes[consumer] < least) least = this.#enoughBytes[consumer];
        continue;
      }
      this.#woken[consumer] = 1;
      const atNs = Math.max(visibleNs, this.#engine.nowNs);
      this.#engine.schedule(atNs, this.#readyKind, consumer, this.#ordinal[consumer], this.#ordinal[consumer]);
    }
    this.#least[partition] = least;
  }

  /** Takes a waiting fetch out without an answer. */
  drop(consumer: number): void {
    invariant(this.#waiting[consumer] === 1, 'only a waiting fetch is dropped');
    this.#waiting[consumer] = 0;
    this.#engine.cancel(this.#timer[consumer]);
    const partition = this.#partition[consumer];
    const next = this.#next[consumer];
    let at = this.head(partition);
    if (at === consumer) {
      this.#heads[partition] = next;
      return;
    }
    while (this.#next[at] !== consumer) at = this.#next[at];
    this.#next[at] = next;
  }

  #fire(consumer: number, ordinal: number): void {
    if (this.#waiting[consumer] === 0 || this.#ordinal[consumer] !== ordinal) return;
    this.drop(consumer);
    this.#answer(consumer);
  }

  #grow(): void {
    const size = this.#partition.length * 2;
    const int = (from: Int32Array): Int32Array => {
      const to = new Int32Array(size);
      to.set(from);
      return to;
    };
    const float = (from: Float64Array): Float64Array => {
      const to = new Float64Array(size);
      to.set(from);
      return to;
    };
    const byte = (from: Uint8Array): Uint8Array => {
      const to = new Uint8Array(size);
      to.set(from);
      return to;
    };
    this.#partition = int(this.#partition);
    this.#from = float(this.#from);
    this.#bytesMax = float(this.#bytesMax);
    this.#enoughBytes = float(this.#enoughBytes);
    this.#next = int(this.#next);
    this.#timer = float(this.#timer);
    this.#waiting = byte(this.#waiting);
    this.#ordinal = int(this.#ordinal);
    this.#woken = byte(this.#woken);
  }
}
