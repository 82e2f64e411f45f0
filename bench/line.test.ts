import { expect, test } from 'vitest';
import { fitLine } from './line.ts';

test('points on a line give that line', () => {
  const line = fitLine([1, 2, 4, 8].map((x) => ({ x, y: 3 + 0.5 * x })));
  expect(line.slope).toBeCloseTo(0.5, 12);
  expect(line.intercept).toBeCloseTo(3, 12);
  expect(line.rSquared).toBeCloseTo(1, 12);
});

test('a cost that grows with the square explains less of itself by a line', () => {
  expect(fitLine([1, 2, 4, 8].map((x) => ({ x, y: x * x }))).rSquared).toBeLessThan(0.97);
});

test('two points would lie on a line whatever they are', () => {
  expect(() => fitLine([1, 2].map((x) => ({ x, y: x * x })))).toThrow('three points');
});
