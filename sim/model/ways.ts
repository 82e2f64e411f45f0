/**
 * Which ways between places are cut or bad. A way leads from a spot to a spot: the applications of a zone, the routers of
 * a zone, a broker, a cluster's controller, a sink. `troubled` is false in a healthy network: until then nobody asks.
 *
 * Messages are TCP's. What is lost is sent again, ever less often, so that a cut shows as silence, and what was sent
 * before arrives when the way is open again, if its sender has not closed the connection. What would arrive while its way
 * is cut is lost.
 */
import { invariant } from '../engine/invariant.ts';
import type { PlaceSpec } from '../scenario/scenario.ts';
import type { Topology } from './topology.ts';

export interface Cut {
  readonly from: PlaceSpec;
  readonly to: PlaceSpec;
}

interface ActiveCut {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly sinceNs: number;
}

export class Ways {
  /** True while something is the matter with some way. */
  troubled = false;
  readonly #topology: Topology;
  readonly #regions: readonly string[];
  readonly #sinks: readonly string[];
  readonly #spots: number;
  readonly #active = new Map<string, ActiveCut>();

  constructor(options: { topology: Topology; regions: readonly string[]; sinks: readonly string[] }) {
    this.#topology = options.topology;
    this.#regions = options.regions;
    this.#sinks = options.sinks;
    this.#spots = this.controller(options.topology.clusters.length) + options.sinks.length;
  }

  /** Spots are numbered through: applications, routers, brokers, controllers, sinks. */
  applications(zone: number): number {
    return zone;
  }
  routers(zone: number): number {
    return this.#topology.zones + zone;
  }
  broker(broker: number): number {
    return 2 * this.#topology.zones + broker;
  }
  controller(cluster: number): number {
    return 2 * this.#topology.zones + this.#topology.brokers + cluster;
  }
  sink(sink: number): number {
    return this.controller(this.#topology.clusters.length) + sink;
  }

  /** Messages from one place to the other are lost from now on. `key` names the cut. */
  cut(key: string, { from, to }: Cut, nowNs: number): void {
    invariant(!this.#active.has(key), 'a cut begins once');
    const fromSpots = this.#spotsOf(from, to);
    const toSpots = this.#spotsOf(to, from);
    this.#active.set(key, { from: fromSpots, to: toSpots, sinceNs: nowNs });
    this.troubled = true;
  }

  mend(key: string): void {
    invariant(this.#active.delete(key), 'a cut that is mended was made');
    this.troubled = this.#active.size > 0;
  }

  /** Brokers that have lost their controllers, or found them again. */
  lostOrFound(isAway: (broker: number) => boolean): number[] {
    const { brokers, brokerCluster } = this.#topology;
    return Array.from({ length: brokers }, (_, broker) => broker).filter(
      (broker) => this.isBroken(this.broker(broker), this.controller(brokerCluster[broker])) !== isAway(broker),
    );
  }

  isCut(from: number, to: number): boolean {
    for (const each of this.#active.values()) if (each.from[from] === 1 && each.to[to] === 1) return true;
    return false;
  }

  /** True while nothing gets through in one direction or the other. */
  isBroken(one: number, other: number): boolean {
    return this.troubled && (this.isCut(one, other) || this.isCut(other, one));
  }

  /** Since when that has been so; Infinity while it is not. */
  brokenSinceNs(one: number, other: number): number {
    let sinceNs = Infinity;
    for (const { from, to, sinceNs: eachNs } of this.#active.values()) {
      const hit = (from[one] === 1 && to[other] === 1) || (from[other] === 1 && to[one] === 1);
      if (hit && eachNs < sinceNs) sinceNs = eachNs;
    }
    return sinceNs;
  }

  /** By spot: 1 when the place holds it. `rest` is what the other place does not hold. */
  #spotsOf(place: PlaceSpec, other: PlaceSpec): Uint8Array {
    const spots = new Uint8Array(this.#spots);
    if (place.kind === 'rest') {
      invariant(other.kind !== 'rest', 'one of two places is named');
      return this.#spotsOf(other, place).map((held) => 1 - held);
    }
    const { brokerZone, brokers, clusters, clusterFirstBroker } = this.#topology;
    switch (place.kind) {
      case 'applications':
        for (const zone of this.#zonesOf(place)) spots[this.applications(zone)] = 1;
        break;
      case 'routers':
        for (const zone of this.#zonesOf(place)) spots[this.routers(zone)] = 1;
        break;
      case 'zone':
        for (const zone of this.#zonesOf(place)) {
          spots[this.applications(zone)] = 1;
          spots[this.routers(zone)] = 1;
          for (let broker = 0; broker < brokers; broker++)
            if (brokerZone[broker] === zone) spots[this.broker(broker)] = 1;
        }
        break;
      case 'sink':
        spots[this.sink(this.#sinks.indexOf(place.sink))] = 1;
        break;
      default: {
        const cluster = clusters.findIndex(({ name }) => name === place.cluster);
        const first = this.broker(clusterFirstBroker[cluster]);
        if (place.kind === 'broker') spots[first + place.broker] = 1;
        else spots[this.controller(cluster)] = 1;
        if (place.kind === 'cluster') spots.fill(1, first, first + clusters[cluster].brokers);
      }
    }
    return spots;
  }

  #zonesOf(place: { readonly region: string; readonly zone: number | null }): number[] {
    const { zoneRegion, regionFirstZone } = this.#topology;
    if (place.zone === null) return Array.from(zoneRegion, (_, zone) => zone);
    return [regionFirstZone[this.#regions.indexOf(place.region)] + place.zone];
  }
}
