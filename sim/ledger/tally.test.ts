import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addTo, type Tally, tallied } from './tally.ts';

describe('a tally', () => {
  it('counts by cause', () => {
    const tally: Tally = {};
    addTo(tally, 'expired', 2);
    addTo(tally, 'evicted', 5);
    addTo(tally, 'expired', 3);
    expect(tally).toEqual({ expired: 5, evicted: 5 });
  });

  it('names no cause that never happened', () => {
    const tally: Tally = {};
    addTo(tally, 'expired', 0);
    expect(Object.keys(tally)).toEqual([]);
    expect(tallied(tally)).toBe(0);
  });

  it('comes to the sum of all that was added', () => {
    const entry = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(1_000));
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        const tally: Tally = {};
        for (const [cause, n] of entries) addTo(tally, cause, n);
        expect(tallied(tally)).toBe(entries.reduce((sum, [, n]) => sum + n, 0));
        for (const cause of ['a', 'b', 'c']) {
          const n = entries.reduce((sum, [of, each]) => (of === cause ? sum + each : sum), 0);
          expect(tally[cause]).toBe(n === 0 ? undefined : n);
        }
      }),
    );
  });
});
