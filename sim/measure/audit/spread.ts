/**
 * Counts n records by window, evenly spread between the first and the last of them as logs have them. Calls back for each
 * window in rising order. Cost follows the windows that the run touches, not its records.
 */
export function spreadByWindow(
  run: { readonly n: number; readonly firstNs: number; readonly lastNs: number; readonly windowNs: number },
  each: (window: number, n: number) => void,
): void {
  const { n, firstNs, lastNs, windowNs } = run;
  const first = Math.floor(firstNs / windowNs);
  const last = Math.floor(lastNs / windowNs);
  if (first >= last || n === 1) {
    each(first, n);
    return;
  }
  const longNs = lastNs - firstNs;
  let from = 0;
  for (let window = first; window <= last && from < n; window++) {
    // The i-th stands at firstNs + longNs · i ÷ (n − 1). Multiplied first: what stands on a boundary is exact.
    const to = window === last ? n : Math.ceil((((window + 1) * windowNs - firstNs) * (n - 1)) / longNs);
    if (to > from) each(window, to - from);
    from = Math.max(from, to);
  }
}
