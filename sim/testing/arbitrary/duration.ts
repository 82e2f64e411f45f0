/** Durations of written scenarios in whole milliseconds: what arbitraries draw and shrink. */
import { parseQuantity } from '../../scenario/index.ts';

const NS_PER_MS = 1_000_000;

/** Throws RangeError for a text that is no duration; parts of a millisecond are dropped. */
export function msOf(text: string): number {
  const parsed = parseQuantity('duration', text);
  if (!('value' in parsed)) throw new RangeError(`${JSON.stringify(text)}; expected ${parsed.expected}`);
  return Math.floor(parsed.value / NS_PER_MS);
}

export function nsOf(text: string): number {
  return msOf(text) * NS_PER_MS;
}

/** `1500ms`, `2s`: as people write it. */
export function textOfMs(ms: number): string {
  return ms > 0 && ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
