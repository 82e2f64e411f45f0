/**
 * The automaton that replaces brokers: it probes each broker of a cluster once an interval, hands what it saw to the
 * outlier detector that a production service would use, and has replaced whom that names.
 */
import { OutlierDetector } from '../../src/healing/outlier-detector.ts';
import { type Engine, hash32, hashString, uniform } from '../engine/index.ts';
import type { HealingSpec } from '../scenario/scenario.ts';
import type { Clusters } from './clusters.ts';
import type { Controllers } from './controllers.ts';
import type { Topology } from './topology.ts';

export interface SelfHealingOptions {
  readonly engine: Engine;
  readonly spec: HealingSpec;
  readonly seed: number;
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly controllers: Controllers;
  /** Has the broker killed at the time, and another machine in its place so long after. */
  readonly replace: (cluster: number, broker: number, atNs: number, forNs: number) => void;
  /** The truth that nobody in production knows: whether some fault is at the broker now. */
  readonly isTroubled: (cluster: number, broker: number) => boolean;
}

/** What it did, held against the faults that were really there. */
export interface HealingCounts {
  checks: number;
  /** Brokers that became outliers in its eyes, with a fault and without. */
  detectedRight: number;
  detectedWrong: number;
  /** Brokers that it replaced. */
  replacedRight: number;
  replacedWrong: number;
}

export class SelfHealing {
  readonly counts: HealingCounts = {
    checks: 0,
    detectedRight: 0,
    detectedWrong: 0,
    replacedRight: 0,
    replacedWrong: 0,
  };
  readonly #from: SelfHealingOptions;
  readonly #detectors: readonly OutlierDetector[];
  readonly #signals: readonly Float64Array[];
  /** By broker that is being replaced: when another machine stands in its place. */
  readonly #standsNs = new Map<number, number>();
  readonly #kind: number;
  readonly #identity: number;

  constructor(options: SelfHealingOptions) {
    this.#from = options;
    const { engine, spec, topology } = options;
    this.#identity = hash32(options.seed, hashString('health check'), 0);
    const { factor, window, hits, cooldownNs, replacedMax } = spec;
    const policy = { factor, floor: spec.floorNs, window, hits, cooldownNs, replacedMax };
    this.#detectors = topology.clusters.map(() => new OutlierDetector(policy));
    this.#signals = topology.clusters.map(({ brokers }) => new Float64Array(brokers));
    this.#kind = engine.kind('health check', (cluster, ordinal) => this.#check(cluster, ordinal));
    topology.clusters.forEach((_, cluster) => {
      engine.schedule(spec.checkNs, this.#kind, cluster, 0, 0);
    });
  }

  #check(cluster: number, ordinal: number): void {
    const { engine, spec, topology, controllers, isTroubled } = this.#from;
    const { nowNs } = engine;
    const first = topology.clusterFirstBroker[cluster];
    const detector = this.#detectors[cluster];
    for (const member of [...detector.replacing]) {
      if (nowNs < this.#standsNs.get(first + member)! || controllers.view.isRecovering(first + member, nowNs)) continue;
      this.#standsNs.delete(first + member);
      detector.returned(member);
    }
    const signals = this.#signals[cluster];
    for (let member = 0; member < signals.length; member++) signals[member] = this.#signal(first + member, ordinal);
    const guarded = spec.guard === 'in-sync' ? (member: number) => this.#canBeSpared(first + member) : undefined;
    const { detected, replace } = detector.judge(signals, nowNs, guarded);
    this.counts.checks++;
    for (const member of detected) this.counts[isTroubled(cluster, member) ? 'detectedRight' : 'detectedWrong']++;
    for (const member of replace) {
      this.counts[isTroubled(cluster, member) ? 'replacedRight' : 'replacedWrong']++;
      this.#standsNs.set(first + member, nowNs + spec.delayNs + spec.replaceNs);
      this.#from.replace(cluster, member, nowNs + spec.delayNs, spec.replaceNs);
    }
    engine.schedule(nowNs + spec.checkNs, this.#kind, cluster, ordinal + 1, ordinal + 1);
  }

  /** How long a probe takes, ns; `Infinity` when it is not answered in time, or when it goes wrong by itself. */
  #signal(broker: number, ordinal: number): number {
    const { spec, clusters, engine } = this.#from;
    if (clusters.copies.isDown(broker) || clusters.copies.isHung(broker)) return Infinity;
    if (uniform(hash32(this.#identity, broker, 1) | 0, ordinal, 2) < spec.falsePositives) return Infinity;
    const tookNs = clusters.brokers.probeNs(broker, spec.probeBytes, engine.nowNs);
    return tookNs > spec.timeoutNs ? Infinity : tookNs;
  }

  /** Every partition that it holds is in sync on another broker that is up. */
  #canBeSpared(broker: number): boolean {
    const { copies } = this.#from.clusters;
    return copies.hosted(broker).every((partition) => copies.isSpare(partition, broker));
  }
}
