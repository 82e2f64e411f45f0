import type { RunResult } from '../report/result.ts';
import type { Explanation, LoadOptions, Written } from '../scenario/index.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { PoliciesModule } from '../testing/check.ts';
import type { Failure } from '../testing/failure.ts';
import type { SearchNews, SearchTask } from '../testing/search-task.ts';
import type { SavedCase } from '../testing/token.ts';
import type { Search } from './search.ts';

/** What the commands need of the rooms below. Handed in, so that a command is tested without a world. */
export interface World {
  /** Throws ScenarioError when the scenario is bad. */
  load(source: string, overrides: LoadOptions): Scenario;
  /** The scenario as one written form that rests on no other. */
  written(source: string, overrides: LoadOptions): Written;
  hash(scenario: Scenario): string;
  presets(): readonly { readonly name: string; readonly summary: string }[];
  /** Throws ScenarioError for a path that is no setting; the empty path is the whole. */
  explain(path: string): Explanation;
  /** A commented scenario to start from. */
  template(): string;
  simulation(scenario: Scenario, options: { version: string }): RunningSimulation;
}

/** The part of a simulation that a command drives. */
export interface RunningSimulation {
  readonly nowNs: number;
  readonly endNs: number;
  readonly events: number;
  /** Runs about `budgetEvents` events; true when the end of the scenario is reached. */
  advance(options: { budgetEvents: number }): boolean;
  /** Checks the books; throws when they don't balance. */
  finish(): RunResult;
}

/** What the commands need of the testing kit. */
export interface Kit {
  threadsMax(): number;
  search(task: SearchTask, how: { threads: number; turn: () => Promise<void> }): Search;
  /** Former failures, run again. */
  corpus(task: SearchTask, cases: readonly SavedCase[]): SearchNews;
  /** Null when the promise holds now. */
  replay(saved: SavedCase, policies?: PoliciesModule['policies']): Failure | null;
}
