import { InvariantError } from './invariant.ts';

/** Handles are generation · 2^26 + event: 67 million events pending at once, 2^27 timers for each place in the pool. */
const EVENTS_MAX = 0x4000000;
const GENERATION_MAX = 0x7ffffff;
/** The end of a list, and "no event". Place 0 of the pool is never given out, so that zeroed arrays are empty lists. */
export const NONE = 0;

const NOT_A_TIMER = 0;
const LIVE = 1;
const CANCELLED = 2;

/*
 * An event takes 32 bytes, two to a cache line, because at 10^5 pending it is cache misses that cost: columns of their
 * own would make seven of one.
 */
const FLOATS = 4;
const INTS = 8;
// Words 0 and 1 are the time.
const RANK = 2;
const ORDINAL = 3;
const DATA = 4;
const NEXT = 5;
const STATE = 6;
const GENERATION = 7;

/**
 * Where pending events live. An event is a place in the pool, a small integer that stays the same until it is freed;
 * all other structures hold such integers. Freed places are given out again last in, first out, while still in cache.
 */
export class EventPool {
  private floats: Float64Array;
  private ints: Int32Array;
  private capacity: number;
  private freeHead = NONE;
  /** First place never used yet. */
  private fresh = 1;
  /** Events that were cancelled and not freed yet. */
  cancelledCount = 0;

  constructor(capacity: number) {
    this.capacity = Math.max(64, capacity + 1);
    const buffer = new ArrayBuffer(this.capacity * 32);
    this.floats = new Float64Array(buffer);
    this.ints = new Int32Array(buffer);
  }

  /**
   * Rank, ordinal and data are signed 32-bit integers. Positional: once per event, and an object would cost more than the rest;
   * integers, as floating-point arguments are boxed wherever a call isn't inlined.
   */
  take(timeNs: number, rank: number, ordinal: number, data: number): number {
    let event = this.freeHead;
    if (event === NONE) {
      event = this.fresh++;
      if (event === this.capacity) this.grow();
    } else {
      this.freeHead = this.ints[event * INTS + NEXT];
    }
    this.floats[event * FLOATS] = timeNs;
    const { ints } = this;
    const at = event * INTS;
    ints[at + RANK] = rank;
    ints[at + ORDINAL] = ordinal;
    ints[at + DATA] = data;
    ints[at + STATE] = NOT_A_TIMER;
    return event;
  }

  /** Returns whether the event counts, that is, was not cancelled. */
  free(event: number): boolean {
    const { ints } = this;
    const state = ints[event * INTS + STATE];
    // Out of generations: retire the place, as a 32-byte leak is better than two handles alike.
    if (state === NOT_A_TIMER || ints[event * INTS + GENERATION] !== GENERATION_MAX) {
      ints[event * INTS + NEXT] = this.freeHead;
      this.freeHead = event;
    }
    if (state !== CANCELLED) {
      ints[event * INTS + STATE] = NOT_A_TIMER;
      return true;
    }
    ints[event * INTS + STATE] = NOT_A_TIMER;
    this.cancelledCount--;
    return false;
  }

  timeNs(event: number): number {
    return this.floats[event * FLOATS];
  }

  /** What comes first among ties. */
  rank(event: number): number {
    return this.ints[event * INTS + RANK];
  }

  /** What comes first among ties of equal rank. */
  ordinal(event: number): number {
    return this.ints[event * INTS + ORDINAL];
  }

  data(event: number): number {
    return this.ints[event * INTS + DATA];
  }

  next(event: number): number {
    return this.ints[event * INTS + NEXT];
  }

  setNext(event: number, next: number): void {
    this.ints[event * INTS + NEXT] = next;
  }

  /** Moves a list's events, in reverse, before those of another; returns the new list. */
  spliced(list: number, before: number): number {
    while (list !== NONE) {
      const next = this.next(list);
      this.setNext(list, before);
      before = list;
      list = next;
    }
    return before;
  }

  /**
   * Appends to `events`, of which the first `count` are heads of lists, what follows them, as far as there is room; returns
   * how many there are then. All lists are walked in step: reads that don't wait for each other.
   */
  unlist(events: Int32Array, count: number): number {
    const { ints } = this;
    const { length } = events;
    for (let i = 0; i < count; i++) {
      const next = ints[events[i] * INTS + NEXT];
      if (next !== NONE && count < length) events[count++] = next;
    }
    return count;
  }

  /** Makes an event just taken cancellable and returns its handle. */
  arm(event: number): number {
    this.ints[event * INTS + STATE] = LIVE;
    const generation = ++this.ints[event * INTS + GENERATION];
    return generation * EVENTS_MAX + event;
  }

  /** True if the handle's timer was live. Its place is freed when the queue meets it. */
  cancel(handle: number): boolean {
    const event = handle % EVENTS_MAX;
    if (!(event > 0 && event < this.fresh) || this.ints[event * INTS + STATE] !== LIVE) return false;
    if (this.ints[event * INTS + GENERATION] * EVENTS_MAX + event !== handle) return false;
    this.ints[event * INTS + STATE] = CANCELLED;
    this.cancelledCount++;
    return true;
  }

  isCancelled(event: number): boolean {
    return this.ints[event * INTS + STATE] === CANCELLED;
  }

  /** The total order: time, rank, ordinal, data. Alike in all four, events can't be told apart. */
  before(a: number, b: number): boolean {
    const { floats } = this;
    const difference = floats[a * FLOATS] - floats[b * FLOATS];
    if (difference !== 0) return difference < 0;
    return this.beforeInTie(a * INTS, b * INTS);
  }

  private beforeInTie(a: number, b: number): boolean {
    const { ints } = this;
    if (ints[a + RANK] !== ints[b + RANK]) return ints[a + RANK] < ints[b + RANK];
    if (ints[a + ORDINAL] !== ints[b + ORDINAL]) return ints[a + ORDINAL] < ints[b + ORDINAL];
    return ints[a + DATA] < ints[b + DATA];
  }

  private grow(): void {
    if (this.capacity >= EVENTS_MAX) throw new InvariantError(`more than ${EVENTS_MAX - 1} events pending at once`);
    this.capacity = Math.min(EVENTS_MAX, this.capacity * 2);
    const buffer = new ArrayBuffer(this.capacity * 32);
    const floats = new Float64Array(buffer);
    floats.set(this.floats);
    this.floats = floats;
    this.ints = new Int32Array(buffer);
  }
}
