/** Figures for people. Own arithmetic and fixed notation, so that the same result prints the same bytes everywhere. */

const COMPACT = [
  { from: 1e12, suffix: ' T' },
  { from: 1e9, suffix: ' G' },
  { from: 1e6, suffix: ' M' },
  { from: 1e3, suffix: ' k' },
] as const;

const BYTES = [
  { from: 1_099_511_627_776, suffix: ' TiB' },
  { from: 1_073_741_824, suffix: ' GiB' },
  { from: 1_048_576, suffix: ' MiB' },
  { from: 1024, suffix: ' KiB' },
] as const;

const SPANS = [
  { from: 86_400, suffix: ' d' },
  { from: 3_600, suffix: ' h' },
  { from: 60, suffix: ' min' },
  { from: 1, suffix: ' s' },
  { from: 1e-3, suffix: ' ms' },
  { from: 1e-6, suffix: ' µs' },
] as const;

/** Significant digits, without trailing zeros behind the point: `15`, `1.25`, `0.0042`. */
export function significant(value: number, digitsKept = 3): string {
  if (!Number.isFinite(value)) return '–';
  const [digits, exponent = ''] = value.toPrecision(digitsKept).split('e');
  if (exponent !== '') return Math.abs(value) >= 1 ? value.toFixed(0) : value.toExponential(1);
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

function scaled(value: number, scales: readonly { from: number; suffix: string }[], below: string): string {
  for (const { from, suffix } of scales) {
    if (Math.abs(value) >= from) return significant(value / from) + suffix;
  }
  return value === 0 ? `0${below}` : significant(value) + below;
}

/** An exact count with thousands marked, `80,012,345`; from 10^11 on, where columns end, in short: `312 G`. */
export function count(value: number): string {
  if (!Number.isInteger(value) || Math.abs(value) >= 1e11) return compact(value);
  return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** So many of something: `1 broker`, `1,700 brokers`. */
export function counted(value: number, one: string, several = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : several}`;
}

/** A large figure in short: `8.01 M`. */
export function compact(value: number): string {
  return scaled(value, COMPACT, '');
}

/** Bytes in binary units: `1.2 GiB`. */
export function bytes(value: number): string {
  return scaled(value, BYTES, ' B');
}

/** A span of time, given in seconds: `8 h`, `250 ms`. Minutes from two on: `80 s` is clearer than `1.33 min`. */
export function span(seconds: number): string {
  if (seconds === 0) return '0 s';
  if (seconds > 60 && seconds < 120) return `${significant(seconds)} s`;
  return scaled(seconds, SPANS, ' s');
}

/**
 * A share of 1 as per cent. What is not all and not nothing never prints as `100 %` or `0 %`: a planner must not take
 * one lost record in a million for none.
 */
export function share(fraction: number): string {
  if (!Number.isFinite(fraction)) return '–';
  if (fraction === 0) return '0 %';
  const percent = fraction * 100;
  if (fraction < 1 && percent > 99.99) return '>99.99 %';
  if (fraction > 0 && percent < 0.0001) return '<0.0001 %';
  if (fraction < 1 && percent > 99) return `${percent.toFixed(2)} %`;
  return `${significant(percent)} %`;
}

/** `part` of `whole` as per cent; a dash when there is no whole. */
export function shareOf(part: number, whole: number): string {
  return whole === 0 ? '–' : share(part / whole);
}

/** Milliseconds with what precision makes sense: `0.42`, `3.1`, `812`, `13,204`. */
export function milliseconds(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value >= 1000 ? count(Math.round(value)) : significant(value);
}
