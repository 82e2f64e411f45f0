/** What breaks, when, and when it returns: the scenario's faults put on the engine's clock. */
import { type Engine, invariant } from '../engine/index.ts';
import type {
  FailoverSpec,
  FaultSpec,
  NetworkQualitySpec,
  OperationSpec,
  PlaceSpec,
  TopicMoveSpec,
} from '../scenario/scenario.ts';
import { type HazardDoors, hazardDeed } from './hazards.ts';
import { Slowness } from './slowness.ts';

/** What a fault can do to the world. */
export interface FaultDoors extends HazardDoors {
  /** Its process dies. */
  killBroker(cluster: string, broker: number): void;
  /** It is asked to stop: leaders move first. */
  shutDownBroker(cluster: string, broker: number): void;
  /** Its process is up again, with its disk or an empty one. */
  startBroker(cluster: string, broker: number, disk: 'kept' | 'lost'): void;
  hangBroker(cluster: string, broker: number, session: 'kept' | 'lost'): void;
  resumeBroker(cluster: string, broker: number): void;
  /** So many times slower than its specification; 1 ends it. */
  slowBroker(cluster: string, broker: number, factors: SlowFactors): void;
  killController(cluster: string): void;
  startController(cluster: string): void;
  killZooKeeperNode(zookeeper: string, node: number): void;
  /** It is back; replaced, under an address that clients which run don't know. */
  startZooKeeperNode(zookeeper: string, node: number, replaced: boolean): void;
  /** All nodes of the ensemble are away. */
  stopZooKeeper(zookeeper: string): void;
  startZooKeeper(zookeeper: string): void;
  /** Its leader steps down. */
  electZooKeeper(zookeeper: string): void;
  restartBrokers(cluster: string, downNs: number): void;
  rebalanceLeaders(cluster: string): void;
  /** An operator begins with something; it goes on by itself. */
  operate(operation: OperationSpec): void;
  cutOffCluster(cluster: string): void;
  reconnectCluster(cluster: string): void;
  /** What goes from one place to the other is lost. `key` names the cut. */
  cutWay(key: string, from: PlaceSpec, to: PlaceSpec): void;
  mendWay(key: string): void;
  /** Packets are late or lost on a way, until it improves by the same fault. */
  changeWay(fault: NetworkQualitySpec, how: 'worsen' | 'improve'): void;
  /** First questions for its metadata fail; and get through again. */
  failMetadata(cluster: string, how: 'refused' | 'silent'): void;
  answerMetadata(cluster: string): void;
  moveTopic(move: TopicMoveSpec): void;
  /** Watches the cluster, or begins at once. */
  failOver(failover: FailoverSpec): void;
  stopSink(sink: string): void;
  startSink(sink: string): void;
  crashRouter(sink: string, container: number): void;
  /** It heartbeats and does nothing else, until it is freed. */
  stickRouter(sink: string, container: number): void;
  freeRouter(sink: string, container: number): void;
  stopStore(store: 'checkpoint' | 'desired-state'): void;
  startStore(store: 'checkpoint' | 'desired-state'): void;
}

interface SlowFactors {
  readonly cpu: number;
  readonly disk: number;
  readonly network: number;
}

/**
 * What a fault does. Without an end it is a moment, not a span. Without a target those that overlap add to each other;
 * with one they count.
 */
interface Deed {
  readonly target: string | null;
  begin(): void;
  readonly end?: () => void;
}

const BEGIN = 1;
const END = 0;

/** Told when a fault begins and ends. */
export type FaultListener = (fault: FaultSpec, begins: boolean, nowNs: number) => void;

/**
 * The faults of a run on its engine's clock. At one time ends come before beginnings. Faults of one target that overlap
 * count: it is back when the last of them has ended.
 */
export class FaultTimeline {
  readonly #engine: Engine;
  readonly #doors: FaultDoors;
  readonly #kind: number;
  readonly #faults: FaultSpec[] = [];
  readonly #deeds: Deed[] = [];
  readonly #active = new Map<string, number>();
  readonly #lasting = new Set<FaultSpec>();
  readonly #slowBrokers: Slowness<'cpu' | 'disk' | 'network'>;
  readonly #slowSinks: Slowness<'rate' | 'latency'>;

  constructor(engine: Engine, doors: FaultDoors, listener?: FaultListener) {
    this.#engine = engine;
    this.#doors = doors;
    this.#slowBrokers = new Slowness(['cpu', 'disk', 'network'], (broker, factors) => {
      const slash = broker.lastIndexOf('/');
      doors.slowBroker(broker.slice(0, slash), Number(broker.slice(slash + 1)), factors);
    });
    this.#slowSinks = new Slowness(['rate', 'latency'], (sink, factors) => doors.slowSink(sink, factors));
    // What happens is the entity, because at one time events come by entity: ends first.
    this.#kind = engine.kind('fault', (begins, index) => {
      listener?.(this.#faults[index], begins === BEGIN, engine.nowNs);
      if (begins === END) this.#lasting.delete(this.#faults[index]);
      else if ('forNs' in this.#faults[index]) this.#lasting.add(this.#faults[index]);
      this.#happen(begins, this.#deeds[index]);
    });
  }

  /** All that have begun or will, in the order in which they were added. */
  get all(): readonly FaultSpec[] {
    return this.#faults;
  }

  /** Those that have begun and not ended. */
  get lasting(): ReadonlySet<FaultSpec> {
    return this.#lasting;
  }

  /** Adds one that begins now or later. */
  add(fault: FaultSpec): void {
    const index = this.#faults.push(fault) - 1;
    this.#deeds.push(this.#deedOf(fault));
    this.#engine.schedule(fault.atNs, this.#kind, BEGIN, index, index);
    if ('forNs' in fault) this.#engine.schedule(fault.atNs + fault.forNs, this.#kind, END, index, index);
  }

  #happen(begins: number, { target, begin, end }: Deed): void {
    if (target === null || end === undefined) {
      if (begins === BEGIN) begin();
      else end?.();
      return;
    }
    const before = this.#active.get(target) ?? 0;
    const after = before + (begins === BEGIN ? 1 : -1);
    invariant(after >= 0, 'a fault ends after it began');
    this.#active.set(target, after);
    if (before === 0 && after === 1) begin();
    if (before === 1 && after === 0) end();
  }

  #deedOf(fault: FaultSpec): Deed {
    const doors = this.#doors;
    switch (fault.kind) {
      case 'broker-kill':
        return {
          target: `broker ${fault.cluster}/${fault.broker}`,
          begin: () => doors.killBroker(fault.cluster, fault.broker),
          end: () => {
            // Without its disk it is another machine, on another host.
            if (fault.disk === 'lost') this.#slowBrokers.clear(`${fault.cluster}/${fault.broker}`);
            doors.startBroker(fault.cluster, fault.broker, fault.disk);
          },
        };
      case 'broker-stop':
        return {
          target: `broker ${fault.cluster}/${fault.broker}`,
          begin: () => doors.shutDownBroker(fault.cluster, fault.broker),
          end: () => doors.startBroker(fault.cluster, fault.broker, 'kept'),
        };
      case 'broker-hang':
        return {
          target: `threads of ${fault.cluster}/${fault.broker}`,
          begin: () => doors.hangBroker(fault.cluster, fault.broker, fault.session),
          end: () => doors.resumeBroker(fault.cluster, fault.broker),
        };
      case 'broker-slow':
        return {
          target: null,
          begin: () => this.#slowBrokers.begin(`${fault.cluster}/${fault.broker}`, fault),
          end: () => this.#slowBrokers.end(`${fault.cluster}/${fault.broker}`, fault),
        };
      case 'controller-kill':
        return {
          target: `controller of ${fault.cluster}`,
          begin: () => doors.killController(fault.cluster),
          end: () => doors.startController(fault.cluster),
        };
      case 'zookeeper-node-kill':
        return {
          target: `node ${fault.zookeeper}/${fault.node}`,
          begin: () => doors.killZooKeeperNode(fault.zookeeper, fault.node),
          end: () => doors.startZooKeeperNode(fault.zookeeper, fault.node, fault.replaced),
        };
      case 'zookeeper-down':
        return {
          target: `zookeeper ${fault.zookeeper}`,
          begin: () => doors.stopZooKeeper(fault.zookeeper),
          end: () => doors.startZooKeeper(fault.zookeeper),
        };
      case 'zookeeper-election':
        return { target: '', begin: () => doors.electZooKeeper(fault.zookeeper) };
      case 'rolling-restart':
        return { target: '', begin: () => doors.restartBrokers(fault.cluster, fault.downNs) };
      case 'add-brokers':
      case 'add-partitions':
      case 'move-partitions':
      case 'scale-down':
      case 'copies-change':
      case 'image-replacement':
      case 'retention-change':
      case 'class-change':
      case 'quota-change':
        return { target: '', begin: () => doors.operate(fault) };
      case 'leader-rebalance':
        return { target: '', begin: () => doors.rebalanceLeaders(fault.cluster) };
      case 'cluster-unreachable':
        return {
          target: `way to ${fault.cluster}`,
          begin: () => doors.cutOffCluster(fault.cluster),
          end: () => doors.reconnectCluster(fault.cluster),
        };
      case 'metadata-away':
        return {
          target: `metadata of ${fault.cluster}`,
          begin: () => doors.failMetadata(fault.cluster, fault.how),
          end: () => doors.answerMetadata(fault.cluster),
        };
      case 'network-partition': {
        const { from, to, oneWay } = fault;
        const target = `way ${JSON.stringify([from, to, oneWay])}`;
        return {
          target,
          begin: () => {
            doors.cutWay(`${target} there`, from, to);
            if (!oneWay) doors.cutWay(`${target} back`, to, from);
          },
          end: () => {
            doors.mendWay(`${target} there`);
            if (!oneWay) doors.mendWay(`${target} back`);
          },
        };
      }
      case 'network-loss':
      case 'network-delay':
        return {
          target: null,
          begin: () => doors.changeWay(fault, 'worsen'),
          end: () => doors.changeWay(fault, 'improve'),
        };
      case 'topic-move':
        return { target: '', begin: () => doors.moveTopic(fault) };
      case 'failover':
        return { target: '', begin: () => doors.failOver(fault) };
      case 'region-evacuation':
        // Arrivals follow from it: nothing is done at the time.
        return { target: null, begin: () => {}, end: () => {} };
      case 'sink-stop':
        return {
          target: `sink ${fault.sink}`,
          begin: () => doors.stopSink(fault.sink),
          end: () => doors.startSink(fault.sink),
        };
      case 'router-stuck':
        return {
          target: `container ${fault.container} of ${fault.sink}`,
          begin: () => doors.stickRouter(fault.sink, fault.container),
          end: () => doors.freeRouter(fault.sink, fault.container),
        };
      case 'router-crash':
        return { target: '', begin: () => doors.crashRouter(fault.sink, fault.container) };
      case 'checkpoint-store-down':
      case 'desired-state-store-down': {
        const store = fault.kind === 'checkpoint-store-down' ? 'checkpoint' : 'desired-state';
        return { target: store, begin: () => doors.stopStore(store), end: () => doors.startStore(store) };
      }
      default:
        return hazardDeed(fault, doors, this.#slowSinks);
    }
  }
}
