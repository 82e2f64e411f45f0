/** A quantity over time in bounded memory: however long the run, at most so many bins, ever coarser. */
import { InvariantError, invariant } from '../engine/invariant.ts';

export interface TimeSeriesOptions {
  /** Width of a bin at first; doubles whenever the series is full. */
  readonly binNs: number;
  /** Bins at most; even. Default 512: finer than a chart's pixels. */
  readonly binsMax?: number;
  /** Where the first bin begins. Default 0. */
  readonly startNs?: number;
}

/** One bin. Of an empty one, `count` and `sum` are 0 and `max` and `last` are NaN. */
export interface Bin {
  readonly fromNs: number;
  readonly toNs: number;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
  /** The value added last. */
  readonly last: number;
}

/** A sum depends on the order of what was added, and on nothing else when values are whole. */
export class TimeSeries {
  /** Width of a bin now. */
  binNs: number;
  /** Bins from the first to the latest that holds a value. */
  length = 0;
  private readonly startNs: number;
  private readonly counts: Float64Array;
  private readonly sums: Float64Array;
  private readonly maxima: Float64Array;
  private readonly lasts: Float64Array;

  constructor({ binNs, binsMax = 512, startNs = 0 }: TimeSeriesOptions) {
    invariant(
      binNs > 0 && binsMax >= 2 && binsMax % 2 === 0,
      'a time series has a positive width and an even number of bins',
    );
    this.binNs = binNs;
    this.startNs = startNs;
    this.counts = new Float64Array(binsMax);
    this.sums = new Float64Array(binsMax);
    this.maxima = new Float64Array(binsMax).fill(Number.NaN);
    this.lasts = new Float64Array(binsMax).fill(Number.NaN);
  }

  /** Adds a value; times never fall into a bin before the latest. Hot path: positional on purpose. */
  add(atNs: number, value: number): void {
    let bin = Math.floor((atNs - this.startNs) / this.binNs);
    while (bin >= this.counts.length) {
      this.halve();
      bin = Math.floor((atNs - this.startNs) / this.binNs);
    }
    if (!(bin >= 0 && bin >= this.length - 1)) throw new InvariantError(`time series went back to ${atNs} ns`);
    this.length = bin + 1;
    this.counts[bin] += 1;
    this.sums[bin] += value;
    if (!(this.maxima[bin] >= value)) this.maxima[bin] = value;
    this.lasts[bin] = value;
  }

  visit(each: (bin: Bin) => void): void {
    for (let i = 0; i < this.length; i++) {
      each({
        fromNs: this.startNs + i * this.binNs,
        toNs: this.startNs + (i + 1) * this.binNs,
        count: this.counts[i],
        sum: this.sums[i],
        max: this.maxima[i],
        last: this.lasts[i],
      });
    }
  }

  private halve(): void {
    this.binNs *= 2;
    this.length = Math.ceil(this.length / 2);
    const half = this.counts.length / 2;
    for (let i = 0; i < half; i++) {
      const [first, second] = [2 * i, 2 * i + 1];
      const only = this.counts[second] === 0;
      this.counts[i] = this.counts[first] + this.counts[second];
      this.sums[i] = this.sums[first] + this.sums[second];
      this.maxima[i] = only || this.maxima[first] > this.maxima[second] ? this.maxima[first] : this.maxima[second];
      this.lasts[i] = only ? this.lasts[first] : this.lasts[second];
    }
    this.counts.fill(0, half);
    this.sums.fill(0, half);
    this.maxima.fill(Number.NaN, half);
    this.lasts.fill(Number.NaN, half);
  }
}
