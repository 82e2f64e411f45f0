/**
 * Searches for a schedule of faults that makes a pipeline break what it promises, and for the least such schedule.
 *
 * Every schedule is run in two phases: anything that was drawn goes wrong, then all is healed and must drain.
 */
import fc from 'fast-check';
import { hashString } from '../engine/index.ts';
import type { Written } from '../scenario/index.ts';
import { type ScenarioOptions, scenarios } from './arbitrary/scenarios.ts';
import { type Bounds, type Violation, violationsOf } from './bounds.ts';
import { type Failure, failureOf } from './failure.ts';
import type { Policies } from './policies.ts';
import { differenceOf } from './same-seed.ts';
import { type RunOptions, runSchedule, type ScheduleRun } from './schedule-run.ts';
import { type SavedCase, savedCaseOf } from './token.ts';

export interface CheckOptions extends ScenarioOptions, Policies, Pick<RunOptions, 'fidelity' | 'phases'> {
  /** What must hold. Books that balance and draining once healed are always asked for. */
  readonly bounds?: Bounds;
  /** Schedules to try. Default 100. */
  readonly runs?: number;
  /** Of the search. Default a new one each time; a failure prints what reproduces it. */
  readonly seed?: number;
  /** Tells checks apart that a replay could be for. Default what world and bounds say. */
  readonly name?: string;
  /** Schedules to run before any is drawn: failures of former times. */
  readonly corpus?: readonly Written[];
  /** Called after every schedule; false ends the search. */
  readonly onSchedule?: (run: ScheduleRun) => boolean | undefined;
  /**
   * Path of a JavaScript module whose `policies` are those of this check, from the working directory: a failure's command
   * then runs it from the command line. See `PoliciesModule`.
   */
  readonly module?: string;
  /** The token of a failure: only that schedule is run. Default the environment's `SPILLWAY_REPLAY`, if it is for this check. */
  readonly replay?: string;
}

export interface CheckReport {
  readonly ok: boolean;
  /** Schedules run, those of shrinking not counted. */
  readonly schedules: number;
  /** Null when all held. */
  readonly failure: Failure | null;
}

/** A promise that was broken; its message is the failure's text. */
export class PolicyFailure extends Error {
  override readonly name = 'PolicyFailure';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.text);
    this.failure = failure;
  }
}

/** How often one seed is run twice: each of the first, then now and then. */
const TWICE_FIRST = 5;
const TWICE_EVERY = 25;

/** Looks for a schedule that breaks the bounds. Throws only for options that can't be read. */
export function checkPolicy(options: CheckOptions): CheckReport {
  const check = new Check(options);
  const replay = replayFor(options, check.name);
  if (replay !== null) return check.only(replay);
  return check.corpus(options.corpus ?? []) ?? check.search();
}

/** What a module of policies exports as `policies`: code that a replay needs, and bounds where they are functions. */
export interface PoliciesModule {
  readonly policies: Policies & { readonly bounds?: Bounds };
}

/**
 * Runs a saved failure again; null when the promise holds now. Policies and bounds that are code are handed in. Throws
 * RangeError where they are missing.
 */
export function replayCase(saved: SavedCase, policies?: PoliciesModule['policies']): Failure | null {
  if (saved.code && policies === undefined) {
    throw new RangeError('a case whose policies or bounds are code; expected one of settings alone, or that code');
  }
  const { fidelity, phases, bounds, check: name, module } = saved;
  return new Check({ fidelity, phases, bounds, name, ...(module !== undefined && { module }), ...policies }).only(saved)
    .failure;
}

/** The same, and throws `PolicyFailure` when a bound is broken: for any test runner. */
export function assertPolicy(options: CheckOptions): void {
  const { failure } = checkPolicy(options);
  if (failure !== null) throw new PolicyFailure(failure);
}

class Check {
  readonly name: string;
  readonly #options: CheckOptions;
  readonly #bounds: Bounds;
  #schedules = 0;

  constructor(options: CheckOptions) {
    this.#options = options;
    this.#bounds = options.bounds ?? {};
    this.name = options.name ?? nameOf(options);
  }

  /** A former failure: told as it was told then, if it happens again. */
  only({ written, searched, broke }: SavedCase): CheckReport {
    const run = this.#run(written);
    const differs = broke === 'determinism' ? differenceOf(run, this.#options) : null;
    const violations = differs === null ? violationsOf(run, this.#bounds) : [cheating(differs)];
    const violation = violations.find(({ name }) => name === broke) ?? violations[0];
    return this.#report(violation === undefined ? null : this.#fail(run, violation, searched));
  }

  /** Null when all of them hold. */
  corpus(cases: readonly Written[]): CheckReport | null {
    for (const written of cases) {
      const run = this.#run(written);
      const [violation] = violationsOf(run, this.#bounds);
      if (violation !== undefined) return this.#report(this.#fail(run, violation, 'a schedule of the corpus'));
    }
    return null;
  }

  search(): CheckReport {
    const { runs = 100, seed } = this.#options;
    let found: { run: ScheduleRun; violation: Violation } | null = null;
    let differs: { run: ScheduleRun; text: string } | null = null;
    let stopped = false;
    let shrinks = 0;
    const details = fc.check(
      fc.property(scenarios(this.#options), (written) => {
        if (stopped) return true;
        const run = found === null ? this.#run(written) : runSchedule(written, this.#options);
        if (found === null) {
          differs = this.#twice(run);
          stopped = differs !== null || this.#options.onSchedule?.(run) === false;
          if (differs !== null) return true;
        } else shrinks++;
        const sought = found?.violation.name;
        // While it shrinks, it is the same promise that has to be broken.
        const violation = violationsOf(run, this.#bounds).find(({ name }) => sought === undefined || name === sought);
        if (violation === undefined) return true;
        found = { run, violation };
        return false;
      }),
      { numRuns: runs, ...(seed !== undefined && { seed }) },
    );
    // Set in the property, which the compiler does not follow.
    const least = found as { run: ScheduleRun; violation: Violation } | null;
    const cheat = differs as { run: ScheduleRun; text: string } | null;
    if (cheat !== null) return this.#report(this.#fail(cheat.run, cheating(cheat.text), `schedule ${this.#schedules}`));
    if (least === null) {
      if (details.failed) throw details.errorInstance ?? new Error('the search failed');
      return this.#report(null);
    }
    const again = differenceOf(least.run, this.#options);
    if (again !== null) return this.#report(this.#fail(least.run, cheating(again), `schedule ${this.#schedules}`));
    const searched = `schedule ${this.#schedules} of a search with seed ${details.seed}; the least of ${shrinks} that shrinking tried`;
    return this.#report(this.#fail(least.run, least.violation, searched));
  }

  #run(written: Written): ScheduleRun {
    this.#schedules++;
    return runSchedule(written, this.#options);
  }

  #twice(run: ScheduleRun): { run: ScheduleRun; text: string } | null {
    if (this.#schedules > TWICE_FIRST && this.#schedules % TWICE_EVERY !== 0) return null;
    const text = differenceOf(run, this.#options);
    return text === null ? null : { run, text };
  }

  #fail(run: ScheduleRun, violation: Violation, searched: string): Failure {
    const { fidelity = 'record', phases = {}, producer, router, dedupe, module } = this.#options;
    const code = producer !== undefined || router !== undefined || dedupe !== undefined || hasFunction(this.#bounds);
    const bounds = hasFunction(this.#bounds) ? {} : this.#bounds;
    const from = code && module !== undefined ? { module } : {};
    const saved = { fidelity, phases, bounds, code, ...from, check: this.name, searched };
    return failureOf(run, violation, { options: this.#options, bounds: this.#bounds, saved });
  }

  #report(failure: Failure | null): CheckReport {
    return { ok: failure === null, schedules: this.#schedules, failure };
  }
}

function cheating(text: string): Violation {
  return { name: 'determinism', bound: 'the same seed gives the same run', seen: text, record: null };
}

function hasFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasFunction);
}

/** The same for the same check in the same test, and nothing that changes with a policy's code. */
function nameOf({ world, bounds, faults }: CheckOptions): string {
  const told = JSON.stringify([world instanceof fc.Arbitrary ? 'drawn' : world, faults, bounds], (_, value: unknown) =>
    typeof value === 'function' ? 'code' : value,
  );
  return hashString(told ?? '').toString(16);
}

function replayFor({ replay }: CheckOptions, name: string): SavedCase | null {
  if (replay !== undefined) return savedCaseOf(replay);
  const token = process.env.SPILLWAY_REPLAY;
  if (token === undefined || token === '') return null;
  const saved = savedCaseOf(token);
  return saved.check === name ? saved : null;
}
