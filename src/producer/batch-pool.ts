/**
 * Batches as rows of one buffer: a batch is a slot number, its row is two cache lines, freed slots are reused last-in
 * first-out. A core that serves ten thousand producers has as many batches alive, met at random: columns of their own
 * would cost a cache miss for each field. Nothing is left for the garbage collector.
 *
 * `ints[batch * B_INTS + B_N]`, `floats[batch * B_FLOATS + B_WIRE_BYTES]`: the first line of a row holds integers, the
 * second one doubles.
 */

const B_INTS = 32;
const B_STREAM = 0;
/** −1 until metadata says which partitions there are. */
const B_PARTITION = 1;
/** Of the records in it, when the partition isn't known yet: one batch holds one key then. */
const B_KEY_HASH = 2;
/** Records. */
const B_N = 3;
/** One of the states below, 0 when the slot is free. */
const B_STATE = 4;
/** 1 while records may still be appended. */
const B_OPEN = 5;
/** 1 once an attempt may have been written. */
const B_MAYBE_WRITTEN = 6;
/** Attempts that failed. */
const B_ATTEMPTS = 7;
/** Broker it waits for while READY or was last sent to, −1 for none. */
const B_BROKER = 8;
/** Requests that carry it and are unanswered, and 1 while the core owns it. */
const B_PINS = 9;
const B_NEXT = 10;
const B_PREVIOUS = 11;
const B_OPEN_NEXT = 12;
const B_OPEN_PREVIOUS = 13;
/** Its number among its stream's batches: names its draws. */
const B_ORDINAL = 14;
/** Its stream's class: kept here, because the stream's row is far away by the time the batch ends. */
const B_SERVICE_CLASS = 15;

const B_FLOATS = 16;
/** Order of allocation over the whole core: tells a stream's batches of one instant apart. */
const B_SEQUENCE = 8;
/** Compressed bytes. */
const B_WIRE_BYTES = 9;
/** What it costs of the buffer. */
const B_CHARGED_BYTES = 10;
/** Time of its first record. */
const B_CREATED_AT_NS = 11;
/** Time of its last record. */
const B_LAST_AT_NS = 12;
/** No attempt before. */
const B_NOT_BEFORE_NS = 13;

/** Waits for its linger to pass; more records may join. */
const LINGERING = 1;
/** Due; waits for a connection, a back-off or metadata. */
const READY = 2;
/** In a request without an answer. */
const IN_FLIGHT = 3;
/** Settled; the slot lives on only because an unanswered request still carries it. */
const GONE = 4;

const NONE = -1;
const ROW_BYTES = 128;

/**
 * For other files to take apart into constants of their own: V8 folds a module's own constants into its code, but reads
 * imported ones from memory each time.
 */
export const BATCH = {
  B_INTS,
  B_STREAM,
  B_PARTITION,
  B_KEY_HASH,
  B_N,
  B_STATE,
  B_OPEN,
  B_MAYBE_WRITTEN,
  B_ATTEMPTS,
  B_BROKER,
  B_PINS,
  B_NEXT,
  B_PREVIOUS,
  B_OPEN_NEXT,
  B_OPEN_PREVIOUS,
  B_ORDINAL,
  B_SERVICE_CLASS,
  B_FLOATS,
  B_SEQUENCE,
  B_WIRE_BYTES,
  B_CHARGED_BYTES,
  B_CREATED_AT_NS,
  B_LAST_AT_NS,
  B_NOT_BEFORE_NS,
  LINGERING,
  READY,
  IN_FLIGHT,
  GONE,
} as const;

export class BatchPool {
  ints: Int32Array;
  floats: Float64Array;
  /** Slots that are or were in use: those to visit to see every live batch. */
  used = 0;
  live = 0;
  /** Freed slots, the latest last. A list through their rows would read a row that is out of cache to take one. */
  #free: Int32Array;
  #freeCount = 0;
  #sequence = 0;
  #capacity: number;

  constructor(capacity = 64) {
    this.#capacity = capacity;
    this.#free = new Int32Array(capacity);
    const buffer = new ArrayBuffer(capacity * ROW_BYTES);
    this.ints = new Int32Array(buffer);
    this.floats = new Float64Array(buffer);
  }

  /** A lingering, open, empty batch pinned by the core. */
  allocate(stream: number, partition: number, keyHash: number, nowNs: number): number {
    let slot = this.used;
    if (this.#freeCount > 0) {
      slot = this.#free[--this.#freeCount];
    } else {
      if (slot === this.#capacity) this.#grow();
      this.used++;
    }
    this.live++;
    const { ints, floats } = this;
    const i = slot * B_INTS;
    ints[i + B_STREAM] = stream;
    ints[i + B_PARTITION] = partition;
    ints[i + B_KEY_HASH] = keyHash;
    ints[i + B_N] = 0;
    ints[i + B_STATE] = LINGERING;
    ints[i + B_OPEN] = 1;
    ints[i + B_MAYBE_WRITTEN] = 0;
    ints[i + B_ATTEMPTS] = 0;
    ints[i + B_BROKER] = NONE;
    ints[i + B_PINS] = 1;
    ints[i + B_NEXT] = NONE;
    ints[i + B_PREVIOUS] = NONE;
    const f = slot * B_FLOATS;
    floats[f + B_SEQUENCE] = this.#sequence++;
    floats[f + B_WIRE_BYTES] = 0;
    floats[f + B_CHARGED_BYTES] = 0;
    floats[f + B_CREATED_AT_NS] = nowNs;
    floats[f + B_LAST_AT_NS] = nowNs;
    floats[f + B_NOT_BEFORE_NS] = 0;
    return slot;
  }

  /** True when that was the last pin and the slot is free for reuse. */
  unpin(slot: number): boolean {
    const i = slot * B_INTS;
    if (--this.ints[i + B_PINS] > 0) return false;
    this.ints[i + B_STATE] = 0;
    this.#free[this.#freeCount++] = slot;
    this.live--;
    return true;
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
}
