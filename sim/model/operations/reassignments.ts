/**
 * Partitions on their way to other brokers, as Kafka reassigns them (KIP-455): the new copies are added, catch up, and join the
 * in-sync set; when all have, another leader is chosen if the old one leaves, and the copies that are not wanted are dropped.
 *
 * What a new copy fetches is charged to its leader and to its broker, in steps of a fetch. How fast it may: half of the cards and
 * disks at both ends, shared by the copies that catch up there, and no more than the throttle, which counts only copies out of
 * sync (KIP-73).
 */
import { type Engine, hash32, invariant } from '../../engine/index.ts';
import type { Clusters } from '../clusters.ts';
import type { Controllers } from '../controllers.ts';
import type { Topology } from '../topology.ts';
import type { Assignment } from './spread.ts';

/** AK max.partition.fetch.bytes of a follower (replica.fetch.max.bytes). */
const FETCH_BYTES = 1_048_576;
/** A copy is looked at no more often, and no less often, than this while it catches up. */
const LOOK_MIN_NS = 10_000_000;
const LOOK_MAX_NS = 1_000_000_000;

/** Partitions that are moved together. */
export interface Moves {
  readonly cluster: number;
  readonly throttleBytesPerSecond: number;
  readonly atOnce: number;
  readonly waiting: Assignment[];
  /** Partitions of it under way. */
  underWay: number;
  readonly done: () => void;
}

/** A new copy that catches up. */
interface Copying {
  readonly broker: number;
  /** Bytes of the log that its fetches have been charged for. */
  chargedBytes: number;
  bytesPerSecond: number;
}

interface Moving {
  readonly partition: number;
  readonly target: readonly number[];
  readonly moves: Moves;
  /** New copies that aren't in sync yet. */
  copying: Copying[];
  /** Its leader has been told. */
  begun: boolean;
  /** Its controller has been asked to end it. */
  ending: boolean;
}

export interface ReassignmentsOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly controllers: Controllers;
}

export class Reassignments {
  readonly #from: ReassignmentsOptions;
  /** Kind of its events: made when the first is due, as that of operators. */
  #kind = -1;
  /** By partition. */
  readonly #moving = new Map<number, Moving>();
  /** By partition: where operations want it, in the order in which they began: the first is under way, or waits for its turn. */
  readonly #plans = new Map<number, { readonly moves: Moves; readonly brokers: readonly number[] }[]>();
  /** Those with partitions that wait for their turn. */
  readonly #queued = new Set<Moves>();
  #ordinal = 0;

  constructor(options: ReassignmentsOptions) {
    this.#from = options;
  }

  /** Partitions under way. */
  get count(): number {
    return this.#moving.size;
  }

  /** Where the partition's copies are, or will be when all that is planned is done. */
  assignmentOf(partition: number): Assignment {
    const brokers = this.#plans.get(partition)?.at(-1)?.brokers ?? [...this.#from.topology.replicasOf(partition)];
    return { partition, brokers };
  }

  /** Moves partitions to their brokers, so many at a time, and says when all are there. */
  begin(moves: Moves): void {
    this.#queued.add(moves);
    for (const { partition, brokers } of moves.waiting) {
      const plans = this.#plans.get(partition) ?? [];
      plans.push({ moves, brokers });
      this.#plans.set(partition, plans);
    }
    this.#next(moves);
  }

  #next(moves: Moves): void {
    const { controllers } = this.#from;
    for (let i = 0; i < moves.waiting.length && moves.underWay < moves.atOnce; ) {
      const { partition, brokers } = moves.waiting[i];
      // Another operation has it, or had it in mind before: when that is done, its turn comes.
      if (this.#plans.get(partition)![0].moves !== moves) {
        i++;
        continue;
      }
      moves.waiting.splice(i, 1);
      moves.underWay++;
      const moving: Moving = { partition, target: brokers, moves, copying: [], begun: false, ending: false };
      this.#moving.set(partition, moving);
      controllers.operate(moves.cluster, 1, () => this.#start(moving));
    }
    if (moves.waiting.length > 0 || moves.underWay > 0) return;
    this.#queued.delete(moves);
    moves.done();
  }

  /** The controller has added the new copies. */
  #start(moving: Moving): void {
    const { topology, clusters, controllers } = this.#from;
    const { partition, target } = moving;
    if (!this.#isHeard(partition)) {
      this.#lookAfter(LOOK_MAX_NS, partition);
      return;
    }
    const before = [...topology.replicasOf(partition)];
    const log = clusters.logs[partition];
    clusters.copies.assign(partition, [...target, ...before.filter((broker) => !target.includes(broker))]);
    moving.begun = true;
    moving.copying = target
      .filter((broker) => !before.includes(broker))
      .map((broker) => ({ broker, chargedBytes: log.startBytes, bytesPerSecond: 0 }));
    controllers.leaders.changed([partition]);
    this.#share(moving.moves.cluster);
    // Partitions that begin together fetch each at a time of its own.
    if (moving.copying.length === 0) this.#look(partition);
    else this.#lookAfter(hash32(partition, moving.copying[0].broker, 0) % LOOK_MAX_NS, partition);
  }

  #look(partition: number): void {
    const moving = this.#moving.get(partition);
    if (moving === undefined || moving.ending) return;
    const { clusters, controllers } = this.#from;
    const { copies } = clusters;
    if (!moving.begun) {
      controllers.operate(moving.moves.cluster, 1, () => this.#start(moving));
      return;
    }
    const left = moving.copying.filter((copying) => {
      this.#charge(partition, copying);
      if (!copies.isInSync(partition, copies.copyOf(partition, copying.broker))) return true;
      copies.unpace(partition, copying.broker);
      return false;
    });
    if (left.length < moving.copying.length) {
      moving.copying = left;
      this.#share(moving.moves.cluster);
      controllers.leaders.changed([partition]);
    }
    if (moving.target.every((broker) => copies.isInSync(partition, copies.copyOf(partition, broker)))) {
      moving.ending = true;
      controllers.operate(moving.moves.cluster, 1, () => this.#end(moving));
      return;
    }
    const fastest = left.reduce((most, { bytesPerSecond }) => Math.max(most, bytesPerSecond), 1);
    const stepNs = Math.min(LOOK_MAX_NS, Math.max(LOOK_MIN_NS, Math.round((FETCH_BYTES * 1e9) / fastest)));
    this.#lookAfter(stepNs, partition);
  }

  #lookAfter(ns: number, partition: number): void {
    const { engine } = this.#from;
    if (this.#kind < 0) this.#kind = engine.kind('reassignment', (each) => this.#look(each));
    engine.schedule(engine.nowNs + ns, this.#kind, partition, this.#ordinal++, 0);
  }

  /** The controller ends it, if all is still well. */
  #end(moving: Moving): void {
    const { topology, clusters, controllers } = this.#from;
    const { partition, target, moves } = moving;
    const { copies } = clusters;
    moving.ending = false;
    const all = target.every((broker) => copies.isInSync(partition, copies.copyOf(partition, broker)));
    const stays = target.includes(topology.partitionLeader[partition]);
    if (!all || !this.#isHeard(partition) || !(stays || controllers.leaders.leadOneOf(partition, target))) {
      this.#lookAfter(LOOK_MAX_NS, partition);
      return;
    }
    copies.assign(partition, target);
    controllers.leaders.changed([partition], stays ? [] : [partition]);
    this.#moving.delete(partition);
    const plans = this.#plans.get(partition)!;
    plans.shift();
    if (plans.length === 0) this.#plans.delete(partition);
    moves.underWay--;
    this.#next(moves);
    for (const other of [...this.#queued]) if (other !== moves) this.#next(other);
  }

  /** The leader hears what its controller wants of it: one out of reach takes no new copies, and lets none go. */
  #isHeard(partition: number): boolean {
    const { topology, clusters } = this.#from;
    const { news } = clusters.copies;
    const leader = topology.partitionLeader[partition];
    return !news.isAway(leader) && !news.hasLeft(leader);
  }

  /** What the copy has fetched since the last look. */
  #charge(partition: number, copying: Copying): void {
    const { engine, clusters } = this.#from;
    const set = clusters.copies.sets[partition]!;
    const bytes = set.bytesAt(clusters.copies.copyOf(partition, copying.broker), engine.nowNs);
    if (bytes <= copying.chargedBytes) return;
    clusters.caughtUp(partition, copying.broker, copying.chargedBytes, bytes - copying.chargedBytes);
    copying.chargedBytes = bytes;
  }

  /** Shares out what brokers may send and take among the copies of the cluster that catch up. */
  #share(cluster: number): void {
    const { topology, clusters } = this.#from;
    const { networkBytesPerSecond, diskBytesPerSecond } = topology.clusters[cluster].broker;
    const free = Math.min(networkBytesPerSecond, diskBytesPerSecond) / 2;
    const all = [...this.#moving.values()].filter(({ moves }) => moves.cluster === cluster);
    const sends = new Map<number, number>();
    const takes = new Map<number, number>();
    const more = (of: Map<number, number>, broker: number) => of.set(broker, (of.get(broker) ?? 0) + 1);
    for (const { partition, copying } of all) {
      for (const { broker } of copying) {
        more(sends, topology.partitionLeader[partition]);
        more(takes, broker);
      }
    }
    for (const { partition, copying, moves } of all) {
      for (const copy of copying) {
        const sharers = Math.max(sends.get(topology.partitionLeader[partition])!, takes.get(copy.broker)!);
        copy.bytesPerSecond = Math.min(free, moves.throttleBytesPerSecond) / sharers;
        invariant(copy.bytesPerSecond > 0, 'a copy that catches up gets on');
        clusters.copies.pace(partition, copy.broker, copy.bytesPerSecond);
      }
    }
  }
}
