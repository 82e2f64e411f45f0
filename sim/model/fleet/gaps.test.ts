import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IntervalSet } from '../../ledger/intervals.ts';
import { visitGaps } from './gaps.ts';

it('the gaps of a range are what the set does not cover, in order', () => {
  const interval = fc.tuple(fc.nat(40), fc.nat(10));
  fc.assert(
    fc.property(fc.array(interval), interval, (added, [from, length]) => {
      const set = new IntervalSet();
      for (const [start, n] of added) set.add(start, start + n);
      const seen: number[] = [];
      visitGaps(set, { from, to: from + length }, (low, high) => {
        for (let i = low; i < high; i++) seen.push(i);
      });
      const expected = Array.from({ length }, (_, i) => from + i).filter((i) => set.covered(i, i + 1) === 0);
      expect(seen).toEqual(expected);
    }),
  );
});
