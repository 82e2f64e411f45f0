import { describe, expect, it } from 'vitest';
import { Refusals } from './refusals.ts';

const WRITES = 20_000;
const count = (refusals: Refusals, result: string): number =>
  Array.from({ length: WRITES }, (_, i) => refusals.judge(3, i, 5, i * 7)).filter((each) => each === result).length;

describe('refusals', () => {
  it('turn down the share that was asked for, and none once they have ended', () => {
    const refusals = new Refusals(1);
    const fifth = { share: 0.2, manner: 'retriable' } as const;
    refusals.begin(fifth);
    expect(count(refusals, 'rejected') / WRITES).toBeCloseTo(0.2, 1.7);
    // Two that do not know of each other let through 0.8 · 0.5.
    refusals.begin({ share: 0.5, manner: 'retriable' });
    expect(count(refusals, 'rejected') / WRITES).toBeCloseTo(0.6, 1.7);
    refusals.end(fifth);
    expect(count(refusals, 'rejected') / WRITES).toBeCloseTo(0.5, 1.7);
  });

  it('for good know a write again by where it begins, whoever tries', () => {
    const refusals = new Refusals(1);
    refusals.begin({ share: 0.3, manner: 'for-good' });
    expect(count(refusals, 'refused') / WRITES).toBeCloseTo(0.3, 1.7);
    for (let offset = 0; offset < 100; offset++) {
      expect(refusals.judge(1, 10, 5, offset)).toBe(refusals.judge(2, 999, 5, offset));
    }
  });
});
