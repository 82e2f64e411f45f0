import type { RunResult } from './result.ts';

/** The text of `--json`: two blanks of indent, one newline at the end. Key order is the order of construction. */
export function toJson(result: RunResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}

/** The part that is a function of scenario, seed and version alone: what two runs must agree on to the byte. */
export function reproducible(result: RunResult): Omit<RunResult, 'wall'> {
  const { wall: _, ...rest } = result;
  return rest;
}
