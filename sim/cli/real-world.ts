import { explain, loadScenario, presets, scenarioHash, scenarioTemplate } from '../scenario/index.ts';
import { Simulation } from '../simulation.ts';
import type { World } from './world.ts';

/** The rooms below, as they are. */
export const realWorld: World = {
  load: loadScenario,
  hash: scenarioHash,
  presets: () => presets,
  explain,
  template: scenarioTemplate,
  simulation: (scenario, options) => new Simulation(scenario, options),
};
