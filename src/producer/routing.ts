import type { Clock, PartitionLeader } from '../ports.ts';
import type { BatchContents } from './assignment.ts';
import type { ClusterLink } from './cluster-link.ts';
import type { ProducerCore } from './core.ts';
import type { FailoverNews } from './news.ts';
import { type ClusterMap, checkClusterMap } from './options.ts';
import { TopicView } from './topic-view.ts';
import type { Topic, Topics } from './topics.ts';

export interface RoutingOptions {
  readonly core: ProducerCore;
  readonly clock: Clock;
  readonly map: ClusterMap;
  readonly links: ReadonlyMap<string, ClusterLink>;
  readonly contents: BatchContents;
}

/**
 * A topic that was deleted and made again may have fewer partitions, and what waits for the others would wait for ever; but
 * a client that tells half of what there is must not move keys about. So it has to be told more than once. A guess.
 */
const FEWER_MIN = 3;

/** Which cluster each topic goes to, and what the core has to know when that or the cluster's metadata changes. */
export class Routing {
  readonly #options: RoutingOptions;
  #map: ClusterMap;

  constructor(options: RoutingOptions) {
    this.#options = options;
    this.#map = options.map;
  }

  linkOf(topic: string): ClusterLink {
    const { topics = {} } = this.#map;
    // Own keys only: a topic may be called "constructor".
    return this.#options.links.get(Object.hasOwn(topics, topic) ? topics[topic] : this.#map.default)!;
  }

  /** Moves the topics that another map sends elsewhere; answers which. Throws, and changes nothing, for an unknown cluster. */
  change(map: ClusterMap, topics: Topics): FailoverNews[] {
    checkClusterMap(map, [...this.#options.links.keys()]);
    // A copy: what the application does with its map later changes nothing by itself.
    this.#map = { default: map.default, topics: { ...map.topics } };
    const moved = new Map<string, { from: string; to: string; topics: string[] }>();
    for (const topic of topics.all()) {
      const from = topic.link;
      const to = this.linkOf(topic.name);
      if (from === to) continue;
      const way = JSON.stringify([from.name, to.name]);
      const news = moved.get(way) ?? { from: from.name, to: to.name, topics: [] };
      news.topics.push(topic.name);
      moved.set(way, news);
      this.#move(topic, to);
    }
    return [...moved.values()];
  }

  /** A cluster has said who leads the topic's partitions. */
  learn(topic: Topic, leaders: readonly PartitionLeader[]): void {
    const before = topic.view?.leaders.length ?? 0;
    const told = topic.link.viewOf(leaders, 0);
    topic.fewer = told.leaders.length < before ? topic.fewer + 1 : 0;
    const elsewhere = topic.moved || topic.fewer >= FEWER_MIN;
    const view = elsewhere ? told : topic.link.viewOf(leaders, before);
    const dealsAnew = elsewhere && view.leaders.length !== before;
    topic.moved = false;
    // The same view as before stays the same object: policies keep what they worked out from it.
    if (topic.view?.equals(view)) this.#tell(topic, topic.view, false);
    else this.#tell(topic, view, dealsAnew);
  }

  /** What waits has nowhere to go until the new cluster has been asked, so its partitions lose their leaders. */
  #move(topic: Topic, to: ClusterLink): void {
    topic.link.metadata.forget(topic.name);
    topic.link = to;
    if (topic.view !== null) {
      topic.moved = true;
      this.#tell(topic, new TopicView(topic.view.leaders.map(() => -1)), false);
    }
    to.metadata.want(topic.name);
  }

  #tell(topic: Topic, view: TopicView, dealsAnew: boolean): void {
    const { core, clock, contents } = this.#options;
    const nowNs = clock.nowNs();
    topic.view = view;
    for (const stream of topic.streams) {
      if (stream === -1) continue;
      if (dealsAnew) core.onRepartition(stream, view, contents, nowNs);
      else core.onMetadata(stream, view, nowNs);
    }
  }
}
