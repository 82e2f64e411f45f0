/**
 * Produce requests as columns, like batches. A request lists its batches through entries of its own, because a batch
 * whose first request timed out can be in a second one while the first still travels.
 */

const NONE = -1;

export class RequestPool {
  producer: Int32Array;
  broker: Int32Array;
  /** First entry. */
  head: Int32Array;
  batches: Int32Array;
  next: Int32Array;
  previous: Int32Array;
  /** 1 when the core has given it up (time-out, close): a later answer only frees it. */
  settled: Uint8Array;
  /** 1 when the driver has said that no answer will come. */
  abandoned: Uint8Array;
  sentAtNs: Float64Array;
  /** Its number among its producer's requests: names its draws. */
  ordinal: Int32Array;
  entryBatch: Int32Array;
  entryNext: Int32Array;
  live = 0;
  #free = NONE;
  #used = 0;
  #capacity: number;
  #entryFree = NONE;
  #entryUsed = 0;

  constructor(capacity = 64) {
    this.#capacity = capacity;
    this.producer = new Int32Array(capacity);
    this.broker = new Int32Array(capacity);
    this.head = new Int32Array(capacity);
    this.batches = new Int32Array(capacity);
    this.next = new Int32Array(capacity);
    this.previous = new Int32Array(capacity);
    this.settled = new Uint8Array(capacity);
    this.abandoned = new Uint8Array(capacity);
    this.sentAtNs = new Float64Array(capacity);
    this.ordinal = new Int32Array(capacity);
    this.entryBatch = new Int32Array(capacity);
    this.entryNext = new Int32Array(capacity);
  }

  allocate(producer: number, broker: number, ordinal: number, nowNs: number): number {
    let slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.next[slot];
    } else {
      if (this.#used === this.#capacity) this.#grow();
      slot = this.#used++;
    }
    this.live++;
    this.producer[slot] = producer;
    this.broker[slot] = broker;
    this.head[slot] = NONE;
    this.batches[slot] = 0;
    this.next[slot] = NONE;
    this.previous[slot] = NONE;
    this.settled[slot] = 0;
    this.abandoned[slot] = 0;
    this.sentAtNs[slot] = nowNs;
    this.ordinal[slot] = ordinal;
    return slot;
  }

  /** Appends behind `tail` (the last entry, −1 when empty); returns the new last entry. */
  add(request: number, tail: number, batch: number): number {
    let entry = this.#entryFree;
    if (entry !== NONE) {
      this.#entryFree = this.entryNext[entry];
    } else {
      if (this.#entryUsed === this.entryBatch.length) this.#growEntries();
      entry = this.#entryUsed++;
    }
    this.entryBatch[entry] = batch;
    this.entryNext[entry] = NONE;
    if (tail === NONE) this.head[request] = entry;
    else this.entryNext[tail] = entry;
    this.batches[request]++;
    return entry;
  }

  /** Frees the request and its entries; the caller has unpinned their batches. */
  free(request: number): void {
    let entry = this.head[request];
    while (entry !== NONE) {
      const next = this.entryNext[entry];
      this.entryNext[entry] = this.#entryFree;
      this.#entryFree = entry;
      entry = next;
    }
    this.next[request] = this.#free;
    this.#free = request;
    this.live--;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    for (const name of ['producer', 'broker', 'head', 'batches', 'next', 'previous', 'ordinal'] as const) {
      const to = new Int32Array(capacity);
      to.set(this[name]);
      this[name] = to;
    }
    for (const name of ['settled', 'abandoned'] as const) {
      const to = new Uint8Array(capacity);
      to.set(this[name]);
      this[name] = to;
    }
    const sentAtNs = new Float64Array(capacity);
    sentAtNs.set(this.sentAtNs);
    this.sentAtNs = sentAtNs;
    this.#capacity = capacity;
  }

  #growEntries(): void {
    for (const name of ['entryBatch', 'entryNext'] as const) {
      const to = new Int32Array(this[name].length * 2);
      to.set(this[name]);
      this[name] = to;
    }
  }
}
