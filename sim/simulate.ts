/** One call from a scenario to its result. */

import type { RunResult } from './report/result.ts';
import { type LoadOptions, loadScenario, type Written } from './scenario/index.ts';
import { Simulation, type SimulationOptions } from './simulation.ts';

export interface SimulateOptions extends SimulationOptions, LoadOptions {}

/**
 * Runs a scenario to its end. `what` is a preset's name, a YAML file's path, or the written form in TypeScript (see
 * `defineScenario`). Throws ScenarioError for a bad scenario, InvariantError when the books don't balance.
 *
 * `wall` is zero in the result: this function looks at no clock, so that the same call always gives the same result.
 */
export function simulate(what: string | Written, options: SimulateOptions = {}): RunResult {
  const simulation = new Simulation(loadScenario(what, options), options);
  simulation.advance();
  return simulation.finish();
}
