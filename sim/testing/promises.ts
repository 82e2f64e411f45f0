/**
 * Promises as plain functions, for any test runner. Each takes a run of one schedule, or a pipeline under test, for which
 * it searches: `losesAtMost(pipeline, 0)`. It answers whether the promise holds, and a message for when it does not.
 */
import type { Bounds, DuplicatesBound, Limit, LossBound } from './bounds.ts';
import { violationsOf } from './bounds.ts';
import { type CheckOptions, checkPolicy } from './check.ts';
import { scheduleLines } from './failure.ts';
import type { ScheduleRun } from './schedule-run.ts';

/** A pipeline under test: what to search, without what it promises. */
export type Pipeline = Omit<CheckOptions, 'bounds'>;
export type Subject = ScheduleRun | Pipeline;

export interface Verdict {
  readonly pass: boolean;
  /** Why it does not hold; what holds, when it does. */
  readonly message: string;
}

/** Records that are missing: dropped, unknown, or lost behind the logs. */
export function losesAtMost(subject: Subject, atMost: Limit, only: Omit<LossBound, 'atMost'> = {}): Verdict {
  return judged(subject, { loss: { ...only, atMost } }, 'loss');
}

/** Copies that sinks took as new. */
export function duplicatesAtMost(subject: Subject, atMost: Limit, only: Omit<DuplicatesBound, 'atMost'> = {}): Verdict {
  return judged(subject, { duplicates: { ...only, atMost } }, 'duplicates');
}

/** First arrivals in the order of offering, by key; default in the logs. */
export function keepsOrderPerKey(subject: Subject, where: 'log' | 'sinks' = 'log'): Verdict {
  return judged(subject, { order: where }, 'order');
}

/** From healing until nothing offered before it is on its way. */
export function recoversWithin(subject: Subject, time: string): Verdict {
  return judged(subject, { recovery: time }, 'recovery');
}

/** Most that a producer holds, overhead included: bytes, or a size with its unit. */
export function staysUnder(subject: Subject, bytes: number | string): Verdict {
  return judged(subject, { memory: bytes }, 'memory');
}

/** From a record's offer until a sink has it. */
export function staysFresherThan(subject: Subject, time: string, only: { readonly sink?: string } = {}): Verdict {
  const { sink } = only;
  return judged(subject, { staleness: sink === undefined ? time : { sink, atMost: time } }, 'staleness');
}

/** Every record is accounted for, no invariant breaks, and all drains once healed. */
export function balances(subject: Subject): Verdict {
  return judged(subject, { liveness: true }, 'books', 'liveness', 'determinism');
}

/** The verdict on one run speaks of the named promises alone; a search also fails on books and liveness. */
function judged(subject: Subject, bounds: Bounds, ...names: readonly string[]): Verdict {
  if ('digest' in subject) {
    const broken = violationsOf(subject, bounds).find(({ name }) => names.includes(name));
    if (broken === undefined) return { pass: true, message: `held, in this run: ${JSON.stringify(bounds)}` };
    const schedule = scheduleLines(subject.written).map((line) => `  ${line}`);
    return {
      pass: false,
      message: [`broken: ${broken.bound}`, `  seen: ${broken.seen}`, 'in', ...schedule].join('\n'),
    };
  }
  const { failure, schedules } = checkPolicy({ ...subject, bounds });
  if (failure === null) return { pass: true, message: `held over ${schedules} schedules: ${JSON.stringify(bounds)}` };
  return { pass: false, message: failure.text };
}
