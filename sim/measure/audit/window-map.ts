/** Which window of event time each offset of a log belongs to: stretches, of which a window has few. */
export interface Stretch {
  readonly from: number;
  to: number;
  readonly window: number;
  /** Second copies of records stored before. */
  readonly again: boolean;
  /** Largest age of its records is reckoned from here, ns. */
  firstNs: number;
}

export class WindowMap {
  readonly stretches: Stretch[] = [];

  append(stretch: Stretch): void {
    const last = this.stretches.at(-1);
    if (
      last !== undefined &&
      last.to === stretch.from &&
      last.window === stretch.window &&
      last.again === stretch.again
    ) {
      last.to = stretch.to;
      if (stretch.firstNs < last.firstNs) last.firstNs = stretch.firstNs;
    } else this.stretches.push(stretch);
  }

  /** What was to be appended from the offset on never was: calls back for what is taken back. */
  truncate(from: number, each: (window: number, n: number, again: boolean) => void): void {
    for (let last = this.stretches.at(-1); last !== undefined && last.to > from; last = this.stretches.at(-1)) {
      const low = Math.max(from, last.from);
      each(last.window, last.to - low, last.again);
      if (low > last.from) {
        last.to = low;
        return;
      }
      this.stretches.pop();
    }
  }

  /** Calls back for each stretch of [from, to). */
  visit(from: number, to: number, each: (stretch: Stretch, n: number) => void): void {
    const { stretches } = this;
    let low = 0;
    let high = stretches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (stretches[middle].to <= from) low = middle + 1;
      else high = middle;
    }
    for (; low < stretches.length && stretches[low].from < to; low++) {
      const stretch = stretches[low];
      each(stretch, Math.min(to, stretch.to) - Math.max(from, stretch.from));
    }
  }
}
