/**
 * Produce requests as rows of one buffer, a cache line each, like batches. A request lists its batches through entries
 * of its own, because a batch whose first request timed out can be in a second one while the first still travels. The
 * first entry is in the request's row, as most requests carry one batch; it is numbered below −1.
 */

const R_INTS = 16;
const R_PRODUCER = 0;
const R_BROKER = 1;
/** First entry. */
const R_HEAD = 2;
const R_BATCHES = 3;
const R_NEXT = 4;
const R_PREVIOUS = 5;
/** 1 when the core has given it up (time-out, close): a later answer only frees it. */
const R_SETTLED = 6;
/** 1 when the driver has said that no answer will come. */
const R_ABANDONED = 7;
/** Its number among its producer's requests: names its draws. */
const R_ORDINAL = 8;
/** Batch of the first entry, and the entry after it. */
const R_FIRST_BATCH = 9;
const R_SECOND = 12;

const R_FLOATS = 8;
const R_SENT_AT_NS = 5;

const NONE = -1;
const ROW_BYTES = 64;

/**
 * For other files to take apart into constants of their own: V8 folds a module's own constants into its code, but reads
 * imported ones from memory each time.
 */
export const REQUEST = {
  R_INTS,
  R_PRODUCER,
  R_BROKER,
  R_HEAD,
  R_BATCHES,
  R_NEXT,
  R_PREVIOUS,
  R_SETTLED,
  R_ABANDONED,
  R_ORDINAL,
  R_FLOATS,
  R_SENT_AT_NS,
} as const;

/** Where the row of a request begins whose first entry that is. */
function inRow(first: number): number {
  return (-2 - first) * R_INTS;
}

export class RequestPool {
  ints: Int32Array;
  floats: Float64Array;
  live = 0;
  /** Freed slots, the latest last. */
  #free: Int32Array;
  #freeCount = 0;
  #used = 0;
  #capacity: number;
  /** Batch and next entry. */
  #entries = new Int32Array(2 * 64);
  #entryFree = NONE;
  #entryUsed = 0;

  constructor(capacity = 64) {
    this.#capacity = capacity;
    this.#free = new Int32Array(capacity);
    const buffer = new ArrayBuffer(capacity * ROW_BYTES);
    this.ints = new Int32Array(buffer);
    this.floats = new Float64Array(buffer);
  }

  allocate(producer: number, broker: number, ordinal: number, nowNs: number): number {
    let slot = this.#used;
    if (this.#freeCount > 0) {
      slot = this.#free[--this.#freeCount];
    } else {
      if (slot === this.#capacity) this.#grow();
      this.#used++;
    }
    this.live++;
    const { ints } = this;
    const i = slot * R_INTS;
    ints[i + R_PRODUCER] = producer;
    ints[i + R_BROKER] = broker;
    ints[i + R_HEAD] = NONE;
    ints[i + R_BATCHES] = 0;
    ints[i + R_NEXT] = NONE;
    ints[i + R_PREVIOUS] = NONE;
    ints[i + R_SETTLED] = 0;
    ints[i + R_ABANDONED] = 0;
    ints[i + R_ORDINAL] = ordinal;
    this.floats[slot * R_FLOATS + R_SENT_AT_NS] = nowNs;
    return slot;
  }

  /** The batch of an entry. */
  batchOf(entry: number): number {
    return entry < NONE ? this.ints[inRow(entry) + R_FIRST_BATCH] : this.#entries[2 * entry];
  }

  /** The entry after this one, −1 at the end. */
  after(entry: number): number {
    return entry < NONE ? this.ints[inRow(entry) + R_SECOND] : this.#entries[2 * entry + 1];
  }

  /** Appends behind `tail` (the last entry, −1 when empty); returns the new last entry. */
  add(request: number, tail: number, batch: number): number {
    const row = request * R_INTS;
    this.ints[row + R_BATCHES]++;
    if (tail === NONE) {
      const first = -2 - request;
      this.ints[row + R_HEAD] = first;
      this.ints[row + R_FIRST_BATCH] = batch;
      this.ints[row + R_SECOND] = NONE;
      return first;
    }
    let entry = this.#entryFree;
    if (entry !== NONE) {
      this.#entryFree = this.#entries[2 * entry + 1];
    } else {
      if (2 * this.#entryUsed === this.#entries.length) this.#growEntries();
      entry = this.#entryUsed++;
    }
    this.#entries[2 * entry] = batch;
    this.#entries[2 * entry + 1] = NONE;
    if (tail < NONE) this.ints[row + R_SECOND] = entry;
    else this.#entries[2 * tail + 1] = entry;
    return entry;
  }

  /** Frees the request and its entries; the caller has unpinned their batches. */
  free(request: number): void {
    let entry = this.ints[request * R_INTS + R_BATCHES] > 1 ? this.ints[request * R_INTS + R_SECOND] : NONE;
    while (entry !== NONE) {
      const next = this.#entries[2 * entry + 1];
      this.#entries[2 * entry + 1] = this.#entryFree;
      this.#entryFree = entry;
      entry = next;
    }
    this.#free[this.#freeCount++] = request;
    this.live--;
  }

  #grow(): void {
    this.#capacity *= 2;
    const buffer = new ArrayBuffer(this.#capacity * ROW_BYTES);
    const ints = new Int32Array(buffer);
    ints.set(this.ints);
    this.ints = ints;
    this.floats = new Float64Array(buffer);
    // All slots are taken: there is nothing to copy.
    this.#free = new Int32Array(this.#capacity);
  }

  #growEntries(): void {
    const entries = new Int32Array(this.#entries.length * 2);
    entries.set(this.#entries);
    this.#entries = entries;
  }
}
