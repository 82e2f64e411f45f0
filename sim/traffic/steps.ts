/** A factor that moves in steps. */

/** Where each factor begins to hold. */
export interface Steps {
  readonly startsNs: readonly number[];
  readonly factors: readonly number[];
}

/** Both at once: each factor where either changes. */
export function product(one: Steps, other: Steps): Steps {
  const startsNs = [...new Set([...one.startsNs, ...other.startsNs])].sort((a, b) => a - b);
  let i = 0;
  let j = 0;
  const factors = startsNs.map((startNs) => {
    while (i + 1 < one.startsNs.length && one.startsNs[i + 1]! <= startNs) i++;
    while (j + 1 < other.startsNs.length && other.startsNs[j + 1]! <= startNs) j++;
    return one.factors[i]! * other.factors[j]!;
  });
  return { startsNs, factors };
}
