import type { WriteResult } from '../../../src/router/policy.ts';
import type { Outages } from './outages.ts';

/**
 * A sink as its writers see it. What becomes of a write is settled when it is accepted, a stop that comes before
 * `landNs` excepted; so a sink needs no events of its own. The answer is left in fields: nothing is allocated.
 */
export interface SinkModel {
  readonly outages: Outages;
  /** Takes a write now. Then the fields below speak of it, until the next. Hot path: positional. */
  accept(records: number, bytes: number, nowNs: number): WriteResult;
  /** Turns a write down now: `answerNs` says when the writer hears of it. */
  refuse(nowNs: number): void;
  /** From now on it is so many times slower for what it accepts; 1 is as it should be. */
  slow(factors: SinkSlowness): void;
  /** When the sink has it for good, ns. */
  readonly landNs: number;
  /** When a reader of the sink can see it, ns: latency is counted up to here. */
  readonly visibleNs: number;
  /** When the writer has the answer, ns. */
  readonly answerNs: number;
}

/** How many times slower: what it takes a second, and how long an answer takes beside that. */
export interface SinkSlowness {
  readonly rate: number;
  readonly latency: number;
}
