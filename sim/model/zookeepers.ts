/** All ZooKeeper ensembles of a run, and which cluster registers where. */
import { type Engine, InvariantError } from '../engine/index.ts';
import type { ZooKeeperSpec } from '../scenario/scenario.ts';
import type { Copies } from './copies.ts';
import type { Topology } from './topology.ts';
import { ZooKeeper } from './zookeeper.ts';

export interface ZooKeepersOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly specs: readonly ZooKeeperSpec[];
  readonly copies: Pick<Copies, 'hosted' | 'holdInSync'>;
  /** What brokers can tell of their copies is another: in-sync sets are held, or free again. */
  readonly newsChanged: () => void;
  readonly isHeard: (broker: number) => boolean;
  readonly away: (cluster: number) => void;
  readonly back: (cluster: number) => void;
  readonly expire: (broker: number) => void;
  readonly askAgain: (broker: number) => void;
}

export class ZooKeepers {
  readonly #all: readonly ZooKeeper[];
  readonly #ofCluster: (ZooKeeper | null)[];
  readonly #engine: Engine;
  /** Kind of its events: made when the first is due, so that it has no part in the order of runs without any. */
  #kind = -1;
  #ordinal = 0;

  constructor({ engine, topology, specs, ...doors }: ZooKeepersOptions) {
    this.#engine = engine;
    this.#ofCluster = topology.clusters.map(() => null);
    this.#all = specs.map((spec, index) => {
      const clusters = spec.clusters.map((name) => topology.clusters.findIndex((cluster) => cluster.name === name));
      const ensemble = new ZooKeeper(spec, {
        brokers: inTurns(clusters, topology),
        nowNs: () => engine.nowNs,
        replicasOf: (broker) => doors.copies.hosted(broker).length,
        sessionTimeoutNs: (broker) => topology.clusters[topology.brokerCluster[broker]].controller.sessionTimeoutNs,
        isHeard: doors.isHeard,
        wait: (atNs, step) => this.#wait(atNs, index, step),
        away: () => {
          clusters.forEach(doors.away);
          for (const cluster of clusters) doors.copies.holdInSync(cluster, true);
          doors.newsChanged();
        },
        back: () => {
          for (const cluster of clusters) doors.copies.holdInSync(cluster, false);
          clusters.forEach(doors.back);
          doors.newsChanged();
        },
        expire: doors.expire,
        askAgain: doors.askAgain,
      });
      for (const cluster of clusters) this.#ofCluster[cluster] = ensemble;
      return ensemble;
    });
  }

  /** Where the cluster registers; null for one with KRaft. */
  of(cluster: number): ZooKeeper | null {
    return this.#ofCluster[cluster];
  }

  named(name: string): ZooKeeper {
    const found = this.#all.find(({ spec }) => spec.name === name);
    if (found === undefined) throw new InvariantError(`no ZooKeeper is called ${name}`);
    return found;
  }

  #wait(atNs: number, index: number, step: number): void {
    if (this.#kind < 0) this.#kind = this.#engine.kind('zookeeper', (each, what) => this.#all[each].due(what));
    this.#engine.schedule(atNs, this.#kind, index, this.#ordinal++, step);
  }
}

/** Brokers of all clusters, those that will come included, in turns: nobody's cluster comes first. */
function inTurns(clusters: readonly number[], { clusterFirstBroker, clusterBrokers }: Topology): number[] {
  const most = Math.max(...clusters.map((cluster) => clusterBrokers[cluster]));
  return Array.from({ length: most }, (_, i) => i).flatMap((i) =>
    clusters.filter((cluster) => i < clusterBrokers[cluster]).map((cluster) => clusterFirstBroker[cluster] + i),
  );
}
