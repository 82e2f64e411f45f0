import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateCurve } from './rate-curve.ts';

const curves = fc
  .array(
    fc.record({
      length: fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 1e13 })),
      factor: fc.oneof(fc.constant(0), fc.constant(1e-6), fc.double({ min: 0.001, max: 100, noNaN: true })),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => {
    const starts = [0];
    for (const { length } of parts.slice(0, -1)) starts.push(starts[starts.length - 1]! + length);
    return { starts, factors: parts.map(({ factor }) => factor) };
  });
const times = fc.oneof(fc.nat(2000), fc.integer({ min: 0, max: 1e14 }));

describe('a rate curve', () => {
  const curve = new RateCurve([0, 100, 200, 300], [1, 3, 0, 0.5]);

  it('is constant over each segment, and the last holds for ever', () => {
    expect([0, 99, 100, 250, 300, 1e12].map((ns) => curve.factorAt(ns))).toEqual([1, 1, 3, 0, 0.5, 0.5]);
  });

  it('integrates', () => {
    expect([0, 50, 100, 150, 200, 250, 300, 302].map((ns) => curve.integralNs(ns))).toEqual([
      0, 50, 100, 250, 400, 400, 400, 401,
    ]);
  });

  it('finds the first time that an integral is reached, across a stretch without traffic', () => {
    expect([0, 50, 100, 101, 399, 400, 400.5, 401].map((x) => curve.timeOf(x))).toEqual([
      0, 50, 100, 101, 200, 200, 301, 302,
    ]);
  });

  it('never reaches what comes after the traffic has ended', () => {
    const ends = new RateCurve([0, 10], [2, 0]);
    expect(ends.timeOf(20)).toBe(10);
    expect(ends.timeOf(20.001)).toBe(Infinity);
    expect(new RateCurve([0], [0]).timeOf(1)).toBe(Infinity);
  });

  it('refuses what is no curve', () => {
    expect(() => new RateCurve([], [])).toThrow(RangeError);
    expect(() => new RateCurve([0, 1], [1])).toThrow(RangeError);
    expect(() => new RateCurve([1], [1])).toThrow(RangeError);
    expect(() => new RateCurve([0, 5, 5], [1, 1, 1])).toThrow(RangeError);
    expect(() => new RateCurve([0, 1.5], [1, 1])).toThrow(RangeError);
    expect(() => new RateCurve([0], [-1])).toThrow(RangeError);
    expect(() => new RateCurve([0], [Number.NaN])).toThrow(RangeError);
  });

  it('law: the integral never falls, and grows by the factor', () => {
    fc.assert(
      fc.property(curves, times, times, ({ starts, factors }, a, b) => {
        const each = new RateCurve(starts, factors);
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(each.integralNs(high)).toBeGreaterThanOrEqual(each.integralNs(low));
        const last = starts[starts.length - 1]!;
        expect(each.integralNs(last + low) - each.integralNs(last)).toBeCloseTo(low * factors[factors.length - 1]!, -1);
      }),
      { numRuns: 300 },
    );
  });

  it('law: timeOf is the inverse of the integral, to the nanosecond', () => {
    fc.assert(
      fc.property(
        curves,
        fc.array(fc.double({ min: 0, max: 1e15, noNaN: true }), { maxLength: 20 }),
        ({ starts, factors }, integrals) => {
          const each = new RateCurve(starts, factors);
          for (const integral of [...integrals, ...starts.map((start) => each.integralNs(start))]) {
            const ns = each.timeOf(integral);
            if (ns === Infinity) {
              const reach = each.integralNs(Number.MAX_SAFE_INTEGER);
              expect(reach).toBeLessThanOrEqual(integral * (1 + 1e-12) + 1);
              continue;
            }
            expect(Number.isSafeInteger(ns)).toBe(true);
            expect(each.integralNs(ns)).toBeGreaterThanOrEqual(integral);
            if (ns > 0) expect(each.integralNs(ns - 1)).toBeLessThan(integral);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('law: what was asked before changes no answer', () => {
    fc.assert(
      fc.property(curves, fc.array(times, { minLength: 1, maxLength: 20 }), ({ starts, factors }, asked) => {
        const worn = new RateCurve(starts, factors);
        for (const ns of asked) {
          const fresh = new RateCurve(starts, factors);
          expect([worn.factorAt(ns), worn.integralNs(ns), worn.timeOf(ns)]).toEqual([
            fresh.factorAt(ns),
            fresh.integralNs(ns),
            fresh.timeOf(ns),
          ]);
        }
      }),
      { numRuns: 200 },
    );
  });
});
