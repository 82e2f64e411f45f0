import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from './histogram.ts';

const rising = fc
  .uniqueArray(fc.integer({ min: 0, max: 1000 }), { maxLength: 12 })
  .map((all) => all.sort((a, b) => a - b));

describe('Histogram', () => {
  it('counts a value in the first bucket whose bound it does not pass', () => {
    const histogram = new Histogram([1, 2, 5]);
    for (const value of [0, 1, 1.5, 2, 5, 6]) histogram.record(value);
    expect(histogram.snapshot()).toEqual({ bounds: [1, 2, 5], counts: [2, 2, 1, 1], count: 6, sum: 15.5 });
  });

  it('counts a spread as its values one by one', () => {
    fc.assert(
      fc.property(
        rising,
        fc.array(
          fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 40 })),
        ),
        (bounds, runs) => {
          const spread = new Histogram(bounds);
          const single = new Histogram(bounds);
          for (const [low, steps, n] of runs) {
            // Steps of whole numbers, so that no value is rounded across a bound.
            const high = n === 1 ? low : low + steps * (n - 1);
            spread.recordSpread(low, high, n);
            for (let i = 0; i < n; i++) single.record(low + steps * (n === 1 ? 0 : i));
          }
          const [a, b] = [spread.snapshot(), single.snapshot()];
          expect(a).toEqual(b);
          expect(a.count).toBe(runs.reduce((sum, [, , n]) => sum + n, 0));
        },
      ),
    );
  });

  it('hands out a copy that stays as it is', () => {
    const histogram = new Histogram([1]);
    const before = histogram.snapshot();
    histogram.record(1);
    expect(before.counts).toEqual([0, 0]);
    expect(() => (before.counts as number[]).push(1)).toThrow(TypeError);
  });

  it('refuses bounds that do not rise', () => {
    expect(() => new Histogram([1, 3, 3])).toThrow('bounds: expected rising numbers, got 3 after 3');
  });
});
