/**
 * Quotas as token buckets: what a producer admits of a tenant's records. A bucket starts full, fills by its rate and holds
 * its burst at most, so within any window a tenant is admitted at most burst + rate × window, and nothing that fits drops.
 *
 * Exact: tokens are whole, and what a nanosecond adds beyond whole ones is kept as a remainder in billionths. Floating
 * point would admit one record more or less after some time, and not the same one on every machine.
 */
import { grown } from './partitioner/column.ts';

export interface Quota {
  /** Records a second, a whole number ≥ 1. Default: no bound on records. */
  readonly recordsPerSecond?: number | undefined;
  /** Records admitted at once after a quiet time, ≥ 1. Default: those of one second. */
  readonly burstRecords?: number | undefined;
  /** Payload bytes a second (key, value and headers, raw), a whole number ≥ 1. Default: no bound on bytes. */
  readonly bytesPerSecond?: number | undefined;
  /** Bytes at once, at least the largest record. Default: those of one second, or the largest record if that is more. */
  readonly burstBytes?: number | undefined;
}

const NS_PER_S = 1_000_000_000;
/** Above it products would leave the whole numbers that a double holds. About 1 TB/s. */
const RATE_MAX = 1_099_511_627_776;
const BURST_MAX = 4_503_599_627_370_496;
const HALF = 1_048_576;

interface Limit {
  /** Tokens a second, 0 for no limit. */
  readonly rate: number;
  readonly burst: number;
}

/** A bucket's row: records and bytes, and the remainder of each; when it was last filled, ns. */
const STRIDE = 6;
const AT = 4;

export class Quotas {
  readonly #limits: (readonly [records: Limit, bytes: Limit])[];
  /** A bucket for each producer and quota. */
  #rows = new Float64Array(0);
  #buckets = 0;

  constructor(quotas: readonly Quota[], recordBytesMax: number) {
    this.#limits = quotas.map((quota, i) => limitsOf(quota, { recordBytesMax, path: `quotas[${i}]` }));
  }

  get any(): boolean {
    return this.#limits.length > 0;
  }

  /** Gives one more producer its buckets, full. */
  addProducer(): void {
    for (const [records, bytes] of this.#limits) {
      const row = this.#buckets++ * STRIDE;
      this.#rows = grown(this.#rows, row + STRIDE);
      this.#rows[row] = records.burst;
      this.#rows[row + 1] = bytes.burst;
    }
  }

  /**
   * Another quota in place of one. Buckets have filled by the old rate until now; they keep what fits the new burst. Where
   * there was no bound they begin full.
   */
  set(quota: number, limits: readonly [records: Limit, bytes: Limit], nowNs: number): void {
    const before = this.#limits[quota];
    for (let bucket = quota; bucket < this.#buckets; bucket += this.#limits.length) {
      this.fitting(bucket, 0, 0, nowNs);
      limits.forEach(({ burst }, i) => {
        const at = bucket * STRIDE + i;
        this.#rows[at] = before[i].rate === 0 ? burst : Math.min(this.#rows[at], burst);
        if (this.#rows[at] === burst) this.#rows[at + 2] = 0;
      });
    }
    this.#limits[quota] = limits;
  }

  /** How many of n records of this size fit the bucket now. */
  fitting(bucket: number, n: number, bytesEach: number, nowNs: number): number {
    const [records, bytes] = this.#limits[bucket % this.#limits.length];
    const row = bucket * STRIDE;
    const sinceNs = nowNs - this.#rows[row + AT];
    if (sinceNs > 0) {
      this.#fill(row, records, sinceNs);
      this.#fill(row + 1, bytes, sinceNs);
      this.#rows[row + AT] = nowNs;
    }
    let fits = n;
    if (records.rate > 0) fits = Math.min(fits, this.#rows[row]);
    if (bytes.rate > 0 && bytesEach > 0) fits = Math.min(fits, Math.floor(this.#rows[row + 1] / bytesEach));
    return fits;
  }

  /** Takes n records of this size out of the bucket; `fitting` has said that they fit. */
  take(bucket: number, n: number, bytesEach: number): void {
    const [records, bytes] = this.#limits[bucket % this.#limits.length];
    if (records.rate > 0) this.#rows[bucket * STRIDE] -= n;
    if (bytes.rate > 0) this.#rows[bucket * STRIDE + 1] -= n * bytesEach;
  }

  bucket(producer: number, quota: number): number {
    return producer * this.#limits.length + quota;
  }

  #fill(at: number, { rate, burst }: Limit, sinceNs: number): void {
    const rows = this.#rows;
    const lacks = burst - rows[at];
    if (rate === 0 || lacks === 0) return;
    const seconds = Math.floor(sinceNs / NS_PER_S);
    // Compared before it is multiplied: the product of a long pause and a high rate would not be exact.
    if (seconds >= lacks / rate) {
      rows[at] = burst;
      rows[at + 2] = 0;
      return;
    }
    // rate × ns ÷ 10⁹ in two halves, as the whole product may not fit 53 bits. Remainders carry from one to the next.
    const ns = sinceNs - seconds * NS_PER_S;
    const high = Math.floor(rate / HALF);
    const fromHigh = high * ns;
    const whole = Math.floor(fromHigh / NS_PER_S);
    const middle = (fromHigh - whole * NS_PER_S) * HALF;
    const wholeMiddle = Math.floor(middle / NS_PER_S);
    const low = middle - wholeMiddle * NS_PER_S + (rate - high * HALF) * ns + rows[at + 2];
    const wholeLow = Math.floor(low / NS_PER_S);
    const level = rows[at] + rate * seconds + whole * HALF + wholeMiddle + wholeLow;
    rows[at] = Math.min(burst, level);
    rows[at + 2] = level >= burst ? 0 : low - wholeLow * NS_PER_S;
  }
}

/** Throws a RangeError that names the setting below `path`, what was expected and what came. */
export function limitsOf(
  quota: Quota,
  { recordBytesMax, path }: { recordBytesMax: number; path: string },
): readonly [records: Limit, bytes: Limit] {
  const { recordsPerSecond, burstRecords, bytesPerSecond, burstBytes } = quota;
  whole(`${path}.recordsPerSecond`, recordsPerSecond, 1, RATE_MAX);
  whole(`${path}.burstRecords`, burstRecords, 1, BURST_MAX);
  whole(`${path}.bytesPerSecond`, bytesPerSecond, 1, RATE_MAX);
  // A record larger than the burst would never fit, however long its tenant waits.
  whole(`${path}.burstBytes`, burstBytes, recordBytesMax, BURST_MAX);
  needs(`${path}.burstRecords`, burstRecords, recordsPerSecond, 'recordsPerSecond');
  needs(`${path}.burstBytes`, burstBytes, bytesPerSecond, 'bytesPerSecond');
  const records = recordsPerSecond ?? 0;
  const bytes = bytesPerSecond ?? 0;
  return [
    { rate: records, burst: burstRecords ?? records },
    { rate: bytes, burst: burstBytes ?? Math.max(bytes, recordBytesMax) },
  ];
}

function whole(path: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new RangeError(`${path}: expected a whole number from ${least} to ${most}, got ${value}`);
}

function needs(path: string, value: number | undefined, rate: number | undefined, name: string): void {
  if (value === undefined || rate !== undefined) return;
  throw new RangeError(`${path}: expected ${name} beside it, got a burst of ${value} without a rate`);
}
