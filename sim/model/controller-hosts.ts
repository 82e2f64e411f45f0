/** Which broker of a cluster is its controller too, as ZooKeeper's era has it; with KRaft none is. */
import type { Topology } from './topology.ts';

const NONE = -1;

export class ControllerHosts {
  /** By cluster; −1 with KRaft and while there is none. */
  readonly #host: Int32Array;
  /** By cluster: the broker that was killed as such. */
  readonly #killed: Int32Array;
  readonly #topology: Topology;

  constructor(topology: Topology) {
    this.#topology = topology;
    this.#killed = new Int32Array(topology.clusters.length).fill(NONE);
    this.#host = Int32Array.from(topology.clusters, ({ controller }, cluster) =>
      controller.kind === 'kraft' ? NONE : topology.clusterFirstBroker[cluster],
    );
  }

  of(cluster: number): number {
    return this.#host[cluster];
  }

  set(cluster: number, broker: number): void {
    this.#host[cluster] = broker;
  }

  killed(cluster: number): number {
    return this.#killed[cluster];
  }

  setKilled(cluster: number, broker: number): void {
    this.#killed[cluster] = broker;
  }

  /** Who takes over is not said anywhere: the first of those that are heard; −1 for nobody. */
  next(cluster: number, isHeard: (broker: number) => boolean): number {
    const first = this.#topology.clusterFirstBroker[cluster];
    const end = first + this.#topology.clusterBrokers[cluster];
    for (let broker = first; broker < end; broker++) if (isHeard(broker)) return broker;
    return NONE;
  }
}
