/** The search of `spillway check`: one task, split over as many threads as there are, each with seeds of its own. */
import { resolveScenario, ScenarioError, type Written } from '../scenario/index.ts';
import type { FaultKindName } from './arbitrary/fault-kinds.ts';
import { checkPolicy } from './check.ts';
import type { Phases } from './phases.ts';
import type { SavedCase } from './token.ts';

/** What a thread has to know; copied to it, so data alone. */
export interface SearchTask {
  readonly world: Written;
  readonly check: string;
  readonly seed: number;
  readonly fidelity: 'record' | 'request';
  readonly phases: Phases;
  readonly faults: {
    readonly kinds?: readonly FaultKindName[];
    readonly faultsMax?: number;
    readonly apart?: string;
    readonly forMax?: string;
  };
}

/** What a thread says, after every few schedules. */
export interface SearchNews {
  readonly schedules: number;
  readonly failure: FoundFailure | null;
}

export interface FoundFailure {
  readonly saved: SavedCase;
  readonly text: string;
}

/** Schedules between two pieces of news: seconds at most, for a world that takes a tenth of one. */
const SLICE = 20;

/** Searches slice by slice, without end; `part` of `parts` takes every so many-th seed. Ends after a failure. */
export function* searchSlices(
  task: SearchTask,
  { part, parts }: { part: number; parts: number },
): Generator<SearchNews> {
  const { world, fidelity, phases, faults, check: name, seed } = task;
  for (let slice = part; ; slice += parts) {
    const options = { world, fidelity, phases, faults, name, runs: SLICE, seed: (seed + slice) | 0 };
    const { schedules, failure } = checkPolicy(options);
    yield { schedules, failure: failure === null ? null : { saved: failure.saved, text: failure.text } };
    if (failure !== null) return;
  }
}

/** Runs the schedules of former failures on the world as it is now. A schedule that no longer fits it is left out. */
export function searchCorpus(task: SearchTask, cases: readonly SavedCase[]): SearchNews {
  const { world, fidelity, phases, check: name } = task;
  const corpus = cases.flatMap(({ written: { seed, faults } }) => {
    const written = { ...world, seed, faults } as Written;
    return fits(written) ? [written] : [];
  });
  const { schedules, failure } = checkPolicy({ world, fidelity, phases, name, corpus, runs: 0 });
  return { schedules, failure: failure === null ? null : { saved: failure.saved, text: failure.text } };
}

function fits(written: Written): boolean {
  try {
    resolveScenario(written);
    return true;
  } catch (error) {
    if (error instanceof ScenarioError) return false;
    throw error;
  }
}
