/** Which clusters producers can reach, and since when connections are broken. */
import type { Topology } from './topology.ts';

export class Reachability {
  readonly #topology: Topology;
  readonly #isCutOff: Uint8Array;
  /** When each cluster was last cut off, each broker last stopped; −1 for never. */
  readonly #cutNs: Float64Array;
  readonly #stoppedNs: Float64Array;

  constructor(topology: Topology) {
    this.#topology = topology;
    this.#isCutOff = new Uint8Array(topology.clusters.length);
    this.#cutNs = new Float64Array(topology.clusters.length).fill(-1);
    this.#stoppedNs = new Float64Array(topology.brokers).fill(-1);
  }

  isCutOff(cluster: number): boolean {
    return this.#isCutOff[cluster] === 1;
  }

  cutOff(cluster: number, nowNs: number): void {
    this.#isCutOff[cluster] = 1;
    this.#cutNs[cluster] = nowNs;
  }

  reconnect(cluster: number): void {
    this.#isCutOff[cluster] = 0;
  }

  stopped(broker: number, nowNs: number): void {
    this.#stoppedNs[broker] = nowNs;
  }

  /** Requests sent to the broker up to then, and not there by then, are lost on the way. */
  brokenNs(broker: number): number {
    return Math.max(this.#cutNs[this.#topology.brokerCluster[broker]], this.#stoppedNs[broker]);
  }
}
