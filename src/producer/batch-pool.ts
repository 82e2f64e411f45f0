/**
 * Batches as columns: a batch is a slot number, its fields lie in typed arrays, freed slots are reused last-in
 * first-out. Live batches are few even when a core serves ten thousand producers, so the columns stay in cache, and
 * nothing is left for the garbage collector.
 */

/** Waits for its linger to pass; more records may join. */
export const LINGERING = 1;
/** Due; waits for a connection, a back-off or metadata. */
export const READY = 2;
/** In a request without an answer. */
export const IN_FLIGHT = 3;
/** Settled; the slot lives on only because an unanswered request still carries it. */
export const GONE = 4;

const NONE = -1;

export class BatchPool {
  stream: Int32Array;
  /** −1 until metadata says which partitions there are. */
  partition: Int32Array;
  /** Of the records in it, when the partition isn't known yet: one batch holds one key then. */
  keyHash: Int32Array;
  n: Int32Array;
  state: Uint8Array;
  /** Its stream's class: kept here, because the stream's row is far away by the time the batch ends. */
  serviceClass: Uint8Array;
  /** 1 while records may still be appended. */
  open: Uint8Array;
  /** 1 once an attempt may have been written. */
  maybeWritten: Uint8Array;
  attempts: Int32Array;
  /** Broker it waits for while READY, −1 for none. */
  broker: Int32Array;
  /** Requests that carry it and are unanswered, and 1 while the core owns it. */
  pins: Int32Array;
  next: Int32Array;
  previous: Int32Array;
  openNext: Int32Array;
  openPrevious: Int32Array;
  /** Its number among its stream's batches: names its draws. */
  ordinal: Int32Array;
  /** Order of allocation over the whole core: tells a stream's batches of one instant apart. */
  sequence: Float64Array;
  /** Compressed bytes. */
  wireBytes: Float64Array;
  /** What it costs of the buffer. */
  chargedBytes: Float64Array;
  /** Time of its first record. */
  createdAtNs: Float64Array;
  /** Time of its last record. */
  lastAtNs: Float64Array;
  /** No attempt before. */
  notBeforeNs: Float64Array;
  /** Slots that are or were in use: those to visit to see every live batch. */
  used = 0;
  live = 0;
  #free = NONE;
  #sequence = 0;
  #capacity: number;

  constructor(capacity = 64) {
    this.#capacity = capacity;
    const int = (): Int32Array => new Int32Array(capacity);
    const float = (): Float64Array => new Float64Array(capacity);
    this.stream = int();
    this.partition = int();
    this.keyHash = int();
    this.n = int();
    this.state = new Uint8Array(capacity);
    this.serviceClass = new Uint8Array(capacity);
    this.open = new Uint8Array(capacity);
    this.maybeWritten = new Uint8Array(capacity);
    this.attempts = int();
    this.broker = int();
    this.pins = int();
    this.next = int();
    this.previous = int();
    this.openNext = int();
    this.openPrevious = int();
    this.ordinal = int();
    this.sequence = float();
    this.wireBytes = float();
    this.chargedBytes = float();
    this.createdAtNs = float();
    this.lastAtNs = float();
    this.notBeforeNs = float();
  }

  /** A lingering, open, empty batch pinned by the core. */
  allocate(stream: number, partition: number, keyHash: number, nowNs: number): number {
    let slot = this.#free;
    if (slot !== NONE) {
      this.#free = this.next[slot];
    } else {
      if (this.used === this.#capacity) this.#grow();
      slot = this.used++;
    }
    this.live++;
    this.stream[slot] = stream;
    this.partition[slot] = partition;
    this.keyHash[slot] = keyHash;
    this.n[slot] = 0;
    this.state[slot] = LINGERING;
    this.open[slot] = 1;
    this.maybeWritten[slot] = 0;
    this.attempts[slot] = 0;
    this.broker[slot] = NONE;
    this.pins[slot] = 1;
    this.next[slot] = NONE;
    this.previous[slot] = NONE;
    this.sequence[slot] = this.#sequence++;
    this.wireBytes[slot] = 0;
    this.chargedBytes[slot] = 0;
    this.createdAtNs[slot] = nowNs;
    this.lastAtNs[slot] = nowNs;
    this.notBeforeNs[slot] = 0;
    return slot;
  }

  /** True when that was the last pin and the slot is free for reuse. */
  unpin(slot: number): boolean {
    if (--this.pins[slot] > 0) return false;
    this.state[slot] = 0;
    this.next[slot] = this.#free;
    this.#free = slot;
    this.live--;
    return true;
  }

  #grow(): void {
    const capacity = this.#capacity * 2;
    const int = (from: Int32Array): Int32Array => {
      const to = new Int32Array(capacity);
      to.set(from);
      return to;
    };
    const byte = (from: Uint8Array): Uint8Array => {
      const to = new Uint8Array(capacity);
      to.set(from);
      return to;
    };
    const float = (from: Float64Array): Float64Array => {
      const to = new Float64Array(capacity);
      to.set(from);
      return to;
    };
    this.stream = int(this.stream);
    this.partition = int(this.partition);
    this.keyHash = int(this.keyHash);
    this.n = int(this.n);
    this.state = byte(this.state);
    this.serviceClass = byte(this.serviceClass);
    this.open = byte(this.open);
    this.maybeWritten = byte(this.maybeWritten);
    this.attempts = int(this.attempts);
    this.broker = int(this.broker);
    this.pins = int(this.pins);
    this.next = int(this.next);
    this.previous = int(this.previous);
    this.openNext = int(this.openNext);
    this.openPrevious = int(this.openPrevious);
    this.ordinal = int(this.ordinal);
    this.sequence = float(this.sequence);
    this.wireBytes = float(this.wireBytes);
    this.chargedBytes = float(this.chargedBytes);
    this.createdAtNs = float(this.createdAtNs);
    this.lastAtNs = float(this.lastAtNs);
    this.notBeforeNs = float(this.notBeforeNs);
    this.#capacity = capacity;
  }
}
