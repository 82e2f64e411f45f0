/**
 * Requests of clients on their way to brokers, and the answers on theirs: trips, connections in which nothing overtakes,
 * brokers that are gone, hang or can't be reached. What a request does at its broker is the caller's.
 */
import { hash32, invariant } from '../engine/index.ts';
import type { Clusters } from '../model/clusters.ts';
import { Reachability } from '../model/reachability.ts';
import type { Topology } from '../model/topology.ts';
import type { Ways } from '../model/ways.ts';
import { Exchange, type Reply, type Serve } from './exchange.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** One client's end of its connections. */
export interface Link {
  readonly zone: number;
  /** Where it is among the places of the network. */
  readonly spot: number;
  readonly identity: number;
  /** Requests so far. */
  ordinal: number;
  /** When the last request arrives at each broker, and when the last answer of each arrives here. */
  readonly arrivalsNs: Float64Array;
  readonly answersNs: Float64Array;
}

export class Wire {
  readonly clock: VirtualClock;
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly reach: Reachability;
  readonly ways: Ways;
  /** Requests sent, by whether they reached a broker that took them. */
  served = 0;
  readonly #seed: number;
  readonly #open = new Set<Exchange<unknown>>();
  /** What waits at a broker that hangs, in order; null for a broker that does not. */
  readonly #held: (Exchange<unknown>[] | null)[];
  #links = 0;

  constructor(options: { clock: VirtualClock; topology: Topology; clusters: Clusters; ways: Ways; seed: number }) {
    this.clock = options.clock;
    this.topology = options.topology;
    this.clusters = options.clusters;
    this.ways = options.ways;
    this.#seed = options.seed;
    this.reach = new Reachability(options.topology);
    this.#held = Array.from({ length: options.topology.brokers }, () => null);
  }

  link(zone: number, of: 'applications' | 'routers'): Link {
    const { brokers } = this.topology;
    return {
      zone,
      spot: this.ways[of](zone),
      identity: hash32(this.#seed, this.#links++, 0x11),
      ordinal: 0,
      arrivalsNs: new Float64Array(brokers),
      answersNs: new Float64Array(brokers),
    };
  }

  /** Never rejects. `limitNs` is how long the client waits. */
  ask<T>(link: Link, { broker, limitNs }: { broker: number; limitNs: number }, serve: Serve<T>): Promise<Reply<T>> {
    return new Promise((resolve) => {
      const exchange = new Exchange<T>({ wire: this, link, broker, serve, resolve });
      this.#open.add(exchange as Exchange<unknown>);
      exchange.send(limitNs);
    });
  }

  settled(exchange: Exchange<unknown>): void {
    this.#open.delete(exchange);
  }

  hangs(broker: number): boolean {
    return this.#held[broker] !== null;
  }

  hold(exchange: Exchange<unknown>): void {
    const held = this.#held[exchange.broker];
    invariant(held !== null, 'only a broker that hangs holds requests');
    if (!held!.includes(exchange)) held!.push(exchange);
  }

  /** The process ends: connections break, what it was not done with never happened. */
  stop(broker: number): void {
    const hung = this.hangs(broker);
    if (this.clusters.copies.isDown(broker) && !hung) return;
    this.#held[broker] = null;
    if (!hung) this.clusters.copies.stop(broker);
    this.reach.stopped(broker, this.clock.nowNs());
    for (const exchange of [...this.#open]) if (exchange.broker === broker) exchange.broke({ answersLost: false });
  }

  start(broker: number): void {
    if (this.hangs(broker)) this.resume(broker);
    else if (this.clusters.copies.isDown(broker)) this.clusters.restart(broker);
  }

  /** The process stands still: connections stay, and are accepted, but nothing happens until it goes on. */
  hang(broker: number): void {
    if (this.clusters.copies.isDown(broker)) return;
    this.#held[broker] = [];
    // For its logs and its copies that is as good as stopped.
    this.clusters.copies.stop(broker);
    for (const exchange of [...this.#open]) if (exchange.broker === broker) exchange.hung();
  }

  resume(broker: number): void {
    const held = this.#held[broker];
    if (held === null) return;
    this.#held[broker] = null;
    this.clusters.restart(broker);
    for (const exchange of held) exchange.resumed();
  }

  /** Clients lose their way to the cluster. */
  cutOff(cluster: number): void {
    this.reach.cutOff(cluster, this.clock.nowNs());
    const { brokerCluster } = this.topology;
    for (const exchange of [...this.#open]) {
      if (brokerCluster[exchange.broker] === cluster) exchange.broke({ answersLost: true });
    }
  }

  reconnect(cluster: number): void {
    this.reach.reconnect(cluster);
  }
}
