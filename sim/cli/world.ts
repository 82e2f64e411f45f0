import type { RunResult } from '../report/result.ts';
import type { Explanation, LoadOptions } from '../scenario/index.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** What the commands need of the rooms below. Handed in, so that a command is tested without a world. */
export interface World {
  /** Throws ScenarioError when the scenario is bad. */
  load(source: string, overrides: LoadOptions): Scenario;
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
