/** What operators do to clusters while they run. Each operation begins when it is told, and goes on by itself. */
import { type Engine, invariant } from '../../engine/index.ts';
import type { OperationSpec, Scenario, TenantQuota } from '../../scenario/scenario.ts';
import type { Clusters } from '../clusters.ts';
import type { Controllers } from '../controllers.ts';
import { hostOfBroker } from '../placement.ts';
import type { RollingRestarts } from '../rolling-restart.ts';
import type { Topology } from '../topology.ts';
import { Reassignments } from './reassignments.ts';
import { type Assignment, Spread } from './spread.ts';

/** How often an operator looks whether there are the brokers that an operation needs. */
const LOOK_NS = 1_000_000_000;

export interface OperationsOptions {
  readonly engine: Engine;
  readonly scenario: Scenario;
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly controllers: Controllers;
  readonly restarts: RollingRestarts;
  /** They are told at once. */
  readonly producers: {
    setClass(topic: number, serviceClass: 'low' | 'normal' | 'high'): void;
    setQuota(quota: TenantQuota): void;
  };
}

type Of<K> = Extract<OperationSpec, { kind: K }>;

export class Operations {
  readonly reassignments: Reassignments;
  /** Told of a topic that has got partitions. */
  grown: ((topic: number) => void) | null = null;
  readonly #from: OperationsOptions;
  /** Kind of its events: made when the first is due, so that it has no part in the order of runs without any. */
  #kind = -1;
  readonly #steps = new Map<number, () => void>();
  /** Brokers that joined during the run. */
  readonly #joined = new Set<number>();
  /** Brokers that copies are moved off, to be retired. */
  readonly #leaving = new Set<number>();
  /** By cluster: machines that have not taken an id yet. */
  readonly #machines: Int32Array;
  #ordinal = 0;

  constructor(options: OperationsOptions) {
    this.#from = options;
    this.#machines = new Int32Array(options.topology.clusters.length);
    this.reassignments = new Reassignments(options);
  }

  begin(operation: OperationSpec): void {
    const { restarts, topology } = this.#from;
    switch (operation.kind) {
      case 'add-brokers':
        this.#addBrokers(operation);
        break;
      case 'add-partitions':
        this.#addPartitions(operation);
        break;
      case 'move-partitions':
        this.#balance(operation);
        break;
      case 'scale-down':
        this.#scaleDown(operation);
        break;
      case 'copies-change':
        this.#changeCopies(operation);
        break;
      case 'image-replacement':
        restarts.begin(this.#clusterOf(operation.cluster), operation.downNs, operation.disk);
        break;
      case 'retention-change':
        topology.topicRetentionNs[this.#topicOf(operation.topic)] = operation.retentionNs;
        break;
      case 'class-change':
        this.#from.producers.setClass(this.#topicOf(operation.topic), operation.class);
        break;
      case 'quota-change': {
        const { kind: _, atNs: __, ...quota } = operation;
        this.#from.producers.setQuota(quota);
        break;
      }
    }
  }

  /** Machines take ids in turn, by a lock: the lowest that nobody holds. One that finds none free waits for its next turn. */
  #addBrokers({ cluster: name, brokers, turnNs }: Of<'add-brokers'>): void {
    const cluster = this.#clusterOf(name);
    this.#machines[cluster] += brokers;
    const take = (left: number): void => {
      const id = this.#members(cluster).find((broker) => this.#isIdFree(broker));
      if (id !== undefined) {
        this.#from.controllers.join(id);
        this.#joined.add(id);
        this.#leaving.delete(id);
        this.#machines[cluster]--;
      }
      const after = id === undefined ? left : left - 1;
      if (after > 0) this.#after(turnNs, () => take(after));
    };
    this.#after(turnNs, () => take(brokers));
  }

  #isIdFree(broker: number): boolean {
    const { engine, clusters, controllers } = this.#from;
    return controllers.sessions.isIdFree(broker, { isDown: clusters.copies.isDown(broker), nowNs: engine.nowNs });
  }

  #addPartitions(operation: Of<'add-partitions'>): void {
    const { topology, controllers } = this.#from;
    const topic = this.#topicOf(operation.topic);
    const cluster = this.#clusterOf(operation.cluster);
    const room = topology.topicPartitionsMax[topic] - topology.topicPartitions[topic];
    if (operation.partitions > room) throw notPlanned(`${operation.partitions} partitions of ${operation.topic}`, room);
    const add = (count: number) => () =>
      controllers.operate(cluster, count, () => this.#create(topic, cluster, count, operation.on));
    this.#whenReady(cluster, topology.topicCopies[topic], () => {
      if (operation.everyNs === 0) {
        add(operation.partitions)();
        return;
      }
      for (let i = 0; i < operation.partitions; i++) this.#after(i * operation.everyNs, add(1));
    });
  }

  /** The topic gets as many partitions as that, where it has fewer. */
  grow(topic: number, partitions: number): void {
    const { topology } = this.#from;
    const missing = partitions - topology.topicPartitions[topic];
    if (missing > 0) this.#create(topic, topology.topicCluster[topic], missing, 'all-brokers');
  }

  /** The controller creates partitions: they are there at once, and clients hear of them when brokers tell. */
  #create(topic: number, cluster: number, count: number, on: 'new-brokers' | 'all-brokers'): void {
    const { topology, clusters, controllers } = this.#from;
    const copies = topology.topicCopies[topic];
    const all = this.#usable(cluster);
    if (all.length < copies) {
      // Some have died meanwhile. AK refuses with INVALID_REPLICATION_FACTOR, and the operator tries again.
      this.#whenReady(cluster, copies, () => {
        controllers.operate(cluster, count, () => this.#create(topic, cluster, count, on));
      });
      return;
    }
    const fresh = all.filter((broker) => this.#joined.has(broker));
    const spread = this.#spread(cluster, on === 'new-brokers' && fresh.length >= copies ? fresh : all);
    const created: number[] = [];
    for (let i = 0; i < count; i++) {
      const partition = topology.topicFirstPartition[topic] + topology.topicPartitions[topic]++;
      clusters.copies.create(partition, spread.place(copies));
      created.push(partition);
    }
    controllers.leaders.changed(created);
    this.grown?.(topic);
  }

  #balance({ cluster: name, topic: only, throttleBytesPerSecond, atOnce }: Of<'move-partitions'>): void {
    const cluster = this.#clusterOf(name);
    const topic = only === null ? null : this.#topicOf(only);
    this.#whenReady(cluster, 1, () => {
      const { partitionTopic } = this.#from.topology;
      const spread = this.#spread(cluster, this.#usable(cluster));
      const waiting = spread.balanced((partition) => topic === null || partitionTopic[partition] === topic);
      this.reassignments.begin({ cluster, throttleBytesPerSecond, atOnce, waiting, underWay: 0, done: () => {} });
    });
  }

  #changeCopies({ cluster: name, topic: of, replicationFactor, ...pace }: Of<'copies-change'>): void {
    const { topology } = this.#from;
    const cluster = this.#clusterOf(name);
    const topic = this.#topicOf(of);
    const { throttleBytesPerSecond, atOnce } = pace;
    this.#whenReady(cluster, replicationFactor, () => {
      topology.topicCopies[topic] = replicationFactor;
      const spread = this.#spread(cluster, this.#usable(cluster));
      const waiting = this.#assignments(cluster)
        .filter(({ partition }) => topology.partitionTopic[partition] === topic)
        .map((each) => ({ partition: each.partition, brokers: spread.resized(each, replicationFactor) }));
      this.reassignments.begin({ cluster, throttleBytesPerSecond, atOnce, waiting, underWay: 0, done: () => {} });
    });
  }

  #scaleDown({ cluster: name, brokers, throttleBytesPerSecond, atOnce }: Of<'scale-down'>): void {
    const { controllers, topology } = this.#from;
    const cluster = this.#clusterOf(name);
    const copies = topology.topicCopies.reduce(
      (most, each, topic) => (topology.topicCluster[topic] === cluster ? Math.max(most, each) : most),
      1,
    );
    this.#whenReady(cluster, copies + brokers, () => {
      const leave = this.#members(cluster)
        .filter((broker) => !controllers.sessions.isAbsent(broker) && !this.#leaving.has(broker))
        .slice(-brokers);
      for (const broker of leave) this.#leaving.add(broker);
      const spread = this.#spread(cluster, this.#usable(cluster));
      const waiting = this.#assignments(cluster)
        .filter((each) => each.brokers.some((broker) => leave.includes(broker)))
        .map((each) => ({
          partition: each.partition,
          brokers: spread.without(each, (broker) => leave.includes(broker)),
        }));
      const done = () => {
        for (const broker of leave) {
          controllers.shutDown(broker);
          controllers.operate(cluster, 0, () => this.#retire(broker));
        }
      };
      this.reassignments.begin({ cluster, throttleBytesPerSecond, atOnce, waiting, underWay: 0, done });
    });
  }

  #retire(broker: number): void {
    const { clusters, controllers } = this.#from;
    invariant(clusters.copies.hosted(broker).length === 0, 'a broker leaves when it has no copies any more');
    this.#leaving.delete(broker);
    this.#joined.delete(broker);
    controllers.retire(broker);
  }

  /** Waits until all machines that were started have joined, and so many brokers are alive and stay. */
  #whenReady(cluster: number, brokers: number, what: () => void): void {
    const { controllers } = this.#from;
    const joined = [...this.#joined].filter((broker) => this.#from.topology.brokerCluster[broker] === cluster);
    const all = this.#machines[cluster] === 0 && joined.every((broker) => controllers.sessions.isLive(broker));
    if (all && this.#usable(cluster).length >= brokers) what();
    else this.#after(LOOK_NS, () => this.#whenReady(cluster, brokers, what));
  }

  #spread(cluster: number, brokers: readonly number[]): Spread {
    const { topology, scenario } = this.#from;
    const { placement, brokersPerHost, region } = topology.clusters[cluster];
    const { zones } = scenario.regions.find((each) => each.name === region)!;
    const first = topology.clusterFirstBroker[cluster];
    const zone = (broker: number) => topology.brokerZone[broker];
    const host = (broker: number) => hostOfBroker(broker - first, zones, brokersPerHost);
    const places = placement === 'plain' ? [] : placement === 'zones' ? [zone] : [zone, host];
    return new Spread({ brokers, places, assignments: this.#assignments(cluster) });
  }

  /** Where the cluster's copies are, or will be when what is under way is done. */
  #assignments(cluster: number): Assignment[] {
    const { topology } = this.#from;
    const assignments: Assignment[] = [];
    for (let topic = 0; topic < topology.topics; topic++) {
      if (topology.topicCluster[topic] !== cluster) continue;
      const first = topology.topicFirstPartition[topic];
      for (let partition = first; partition < first + topology.topicPartitions[topic]; partition++) {
        assignments.push(this.reassignments.assignmentOf(partition));
      }
    }
    return assignments;
  }

  /** Brokers that may get copies: alive, as far as the controller knows, and not about to leave. */
  #usable(cluster: number): number[] {
    const { controllers } = this.#from;
    return this.#members(cluster).filter((broker) => controllers.sessions.isLive(broker) && !this.#leaving.has(broker));
  }

  /** All ids of the cluster, those included whose broker isn't there. */
  #members(cluster: number): number[] {
    const { clusterFirstBroker, clusterBrokers } = this.#from.topology;
    return Array.from({ length: clusterBrokers[cluster] }, (_, id) => clusterFirstBroker[cluster] + id);
  }

  #after(ns: number, what: () => void): void {
    const { engine } = this.#from;
    const step = this.#ordinal++;
    this.#steps.set(step, what);
    if (this.#kind < 0) this.#kind = engine.kind('operation', (_, due) => this.#due(due));
    engine.schedule(engine.nowNs + ns, this.#kind, 0, step, step);
  }

  #due(step: number): void {
    const what = this.#steps.get(step)!;
    this.#steps.delete(step);
    what();
  }

  #clusterOf(name: string): number {
    return this.#from.topology.clusters.findIndex((cluster) => cluster.name === name);
  }

  #topicOf(name: string): number {
    return this.#from.topology.topicNames.indexOf(name);
  }
}

function notPlanned(what: string, room: number): RangeError {
  return new RangeError(
    `room for ${room} more, and not for ${what}: what is added is planned when the scenario is read; write it among its faults`,
  );
}
