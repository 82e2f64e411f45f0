import type { IntervalSet } from '../../ledger/intervals.ts';

/** Calls back for each stretch of [from, to) that is not in the set. For the rare overlap: each stretch costs two logarithms. */
export function visitGaps(
  set: IntervalSet,
  range: { readonly from: number; readonly to: number },
  each: (from: number, to: number) => void,
): void {
  const { to } = range;
  let at = Math.min(to, set.contiguousFrom(range.from));
  while (at < to) {
    // The largest end for which nothing between is covered.
    let low = at + 1;
    let high = to;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (set.covered(at, middle) === 0) low = middle;
      else high = middle - 1;
    }
    each(at, low);
    at = Math.min(to, set.contiguousFrom(low));
  }
}
