/** The promises as matchers: `expect.extend(matchers)` of vitest or jest. */
import type { DuplicatesBound, Limit, LossBound } from './bounds.ts';
import {
  balances,
  duplicatesAtMost,
  keepsOrderPerKey,
  losesAtMost,
  recoversWithin,
  type Subject,
  staysFresherThan,
  staysUnder,
  type Verdict,
} from './promises.ts';

/** What a matcher answers, to either runner. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

const result = ({ pass, message }: Verdict): MatcherResult => ({ pass, message: () => message });

/** What `expect(subject)` offers once the matchers are there. */
export interface PipelineMatchers<R = unknown> {
  /** Records that are missing; `only` narrows it by class, cause or sink, or to those that were acknowledged. */
  toLoseAtMost(atMost: Limit, only?: Omit<LossBound, 'atMost'>): R;
  /** Copies that sinks took as new. */
  toDuplicateAtMost(atMost: Limit, only?: Omit<DuplicatesBound, 'atMost'>): R;
  /** First arrivals in the order of offering, by key; default in the logs. */
  toKeepOrderPerKey(where?: 'log' | 'sinks'): R;
  /** From healing until nothing offered before it is on its way, a duration. */
  toRecoverWithin(time: string): R;
  /** Most that a producer holds: bytes, or a size with its unit. */
  toStayUnder(bytes: number | string): R;
  /** From a record's offer until a sink has it, a duration. */
  toStayFresherThan(time: string, only?: { readonly sink?: string }): R;
  /** Every record is accounted for, no invariant breaks, and all drains once healed. */
  toBalance(): R;
}

export const matchers = {
  toLoseAtMost: (subject: Subject, atMost: Limit, only?: Omit<LossBound, 'atMost'>) =>
    result(losesAtMost(subject, atMost, only)),
  toDuplicateAtMost: (subject: Subject, atMost: Limit, only?: Omit<DuplicatesBound, 'atMost'>) =>
    result(duplicatesAtMost(subject, atMost, only)),
  toKeepOrderPerKey: (subject: Subject, where?: 'log' | 'sinks') => result(keepsOrderPerKey(subject, where)),
  toRecoverWithin: (subject: Subject, time: string) => result(recoversWithin(subject, time)),
  toStayUnder: (subject: Subject, bytes: number | string) => result(staysUnder(subject, bytes)),
  toStayFresherThan: (subject: Subject, time: string, only?: { readonly sink?: string }) =>
    result(staysFresherThan(subject, time, only)),
  toBalance: (subject: Subject) => result(balances(subject)),
};
