import { explain, loadScenario, presets, scenarioHash, scenarioTemplate, writtenScenario } from '../scenario/index.ts';
import { Simulation } from '../simulation.ts';
import { replayCase } from '../testing/check.ts';
import { searchCorpus } from '../testing/search-task.ts';
import { startSearch, threadsMax } from './search.ts';
import type { Kit, World } from './world.ts';

/** The rooms below, as they are. */
export const realWorld: World = {
  load: loadScenario,
  written: writtenScenario,
  hash: scenarioHash,
  presets: () => presets,
  explain,
  template: scenarioTemplate,
  simulation: (scenario, options) => new Simulation(scenario, options),
};

export const realKit: Kit = { threadsMax, search: startSearch, corpus: searchCorpus, replay: replayCase };
