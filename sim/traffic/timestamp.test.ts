import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseTimestamp } from './timestamp.ts';

const between = (a: string, b: string): number => parseTimestamp(b)!.seconds - parseTimestamp(a)!.seconds;

it('reads the forms that metrics are exported in', () => {
  expect(between('2014-04-10 00:04:00', '2014-04-10T00:09:30Z')).toBe(330);
  expect(parseTimestamp('2014-04-10 00:04:00.25')!.us).toBe(250_000);
});

it('knows leap years', () => {
  expect(between('2016-02-28 00:00:00', '2016-03-01 00:00:00')).toBe(2 * 86400);
  expect(between('2015-02-28 00:00:00', '2015-03-01 00:00:00')).toBe(86400);
  expect(between('1900-02-28 00:00:00', '1900-03-01 00:00:00')).toBe(86400);
});

it('refuses what is no time', () => {
  for (const text of [
    '',
    '2014-04-10',
    '10.04.2014 00:00:00',
    '2015-02-29 00:00:00',
    '2014-13-01 00:00:00',
    '2014-04-10 24:00:00',
    '2014-04-31 00:00:00',
  ]) {
    expect(parseTimestamp(text), text).toBeUndefined();
  }
});

/** Days since 1 January 1800, counted one month at a time. */
function daysCounted(year: number, month: number, day: number): number {
  let days = day - 1;
  for (let y = 1800; y <= year; y++) {
    const leap = (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
    const months = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    days += months.slice(0, y < year ? 12 : month - 1).reduce((sum, length) => sum + length, 0);
  }
  return days;
}

it('law: agrees with counting the days', () => {
  const date = fc.record({
    year: fc.integer({ min: 1800, max: 2300 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 28 }),
  });
  const two = (n: number): string => String(n).padStart(2, '0');
  fc.assert(
    fc.property(date, ({ year, month, day }) => {
      const text = `${year}-${two(month)}-${two(day)} 00:00:01`;
      expect(between('1800-01-01 00:00:00', text)).toBe(daysCounted(year, month, day) * 86400 + 1);
    }),
  );
});
