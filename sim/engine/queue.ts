import type { Foresight } from './foresight.ts';
import { Front } from './front.ts';
import { EventPool, NONE } from './pool.ts';

/** Events a bucket should hold when its turn comes. Measured: fewer buckets to look at against shorter sorts. */
const BUCKET_EVENTS = 3;
/** Buckets per pending event, before rounding up to a power of two. */
const BUCKETS_PER_EVENT = 1;
const BUCKETS_MIN = 256;
const BUCKETS_MAX = 4_194_304;
/** Coarse buckets, each as wide as half the wheel. */
const COARSE = 1024;
/** Work, in buckets and events looked at, between two looks at whether the width still fits. */
const TUNE_EVERY_MIN = 4096;
/** Width and size are left alone within this factor: a rebuild touches every event. */
const TUNE_FACTOR = 3;
const REBUILDS_MAX = 6;
/** Buckets whose events are foreseen together: enough for their reads to overlap, few enough to stay in cache. */
const FORESEEN_BUCKETS = 8;
/** Events in the front's heap from which the calendar is suspected to stand too far ahead of what is scheduled. */
const HEAP_MAX = 512;

/**
 * Pending events in their total order: a calendar queue for times that never go back.
 *
 * Four places by distance from now, each a set of linked lists over one pool:
 * - front: the current bucket, sorted;
 * - wheel: buckets of equal width for what is near, each event linked into its bucket unsorted: one write to push, and a
 *   sort of about two events when the bucket's turn comes;
 * - coarse: a ring of buckets as wide as half the wheel, dealt out to the wheel one at a time;
 * - far: one list of all beyond, looked through once in 512 coarse buckets.
 *
 * Bucket width follows the rate at which events have been coming up lately (not the spread of what is pending, which a
 * few far timers would distort), and the wheel's size follows their number, so push and drop cost O(1) on average for
 * steady loads. Ties and surprises fall back on the front's sort and heap: O(log n), never O(n).
 */
export class EventQueue {
  readonly pool: EventPool;
  private readonly front: Front;
  private wheel: Int32Array;
  private readonly coarse = new Int32Array(COARSE);
  private far = NONE;
  private wheelCount = 0;
  private coarseCount = 0;
  private farCount = 0;

  private widthNs = 1024;
  private perWidth = 1 / 1024;
  private perHalf = 0;
  private half = 0;
  private mask = 0;
  /** Number of the bucket in the front; buckets are numbered from time 0. */
  private bucket = 0;
  /** Number of the half-wheel that `bucket` is in, and of the 512 half-wheels that it is in. */
  private halfNumber = 0;
  private group = 0;
  /** Where front, wheel and coarse ring end. */
  private frontEndNs = 0;
  private wheelEndNs = 0;
  private coarseEndNs = 0;

  /** Told of events of the wheel shortly before their turn; see `Engine.kind`. */
  foresight: Foresight | null = null;
  /** The bucket up to which it has been told. */
  private foreseenEnd = 0;

  private work = 0;
  private workMax = TUNE_EVERY_MIN;
  /** How often in a row tuning led to a rebuild. */
  private rebuilds = 0;
  private tunedAtNs = 0;
  private passed = 0;

  constructor(pendingHint: number) {
    this.pool = new EventPool(pendingHint);
    this.front = new Front(this.pool);
    this.wheel = new Int32Array(bucketsFor(pendingHint));
    this.place(0);
  }

  /** Events held, cancelled ones that have not been met included. */
  get size(): number {
    return this.front.length + this.wheelCount + this.coarseCount + this.farCount;
  }

  /** Adds an event and returns its place in the pool. `timeNs` must not be before the last event dropped. */
  push(timeNs: number, rank: number, ordinal: number, data: number): number {
    const event = this.pool.take(timeNs, rank, ordinal, data);
    this.link(event, timeNs);
    if (this.work >= this.workMax && this.front.length > 0) this.tune();
    return event;
  }

  /** The next event, or NONE. */
  head(): number {
    const event = this.front.peek();
    return event !== NONE ? event : this.advance();
  }

  /** Removes and frees the event that `head` named. False if it had been cancelled. */
  drop(event: number): boolean {
    this.front.drop(event);
    return this.pool.free(event);
  }

  /** Frees cancelled events and deals all others out anew, `nowNs` being the time that none of them is before. */
  rebuild(nowNs: number): void {
    const { pool } = this;
    const buckets = bucketsFor(this.size);
    let list = pool.spliced(this.far, this.front.empty(NONE));
    for (let i = 0; i < COARSE; i++) list = pool.spliced(this.coarse[i], list);
    for (let i = 0; i < this.wheel.length; i++) list = pool.spliced(this.wheel[i], list);
    if (buckets !== this.wheel.length) this.wheel = new Int32Array(buckets);
    else this.wheel.fill(NONE);
    this.coarse.fill(NONE);
    this.far = NONE;
    this.wheelCount = 0;
    this.coarseCount = 0;
    this.farCount = 0;
    this.place(nowNs);
    this.linkAll(list, true);
  }

  /** Sets the calendar, which must be empty, to begin at the bucket of `nowNs`. */
  private place(nowNs: number): void {
    this.perWidth = 1 / this.widthNs;
    this.half = this.wheel.length / 2;
    this.mask = this.wheel.length - 1;
    this.perHalf = this.perWidth / this.half;
    this.bucket = Math.floor(nowNs * this.perWidth);
    this.foreseenEnd = this.bucket;
    this.frontEndNs = (this.bucket + 1) * this.widthNs;
    this.halfNumber = Math.floor(nowNs * this.perHalf);
    this.wheelEndNs = (this.halfNumber + 2) * this.half * this.widthNs;
    this.group = Math.floor(this.halfNumber / (COARSE / 2));
    this.coarseEndNs = (this.group + 2) * (COARSE / 2) * this.half * this.widthNs;
    this.work = 0;
    this.passed = 0;
    this.tunedAtNs = nowNs;
  }

  private link(event: number, timeNs: number): void {
    if (timeNs < this.frontEndNs) {
      this.work += this.front.insert(event);
      this.passed++;
    } else if (timeNs < this.wheelEndNs) {
      const i = (timeNs * this.perWidth) & this.mask;
      this.pool.setNext(event, this.wheel[i]);
      this.wheel[i] = event;
      this.wheelCount++;
    } else if (timeNs < this.coarseEndNs) {
      const i = (timeNs * this.perHalf) & (COARSE - 1);
      this.pool.setNext(event, this.coarse[i]);
      this.coarse[i] = event;
      this.coarseCount++;
    } else {
      this.pool.setNext(event, this.far);
      this.far = event;
      this.farCount++;
    }
  }

  private linkAll(list: number, sweep: boolean): void {
    const { pool } = this;
    while (list !== NONE) {
      const next = pool.next(list);
      if (sweep && pool.isCancelled(list)) pool.free(list);
      else this.link(list, pool.timeNs(list));
      list = next;
    }
  }

  /** Tells of the events in a block of buckets, the next one first, as far as the wheel goes. */
  private foresee(foresight: Foresight, bucket: number): void {
    const { wheel, mask } = this;
    const { events } = foresight;
    const end = Math.min(bucket + FORESEEN_BUCKETS, (this.halfNumber + 2) * this.half);
    let heads = 0;
    for (let i = bucket; i < end; i++) {
      const event = wheel[i & mask];
      if (event !== NONE) events[heads++] = event;
    }
    this.foreseenEnd = end;
    foresight.tell(this.pool, heads);
  }

  /** Brings the next bucket with events into the front, which is empty. Returns the next event, or NONE. */
  private advance(): number {
    for (;;) {
      if (this.wheelCount === 0 && !this.jump()) return NONE;
      const { wheel, mask } = this;
      const last = (this.halfNumber + 1) * this.half;
      let bucket = this.bucket + 1;
      const first = bucket;
      while (bucket < last && wheel[bucket & mask] === NONE) bucket++;
      this.work += bucket - first;
      if (bucket < last) {
        if (this.foresight !== null && bucket >= this.foreseenEnd) this.foresee(this.foresight, bucket);
        const list = wheel[bucket & mask];
        wheel[bucket & mask] = NONE;
        this.bucket = bucket;
        this.frontEndNs = (bucket + 1) * this.widthNs;
        const count = this.front.fill(list);
        this.wheelCount -= count;
        this.passed += count;
        this.work += count + 1;
        if (this.work < this.workMax) return this.front.peek();
        this.tune();
        // Tuning sweeps, and all that the bucket held may have been cancelled.
        if (this.front.length > 0) return this.front.peek();
        continue;
      }
      this.bucket = last - 1;
      this.enter(this.halfNumber + 1);
    }
  }

  /** With an empty wheel, goes to the first half-wheel that has events. False if there are none at all. */
  private jump(): boolean {
    if (this.coarseCount > 0) {
      let halfNumber = this.halfNumber + 2;
      while (this.coarse[halfNumber & (COARSE - 1)] === NONE) halfNumber++;
      this.work += halfNumber - this.halfNumber;
      this.bucket = halfNumber * this.half - 1;
      this.enter(halfNumber);
      return true;
    }
    if (this.farCount === 0) return false;
    const { pool } = this;
    let firstNs = Number.POSITIVE_INFINITY;
    for (let event = this.far; event !== NONE; event = pool.next(event))
      firstNs = Math.min(firstNs, pool.timeNs(event));
    const halfNumber = Math.floor(firstNs * this.perHalf);
    this.work += this.farCount;
    this.bucket = halfNumber * this.half - 1;
    this.enter(halfNumber);
    return true;
  }

  /** Moves the wheel on to a half: deals out the coarse buckets that it reaches now. */
  private enter(halfNumber: number): void {
    this.halfNumber = halfNumber;
    this.frontEndNs = halfNumber * this.half * this.widthNs;
    this.wheelEndNs = (halfNumber + 2) * this.half * this.widthNs;
    const group = Math.floor(halfNumber / (COARSE / 2));
    if (group !== this.group) {
      this.group = group;
      this.coarseEndNs = (group + 2) * (COARSE / 2) * this.half * this.widthNs;
      const { far } = this;
      this.work += this.farCount;
      this.far = NONE;
      this.farCount = 0;
      this.linkAll(far, false);
    }
    this.deal(halfNumber & (COARSE - 1));
    this.deal((halfNumber + 1) & (COARSE - 1));
  }

  private deal(i: number): void {
    const { pool } = this;
    const list = this.coarse[i];
    this.coarse[i] = NONE;
    for (let event = list; event !== NONE; event = pool.next(event)) this.coarseCount--;
    this.linkAll(list, false);
  }

  /** Rebuilds if the width that the recent rate asks for, or the size, is well off. The front must not be empty. */
  private tune(): void {
    const { size, widthNs } = this;
    const nowNs = this.pool.timeNs(this.front.peek());
    const elapsedNs = nowNs - this.tunedAtNs;
    const idealNs = elapsedNs > 0 ? (BUCKET_EVENTS * elapsedNs) / this.passed : widthNs;
    const buckets = bucketsFor(size);
    if (isNear(idealNs, widthNs) && isNear(buckets, this.wheel.length) && this.front.heapSize < HEAP_MAX) {
      this.work = 0;
      this.passed = 0;
      this.tunedAtNs = nowNs;
      this.rebuilds = Math.max(0, this.rebuilds - 1);
    } else {
      this.rebuilds = Math.min(REBUILDS_MAX, this.rebuilds + 1);
      this.widthNs = powerOfTwoNear(idealNs);
      this.rebuild(nowNs);
    }
    // A load that comes in bursts has no one rate: the more often the last answer was wrong, the longer it is watched.
    this.workMax = Math.max(TUNE_EVERY_MIN, size) * (1 << this.rebuilds);
  }
}

function isNear(a: number, b: number): boolean {
  return a < b * TUNE_FACTOR && b < a * TUNE_FACTOR;
}

function bucketsFor(size: number): number {
  let buckets = BUCKETS_MIN;
  while (buckets < size * BUCKETS_PER_EVENT && buckets < BUCKETS_MAX) buckets *= 2;
  return buckets;
}

/** A power of two, so that a time's bucket is exact in floating point. At least 1 ns. */
function powerOfTwoNear(x: number): number {
  let power = 1;
  while (power * Math.SQRT2 < x) power *= 2;
  return power;
}
