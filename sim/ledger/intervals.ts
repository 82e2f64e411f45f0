/** A set of whole numbers kept as coalesced half-open intervals: what was delivered, what was lost. */
import { invariant } from '../engine/invariant.ts';

const ROOM_FIRST = 4;

/**
 * Intervals are sorted and never touch. Appending at the end of the last one, which is nearly every call, is O(1) and
 * allocates nothing; anything else costs a binary search and moving the intervals behind it.
 */
export class IntervalSet {
  /** Numbers in the set. */
  count = 0;
  /** Intervals in the set. */
  intervals = 0;
  /** [from, to) of each interval in turn. */
  private edges = new Float64Array(ROOM_FIRST);

  /** Adds [from, to); returns how many of it were not there before. */
  add(from: number, to: number): number {
    const n = this.intervals;
    if (n > 0 && to > from && from === this.edges[2 * n - 1]) {
      this.edges[2 * n - 1] = to;
      this.count += to - from;
      return to - from;
    }
    return this.addAnywhere(from, to);
  }

  /** Removes [from, to); returns how many of it were there. */
  remove(from: number, to: number): number {
    if (to <= from) return 0;
    const first = this.firstEndingAfter(from);
    let beyond = first;
    let removed = 0;
    while (beyond < this.intervals && this.edges[2 * beyond] < to) {
      removed += Math.min(to, this.edges[2 * beyond + 1]) - Math.max(from, this.edges[2 * beyond]);
      beyond++;
    }
    if (removed === 0) return 0;
    const left = this.edges[2 * first];
    const right = this.edges[2 * beyond - 1];
    const keep = (left < from ? 1 : 0) + (right > to ? 1 : 0);
    this.resize(first, beyond, keep);
    let at = 2 * first;
    if (left < from) {
      this.edges[at++] = left;
      this.edges[at++] = from;
    }
    if (right > to) {
      this.edges[at++] = to;
      this.edges[at] = right;
    }
    this.count -= removed;
    return removed;
  }

  /** How many of [from, to) are in the set. */
  covered(from: number, to: number): number {
    let sum = 0;
    for (let i = this.firstEndingAfter(from); i < this.intervals && this.edges[2 * i] < to; i++) {
      sum += Math.min(to, this.edges[2 * i + 1]) - Math.max(from, this.edges[2 * i]);
    }
    return sum;
  }

  /** End of the interval that holds the number, or the number itself when none does. */
  contiguousFrom(offset: number): number {
    const i = this.firstEndingAfter(offset);
    return i < this.intervals && this.edges[2 * i] <= offset ? this.edges[2 * i + 1] : offset;
  }

  /** Calls back for each interval, lowest first. */
  visit(each: (from: number, to: number) => void): void {
    for (let i = 0; i < this.intervals; i++) each(this.edges[2 * i], this.edges[2 * i + 1]);
  }

  /** Removes everything below the number; returns how many that were. */
  dropBelow(offset: number): number {
    return this.intervals === 0 ? 0 : this.remove(Math.min(this.edges[0], offset), offset);
  }

  private addAnywhere(from: number, to: number): number {
    invariant(to >= from, 'an interval does not end before it starts');
    if (to === from) return 0;
    const edges = this.edges;
    // Touching intervals are taken in as well: ends are compared with `from` itself, starts with `to` itself.
    const first = this.firstEndingAfter(from - 1);
    let beyond = first;
    let there = 0;
    while (beyond < this.intervals && edges[2 * beyond] <= to) {
      there += Math.max(0, Math.min(to, edges[2 * beyond + 1]) - Math.max(from, edges[2 * beyond]));
      beyond++;
    }
    const low = beyond > first ? Math.min(from, edges[2 * first]) : from;
    const high = beyond > first ? Math.max(to, edges[2 * beyond - 1]) : to;
    this.resize(first, beyond, 1);
    this.edges[2 * first] = low;
    this.edges[2 * first + 1] = high;
    this.count += to - from - there;
    return to - from - there;
  }

  /** First interval whose end lies above the number; `intervals` when there is none. */
  private firstEndingAfter(offset: number): number {
    const edges = this.edges;
    let high = this.intervals;
    if (high === 0 || edges[2 * high - 1] <= offset) return high;
    let low = 0;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (edges[2 * middle + 1] > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Makes room for `keep` intervals in place of those from `first` up to `beyond`. */
  private resize(first: number, beyond: number, keep: number): void {
    const intervals = this.intervals - (beyond - first) + keep;
    if (2 * intervals > this.edges.length) {
      const larger = new Float64Array(this.edges.length * 2);
      larger.set(this.edges);
      this.edges = larger;
    }
    if (first + keep !== beyond) this.edges.copyWithin(2 * (first + keep), 2 * beyond, 2 * this.intervals);
    this.intervals = intervals;
  }
}
