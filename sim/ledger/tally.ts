/** Counts by cause. Absent means none, so that a report names only what happened. */
export type Tally<K extends string = string> = Partial<Record<K, number>>;

export function addTo<K extends string>(tally: Tally<K>, cause: K, n: number): void {
  if (n !== 0) tally[cause] = (tally[cause] ?? 0) + n;
}

export function tallied<K extends string>(tally: Tally<K>): number {
  let total = 0;
  for (const cause of Object.keys(tally) as K[]) total += tally[cause] ?? 0;
  return total;
}
