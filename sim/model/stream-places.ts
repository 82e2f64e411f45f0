/** In which cluster each stream's topic is for its producer. */
import { invariant } from '../engine/index.ts';
import type { StreamPlan } from './stream-plan.ts';
import type { Topology } from './topology.ts';

const NONE = -1;

export class StreamPlaces {
  readonly #topology: Topology;
  readonly #plan: StreamPlan;
  /** By stream: the topic that it sends to; the plan's own column until something moves. */
  #place: Int32Array;
  /** By home and cluster. */
  readonly #places = new Map<number, number>();

  constructor(plan: StreamPlan, topology: Topology) {
    this.#plan = plan;
    this.#topology = topology;
    this.#place = plan.streamTopic;
    topology.topicHome.forEach((home, topic) => {
      if (home !== NONE) this.#places.set(home * topology.clusters.length + topology.topicCluster[topic], topic);
    });
  }

  of(stream: number): number {
    return this.#place[stream];
  }

  /** The topic that stands in a cluster for the stream's own. */
  placeIn(stream: number, cluster: number): number {
    const place = this.#places.get(this.#plan.streamTopic[stream] * this.#topology.clusters.length + cluster);
    invariant(place !== undefined, 'a stream sends to clusters in which its topic has a place');
    return place;
  }

  move(stream: number, place: number): void {
    invariant(this.#topology.topicHome[place] === this.#plan.streamTopic[stream], 'a stream stays with its topic');
    if (this.#place === this.#plan.streamTopic) this.#place = this.#place.slice();
    this.#place[stream] = place;
  }
}
