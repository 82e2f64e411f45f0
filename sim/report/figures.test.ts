import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, compact, count, milliseconds, share, shareOf, significant, span } from './figures.ts';

describe('figures for people', () => {
  it('keeps three significant digits and no idle zeros', () => {
    expect([15, 1.25, 0.0042, 41.333, 999.6, 1e-7, 0].map((value) => significant(value))).toEqual([
      '15',
      '1.25',
      '0.0042',
      '41.3',
      '1000',
      '1.0e-7',
      '0',
    ]);
    expect(significant(Number.POSITIVE_INFINITY)).toBe('–');
  });

  it('shows counts to the last record while a column holds them', () => {
    expect(count(80_012_345)).toBe('80,012,345');
    expect(count(999)).toBe('999');
    expect(count(-1_000)).toBe('-1,000');
    expect(count(691_200_000_000)).toBe('691 G');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999_999 }), (n) => Number(count(n).replaceAll(',', '')) === n),
    );
  });

  it('names the unit of large figures, bytes and spans', () => {
    expect([8.01e6, 530_000, 12].map(compact)).toEqual(['8.01 M', '530 k', '12']);
    expect([157_286_400, 512, 0].map(bytes)).toEqual(['150 MiB', '512 B', '0 B']);
    expect([28_800, 0.25, 60, 90, 150, 0, 86_400].map(span)).toEqual([
      '8 h',
      '250 ms',
      '1 min',
      '90 s',
      '2.5 min',
      '0 s',
      '1 d',
    ]);
    expect([0.42, 3.1446, 812.4, 13_204.4].map(milliseconds)).toEqual(['0.42', '3.14', '812', '13,204']);
  });

  it('never rounds a share to all or to nothing', () => {
    expect([0, 1, 0.33, 0.0001, 1e-9, 0.999999, 0.9987].map(share)).toEqual([
      '0 %',
      '100 %',
      '33 %',
      '0.01 %',
      '<0.0001 %',
      '>99.99 %',
      '99.87 %',
    ]);
    expect(shareOf(3, 0)).toBe('–');
    fc.assert(
      fc.property(fc.double({ min: Number.MIN_VALUE, max: 1, maxExcluded: true, noNaN: true }), (fraction) => {
        expect(share(fraction)).not.toBe('0 %');
        expect(share(fraction)).not.toBe('100 %');
        expect(share(fraction)).not.toBe('100.00 %');
      }),
    );
  });
});
