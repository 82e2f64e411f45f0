/** The router: one job of a topic and a sink as a state machine, and the policies a user can replace. */
export { type Assignee, type Assignor, rangeAssignor, roundRobinAssignor, stickyAssignor } from './assignors.ts';
export { byCredit, pauseWhenFull } from './backpressure.ts';
export { commitAfter, commitEvery } from './commit.ts';
export { RouterCore, type RouterCoreOptions } from './core.ts';
export { DedupeWindow } from './dedupe.ts';
export type { RouterEffects } from './effects.ts';
export type {
  BackpressurePolicy,
  CommitPolicy,
  Grouping,
  OffsetReset,
  RetryReason,
  RouterRetryPolicy,
  SkipCause,
  WriteResult,
} from './policy.ts';
export { exponentialRetry } from './retry.ts';
export { RollingCount, type RollingCountOptions, type ScalingPolicy } from './scaling.ts';
