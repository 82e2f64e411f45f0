/** A histogram over given bounds, as telemetry systems keep theirs: fixed memory, and a count by bucket to hand on. */

export interface HistogramSnapshot {
  /** Upper bounds of the buckets, inclusive and rising; one more bucket holds what is above the last. */
  readonly bounds: readonly number[];
  /** Values by bucket, `bounds.length + 1` of them, not cumulated. */
  readonly counts: readonly number[];
  /** All values. */
  readonly count: number;
  /** Of all values. */
  readonly sum: number;
}

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;

  /** `bounds` rise. Throws a RangeError if not. */
  constructor(bounds: readonly number[]) {
    for (let i = 1; i < bounds.length; i++) {
      if (!(bounds[i] > bounds[i - 1])) {
        throw new RangeError(`bounds: expected rising numbers, got ${bounds[i]} after ${bounds[i - 1]}`);
      }
    }
    this.#bounds = Object.freeze([...bounds]);
    this.#counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) bucket++;
    this.#counts[bucket]++;
    this.#sum += value;
  }

  /**
   * n values spread evenly from `low` to `high`, both included; a single one lies at `high`. Positional: called for every
   * batch.
   */
  recordSpread(low: number, high: number, n: number): void {
    const bounds = this.#bounds;
    let counted = 0;
    for (let bucket = 0; counted < n; bucket++) {
      const upTo = bucket === bounds.length ? n : atMost(bounds[bucket], low, high, n);
      this.#counts[bucket] += upTo - counted;
      counted = upTo;
    }
    this.#sum += n === 1 ? high : (n * (low + high)) / 2;
  }

  snapshot(): HistogramSnapshot {
    const counts = [...this.#counts];
    return Object.freeze({
      bounds: this.#bounds,
      counts: Object.freeze(counts),
      count: counts.reduce((sum, count) => sum + count, 0),
      sum: this.#sum,
    });
  }
}

/** How many of n values spread evenly from `low` to `high` are at most `bound`. */
function atMost(bound: number, low: number, high: number, n: number): number {
  if (bound >= high) return n;
  if (n === 1 || bound < low) return 0;
  return Math.floor(((bound - low) * (n - 1)) / (high - low)) + 1;
}
