import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketFloor, bucketOf, Histogram } from './histogram.ts';

/** Whole numbers of every magnitude alike. */
const magnitude = fc
  .tuple(fc.integer({ min: 0, max: 52 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([bits, u]) => Math.min(Number.MAX_SAFE_INTEGER, Math.floor(2 ** bits * (1 + u))) - (bits === 0 ? 1 : 0));

const state = (histogram: Histogram) => ({
  count: histogram.count,
  mean: histogram.mean,
  min: histogram.min,
  max: histogram.max,
  quantiles: [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1].map((q) => histogram.quantile(q)),
});

describe('buckets', () => {
  it('hold their value and are at most 1/64 of it wide', () => {
    fc.assert(
      fc.property(magnitude, (value) => {
        const bucket = bucketOf(value);
        expect(bucketFloor(bucket)).toBeLessThanOrEqual(value);
        expect(bucketFloor(bucket + 1)).toBeGreaterThan(value);
        expect(bucketFloor(bucket + 1) - bucketFloor(bucket)).toBeLessThanOrEqual(Math.max(1, value / 64));
      }),
      { numRuns: 1000 },
    );
  });

  it('are exact below 128 and reach the largest safe integer', () => {
    for (let value = 0; value < 128; value++) expect(bucketFloor(bucketOf(value))).toBe(value);
    for (const value of [2 ** 31 - 1, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
      expect(bucketFloor(bucketOf(value))).toBeLessThanOrEqual(value);
      expect(bucketFloor(bucketOf(value) + 1)).toBeGreaterThan(value);
    }
    expect(bucketOf(2 ** 31) - bucketOf(2 ** 31 - 1)).toBe(1);
  });
});

describe('Histogram', () => {
  it('agrees with a sorted array: quantiles within 1 %, the rest exactly', () => {
    fc.assert(
      fc.property(fc.array(magnitude, { minLength: 1, maxLength: 200 }), (values) => {
        const histogram = new Histogram();
        for (const value of values) histogram.record(value);
        const sorted = [...values].sort((a, b) => a - b);
        expect(histogram.count).toBe(values.length);
        expect(histogram.min).toBe(sorted[0]);
        expect(histogram.max).toBe(sorted.at(-1));
        const sum = values.reduce((total, value) => total + BigInt(value), 0n);
        expect(histogram.mean).toBe(Number(sum) / values.length);
        for (const q of [0, 0.1, 0.5, 0.9, 0.99, 1]) {
          const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1];
          expect(Math.abs(histogram.quantile(q) - exact)).toBeLessThanOrEqual(exact / 100);
        }
      }),
    );
  });

  it('sums exactly where a plain sum would round', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(magnitude, fc.integer({ min: 1, max: 1e9 })), { minLength: 1, maxLength: 20 }),
        (runs) => {
          const histogram = new Histogram();
          let sum = 0n;
          let count = 0;
          for (const [value, n] of runs) {
            histogram.record(value, n);
            sum += BigInt(value) * BigInt(n);
            count += n;
          }
          expect(histogram.mean).toBe(Number(sum) / count);
        },
      ),
    );
  });

  it('does not depend on order, nor on being merged from parts', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(magnitude, fc.integer({ min: 1, max: 1e6 })), { maxLength: 50 }), (runs) => {
        const forth = new Histogram();
        const odd = new Histogram();
        const even = new Histogram();
        runs.forEach(([value, n], i) => {
          forth.record(value, n);
          (i % 2 === 0 ? even : odd).record(value, n);
        });
        const back = new Histogram();
        for (const [value, n] of [...runs].reverse()) back.record(value, n);
        odd.merge(even);
        expect(state(back)).toEqual(state(forth));
        expect(state(odd)).toEqual(state(forth));
      }),
    );
  });

  it('records a spread as its records one by one would be', () => {
    const upTo = fc.integer({ min: 0, max: 1e9 });
    fc.assert(
      fc.property(upTo, upTo, fc.integer({ min: 1, max: 3000 }), (low, span, n) => {
        const spread = new Histogram();
        spread.recordSpread(low, low + span, n);
        const single = new Histogram();
        for (let i = 0; i < n; i++) single.record(low + Math.floor(n === 1 ? span / 2 : (span * i) / (n - 1)));
        const { mean, ...rest } = state(spread);
        const { mean: flooredMean, ...singleRest } = state(single);
        expect(rest).toEqual(singleRest);
        expect(mean).toBe(n === 1 ? flooredMean : low + span / 2);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps a spread exact when its sum passes 2^53', () => {
    const histogram = new Histogram();
    histogram.recordSpread(2 ** 52, 2 ** 52 + 1, 1_000_001);
    histogram.recordSpread(2 ** 52, 2 ** 52 + 4, 3);
    expect(histogram.count).toBe(1_000_004);
    expect(histogram.mean).toBe(Number((2n ** 53n + 1n) * 1_000_001n + (2n ** 53n + 4n) * 3n) / 2_000_008);
  });

  it('is all zero when empty, and again after clear', () => {
    const histogram = new Histogram();
    const empty = { mean: 0, p50: 0, p99: 0, p999: 0, max: 0 };
    expect(histogram.toSummary()).toEqual(empty);
    histogram.recordSpread(1, 4, 7);
    histogram.clear();
    expect(histogram.toSummary()).toEqual(empty);
    histogram.record(3_000_000, 2);
    expect(histogram.toSummary(1_000_000)).toEqual({ mean: 3, p50: 3, p99: 3, p999: 3, max: 3 });
  });

  it('refuses what is no value', () => {
    const histogram = new Histogram();
    expect(() => histogram.record(-1)).toThrow('recorded 1 × -1');
    expect(() => histogram.record(Number.NaN)).toThrow('recorded 1 × NaN');
    expect(() => histogram.recordSpread(5, 4, 1)).toThrow('recorded 1 from 5 to 4');
  });
});
