import { type EventPool, NONE } from './pool.ts';
import { sortDescending } from './sort.ts';

/** How many places an insertion may move others by; beyond it, the event goes to the heap. */
const SHIFT_MAX = 32;

/**
 * The events that are next, in order: those of the calendar's current bucket and what is scheduled into it meanwhile.
 *
 * A run sorted from last to first, so that the next one is at its end; insertion near `now` moves few. A heap takes what
 * would move too many, which keeps thousands of events at one time, or a badly tuned calendar, at O(log n).
 */
export class Front {
  private readonly pool: EventPool;
  private run: Int32Array = new Int32Array(64);
  private runLength = 0;
  private heap: Int32Array = new Int32Array(64);
  private heapLength = 0;

  constructor(pool: EventPool) {
    this.pool = pool;
  }

  get length(): number {
    return this.runLength + this.heapLength;
  }

  get heapSize(): number {
    return this.heapLength;
  }

  /** The next event, or NONE. */
  peek(): number {
    const { runLength } = this;
    if (this.heapLength === 0) return runLength === 0 ? NONE : this.run[runLength - 1];
    if (runLength === 0) return this.heap[0];
    const event = this.run[runLength - 1];
    return this.pool.before(this.heap[0], event) ? this.heap[0] : event;
  }

  /** Removes the event that `peek` named. */
  drop(event: number): void {
    if (this.runLength > 0 && this.run[this.runLength - 1] === event) this.runLength--;
    else this.dropFromHeap();
  }

  /** Takes over a linked list of events. Only when empty. */
  fill(list: number): number {
    const { pool } = this;
    let { run } = this;
    let length = 0;
    for (let event = list; event !== NONE; event = pool.next(event)) {
      if (length === run.length) run = this.growRun();
      let i = length++;
      if (length <= SHIFT_MAX) {
        while (i > 0 && pool.before(run[i - 1], event)) {
          run[i] = run[i - 1];
          i--;
        }
      }
      run[i] = event;
    }
    if (length > SHIFT_MAX) sortDescending(run, 0, length, pool);
    this.runLength = length;
    return length;
  }

  /** Returns what it cost, in units of looking at an event or a bucket. */
  insert(event: number): number {
    const { pool } = this;
    if (this.runLength === this.run.length) this.growRun();
    const { run, runLength } = this;
    const lowest = runLength > SHIFT_MAX ? runLength - SHIFT_MAX : 0;
    let i = runLength;
    while (i > lowest && pool.before(run[i - 1], event)) i--;
    if (i === lowest && lowest > 0) {
      this.insertIntoHeap(event);
      return 2;
    }
    for (let j = runLength; j > i; j--) run[j] = run[j - 1];
    run[i] = event;
    this.runLength = runLength + 1;
    return 1;
  }

  /** Gives all its events up as a linked list, in no order, before `list`. */
  empty(list: number): number {
    const { pool } = this;
    for (let i = 0; i < this.runLength; i++) {
      pool.setNext(this.run[i], list);
      list = this.run[i];
    }
    for (let i = 0; i < this.heapLength; i++) {
      pool.setNext(this.heap[i], list);
      list = this.heap[i];
    }
    this.runLength = 0;
    this.heapLength = 0;
    return list;
  }

  private insertIntoHeap(event: number): void {
    const { pool } = this;
    if (this.heapLength === this.heap.length) this.heap = doubled(this.heap);
    const { heap } = this;
    let i = this.heapLength++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!pool.before(event, heap[parent])) break;
      heap[i] = heap[parent];
      i = parent;
    }
    heap[i] = event;
  }

  private dropFromHeap(): void {
    const { heap, pool } = this;
    const n = --this.heapLength;
    const last = heap[n];
    let i = 0;
    for (let child = 1; child < n; child = 2 * i + 1) {
      if (child + 1 < n && pool.before(heap[child + 1], heap[child])) child++;
      if (!pool.before(heap[child], last)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = last;
  }

  private growRun(): Int32Array {
    this.run = doubled(this.run);
    return this.run;
  }
}

function doubled(from: Int32Array): Int32Array {
  const to = new Int32Array(from.length * 2);
  to.set(from);
  return to;
}
