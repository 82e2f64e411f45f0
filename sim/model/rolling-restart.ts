/**
 * An operator restarts a cluster's brokers one after the other, or replaces their machines, and goes on when all copies of the
 * last one are in sync again. Before a disk is given up, all copies of the cluster must be.
 */
import type { Engine } from '../engine/index.ts';
import type { Controllers } from './controllers.ts';
import type { Topology } from './topology.ts';

/** How often the operator looks. */
const LOOK_NS = 1_000_000_000;

/** How far it is with a broker. */
const WAITS = 0;
const STOPPED = 1;
const STARTED = 2;

export class RollingRestarts {
  readonly #engine: Engine;
  readonly #topology: Topology;
  readonly #controllers: Controllers;
  readonly #kind: number;
  /** By cluster: how long each broker is away, and with what disk it returns; the broker whose turn it is; how far it is. */
  readonly #downNs: Float64Array;
  readonly #disks: ('kept' | 'lost')[];
  readonly #broker: Int32Array;
  readonly #step: Uint8Array;
  #ordinal = 0;

  constructor(options: { engine: Engine; topology: Topology; controllers: Controllers }) {
    this.#engine = options.engine;
    this.#topology = options.topology;
    this.#controllers = options.controllers;
    const clusters = options.topology.clusters.length;
    this.#downNs = new Float64Array(clusters);
    this.#disks = new Array<'kept' | 'lost'>(clusters).fill('kept');
    this.#broker = new Int32Array(clusters).fill(-1);
    this.#step = new Uint8Array(clusters);
    this.#kind = options.engine.kind('rolling restart', (cluster) => this.#goOn(cluster));
  }

  /** Nothing when the cluster is being restarted already. */
  begin(cluster: number, downNs: number, disk: 'kept' | 'lost' = 'kept'): void {
    if (this.#broker[cluster] >= 0) return;
    this.#downNs[cluster] = downNs;
    this.#disks[cluster] = disk;
    this.#turnTo(cluster, this.#topology.clusterFirstBroker[cluster]);
  }

  /** The next one from the given broker on that is there; the end if there is none. */
  #turnTo(cluster: number, from: number): void {
    const end = this.#topology.clusterFirstBroker[cluster] + this.#topology.clusterBrokers[cluster];
    let broker = from;
    while (broker < end && this.#controllers.sessions.isAbsent(broker)) broker++;
    this.#broker[cluster] = broker < end ? broker : -1;
    this.#step[cluster] = WAITS;
    if (broker < end) this.#goOn(cluster);
  }

  #goOn(cluster: number): void {
    const broker = this.#broker[cluster];
    const step = this.#step[cluster];
    if (step === WAITS) {
      if (this.#disks[cluster] === 'lost' && this.#anyRecovers(cluster)) {
        this.#wait(cluster, LOOK_NS);
        return;
      }
      this.#step[cluster] = STOPPED;
      this.#controllers.shutDown(broker);
      this.#wait(cluster, this.#downNs[cluster]);
    } else if (step === STOPPED) {
      this.#step[cluster] = STARTED;
      this.#controllers.start(broker, this.#disks[cluster]);
      this.#wait(cluster, LOOK_NS);
    } else if (
      !this.#controllers.sessions.isAbsent(broker) &&
      this.#controllers.view.isRecovering(broker, this.#engine.nowNs)
    ) {
      this.#wait(cluster, LOOK_NS);
    } else {
      this.#turnTo(cluster, broker + 1);
    }
  }

  #anyRecovers(cluster: number): boolean {
    const first = this.#topology.clusterFirstBroker[cluster];
    for (let broker = first; broker < first + this.#topology.clusterBrokers[cluster]; broker++) {
      if (
        !this.#controllers.sessions.isAbsent(broker) &&
        this.#controllers.view.isRecovering(broker, this.#engine.nowNs)
      )
        return true;
    }
    return false;
  }

  #wait(cluster: number, ns: number): void {
    this.#engine.schedule(this.#engine.nowNs + ns, this.#kind, cluster, this.#ordinal++, 0);
  }
}
