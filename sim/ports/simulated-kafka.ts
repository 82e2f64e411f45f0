import type { Clock, ConsumedRecord, ConsumerPort, ProducerPort } from '../../src/ports.ts';
import { Engine, hashString } from '../engine/index.ts';
import { Clusters } from '../model/clusters.ts';
import { Topology } from '../model/topology.ts';
import { Ways } from '../model/ways.ts';
import type { PlaceSpec } from '../scenario/scenario.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { SimulatedConsumer, type SimulatedConsumerOptions } from './consumer-port.ts';
import { FetchDesk } from './fetch-desk.ts';
import { BATCH_BYTES_MAX, type SimulatedKafkaOptions, scenarioOf } from './kafka-spec.ts';
import { settled } from './microtasks.ts';
import { SimulatedProducer } from './producer-port.ts';
import { RecordStore } from './record-store.ts';
import { VirtualClock } from './virtual-clock.ts';
import { Wire } from './wire.ts';

const NS_PER_MS = 1_000_000;
/** 2025-01-01. */
const START_MS = 1_735_689_600_000;
const UNTIL_MS = 3_600_000;

export interface SimulatedClientOptions {
  /** Default: the first. */
  readonly cluster?: string;
  /** Zone that the client stands in, from 0. Default 0. */
  readonly zone?: number;
}

/** What is cut. */
export interface SimulatedCut {
  /** Producers, or consumers. Default producers. */
  readonly of?: 'applications' | 'routers';
  /** Its number, from 1. */
  readonly broker: number;
  /** What is lost: requests, answers, or both. Default both. */
  readonly way?: 'there' | 'back' | 'both';
  readonly cluster?: string;
}

/**
 * Kafka in virtual time: the simulator's brokers, network and logs behind the ports that Kafka clients stand behind in
 * production. An application's own producer runs against it, with its outages, in no time and the same way each time.
 *
 * ```ts
 * const kafka = new SimulatedKafka({ topics: { clicks: { partitions: 6 } } });
 * const producer = createProducer({ port: kafka.producer(), clock: kafka.clock, identity: 'test' });
 * kafka.at(1_000, () => kafka.stopBroker(1));
 * producer.send({ topic: 'clicks', value: 'hello' });
 * await kafka.run({ forMs: 10_000 });
 * const receipt = await kafka.until(producer.close());
 * ```
 *
 * Nothing happens while nobody drives it: `run` and `until` process one event after the other, and after each that ran
 * somebody's code they wait until promises have nothing left to do. So code under test may await what it likes, so long
 * as it waits by `clock` and not by timers of the machine.
 */
export class SimulatedKafka {
  readonly clock: Clock;
  readonly #clock: VirtualClock;
  readonly #engine: Engine;
  readonly #topology: Topology;
  readonly #ways: Ways;
  readonly #clusters: Clusters;
  readonly #wire: Wire;
  readonly #desk: FetchDesk;
  readonly #stores: readonly RecordStore[];
  readonly #batchBytesMax = new Map<string, number>();
  readonly #groups = new Map<string, ConsumerGroup>();
  #driven = false;
  #cuts = 0;

  constructor(options: SimulatedKafkaOptions) {
    const scenario = scenarioOf(options);
    this.#engine = new Engine({ seed: scenario.seed });
    this.#clock = new VirtualClock({ engine: this.#engine, startMs: options.startMs ?? START_MS });
    this.clock = this.#clock;
    this.#topology = new Topology(scenario);
    this.#ways = new Ways({ topology: this.#topology, regions: scenario.regions.map(({ name }) => name), sinks: [] });
    this.#clusters = new Clusters({ engine: this.#engine, topology: this.#topology, scenario, ways: this.#ways });
    this.#wire = new Wire({
      clock: this.#clock,
      topology: this.#topology,
      clusters: this.#clusters,
      ways: this.#ways,
      seed: scenario.seed,
    });
    this.#stores = Array.from({ length: this.#topology.partitions }, () => new RecordStore());
    this.#desk = new FetchDesk({ wire: this.#wire, records: (partition) => this.#recordsOf(partition) });
    for (const [name, { batchBytesMax = BATCH_BYTES_MAX }] of Object.entries(options.topics)) {
      this.#batchBytesMax.set(name, batchBytesMax);
    }
  }

  get nowMs(): number {
    return this.#engine.nowNs / NS_PER_MS;
  }

  /** Requests that brokers took: of producers, of consumers, questions. */
  get requests(): number {
    return this.#wire.served;
  }

  /** A client to produce with: a `createProducer` of its own for each. Give that producer `clock` and an `identity`, too. */
  producer({ cluster, zone = 0 }: SimulatedClientOptions = {}): ProducerPort {
    return new SimulatedProducer({
      wire: this.#wire,
      link: this.#wire.link(this.#zone(zone), 'applications'),
      brokers: this.#brokersOf(cluster),
      partitionsOf: (topic) => this.#partitionsOf(topic, cluster),
      batchBytesMax: (topic) => this.#batchBytesMax.get(topic) ?? BATCH_BYTES_MAX,
      records: (partition) => this.#recordsOf(partition),
    });
  }

  /** A member of a consumer group. */
  consumer({ cluster, zone = 0, ...options }: SimulatedClientOptions & SimulatedConsumerOptions): ConsumerPort {
    const key = `${this.#clusterOf(cluster)}/${options.groupId}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new ConsumerGroup({ clock: this.#clock, identity: hashString(key) });
      this.#groups.set(key, group);
    }
    return new SimulatedConsumer({
      ...options,
      wire: this.#wire,
      desk: this.#desk,
      link: this.#wire.link(this.#zone(zone), 'routers'),
      brokers: this.#brokersOf(cluster),
      group,
      partitionsOf: (topic) => this.#partitionsOf(topic, cluster),
    });
  }

  /** What consumers could read of the topic now, by partition. */
  records(topic: string, { cluster }: { cluster?: string } = {}): readonly (readonly ConsumedRecord[])[] {
    const partitions = this.#partitionsOf(topic, cluster);
    if (partitions === null)
      throw new RangeError(`no topic ${topic}: there are ${[...this.#batchBytesMax.keys()].join(', ')}`);
    return partitions.map((partition) => {
      const from = this.#clusters.logs[partition].startOffset();
      return this.#recordsOf(partition).read(from, this.#clusters.copies.visibleEnd(partition));
    });
  }

  /** Does something at a time counted from the start, ms. */
  at(ms: number, what: () => void): void {
    this.#clock.after(ms * NS_PER_MS - this.#engine.nowNs, what);
  }

  /** The process ends; its disk stays. Does nothing to one that has ended. */
  stopBroker(id: number, options: { cluster?: string } = {}): void {
    this.#wire.stop(this.#broker(id, options));
  }

  /** The process is back, or goes on if it hung. Does nothing to one that runs. */
  startBroker(id: number, options: { cluster?: string } = {}): void {
    this.#wire.start(this.#broker(id, options));
  }

  /** The process stands still, as by SIGSTOP: connections are accepted, nothing answers. */
  hangBroker(id: number, options: { cluster?: string } = {}): void {
    this.#wire.hang(this.#broker(id, options));
  }

  resumeBroker(id: number, options: { cluster?: string } = {}): void {
    this.#wire.resume(this.#broker(id, options));
  }

  /** Clients lose their way to the cluster; what happens in it goes on. */
  cutOff(options: { cluster?: string } = {}): void {
    this.#wire.cutOff(this.#clusterOf(options.cluster));
  }

  reconnect(options: { cluster?: string } = {}): void {
    this.#wire.reconnect(this.#clusterOf(options.cluster));
  }

  /**
   * Nothing gets from clients to a broker, or back, or either, until the function that is returned is called. Connections
   * stay: what is lost is sent again, as TCP does. Producers are `applications`, consumers `routers`.
   */
  cutWay({ of = 'applications', broker, way = 'both', cluster }: SimulatedCut): () => void {
    const name = this.#topology.clusters[this.#clusterOf(cluster)].name;
    const first = this.#brokersOf(cluster)[0];
    const number = this.#broker(broker, cluster === undefined ? {} : { cluster }) - first;
    const clients: PlaceSpec = { kind: of, region: '', zone: null };
    const there: PlaceSpec = { kind: 'broker', cluster: name, broker: number };
    const keys = (['there', 'back'] as const).filter((each) => way === 'both' || way === each);
    const cuts = keys.map((each) => {
      const key = `cut ${this.#cuts++}`;
      const [from, to] = each === 'there' ? [clients, there] : [there, clients];
      this.#ways.cut(key, { from, to }, this.#engine.nowNs);
      return key;
    });
    return () => {
      for (const key of cuts.splice(0)) this.#ways.mend(key);
    };
  }

  /** Brokers of the cluster that lead the topic's partitions, by partition; −1 where there is none. */
  leaders(topic: string, { cluster }: { cluster?: string } = {}): readonly number[] {
    const first = this.#brokersOf(cluster)[0];
    return (this.#partitionsOf(topic, cluster) ?? []).map((partition) => {
      const leader = this.#topology.partitionLeader[partition];
      return leader < 0 ? -1 : leader - first + 1;
    });
  }

  /** Lets time pass. */
  async run({ forMs }: { forMs: number }): Promise<void> {
    const untilNs = this.#engine.nowNs + Math.round(forMs * NS_PER_MS);
    await this.#drive(untilNs, () => false);
    this.#engine.runUntil(untilNs);
  }

  /**
   * Lets time pass until the promise settles, and answers what it does. Rejects with an error when it has not after
   * `withinMs` (default an hour).
   */
  async until<T>(promise: Promise<T>, { withinMs = UNTIL_MS }: { withinMs?: number } = {}): Promise<T> {
    let over = false;
    const end = (): void => {
      over = true;
    };
    promise.then(end, end);
    await this.#drive(this.#engine.nowNs + Math.round(withinMs * NS_PER_MS), () => over);
    if (!over) throw new Error(`not settled within ${withinMs} ms of virtual time`);
    return promise;
  }

  async #drive(untilNs: number, over: () => boolean): Promise<void> {
    if (this.#driven) throw new Error('it is driven already: await one run before the next');
    this.#driven = true;
    try {
      await settled();
      while (!over() && this.#engine.peekNs() <= untilNs) {
        const { turns } = this.#clock;
        this.#engine.step();
        // Events of the model alone run nobody's promises.
        if (this.#clock.turns !== turns) await settled();
      }
    } finally {
      this.#driven = false;
    }
  }

  /** Payloads of the partition, as far as its log has them: one that has stopped or lost office may have cut it. */
  #recordsOf(partition: number): RecordStore {
    const store = this.#stores[partition];
    const log = this.#clusters.logs[partition];
    store.truncate(log.endOffset());
    store.trim(log.startOffset());
    return store;
  }

  #partitionsOf(topic: string, cluster: string | undefined): readonly number[] | null {
    const index = this.#clusterOf(cluster);
    const { topicNames, topicCluster, topicFirstPartition, topicPartitions } = this.#topology;
    const at = topicNames.findIndex((name, each) => name === topic && topicCluster[each] === index);
    if (at === -1) return null;
    return Array.from({ length: topicPartitions[at] }, (_, partition) => topicFirstPartition[at] + partition);
  }

  #clusterOf(name: string | undefined): number {
    const { clusters } = this.#topology;
    const index = name === undefined ? 0 : clusters.findIndex((each) => each.name === name);
    if (index === -1)
      throw new RangeError(`no cluster ${name}: there are ${clusters.map((each) => each.name).join(', ')}`);
    return index;
  }

  /** Numbers in the world of the cluster's brokers. */
  #brokersOf(cluster: string | undefined): readonly number[] {
    const index = this.#clusterOf(cluster);
    const first = this.#topology.clusterFirstBroker[index];
    return Array.from({ length: this.#topology.clusterBrokers[index] }, (_, broker) => first + broker);
  }

  #broker(id: number, { cluster }: { cluster?: string }): number {
    const brokers = this.#brokersOf(cluster);
    const broker = brokers[id - 1];
    if (broker === undefined) throw new RangeError(`no broker ${id}: they are 1 to ${brokers.length}`);
    return broker;
  }

  #zone(zone: number): number {
    const { zones } = this.#topology;
    if (Number.isInteger(zone) && zone >= 0 && zone < zones) return zone;
    throw new RangeError(`zone: expected a whole number from 0 to ${zones - 1}, got ${zone}`);
  }
}
