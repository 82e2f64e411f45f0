import { expect, it } from 'vitest';
import { progressLine } from './progress.ts';
import { nextBudget } from './run.ts';

const half = { nowNs: 6e9, endNs: 12e9, warmupNs: 2e9, events: 31_100_000, wallMs: 3_000 };

it('shows simulated time, events and the real-time factor', () => {
  expect(progressLine(half, 80)).toBe('[===============>              ]  6.0/12.0 s  31.1 M events  2x real time');
});

it('fills up at the end and never leaves the line', () => {
  expect(progressLine({ ...half, nowNs: 12e9 }, 80)).toMatch(/^\[={30}\] {2}12\.0\/12\.0 s/);
  for (let columns = 1; columns < 120; columns++) {
    for (const nowNs of [0, 1e9, 11.99e9, 12e9]) {
      expect(progressLine({ ...half, nowNs }, columns).length).toBeLessThan(Math.max(columns, 1));
    }
  }
});

it('steers slices towards the wall time that Ctrl-C may wait', () => {
  expect(nextBudget(100_000, 80)).toBe(100_000);
  expect(nextBudget(100_000, 160)).toBe(50_000);
  expect(nextBudget(100_000, 1)).toBe(200_000);
  expect(nextBudget(100_000, 100_000)).toBe(50_000);
  expect(nextBudget(1_000, 100_000)).toBe(1_000);
  expect(nextBudget(100_000, 0)).toBe(200_000);
});
