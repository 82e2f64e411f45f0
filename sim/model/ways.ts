/**
 * Which ways between places are cut or bad. A way leads from a spot to a spot: the applications of a zone, the routers of
 * a zone, a broker, a cluster's controller, a sink. `troubled` is false in a healthy network: until then nobody asks.
 *
 * Messages are TCP's. What is lost is sent again, ever less often, so that a cut shows as silence, and what was sent
 * before arrives when the way is open again, if its sender has not closed the connection. What would arrive while its way
 * is cut is lost.
 */
import { invariant } from '../engine/invariant.ts';
import type { NetworkQualitySpec, PlaceSpec } from '../scenario/scenario.ts';
import { type BadWay, bytesPerSecond, longerNs, meanLongerNs } from './bad-way.ts';
import type { Topology } from './topology.ts';

const GOOD: BadWay = { loss: 0, delayNs: 0 };

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
  /** True while packets are late or lost on some way. */
  slowed = false;
  readonly #topology: Topology;
  readonly #regions: readonly string[];
  readonly #sinks: readonly string[];
  readonly #spots: number;
  readonly #active = new Map<string, ActiveCut>();
  /** By fault: one direction, or both. */
  readonly #bad = new Map<NetworkQualitySpec, (Omit<ActiveCut, 'sinceNs'> & BadWay)[]>();

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
    this.#look();
  }

  mend(key: string): void {
    invariant(this.#active.delete(key), 'a cut that is mended was made');
    this.#look();
  }

  /** Packets are late, or some are lost, until it is handed in again to improve. */
  worsen(fault: NetworkQualitySpec): void {
    invariant(!this.#bad.has(fault), 'a way worsens once by a fault');
    const { loss, delayNs } = fault;
    const from = this.#spotsOf(fault.from, fault.to);
    const to = this.#spotsOf(fault.to, fault.from);
    const there = { from, to, loss, delayNs };
    this.#bad.set(fault, fault.oneWay ? [there] : [there, { from: to, to: from, loss, delayNs }]);
    this.#look();
  }

  improve(fault: NetworkQualitySpec): void {
    invariant(this.#bad.delete(fault), 'a way that improves was bad');
    this.#look();
  }

  #look(): void {
    this.slowed = this.#bad.size > 0;
    this.troubled = this.slowed || this.#active.size > 0;
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

  /** How much longer a message takes that leaves now; `baseNs` is what it takes at best, one way. */
  longerNs(from: number, to: number, message: { bytes: number; baseNs: number; draw: number }): number {
    if (!this.slowed) return 0;
    const way = this.#quality(from, to);
    if (way.loss === 0) return way.delayNs;
    return longerNs(way, { ...message, rttNs: this.#rttNs(from, to, message.baseNs) });
  }

  /** The same on average. */
  meanLongerNs(from: number, to: number, message: { bytes: number; baseNs: number }): number {
    if (!this.slowed) return 0;
    return meanLongerNs(this.#quality(from, to), { ...message, rttNs: this.#rttNs(from, to, message.baseNs) });
  }

  /** What a connection gets through at most, by losses. */
  bytesPerSecond(from: number, to: number, baseNs: number): number {
    if (!this.slowed) return Number.POSITIVE_INFINITY;
    return bytesPerSecond(this.#quality(from, to).loss, this.#rttNs(from, to, baseNs));
  }

  #rttNs(from: number, to: number, baseNs: number): number {
    return 2 * baseNs + this.#quality(from, to).delayNs + this.#quality(to, from).delayNs;
  }

  /** All that is the matter: delays add up, and a packet gets through if it does at each. */
  #quality(from: number, to: number): BadWay {
    let arrives = 1;
    let delayNs = 0;
    for (const ways of this.#bad.values()) {
      for (const each of ways) {
        if (each.from[from] === 0 || each.to[to] === 0) continue;
        arrives *= 1 - each.loss;
        delayNs += each.delayNs;
      }
    }
    return arrives === 1 && delayNs === 0 ? GOOD : { loss: 1 - arrives, delayNs };
  }

  /** By spot: 1 when the place holds it. `rest` is what the other place does not hold. */
  #spotsOf(place: PlaceSpec, other: PlaceSpec): Uint8Array {
    const spots = new Uint8Array(this.#spots);
    if (place.kind === 'rest') {
      invariant(other.kind !== 'rest', 'one of two places is named');
      return this.#spotsOf(other, place).map((held) => 1 - held);
    }
    const { brokerZone, brokers, clusters, clusterBrokers, clusterFirstBroker } = this.#topology;
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
        if (place.kind === 'cluster') spots.fill(1, first, first + clusterBrokers[cluster]);
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
