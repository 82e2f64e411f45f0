/**
 * keystone-2015 with and without brokers that fail, in one process and in turns, a slice of simulated time each: whatever
 * else the machine does meanwhile slows both alike.
 */

import { inlineMore } from '../sim/cli/inlining.ts';
import { Simulation } from '../sim/index.ts';
import { loadScenario } from '../sim/scenario/index.ts';

export interface FailuresSpec {
  /** As `--set` takes them. */
  readonly sets: readonly string[];
  /** Brokers that die within the measured part, at even distances, no two at once in one cluster if it can be helped. */
  readonly failures: number;
  /** Until each is started again. */
  readonly downFor: string;
  /** Slices of the measured part. */
  readonly slices: number;
}

export interface FailuresCost {
  readonly simulatedSeconds: number;
  readonly healthy: PartCost;
  readonly failing: PartCost;
}

export interface PartCost {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly requests: number;
  readonly events: number;
}

export function costOfFailures({ sets, failures, downFor, slices }: FailuresSpec): FailuresCost {
  inlineMore();
  const scenario = loadScenario('keystone-2015', { sets });
  const faults = brokerFailures(scenario, failures, downFor);
  const healthy = new Measured(new Simulation(scenario));
  const failing = new Measured(new Simulation(loadScenario('keystone-2015', { sets: [...sets, `faults=${faults}`] })));
  for (let slice = 0; slice <= slices; slice++) {
    for (const each of [healthy, failing]) {
      each.advance(scenario.warmupNs + Math.round((scenario.durationNs * slice) / slices), slice > 0);
    }
  }
  for (const { simulation } of [healthy, failing]) {
    if (!simulation.finish().ledger.balanced) throw new Error('the books do not balance');
  }
  return { simulatedSeconds: scenario.durationNs / 1e9, healthy: healthy.cost, failing: failing.cost };
}

/** The faults of the spec in written form: fronting clusters take turns, and each loses brokers far from each other. */
function brokerFailures(scenario: Simulation['scenario'], failures: number, downFor: string): string {
  const clusters = scenario.clusters.filter(({ role }) => role === 'fronting');
  const faults = Array.from({ length: failures }, (_, i) => {
    const { name, brokers } = clusters[i % clusters.length];
    // A step that shares no factor with three zones: dead brokers of a cluster lie scattered over all of them.
    const broker = (1 + Math.floor(i / clusters.length) * (3 * Math.floor(brokers / 9) + 1)) % brokers;
    const at = `${Math.round(((i + 0.5) * scenario.durationNs) / failures / 1e6)}ms`;
    return { kind: 'broker-kill', cluster: name, broker, at, for: downFor };
  });
  return JSON.stringify(faults);
}

class Measured {
  readonly simulation: Simulation;
  cost: PartCost = { cpuSeconds: 0, wallSeconds: 0, requests: 0, events: 0 };

  constructor(simulation: Simulation) {
    this.simulation = simulation;
  }

  advance(untilNs: number, counts: boolean): void {
    const { simulation, cost } = this;
    const { courier } = simulation.producers;
    const before = { requests: courier.requests, events: simulation.events };
    const cpu = process.cpuUsage();
    const began = performance.now();
    simulation.advance({ untilNs });
    if (!counts) return;
    const { user, system } = process.cpuUsage(cpu);
    this.cost = {
      cpuSeconds: cost.cpuSeconds + (user + system) / 1e6,
      wallSeconds: cost.wallSeconds + (performance.now() - began) / 1e3,
      requests: cost.requests + courier.requests - before.requests,
      events: cost.events + simulation.events - before.events,
    };
  }
}
