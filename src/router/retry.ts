import type { RouterRetryPolicy } from './policy.ts';

/**
 * Doubles from `backoffNs` to `backoffMaxNs`, then spreads over the upper half (a fifth each way, as Kafka's clients
 * do, is too narrow to part thousands of containers that a sink refused at the same moment).
 */
export function exponentialRetry(options: {
  readonly backoffNs: number;
  readonly backoffMaxNs: number;
  readonly refused?: RouterRetryPolicy['refused'];
}): RouterRetryPolicy {
  const { backoffNs, backoffMaxNs, refused } = options;
  return {
    name: 'exponential',
    refused,
    backoffNs(attempt, _reason, draw) {
      let wait = backoffNs;
      for (let i = 1; i < attempt && wait < backoffMaxNs; i++) wait *= 2;
      if (wait > backoffMaxNs) wait = backoffMaxNs;
      return Math.ceil(wait * (0.5 + draw / 2));
    },
  };
}
