/** Wall-clock times in recorded traces, read without `Date`: a trace means the same on every machine, in every zone. */

const FORM = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(\.\d{1,6})?Z?$/;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A moment, to the microsecond. */
export interface Instant {
  /** Whole seconds since 0000-03-01 in the proleptic Gregorian calendar, leap seconds not counted. */
  readonly seconds: number;
  /** 0 to 999,999. */
  readonly us: number;
}

/** Reads `YYYY-MM-DD HH:MM:SS`, `T` and a fraction allowed; undefined if it is anything else, such as 30 February. */
export function parseTimestamp(text: string): Instant | undefined {
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]! + (leap && month === 2 ? 1 : 0)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  // Years that begin in March have their leap day last, which makes the days before a month a plain formula.
  const marchYear = month > 2 ? year : year - 1;
  const marchMonth = month > 2 ? month - 3 : month + 9;
  const days =
    marchYear * 365 +
    Math.floor(marchYear / 4) -
    Math.floor(marchYear / 100) +
    Math.floor(marchYear / 400) +
    Math.floor((153 * marchMonth + 2) / 5) +
    (day - 1);
  const fraction = match[7] === undefined ? 0 : Number(match[7].slice(1).padEnd(6, '0'));
  return { seconds: days * 86400 + hour * 3600 + minute * 60 + second, us: fraction };
}
