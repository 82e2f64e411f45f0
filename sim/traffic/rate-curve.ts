/**
 * How a rate moves in time: a factor, constant over each of a row of segments. Records of a stream arrive when the
 * integral of the factor passes their number, so a generator needs that integral and its inverse, and both must agree
 * to the nanosecond, or a record would come twice or not at all.
 *
 * Both remember the segment of the last call: neighbouring questions cost O(1), any other O(log segments). That memory
 * changes no answer.
 */
export class RateCurve {
  readonly segments: number;
  readonly #starts: Float64Array;
  readonly #factors: Float64Array;
  /** Integral up to the start of each segment. */
  readonly #before: Float64Array;
  #atTime = 0;
  #atIntegral = 0;

  /**
   * `startsNs[i]` is where `factors[i]` begins to hold; the last holds for ever. Starts are whole, rise and begin with
   * 0; factors are finite and not negative. Anything else throws a RangeError.
   */
  constructor(startsNs: readonly number[], factors: readonly number[]) {
    const n = startsNs.length;
    if (n === 0 || factors.length !== n)
      throw new RangeError(`${n} starts for ${factors.length} factors, at least one each`);
    if (startsNs[0] !== 0) throw new RangeError(`the first segment starts at ${startsNs[0]}, not at 0`);
    this.segments = n;
    this.#starts = Float64Array.from(startsNs);
    this.#factors = Float64Array.from(factors);
    this.#before = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      const factor = factors[i]!;
      if (!(factor >= 0 && factor < Infinity)) throw new RangeError(`factor ${i} is ${factor}`);
      if (i === 0) continue;
      const length = startsNs[i]! - startsNs[i - 1]!;
      if (!(length > 0) || !Number.isSafeInteger(startsNs[i])) throw new RangeError(`start ${i} is ${startsNs[i]}`);
      this.#before[i] = this.#before[i - 1]! + length * factors[i - 1]!;
    }
  }

  factorAt(ns: number): number {
    return this.#factors[this.#segmentAt(ns)]!;
  }

  /** Nanoseconds up to `ns`, each weighted by its factor. Never falls. `ns ≥ 0`. */
  integralNs(ns: number): number {
    return this.#integralWithin(this.#segmentAt(ns), ns);
  }

  /** The first whole `ns` with `integralNs(ns) ≥ integral`; `Infinity` when the rate has ended before. */
  timeOf(integral: number): number {
    if (integral <= 0) return 0;
    const i = this.#segmentOf(integral);
    const start = this.#starts[i]!;
    const factor = this.#factors[i]!;
    if (factor === 0) return Infinity;
    // Rounding may put the estimate a little to either side: look, and settle it by what integralNs itself says.
    const estimate = start + Math.ceil((integral - this.#before[i]!) / factor);
    if (!Number.isSafeInteger(estimate)) return Infinity;
    if (
      this.#integralWithin(i, estimate) >= integral &&
      (estimate <= start || this.#integralWithin(i, estimate - 1) < integral)
    ) {
      return estimate;
    }
    return this.#bisect(i, estimate, integral);
  }

  /** First whole time in segment i whose integral reaches the bound. The estimate is near, in either direction. */
  #bisect(i: number, estimate: number, integral: number): number {
    const start = this.#starts[i]!;
    let step = 1;
    let high = estimate;
    while (this.#integralWithin(i, high) < integral) {
      high += step;
      step *= 2;
    }
    let low = start;
    while (low < high) {
      const middle = low + Math.floor((high - low) / 2);
      if (this.#integralWithin(i, middle) >= integral) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #integralWithin(i: number, ns: number): number {
    return this.#before[i]! + (ns - this.#starts[i]!) * this.#factors[i]!;
  }

  /** Last segment that starts at or before `ns`. */
  #segmentAt(ns: number): number {
    const starts = this.#starts;
    const last = this.segments - 1;
    let i = this.#atTime;
    if (starts[i]! <= ns) {
      if (i === last || ns < starts[i + 1]!) return i;
      if (i + 1 === last || ns < starts[i + 2]!) {
        this.#atTime = i + 1;
        return i + 1;
      }
    }
    i = lastAtMost(starts, ns);
    this.#atTime = i;
    return i;
  }

  /** Last segment before which less than `integral` has gathered: the one in which it is reached. */
  #segmentOf(integral: number): number {
    const before = this.#before;
    const last = this.segments - 1;
    let i = this.#atIntegral;
    if (before[i]! < integral) {
      if (i === last || integral <= before[i + 1]!) return i;
      if (i + 1 === last || integral <= before[i + 2]!) {
        this.#atIntegral = i + 1;
        return i + 1;
      }
    }
    i = lastBelow(before, integral);
    this.#atIntegral = i;
    return i;
  }
}

/** Index of the last element ≤ bound in a rising array whose first is; 0 if none. */
function lastAtMost(values: Float64Array, bound: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (values[middle]! <= bound) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Index of the last element < bound in an array that never falls; 0 if none. */
function lastBelow(values: Float64Array, bound: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (values[middle]! < bound) low = middle;
    else high = middle - 1;
  }
  return low;
}
