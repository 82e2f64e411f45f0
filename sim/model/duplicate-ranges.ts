/** Which stretches of a log are second copies of records stored before, and why. Rare, so kept beside the log. */
import { invariant } from '../engine/invariant.ts';

export class DuplicateRanges {
  private readonly from: number[] = [];
  private readonly to: number[] = [];
  private readonly cause: number[] = [];
  /** Records ever marked and not truncated, by cause index. */
  readonly totals: number[] = [];

  /** Marks [from, to); ranges come in rising order and do not overlap. */
  mark(from: number, to: number, cause: number): void {
    const last = this.to.length - 1;
    invariant(to > from && (last < 0 || from >= this.to[last]), 'duplicates are marked in order, without overlap');
    while (this.totals.length <= cause) this.totals.push(0);
    this.totals[cause] += to - from;
    if (last >= 0 && this.to[last] === from && this.cause[last] === cause) {
      this.to[last] = to;
      return;
    }
    this.from.push(from);
    this.to.push(to);
    this.cause.push(cause);
  }

  /** [from, to), of one range, are no copies after all: what they were copies of never happened. */
  unmark(from: number, to: number): void {
    const i = this.from.findIndex((start, at) => start <= from && to <= this.to[at]);
    if (i < 0) return;
    const { [i]: start } = this.from;
    const { [i]: end } = this.to;
    const { [i]: cause } = this.cause;
    this.totals[cause] -= to - from;
    const kept = [
      [start, from],
      [to, end],
    ].filter(([low, high]) => high > low);
    this.from.splice(i, 1, ...kept.map(([low]) => low));
    this.to.splice(i, 1, ...kept.map(([, high]) => high));
    this.cause.splice(i, 1, ...kept.map(() => cause));
  }

  /** Marked records within [from, to). */
  countIn(from: number, to: number): number {
    let count = 0;
    for (let i = this.to.length - 1; i >= 0 && this.to[i] > from; i--) {
      const low = Math.max(this.from[i], from);
      const high = Math.min(this.to[i], to);
      if (high > low) count += high - low;
    }
    return count;
  }

  /** Forgets where ranges wholly below the offset are, but for those that are to be kept; their totals stay. */
  forgetBelow(offset: number, keeps: (from: number, to: number) => boolean = () => false): void {
    let kept = 0;
    let i = 0;
    for (; i < this.to.length && this.to[i] <= offset; i++) {
      if (!keeps(this.from[i], this.to[i])) continue;
      this.from[kept] = this.from[i];
      this.to[kept] = this.to[i];
      this.cause[kept++] = this.cause[i];
    }
    for (const column of [this.from, this.to, this.cause]) column.splice(kept, i - kept);
  }

  /** Records from the offset on never existed: they leave the totals too. */
  truncate(endOffset: number): void {
    for (let i = this.to.length - 1; i >= 0 && this.to[i] > endOffset; i--) {
      const kept = Math.max(this.from[i], endOffset);
      this.totals[this.cause[i]] -= this.to[i] - kept;
      if (kept > this.from[i]) {
        this.to[i] = kept;
      } else {
        this.from.pop();
        this.to.pop();
        this.cause.pop();
      }
    }
  }
}
