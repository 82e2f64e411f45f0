/**
 * Where everything stands: zones, brokers, partitions and who leads them. Built once from the scenario; leaders move
 * (`Controllers`), and copies when an operator says so. Brokers, topics and partitions are numbered once over the whole
 * world: fronting topics in the order of the scenario, then one mirrored topic per topic in each consumer cluster that a route
 * writes to, then one topic for each further cluster that a fronting topic may go to while the world runs (`places`).
 *
 * Brokers and partitions that operators will add are written in the scenario, so they have their numbers from the start,
 * behind the others of their cluster or topic: a broker that isn't there yet is down, a partition has no copies.
 */
import { invariant } from '../engine/index.ts';
import type { ClusterSpec, Scenario } from '../scenario/scenario.ts';
import { Network } from './network.ts';
import { placeReplicas } from './placement.ts';
import { furtherPlaces } from './topic-places.ts';
import { zoneOfBroker } from './zones.ts';

/** A partition's copies at most, twice as many as a topic may have: while it moves, it has the old and the new ones. */
export const REPLICAS_MAX = 10;

export class Topology {
  readonly brokers: number;
  readonly brokerNames: readonly string[];
  readonly brokerCluster: Int32Array;
  readonly brokerZone: Int32Array;
  /** Global number of each cluster's first broker. */
  readonly clusterFirstBroker: Int32Array;
  /** Brokers of each cluster, those that will come included. */
  readonly clusterBrokers: Int32Array;
  readonly zones: number;
  readonly zoneRegion: Int32Array;
  readonly regionFirstZone: Int32Array;
  readonly topics: number;
  readonly topicNames: readonly string[];
  readonly topicCluster: Int32Array;
  readonly topicFirstPartition: Int32Array;
  /** Partitions that there are now, and that there may be. */
  readonly topicPartitions: Int32Array;
  readonly topicPartitionsMax: Int32Array;
  readonly topicCopies: Int32Array;
  readonly topicRetentionNs: Float64Array;
  readonly partitions: number;
  readonly partitionTopic: Int32Array;
  /** Who leads each partition, or led it last. */
  readonly partitionLeader: Int32Array;
  /** 1 while no replica is there that may lead the partition, as far as its controller knows. */
  readonly partitionOffline: Uint8Array;
  /** Replicas of each partition, the preferred leader first, REPLICAS_MAX a row, −1 padded. */
  readonly replicas: Int32Array;
  readonly clusters: readonly ClusterSpec[];
  /** Topic that mirrors a fronting topic in a consumer cluster, by `${cluster}/${topic}`. */
  readonly mirrors: ReadonlyMap<string, number>;
  /** Topic that stands for a fronting topic in another cluster, by `${cluster}/${topic}`. */
  readonly places: ReadonlyMap<string, number>;
  /** The fronting topic that each topic is or stands for; −1 for mirrors. */
  readonly topicHome: Int32Array;
  readonly network: Network;

  readonly #regions: readonly string[];

  constructor(scenario: Scenario) {
    this.#regions = scenario.regions.map(({ name }) => name);
    this.clusters = scenario.clusters;
    const regionFirstZone: number[] = [];
    const zoneRegion: number[] = [];
    scenario.regions.forEach((region, index) => {
      regionFirstZone.push(zoneRegion.length);
      for (let zone = 0; zone < region.zones; zone++) zoneRegion.push(index);
    });
    this.zones = zoneRegion.length;
    this.zoneRegion = Int32Array.from(zoneRegion);
    this.regionFirstZone = Int32Array.from(regionFirstZone);
    this.network = new Network(scenario.network, this.zoneRegion);

    const names: string[] = [];
    const cluster: number[] = [];
    const zone: number[] = [];
    const first: number[] = [];
    const counts = scenario.clusters.map((spec) => spec.brokers + brokersToCome(scenario, spec.name));
    scenario.clusters.forEach((spec, index) => {
      first.push(names.length);
      const region = scenario.regions.findIndex((each) => each.name === spec.region);
      for (let broker = 0; broker < counts[index]; broker++) {
        names.push(`${spec.name}-${broker}`);
        cluster.push(index);
        zone.push(regionFirstZone[region] + zoneOfBroker(broker, scenario.regions[region].zones));
      }
    });
    this.brokers = names.length;
    this.brokerNames = names;
    this.brokerCluster = Int32Array.from(cluster);
    this.brokerZone = Int32Array.from(zone);
    this.clusterFirstBroker = Int32Array.from(first);
    this.clusterBrokers = Int32Array.from(counts);

    const topics = layTopics(scenario);
    this.mirrors = topics.mirrors;
    this.places = topics.places;
    this.topicHome = Int32Array.from(topics.home);
    this.topics = topics.names.length;
    this.topicNames = topics.names;
    this.topicCluster = Int32Array.from(topics.cluster);
    this.topicPartitions = Int32Array.from(topics.partitions);
    this.topicPartitionsMax = Int32Array.from(
      topics.partitions,
      (partitions, topic) => partitions + partitionsToCome(scenario, topics.home[topic]),
    );
    this.topicCopies = Int32Array.from(topics.copies);
    this.topicRetentionNs = Float64Array.from(topics.retentionNs);
    this.topicFirstPartition = new Int32Array(this.topics);
    let partitions = 0;
    for (let topic = 0; topic < this.topics; topic++) {
      this.topicFirstPartition[topic] = partitions;
      partitions += this.topicPartitionsMax[topic];
    }
    this.partitions = partitions;
    this.partitionTopic = new Int32Array(partitions);
    this.partitionLeader = new Int32Array(partitions);
    this.partitionOffline = new Uint8Array(partitions);
    this.replicas = new Int32Array(partitions * REPLICAS_MAX).fill(-1);
    this.#place(scenario);
  }

  /** The fronting topic of the partition, wherever it is; −1 for a mirror's. */
  homeOf(partition: number): number {
    return this.topicHome[this.partitionTopic[partition]];
  }

  /** The topics that stand for a fronting topic: itself, and those in other clusters that it may go to. */
  placesOf(home: number): number[] {
    const places: number[] = [];
    for (let topic = 0; topic < this.topics; topic++) if (this.topicHome[topic] === home) places.push(topic);
    return places;
  }

  /** The partition's copies are on these brokers, in this order. */
  setReplicas(partition: number, brokers: readonly number[]): void {
    invariant(brokers.length > 0 && brokers.length <= REPLICAS_MAX, 'a partition has some copies, and not too many');
    const row = partition * REPLICAS_MAX;
    this.replicas.fill(-1, row, row + REPLICAS_MAX);
    this.replicas.set(brokers, row);
  }

  zoneOf(broker: number): number {
    return this.brokerZone[broker];
  }

  /** First and last zone of a place. */
  zonesOf({
    region,
    zone,
  }: {
    readonly region: string | null;
    readonly zone: number | null;
  }): readonly [number, number] {
    if (region === null) return [0, this.zones - 1];
    const index = this.#regions.indexOf(region);
    const first = this.regionFirstZone[index];
    if (zone !== null) return [first + zone, first + zone];
    const next = index + 1 < this.#regions.length ? this.regionFirstZone[index + 1] : this.zones;
    return [first, next - 1];
  }

  /** Brokers with a copy of the partition, the preferred leader first. */
  replicasOf(partition: number): Int32Array {
    const row = partition * REPLICAS_MAX;
    const all = this.replicas.subarray(row, row + REPLICAS_MAX);
    const end = all.indexOf(-1);
    return end < 0 ? all : all.subarray(0, end);
  }

  /** One-way trip between zones without jitter, ns. */
  baseNs(fromZone: number, toZone: number): number {
    return this.network.baseNs(fromZone, toZone);
  }

  /** One-way trip between zones, ns: see Network. */
  tripNs(fromZone: number, toZone: number, entity: number, ordinal: number): number {
    return this.network.tripNs(fromZone, toZone, entity, ordinal);
  }

  /** Each topic begins where the last one of its cluster ended. */
  #place(scenario: Scenario): void {
    const cursor = new Int32Array(this.clusters.length);
    for (let topic = 0; topic < this.topics; topic++) {
      const cluster = this.topicCluster[topic];
      const spec = this.clusters[cluster];
      const { zones } = scenario.regions.find((region) => region.name === spec.region)!;
      const first = this.topicFirstPartition[topic];
      this.partitionTopic.fill(topic, first, first + this.topicPartitionsMax[topic]);
      for (let index = 0; index < this.topicPartitions[topic]; index++) {
        const partition = first + index;
        const copies = placeReplicas(cursor[cluster]++, this.topicCopies[topic], { ...spec, zones });
        copies.forEach((broker, copy) => {
          this.replicas[partition * REPLICAS_MAX + copy] = this.clusterFirstBroker[cluster] + broker;
        });
        this.partitionLeader[partition] = this.replicas[partition * REPLICAS_MAX];
      }
    }
  }
}

function brokersToCome({ faults }: Scenario, cluster: string): number {
  return faults.reduce(
    (sum, each) => sum + (each.kind === 'add-brokers' && each.cluster === cluster ? each.brokers : 0),
    0,
  );
}

/** Of a fronting topic, wherever it goes: all that stand for it are numbered alike. */
function partitionsToCome({ faults, topics }: Scenario, home: number): number {
  if (home < 0) return 0;
  const topic = topics[home].name;
  return faults.reduce(
    (sum, each) => sum + (each.kind === 'add-partitions' && each.topic === topic ? each.partitions : 0),
    0,
  );
}

function layTopics(scenario: Scenario) {
  const names: string[] = [];
  const cluster: number[] = [];
  const partitions: number[] = [];
  const copies: number[] = [];
  const retentionNs: number[] = [];
  const home: number[] = [];
  const mirrors = new Map<string, number>();
  const places = new Map<string, number>();
  const clusterIndex = new Map(scenario.clusters.map((spec, index) => [spec.name, index]));
  for (const topic of scenario.topics) {
    home.push(names.length);
    names.push(topic.name);
    cluster.push(clusterIndex.get(topic.cluster)!);
    partitions.push(topic.partitions);
    copies.push(topic.replicationFactor);
    retentionNs.push(topic.retentionNs);
  }
  for (const sink of scenario.sinks) {
    if (sink.kind !== 'kafka') continue;
    for (const topic of scenario.topics) {
      const key = `${sink.cluster}/${topic.name}`;
      if (!topic.routes.includes(sink.name) || mirrors.has(key)) continue;
      const index = clusterIndex.get(sink.cluster)!;
      const spec = scenario.clusters[index];
      mirrors.set(key, names.length);
      home.push(-1);
      names.push(key);
      cluster.push(index);
      partitions.push(topic.partitions);
      copies.push(spec.replicationFactor);
      retentionNs.push(spec.retentionNs);
    }
  }
  for (const place of furtherPlaces(scenario)) {
    const topic = scenario.topics[place.topic];
    const key = `${place.cluster}/${topic.name}`;
    const index = clusterIndex.get(place.cluster)!;
    places.set(key, names.length);
    home.push(place.topic);
    names.push(key);
    cluster.push(index);
    partitions.push(topic.partitions);
    copies.push(Math.min(topic.replicationFactor, scenario.clusters[index].brokers));
    retentionNs.push(topic.retentionNs);
  }
  return { names, cluster, partitions, copies, retentionNs, mirrors, places, home };
}
