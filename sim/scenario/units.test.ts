import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatQuantity, parseQuantity, QUANTITIES, type Quantity } from './units.ts';

const value = (kind: Quantity, text: unknown) => {
  const parsed = parseQuantity(kind, text);
  return 'value' in parsed ? parsed.value : parsed.expected;
};

describe('quantities', () => {
  it.each([
    ['byteRate', '17GB/s', 17e9],
    ['byteRate', '750Mbit/s', 93.75e6],
    ['byteRate', '2MiB/s', 2097152],
    ['duration', '8h', 28_800e9],
    ['duration', '250ms', 250e6],
    ['duration', '0.1s', 100e6],
    ['duration', '5 min', 300e9],
    ['bytes', '16KiB', 16384],
    ['bytes', '10MB', 10e6],
    ['recordRate', '8M/s', 8e6],
    ['share', '5%', 0.05],
    ['share', '7%', 0.07],
    ['cost', '64.8ns', 64.8],
  ] as const)('%s %s is %d', (kind, text, number) => {
    expect(value(kind, text)).toBe(number);
  });

  it('say what to write for a number without a unit', () => {
    expect(value('duration', 250)).toBe('a duration with its unit, such as 250ms (write 250ms or 250s, not 250)');
    expect(value('bytes', '16')).toBe('a size with its unit, such as 16KiB (write 16KiB, not 16)');
  });

  it('name the units that there are', () => {
    expect(value('duration', '5 sec')).toBe(
      'a duration with its unit, such as 250ms; units are ns, us, µs, ms, s, min, m, h, d',
    );
  });

  it('refuse what is negative, not whole or not exact', () => {
    expect(value('duration', '-5s')).toBe('a duration with its unit, 0 or more');
    expect(value('bytes', '1.5B')).toBe('a size with its unit that comes to whole bytes');
    expect(value('duration', '105d')).toBe(
      'a duration with its unit, at most 104d, the longest time that is exact in ns',
    );
    expect(value('duration', 'soon')).toBe('a duration with its unit, such as 250ms');
    expect(value('duration', null)).toBe('a duration with its unit, such as 250ms');
  });

  it('are written in the shortest way', () => {
    expect(formatQuantity('duration', 1_500_000_000)).toBe('1.5s');
    expect(formatQuantity('bytes', 65536)).toBe('64KiB');
    expect(formatQuantity('byteRate', 17e9)).toBe('17GB/s');
    expect(formatQuantity('share', 0.07)).toBe('7%');
    expect(formatQuantity('duration', 100 * 60e9)).toBe('6000s');
  });

  it('law: what is written reads back as the same value', () => {
    for (const kind of Object.keys(QUANTITIES) as Quantity[]) {
      const values = QUANTITIES[kind].whole
        ? fc.maxSafeNat()
        : fc.integer({ min: 0, max: 1_000_000 }).map((n) => n / 1000);
      fc.assert(
        fc.property(values, (n) => value(kind, formatQuantity(kind, n)) === n),
        { numRuns: 300 },
      );
    }
  });
});
