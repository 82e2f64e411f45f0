/**
 * Quantities as people write them: `17GB/s`, `8h`, `16KiB`, `8M/s`, `5%`. A unit is always required, because a bare
 * `100` has cost more planners a weekend than typing `ms` ever will.
 */

/** What a text may measure; the number that comes out is in the unit beside it. */
export const QUANTITIES = {
  /** Integer nanoseconds. */
  duration: {
    unit: 'ns',
    whole: true,
    noun: 'a duration with its unit',
    examples: ['250ms', '100us', '8h'],
    units: { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, min: 60e9, m: 60e9, h: 3600e9, d: 86400e9 },
  },
  /** Nanoseconds that may be fractions: what a processor spends on one byte. */
  cost: {
    unit: 'ns',
    whole: false,
    noun: 'a processing time with its unit',
    examples: ['20.8us', '64.8ns'],
    units: { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9 },
  },
  bytes: {
    unit: 'bytes',
    whole: true,
    noun: 'a size with its unit',
    examples: ['16KiB', '10MB', '1GiB'],
    units: {
      B: 1,
      kB: 1e3,
      KB: 1e3,
      MB: 1e6,
      GB: 1e9,
      TB: 1e12,
      PB: 1e15,
      KiB: 1024,
      MiB: 1048576,
      GiB: 1073741824,
      TiB: 1099511627776,
    },
  },
  byteRate: {
    unit: 'bytes/s',
    whole: false,
    noun: 'a byte rate with its unit',
    examples: ['17GB/s', '750Mbit/s', '2MiB/s'],
    units: {
      'B/s': 1,
      'kB/s': 1e3,
      'KB/s': 1e3,
      'MB/s': 1e6,
      'GB/s': 1e9,
      'TB/s': 1e12,
      'KiB/s': 1024,
      'MiB/s': 1048576,
      'GiB/s': 1073741824,
      'kbit/s': 125,
      'Mbit/s': 125e3,
      'Gbit/s': 125e6,
    },
  },
  recordRate: {
    unit: 'records/s',
    whole: false,
    noun: 'a record rate with its unit',
    examples: ['8M/s', '3000/s', '1.5k/s'],
    units: { '/s': 1, 'k/s': 1e3, 'M/s': 1e6, 'G/s': 1e9 },
  },
  /** A fraction of 1. */
  share: { unit: 'fraction of 1', whole: false, noun: 'a percentage', examples: ['5%', '100%'], units: { '%': 0.01 } },
} as const;

export type Quantity = keyof typeof QUANTITIES;

/** A value, or a sentence for people that says what was expected instead. */
export type Parsed<T> = { readonly value: T } | { readonly expected: string };

/** Times are integer nanoseconds in a JS number, which is exact for 104 days. */
const SAFE = Number.MAX_SAFE_INTEGER;

function unitsOf(quantity: Quantity): Readonly<Record<string, number>> {
  return QUANTITIES[quantity].units;
}

/** `a duration with its unit, such as 250ms`. */
export function expectation(quantity: Quantity): string {
  const { noun, examples } = QUANTITIES[quantity];
  return `${noun}, such as ${examples[0]}`;
}

/** The unit that a bare number most likely lacks, to show it in an error: ms for durations and so on. */
const LIKELY_UNIT: Readonly<Record<Quantity, string>> = {
  duration: 'ms',
  cost: 'us',
  bytes: 'KiB',
  byteRate: 'MB/s',
  recordRate: '/s',
  share: '%',
};

/** Both are likely of a duration: a linger is written in ms, a run in s. */
function withUnit(quantity: Quantity, digits: number | string): string {
  const likely = `${digits}${LIKELY_UNIT[quantity]}`;
  return quantity === 'duration' ? `${likely} or ${digits}s` : likely;
}

/** Reads a text; never throws. Negative and non-finite values are refused, and whole quantities must come out whole. */
export function parseQuantity(quantity: Quantity, given: unknown): Parsed<number> {
  const expected = expectation(quantity);
  if (typeof given === 'number') return { expected: `${expected} (write ${withUnit(quantity, given)}, not ${given})` };
  if (typeof given !== 'string') return { expected };
  const match = /^([+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e\d+)?)\s*(\S*)$/.exec(given.trim());
  if (match === null) return { expected };
  const [, digits, suffix] = match as unknown as [string, string, string];
  const units = unitsOf(quantity);
  if (suffix === '') return { expected: `${expected} (write ${withUnit(quantity, digits)}, not ${digits})` };
  if (!Object.hasOwn(units, suffix)) return { expected: `${expected}; units are ${Object.keys(units).join(', ')}` };
  const number = Number(digits);
  if (number < 0) return { expected: `${QUANTITIES[quantity].noun}, 0 or more` };
  const value = quantity === 'share' ? shiftDecimal(digits, -2) : number * units[suffix]!;
  if (!Number.isFinite(value) || value > SAFE) {
    const most =
      quantity === 'duration' ? '104d, the longest time that is exact in ns' : formatQuantity(quantity, SAFE);
    return { expected: `${QUANTITIES[quantity].noun}, at most ${most}` };
  }
  if (!QUANTITIES[quantity].whole) return { value };
  const whole = Math.round(value);
  // 0.1 and its kind are not exact in binary: what is meant is whole when the rest is rounding noise.
  if (Math.abs(value - whole) > 1e-9 * Math.max(1, value)) {
    return { expected: `${QUANTITIES[quantity].noun} that comes to whole ${QUANTITIES[quantity].unit}` };
  }
  return { value: whole };
}

/** Moves the point in the text, which is exact: 7 ÷ 100 and 0.07 × 100 are not what people mean by 7 %. */
function shiftDecimal(digits: string, places: number): number {
  const [mantissa, exponent = '0'] = digits.split('e') as [string, string?];
  return Number(`${mantissa}e${Number(exponent) + places}`);
}

/** The shortest text that reads back as exactly this value. `value ≥ 0`. */
export function formatQuantity(quantity: Quantity, value: number): string {
  if (quantity === 'share') return `${shiftDecimal(String(value), 2)}%`;
  let best = '';
  for (const [suffix, factor] of Object.entries(unitsOf(quantity))) {
    // Understood, but too close to metres, months and milli to be printed.
    if (suffix === 'm') continue;
    const digits = String(value / factor);
    const text = digits + suffix;
    if (best !== '' && text.length >= best.length) continue;
    const back = parseQuantity(quantity, text);
    if ('value' in back && back.value === value) best = text;
  }
  // Numbers such as 1e-7 have no plain decimal form; the base unit then carries the exponent for people to see.
  return best === '' ? `${value}${Object.keys(unitsOf(quantity))[0]}` : best;
}

/** The regular expression that editors check a text of this quantity with. */
export function quantityPattern(quantity: Quantity): string {
  const suffixes = Object.keys(unitsOf(quantity)).map((suffix) => suffix.replace('/', '\\/'));
  return `^(\\d+(\\.\\d+)?|\\.\\d+)(e\\d+)?\\s*(${suffixes.join('|')})$`;
}
