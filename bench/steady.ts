/** The measured part of a run: what happens between the end of the warm-up and the end of the scenario, and what it took. */
import { inlineMore } from '../sim/cli/inlining.ts';
import { Simulation } from '../sim/index.ts';
import { loadScenario } from '../sim/scenario/index.ts';

/** A run that a bench asks for: keystone-2015 with settings as `--set` takes them. */
export interface Spec {
  readonly sets: readonly string[];
}

export interface Steady {
  readonly simulatedSeconds: number;
  readonly records: number;
  readonly requests: number;
  readonly events: number;
  /** Events pending at the end. */
  readonly pending: number;
  readonly wallSeconds: number;
  /** Of all threads of the process: the collector's and the compiler's as well. */
  readonly cpuSeconds: number;
  /** Mean over brokers, a share of all cores. */
  readonly brokerCpu: number;
  readonly balanced: boolean;
  /** Largest resident set of the process, and the one at each tenth of the whole run, bytes. */
  readonly peakRssBytes: number;
  readonly rssBytes: readonly number[];
  /** From start to finish: building, warm-up and balancing the books included. */
  readonly totalWallSeconds: number;
  readonly dropped: Readonly<Record<string, number>>;
}

const SLICES = 10;

/** A simulation whose warm-up is over, in a process set as the command sets its own. */
export function warmedUp({ sets }: Spec): Simulation {
  inlineMore();
  const simulation = new Simulation(loadScenario('keystone-2015', { sets }));
  simulation.advance({ untilNs: simulation.scenario.warmupNs });
  return simulation;
}

/** Runs to the end of the scenario, books included. */
export function steady(spec: Spec): { steady: Steady; simulation: Simulation } {
  const began = performance.now();
  const simulation = warmedUp(spec);
  const { producers, scenario, endNs } = simulation;
  const before = {
    records: producers.courier.recordsSent,
    requests: producers.courier.requests,
    events: simulation.events,
    cpu: process.cpuUsage(),
    ms: performance.now(),
  };
  const rssBytes: number[] = [];
  for (let slice = 1; slice <= SLICES; slice++) {
    simulation.advance({ untilNs: scenario.warmupNs + Math.round((scenario.durationNs * slice) / SLICES) });
    rssBytes.push(process.memoryUsage.rss());
  }
  if (simulation.nowNs !== endNs) throw new Error(`the run ended at ${simulation.nowNs} ns, expected ${endNs}`);
  const wallSeconds = (performance.now() - before.ms) / 1e3;
  const { user, system } = process.cpuUsage(before.cpu);
  const measured = {
    simulatedSeconds: scenario.durationNs / 1e9,
    records: producers.courier.recordsSent - before.records,
    requests: producers.courier.requests - before.requests,
    events: simulation.events - before.events,
    pending: simulation.engine.pending,
    wallSeconds,
    cpuSeconds: (user + system) / 1e6,
    rssBytes,
  };
  const { ledger, brokers } = simulation.finish();
  return {
    simulation,
    steady: {
      ...measured,
      brokerCpu: brokers.cpu.mean,
      balanced: ledger.balanced,
      dropped: ledger.dropped as Readonly<Record<string, number>>,
      // maxRSS comes in kilobytes on every platform that Node runs on.
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      totalWallSeconds: (performance.now() - began) / 1e3,
    },
  };
}
