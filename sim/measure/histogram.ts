/** A histogram of whole numbers such as latencies in ns: fixed memory, ≤ 0.8 % error in quantiles, exact mean. */
import { InvariantError } from '../engine/invariant.ts';
import { ExactSum } from './exact-sum.ts';

/** What a report says of a distribution; all 0 when nothing was recorded. */
export interface Summary {
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Buckets an octave: a bucket is 1/64 of its value wide, its middle at most 1/128 = 0.8 % off. */
const SUB_BITS = 6;
const SUB = 1 << SUB_BITS;
const VALUE_MAX = Number.MAX_SAFE_INTEGER;
/** Values from 2^31 on are scaled down by 2^22 first, to fit the 32-bit operations. */
const WIDE = 0x8000_0000;
const WIDE_SHIFT = 22;
const WIDE_SCALE = 0x40_0000;
const BUCKETS = (53 - SUB_BITS + 1) * SUB;

/** The bucket of a whole number ≤ 2^53 − 1. Below 128 each number has its own. */
export function bucketOf(value: number): number {
  if (value < WIDE) {
    const shift = 31 - SUB_BITS - Math.clz32(value);
    return shift <= 0 ? value : shift * SUB + (value >>> shift);
  }
  const scaled = Math.floor(value / WIDE_SCALE);
  const shift = 31 - SUB_BITS - Math.clz32(scaled);
  return (shift + WIDE_SHIFT) * SUB + (scaled >>> shift);
}

/** Smallest value of the bucket. */
export function bucketFloor(bucket: number): number {
  if (bucket < 2 * SUB) return bucket;
  const shift = Math.floor(bucket / SUB) - 1;
  let width = 1;
  for (let i = 0; i < shift; i++) width *= 2;
  return (bucket - shift * SUB) * width;
}

/** Floors of all buckets and one end, looked up by `recordSpread`. */
const FLOORS = Float64Array.from({ length: BUCKETS + 1 }, (_, bucket) => bucketFloor(bucket));

const COUNT = 0;
const MIN = 1;
const MAX = 2;
const HALVES = 3;

/** Same records in any order, or merged from parts in any order, make the same bits. */
export class Histogram {
  private readonly counts = new Float64Array(BUCKETS);
  /** [count, min, max, halves to add to the sum]: one array, so that recording allocates nothing. */
  private readonly extent = Float64Array.of(0, Number.POSITIVE_INFINITY, -1, 0);
  private readonly sum = new ExactSum();

  get count(): number {
    return this.extent[COUNT];
  }

  /** Exact up to one rounding; 0 when empty. */
  get mean(): number {
    return this.count === 0 ? 0 : (this.sum.toNumber() + this.extent[HALVES] / 2) / this.count;
  }

  /** Exact; 0 when empty. */
  get min(): number {
    return this.count === 0 ? 0 : this.extent[MIN];
  }

  /** Exact; 0 when empty. */
  get max(): number {
    return this.count === 0 ? 0 : this.extent[MAX];
  }

  /** `count` records of a whole value from 0 to 2^53 − 1. Hot path: positional on purpose. */
  record(value: number, count = 1): void {
    if (!(value >= 0 && value <= VALUE_MAX && count >= 0)) throw new InvariantError(`recorded ${count} × ${value}`);
    if (count === 0) return;
    this.counts[bucketOf(value)] += count;
    this.sum.addProduct(value, count);
    this.widen(value, value, count);
  }

  /**
   * `count` records spread evenly from `low` to `high`, both included: the i-th of n at low + (high − low) · i / (n − 1),
   * a single one in the middle. The mean takes the unrounded places. Costs the smaller of records and buckets covered.
   * Hot path: positional on purpose.
   */
  recordSpread(low: number, high: number, count: number): void {
    if (!(low >= 0 && high >= low && high <= VALUE_MAX && count >= 0)) {
      throw new InvariantError(`recorded ${count} from ${low} to ${high}`);
    }
    if (count === 0) return;
    if (count === 1) {
      this.record(low + Math.floor((high - low) / 2), 1);
      return;
    }
    const firstBucket = bucketOf(low);
    const lastBucket = bucketOf(high);
    const span = high - low;
    const gaps = count - 1;
    if (lastBucket - firstBucket < count) {
      let below = 0;
      for (let bucket = firstBucket; bucket < lastBucket; bucket++) {
        const upTo = Math.ceil(((FLOORS[bucket + 1] - low) * gaps) / span);
        this.counts[bucket] += upTo - below;
        below = upTo;
      }
      this.counts[lastBucket] += count - below;
    } else {
      for (let i = 0; i <= gaps; i++) this.counts[bucketOf(low + Math.floor((span * i) / gaps))] += 1;
    }
    // The sum is count × (low + high) / 2: kept as whole numbers and one count of halves, to stay exact.
    this.sum.addProduct(low + Math.floor(span / 2), count);
    this.extent[HALVES] += span % 2 === 0 ? 0 : count;
    this.widen(low, high, count);
  }

  /** The value at or below which a share q of the records lies: a bucket's middle, within min and max. 0 when empty. */
  quantile(q: number): number {
    if (this.count === 0) return 0;
    const rank = Math.min(this.count, Math.max(1, Math.ceil(q * this.count)));
    if (rank === 1) return this.min;
    if (rank === this.count) return this.max;
    let bucket = bucketOf(this.min);
    let seen = this.counts[bucket];
    while (seen < rank) seen += this.counts[++bucket];
    const middle = FLOORS[bucket] + Math.floor((FLOORS[bucket + 1] - FLOORS[bucket]) / 2);
    return Math.min(this.max, Math.max(this.min, middle));
  }

  /** Adds all records of another. */
  merge(other: Histogram): void {
    if (other.count === 0) return;
    for (let bucket = 0; bucket < BUCKETS; bucket++) this.counts[bucket] += other.counts[bucket];
    this.sum.add(other.sum);
    this.extent[HALVES] += other.extent[HALVES];
    this.widen(other.min, other.max, other.count);
  }

  /** Forgets all records, as at the end of a warm-up. */
  clear(): void {
    this.counts.fill(0);
    this.sum.clear();
    this.extent[HALVES] = 0;
    this.extent[COUNT] = 0;
    this.extent[MIN] = Number.POSITIVE_INFINITY;
    this.extent[MAX] = -1;
  }

  /** Values divided by `unit`: 1,000,000 makes milliseconds of nanoseconds. */
  toSummary(unit = 1): Summary {
    return {
      mean: this.mean / unit,
      p50: this.quantile(0.5) / unit,
      p99: this.quantile(0.99) / unit,
      p999: this.quantile(0.999) / unit,
      max: this.max / unit,
    };
  }

  private widen(low: number, high: number, count: number): void {
    const extent = this.extent;
    extent[COUNT] += count;
    if (low < extent[MIN]) extent[MIN] = low;
    if (high > extent[MAX]) extent[MAX] = high;
  }
}
