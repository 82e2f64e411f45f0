import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apportion } from './apportion.ts';

it('splits by weight', () => {
  expect(apportion(10, [1, 1, 2], 0)).toEqual([3, 2, 5]);
  expect(apportion(10, [1, 0], 1)).toEqual([9, 1]);
});

it('law: exact, nobody below the minimum, heavier never gets less by more than rounding', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), { minLength: 1, maxLength: 40 }),
      fc.nat(3),
      fc.nat(10_000),
      (weights, min, extra) => {
        const total = min * weights.length + extra;
        const parts = apportion(total, weights, min);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(total);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(min);
        weights.forEach((weight, i) => {
          weights.forEach((other, j) => {
            if (weight > other) expect(parts[i]!).toBeGreaterThanOrEqual(parts[j]! - 1);
          });
        });
      },
    ),
    { numRuns: 50 },
  );
});
