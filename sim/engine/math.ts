/**
 * Elementary functions with the same bits on every machine and Node version. `Math.log` and its kin may differ between
 * them; + − × ÷ √ may not (IEEE 754), so these use nothing else. Accuracy is stated for each and tested against `Math`.
 */

const bits = new DataView(new ArrayBuffer(8));

/** ln 2 in two parts: the high one ends in zeros, so that k · high is exact for |k| < 2^20. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const INVERSE_LN2 = Math.LOG2E;
const SQRT2 = Math.SQRT2;
const TWO_POW_54 = 18014398509481984;

/** Natural logarithm, relative error below 4e-16. −Infinity at 0, NaN below. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let exponent = 0;
  // Subnormal: has no leading bit of its own, so lift it into the normal range first.
  if (x < 2.2250738585072014e-308) {
    x *= TWO_POW_54;
    exponent = -54;
  }
  bits.setFloat64(0, x);
  const high = bits.getInt32(0);
  exponent += (high >>> 20) - 1023;
  bits.setInt32(0, (high & 0xfffff) | 0x3ff00000);
  let m = bits.getFloat64(0);
  if (m > SQRT2) {
    m *= 0.5;
    exponent += 1;
  }
  // ln m = 2 artanh s with s = (m − 1) / (m + 1), |s| < 0.172: eleven terms of its series reach 2^-56.
  const f = m - 1;
  const s = f / (2 + f);
  const z = s * s;
  let sum = 1 / 23;
  sum = sum * z + 1 / 21;
  sum = sum * z + 1 / 19;
  sum = sum * z + 1 / 17;
  sum = sum * z + 1 / 15;
  sum = sum * z + 1 / 13;
  sum = sum * z + 1 / 11;
  sum = sum * z + 1 / 9;
  sum = sum * z + 1 / 7;
  sum = sum * z + 1 / 5;
  sum = sum * z + 1 / 3;
  return exponent * LN2_HIGH + (2 * s + (2 * s * z * sum + exponent * LN2_LOW));
}

/** e^x, relative error below 5e-16. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019412) return 0;
  if (Number.isNaN(x)) return x;
  const k = Math.floor(x * INVERSE_LN2 + 0.5);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  // |r| ≤ ln 2 / 2: thirteen terms of the series reach 2^-57.
  let sum = 1 / 6227020800;
  sum = sum * r + 1 / 479001600;
  sum = sum * r + 1 / 39916800;
  sum = sum * r + 1 / 3628800;
  sum = sum * r + 1 / 362880;
  sum = sum * r + 1 / 40320;
  sum = sum * r + 1 / 5040;
  sum = sum * r + 1 / 720;
  sum = sum * r + 1 / 120;
  sum = sum * r + 1 / 24;
  sum = sum * r + 1 / 6;
  sum = sum * r + 1 / 2;
  const y = 1 + (r + r * r * sum);
  // Two steps, since 2^k itself may lie outside the range of normal numbers at either end.
  const half = k >> 1;
  return y * powerOfTwo(half) * powerOfTwo(k - half);
}

/** 2^k for integers −1022 ≤ k ≤ 1023, exact. */
function powerOfTwo(k: number): number {
  bits.setInt32(0, (k + 1023) << 20);
  bits.setInt32(4, 0);
  return bits.getFloat64(0);
}

/** base^exponent for base ≥ 0, as exp(exponent · ln base): relative error below 4e-16 · (1 + |exponent · ln base|). */
export function pow(base: number, exponent: number): number {
  if (exponent === 0 || base === 1) return 1;
  if (exponent === 1) return base;
  return exp(exponent * ln(base));
}

/** π / 2 in three parts, the first two ending in zeros. */
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_MIDDLE = 6.077100506303966e-11;
const HALF_PI_LOW = 2.0222662487959506e-21;
const INVERSE_HALF_PI = 0.6366197723675814;

/** sin x, x in radians, |x| ≤ 10^5; absolute error below 4e-16. */
export function sin(x: number): number {
  return sineOfQuarter(x, 0);
}

/** cos x, x in radians, |x| ≤ 10^5; absolute error below 4e-16. */
export function cos(x: number): number {
  return sineOfQuarter(x, 1);
}

function sineOfQuarter(x: number, turn: number): number {
  const k = Math.floor(x * INVERSE_HALF_PI + 0.5);
  const r = x - k * HALF_PI_HIGH - k * HALF_PI_MIDDLE - k * HALF_PI_LOW;
  const quadrant = (k + turn) & 3;
  const value = (quadrant & 1) === 0 ? sineSeries(r) : cosineSeries(r);
  return quadrant < 2 ? value : -value;
}

/** For |r| ≤ π / 4. */
function sineSeries(r: number): number {
  const z = r * r;
  let sum = 1 / 355687428096000;
  sum = sum * z - 1 / 1307674368000;
  sum = sum * z + 1 / 6227020800;
  sum = sum * z - 1 / 39916800;
  sum = sum * z + 1 / 362880;
  sum = sum * z - 1 / 5040;
  sum = sum * z + 1 / 120;
  sum = sum * z - 1 / 6;
  return r + r * z * sum;
}

/** For |r| ≤ π / 4. */
function cosineSeries(r: number): number {
  const z = r * r;
  let sum = 1 / 20922789888000;
  sum = sum * z - 1 / 87178291200;
  sum = sum * z + 1 / 479001600;
  sum = sum * z - 1 / 3628800;
  sum = sum * z + 1 / 40320;
  sum = sum * z - 1 / 720;
  sum = sum * z + 1 / 24;
  sum = sum * z - 1 / 2;
  return 1 + z * sum;
}
