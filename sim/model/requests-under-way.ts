/**
 * Numbers for requests on their way. A request's slot in the producer core depends on when answers were handed over,
 * which looking at the books may do earlier; these numbers don't, so events that carry them hash the same. Few are on
 * their way at a time, so what is needed ahead of an arrival is kept here, where it is in cache.
 */
const STRIDE = 4;
const REQUEST = 0;
/** The request's first batch, and the partition that it is for. */
const BATCH = 1;
const PARTITION = 2;

export class RequestsUnderWay {
  #rows = new Int32Array(64 * STRIDE);
  /** Free numbers, a stack. */
  #free = new Int32Array(64);
  #freeCount = 0;
  #used = 0;

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

  request(number: number): number {
    return this.#rows[number * STRIDE + REQUEST];
  }

  batch(number: number): number {
    return this.#rows[number * STRIDE + BATCH];
  }

  partition(number: number): number {
    return this.#rows[number * STRIDE + PARTITION];
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
