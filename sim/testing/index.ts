/**
 * Testing what a pipeline promises: schedules of faults by the hundred, the least one that breaks a promise, and the
 * story of a record that it cost.
 *
 * ```ts
 * import { assertPolicy } from 'spillway/testing';
 * assertPolicy({ world, faults: { kinds: ['broker-stop'] }, bounds: { loss: 0 } });
 * ```
 */
export { FAULT_KINDS, type FaultKind, type FaultKindName, type WrittenFault } from './arbitrary/fault-kinds.ts';
export { type ScenarioOptions, scenarios } from './arbitrary/scenarios.ts';
export { faultSchedules, type ScheduleOptions } from './arbitrary/schedules.ts';
export { policySettings, type Settings, withSettings } from './arbitrary/settings.ts';
export { type Traffic, type TrafficOptions, traffics, withTraffic } from './arbitrary/traffic.ts';
export { type Range, WORLD_BASE, type WorldOptions, worlds } from './arbitrary/worlds.ts';
export {
  type BoundName,
  type Bounds,
  type DuplicatesBound,
  type Limit,
  type LossBound,
  type Violation,
  violationsOf,
} from './bounds.ts';
export {
  assertPolicy,
  type CheckOptions,
  type CheckReport,
  checkPolicy,
  type PoliciesModule,
  PolicyFailure,
  replayCase,
} from './check.ts';
export { type Failure, scheduleLines } from './failure.ts';
export type { Loss, LossCause } from './losses.ts';
export { type MatcherResult, matchers, type PipelineMatchers } from './matchers.ts';
export type { Phases, PhaseTimes } from './phases.ts';
export type { Deduper, Policies, PolicyContext } from './policies.ts';
export { PolicyClock } from './policy-clock.ts';
export {
  balances,
  duplicatesAtMost,
  keepsOrderPerKey,
  losesAtMost,
  type Pipeline,
  recoversWithin,
  type Subject,
  staysFresherThan,
  staysUnder,
  type Verdict,
} from './promises.ts';
export type { Copy, Disorder, RecordBook, RecordLife } from './record-book.ts';
export { type RunOptions, runSchedule, type ScheduleRun } from './schedule-run.ts';
export { type PartitionState, type ProducerQueue, type SinkState, TimeTravel } from './time-travel.ts';
export { type SavedCase, savedCaseOf, tokenOf } from './token.ts';
