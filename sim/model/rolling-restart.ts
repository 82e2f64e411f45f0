/** An operator restarts a cluster's brokers one after the other, and goes on when all copies of the last one are in sync again. */
import type { Engine } from '../engine/index.ts';
import type { Controllers } from './controllers.ts';
import type { Topology } from './topology.ts';

/** How often the operator looks. */
const LOOK_NS = 1_000_000_000;

export class RollingRestarts {
  readonly #engine: Engine;
  readonly #topology: Topology;
  readonly #controllers: Controllers;
  readonly #kind: number;
  /** By cluster: how long each broker is away; the broker that is being restarted; whether it was started again. */
  readonly #downNs: Float64Array;
  readonly #broker: Int32Array;
  readonly #started: Uint8Array;
  #ordinal = 0;

  constructor(options: { engine: Engine; topology: Topology; controllers: Controllers }) {
    this.#engine = options.engine;
    this.#topology = options.topology;
    this.#controllers = options.controllers;
    const clusters = options.topology.clusters.length;
    this.#downNs = new Float64Array(clusters);
    this.#broker = new Int32Array(clusters).fill(-1);
    this.#started = new Uint8Array(clusters);
    this.#kind = options.engine.kind('rolling restart', (cluster) => this.#goOn(cluster));
  }

  /** Nothing when the cluster is being restarted already. */
  begin(cluster: number, downNs: number): void {
    if (this.#broker[cluster] >= 0) return;
    this.#downNs[cluster] = downNs;
    this.#stop(cluster, this.#topology.clusterFirstBroker[cluster]);
  }

  #stop(cluster: number, broker: number): void {
    this.#broker[cluster] = broker;
    this.#started[cluster] = 0;
    this.#controllers.shutDown(broker);
    this.#wait(cluster, this.#downNs[cluster]);
  }

  #goOn(cluster: number): void {
    const broker = this.#broker[cluster];
    if (this.#started[cluster] === 0) {
      this.#started[cluster] = 1;
      this.#controllers.start(broker, 'kept');
      this.#wait(cluster, LOOK_NS);
    } else if (this.#controllers.isRecovering(broker)) {
      this.#wait(cluster, LOOK_NS);
    } else if (broker + 1 < this.#topology.clusterFirstBroker[cluster] + this.#topology.clusters[cluster].brokers) {
      this.#stop(cluster, broker + 1);
    } else {
      this.#broker[cluster] = -1;
    }
  }

  #wait(cluster: number, ns: number): void {
    this.#engine.schedule(this.#engine.nowNs + ns, this.#kind, cluster, this.#ordinal++, 0);
  }
}
