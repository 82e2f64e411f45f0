/**
 * Splits a whole number by weights, exactly: everyone gets `min`, the rest goes by weight, and what rounding leaves goes
 * to the largest remainders, the first of equal ones first. A total below `min` for each still gives each `min`.
 */
export function apportion(total: number, weights: readonly number[], min: number): number[] {
  const weightsTotal = weights.reduce((sum, weight) => sum + weight, 0);
  const spare = total - min * weights.length;
  if (spare <= 0 || !(weightsTotal > 0)) return weights.map(() => min);
  const ideal = weights.map((weight) => (weight / weightsTotal) * spare);
  const parts = ideal.map((part) => Math.floor(part));
  const order = ideal.map((_, i) => i).sort((a, b) => ideal[b]! - parts[b]! - (ideal[a]! - parts[a]!) || a - b);
  const rest = spare - parts.reduce((sum, part) => sum + part, 0);
  for (let k = 0; k < rest; k++) parts[order[k]!]! += 1;
  return parts.map((part) => min + part);
}
