/** Looks at each sink's lag now and then, as a monitor would: the largest seen, and how it stands now. */
import type { Engine } from '../engine/index.ts';
import type { LogView } from '../model/doors.ts';
import type { RouterFleet } from '../model/fleet/fleet.ts';
import { sinkLag } from '../model/fleet/fleet-report.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** Between two looks, at the least: one costs a visit of every partition. */
const SAMPLE_MIN_NS = 1_000_000_000;
/** Looks in a run, at the most, so that long runs don't pay more. */
const SAMPLES_MAX = 1000;

export class LagWatch {
  readonly recordsMax: Float64Array;
  readonly ageMaxNs: Float64Array;
  readonly #world: { engine: Engine; scenario: Scenario; fleet: RouterFleet; logs: (partition: number) => LogView };

  constructor(world: { engine: Engine; scenario: Scenario; fleet: RouterFleet; logs: (partition: number) => LogView }) {
    this.#world = world;
    const { engine, scenario } = world;
    this.recordsMax = new Float64Array(scenario.sinks.length);
    this.ageMaxNs = new Float64Array(scenario.sinks.length);
    const spanNs = scenario.warmupNs + scenario.durationNs;
    const everyNs = Math.max(SAMPLE_MIN_NS, Math.ceil(spanNs / SAMPLES_MAX));
    const kind = engine.kind('lag looked at', () => {
      this.#sample();
      engine.schedule(engine.nowNs + everyNs, kind, 0, 0, 0);
    });
    engine.schedule(everyNs, kind, 0, 0, 0);
  }

  now(sink: number): { readonly records: number; readonly ageNs: number } {
    const { engine, scenario, fleet, logs } = this.#world;
    return sinkLag({ scenario, fleet, logs, nowNs: engine.nowNs }, sink);
  }

  #sample(): void {
    for (let sink = 0; sink < this.recordsMax.length; sink++) {
      const { records, ageNs } = this.now(sink);
      if (records > this.recordsMax[sink]) this.recordsMax[sink] = records;
      if (ageNs > this.ageMaxNs[sink]) this.ageMaxNs[sink] = ageNs;
    }
  }
}
