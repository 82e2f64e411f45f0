import type { RetryPolicy } from './policy.ts';

export interface ExponentialOptions {
  /** Wait after the first failure, before jitter, ns. Default 100 ms (AK `retry.backoff.ms`). */
  readonly retryBackoffNs?: number;
  /** Longest wait, jitter included, ns. Default 1 s (AK `retry.backoff.max.ms`). */
  readonly retryBackoffMaxNs?: number;
  /** Each wait is so many times the one before, ≥ 1. Default 2 (AK `RETRY_BACKOFF_EXP_BASE`). */
  readonly factor?: number;
  /** Waits are spread evenly over 1 ± jitter, in 0 … 1. Default 0.2 (AK `RETRY_BACKOFF_JITTER`). */
  readonly jitter?: number;
}

const MS = 1_000_000;
/** Bounds the work of an answer: later attempts wait as long as this one. With the default factor 5 reach the bound. */
const GROWING_ATTEMPTS_MAX = 64;

/**
 * Waits that grow by a factor up to a bound, with jitter so that producers that failed together do not come back
 * together. As in Kafka, the jitter never exceeds the bound, so at the bound half of the waits are exactly the bound.
 * Factor 1 and jitter 0 make it constant. Answers whole nanoseconds.
 */
export function exponential(options: ExponentialOptions = {}): RetryPolicy {
  const { retryBackoffNs = 100 * MS, retryBackoffMaxNs = 1_000 * MS, factor = 2, jitter = 0.2 } = options;
  atLeast('retryBackoffNs', retryBackoffNs, 0);
  atLeast('retryBackoffMaxNs', retryBackoffMaxNs, 0);
  atLeast('factor', factor, 1);
  atLeast('jitter', jitter, 0);
  if (jitter > 1) throw new RangeError(`exponential: jitter must be at most 1, got ${jitter}`);
  return {
    name: 'exponential',
    backoffNs(attempt: number, draw: number): number {
      let waitNs = retryBackoffNs;
      // Multiplied up, as powers do not have the same bits on every machine.
      const last = Math.min(attempt, GROWING_ATTEMPTS_MAX);
      for (let i = 1; i < last && waitNs < retryBackoffMaxNs; i++) waitNs *= factor;
      waitNs = Math.min(waitNs, retryBackoffMaxNs) * (1 - jitter + 2 * jitter * draw);
      return Math.min(Math.floor(waitNs), retryBackoffMaxNs);
    },
  };
}

function atLeast(option: keyof ExponentialOptions, value: number, bound: number): void {
  if (!(Number.isFinite(value) && value >= bound)) {
    throw new RangeError(`exponential: ${option} must be a finite number ≥ ${bound}, got ${value}`);
  }
}
