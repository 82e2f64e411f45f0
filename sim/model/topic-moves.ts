/**
 * The map of topics and clusters, and how producers learn of its changes: each looks at it now and then, at times of its
 * own. Routers read a topic wherever it is or was, until that is drained.
 */
import { type Engine, hash32 } from '../engine/index.ts';
import type { RouterFleet } from './fleet/fleet.ts';
import { isDrained } from './fleet/fleet-report.ts';
import type { Operations } from './operations/operations.ts';
import type { ProducerFleet } from './producer-fleet.ts';
import type { StreamPlan } from './stream-plan.ts';
import type { Topology } from './topology.ts';

interface Change {
  /** Producers that have yet to learn of it. */
  waiting: number;
  readonly done: () => void;
}

export interface TopicMovesOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly plan: StreamPlan;
  readonly producers: ProducerFleet;
  readonly routers: RouterFleet;
  /** End of a partition's log, appends under way counted. */
  readonly endOf: (partition: number) => number;
  readonly seed: number;
  readonly operations: Operations;
}

export class TopicMoves {
  readonly #from: TopicMovesOptions;
  /** By fronting topic: the topic that stands for it where producers are to send. */
  readonly #map: Int32Array;
  readonly #changes: Change[] = [];
  /** Where topics are read: elsewhere they aren't yet, or nobody cares any more. */
  readonly #read: Set<number>;
  readonly #kind: number;

  constructor(options: TopicMovesOptions) {
    this.#from = options;
    const { topicHome } = options.topology;
    this.#map = topicHome.filter((home, topic) => home === topic).slice();
    this.#read = new Set(this.#map);
    options.operations.grown = (topic) => this.#grown(topic);
    this.#kind = options.engine.kind('producer learns the map', (producer, change) => this.#learn(producer, change));
  }

  /** Fronting topics that are in the cluster as the map has it. */
  topicsIn(cluster: number): number[] {
    const { topicCluster } = this.#from.topology;
    return [...this.#map.keys()].filter((home) => topicCluster[this.#map[home]] === cluster);
  }

  clusterOf(home: number): number {
    return this.#from.topology.topicCluster[this.#map[home]];
  }

  /** The topic that stands in the cluster for the fronting topic; −1 if none ever does. */
  placeIn(home: number, cluster: number): number {
    const { topology } = this.#from;
    return topology.placesOf(home).find((place) => topology.topicCluster[place] === cluster) ?? -1;
  }

  /** Containers read the topics in the cluster from now on. */
  open(homes: readonly number[], cluster: number): void {
    const { routers, topology, operations } = this.#from;
    for (const home of homes) {
      const place = this.placeIn(home, cluster);
      // It is created as it is now where it comes from.
      operations.grow(place, topology.topicPartitions[this.#map[home]]);
      this.#read.add(place);
      routers.rescaling.open(place, true);
    }
  }

  /** Nobody reads them there any more. */
  close(homes: readonly number[], cluster: number): void {
    for (const home of homes) {
      const place = this.placeIn(home, cluster);
      if (this.#map[home] === place) continue;
      this.#read.delete(place);
      this.#from.routers.rescaling.open(place, false);
    }
  }

  /** A topic has got partitions in one cluster: it gets them wherever else it is, so that what moves finds its own. */
  #grown(topic: number): void {
    const { topology, operations } = this.#from;
    const home = topology.topicHome[topic];
    if (home < 0) return;
    for (const place of topology.placesOf(home)) {
      if (this.#read.has(place)) operations.grow(place, topology.topicPartitions[topic]);
    }
  }

  /** The map changes; `done` when all producers know. */
  change(homes: readonly number[], to: { cluster: number; pollNs: number; done: () => void }): void {
    const { engine, plan, seed } = this.#from;
    for (const home of homes) this.#map[home] = this.placeIn(home, to.cluster);
    const change: Change = { waiting: 0, done: to.done };
    const index = this.#changes.push(change) - 1;
    const { nowNs } = engine;
    for (let producer = 0; producer < plan.producers; producer++) {
      if (!this.#has(producer, homes)) continue;
      const phaseNs = Math.floor((to.pollNs * hash32(seed, producer, 0x70)) / 4294967296);
      const waitNs = (((phaseNs - nowNs) % to.pollNs) + to.pollNs) % to.pollNs;
      engine.schedule(nowNs + waitNs, this.#kind, producer, index, index);
      change.waiting++;
    }
    if (change.waiting === 0) to.done();
  }

  /** True when routers have all of the topics that was sent to the cluster up to the time, and nothing is under way there. */
  isDrained(homes: readonly number[], cluster: number, untilNs: number): boolean {
    const { plan, producers, routers, endOf } = this.#from;
    producers.catchUp();
    const among = new Set(homes);
    if (producers.courier.moved.underWay((stream) => among.has(plan.streamTopic[stream]), untilNs)) return false;
    return homes.every((home) => isDrained(routers, endOf, this.placeIn(home, cluster)));
  }

  #has(producer: number, homes: readonly number[]): boolean {
    const { firstStream, streamTopic } = this.#from.plan;
    for (let stream = firstStream[producer]; stream < firstStream[producer + 1]; stream++) {
      if (homes.includes(streamTopic[stream])) return true;
    }
    return false;
  }

  #learn(producer: number, index: number): void {
    const { producers, plan } = this.#from;
    producers.route(producer, (stream) => this.#map[plan.streamTopic[stream]]);
    const change = this.#changes[index];
    change.waiting--;
    if (change.waiting === 0) change.done();
  }
}
