/** Which of the names a person most likely meant. */

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`, upper and lower case equal. */
export function editDistance(a: string, b: string): number {
  const from = a.toLowerCase();
  const to = b.toLowerCase();
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        cost = Math.min(cost, beforeLast[j - 2]! + 1);
      }
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[to.length]!;
}

/**
 * The candidate nearest to what was given, or undefined when none is near: half its letters wrong is another word.
 * Ties go to the candidate that comes first.
 */
export function nearest(given: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(given.length / 2)) + 1;
  for (const candidate of candidates) {
    // Who stops early knows what comes next better than who mistypes: a beginning is as near as one wrong letter.
    const begins = given.length >= 3 && candidate.toLowerCase().startsWith(given.toLowerCase());
    const distance = Math.min(editDistance(given, candidate), begins ? 1 : Infinity);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}
