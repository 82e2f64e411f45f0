/**
 * When metadata may be asked for again: at once after a quiet time, and ever less often while it does not help. One code for
 * the driver and for the simulator's producers.
 */
import type { RetryPolicy } from './policy.ts';

export interface Questions {
  /** Questions in short order. */
  readonly repeats: number;
  /** When the latest was asked; −Infinity: never. */
  readonly askedAtNs: number;
}

/** How long the next question waits from `nowNs` on, and which of those in short order it follows. `draw` is in [0, 1). */
export function nextQuestion(
  { repeats, askedAtNs }: Questions,
  { nowNs, retry, draw }: { readonly nowNs: number; readonly retry: RetryPolicy; readonly draw: number },
): { readonly leftNs: number; readonly repeats: number } {
  const waitNs = retry.backoffNs(Math.max(1, repeats), draw);
  const sinceNs = nowNs - askedAtNs;
  // Quiet for twice the wait: that trouble is over, this is another one.
  return { leftNs: Math.max(0, waitNs - sinceNs), repeats: sinceNs > 2 * waitNs ? 0 : repeats };
}

/** The first time after `nowNs` at which what was answered then is too old: it is asked for anew each time. */
export function agedNs(answeredAtNs: number, maxAgeNs: number, nowNs: number): number {
  return answeredAtNs + (Math.floor((nowNs - answeredAtNs) / maxAgeNs) + 1) * maxAgeNs;
}
