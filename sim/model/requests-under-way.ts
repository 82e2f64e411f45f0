/**
 * Numbers for requests on their way. A request's slot in the producer core depends on when answers were handed over,
 * which looking at the books may do earlier; these numbers don't, so events that carry them hash the same. Few are on
 * their way at a time, so what is needed ahead of an arrival is kept here, where it is in cache.
 */
import { InvariantError } from '../engine/invariant.ts';

const STRIDE = 4;
const REQUEST = 0;
/** The request's first batch, and the partition that it is for. */
const BATCH = 1;
const PARTITION = 2;
/** Looked at together at most: what the engine foresees at once is less. */
const LOOK_MAX = 1024;

export class RequestsUnderWay {
  #rows = new Int32Array(64 * STRIDE);
  /** Free numbers, a stack. */
  #free = new Int32Array(64);
  #freeCount = 0;
  #used = 0;
  readonly found = {
    requests: new Int32Array(LOOK_MAX),
    batches: new Int32Array(LOOK_MAX),
    partitions: new Int32Array(LOOK_MAX),
  };

  /** Positional: once per request. */
  depart(request: number, batch: number, partition: number): number {
    let number: number;
    if (this.#freeCount > 0) number = this.#free[--this.#freeCount];
    else {
      if (this.#used * STRIDE === this.#rows.length) this.#grow();
      number = this.#used++;
    }
    const row = number * STRIDE;
    this.#rows[row + REQUEST] = request;
    this.#rows[row + BATCH] = batch;
    this.#rows[row + PARTITION] = partition;
    return number;
  }

  /** Partition that the request's first batch is for: known until the number is given out again. */
  partition(number: number): number {
    return this.#rows[number * STRIDE + PARTITION];
  }

  /** What belongs to the numbers, column by column: valid until the next call. */
  look(numbers: Int32Array, count: number): RequestsUnderWay['found'] {
    const { requests, batches, partitions } = this.found;
    if (count > requests.length) throw new InvariantError(`${count} requests looked at, at most ${requests.length}`);
    const rows = this.#rows;
    for (let i = 0; i < count; i++) {
      const row = numbers[i] * STRIDE;
      requests[i] = rows[row + REQUEST];
      batches[i] = rows[row + BATCH];
      partitions[i] = rows[row + PARTITION];
    }
    return this.found;
  }

  /** The request; its number is free again. */
  arrive(number: number): number {
    this.#free[this.#freeCount++] = number;
    return this.#rows[number * STRIDE + REQUEST];
  }

  #grow(): void {
    const rows = new Int32Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
    const free = new Int32Array(rows.length / STRIDE);
    free.set(this.#free);
    this.#free = free;
  }
}
