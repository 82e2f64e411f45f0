/**
 * The logs of all partitions, their copies on brokers, and what happens to those when brokers stop, hang and return, or
 * when another copy leads. Who leads is for controllers to say; when copies have what, for `ReplicaSet`.
 */
import { type Engine, invariant } from '../engine/index.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { BrokerNews } from './broker-news.ts';
import { FollowerWays } from './follower-ways.ts';
import { PartitionLog } from './log.ts';
import { LogArena } from './log-arena.ts';
import type { Tail, TailLostCause } from './lost-tails.ts';
import type { Observer } from './observer.ts';
import { replicaSetOf } from './replica-set-of.ts';
import type { ReplicaSet } from './replication.ts';
import type { Topology } from './topology.ts';
import type { Ways } from './ways.ts';

export interface CopiesOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly scenario: Scenario;
  readonly ways: Ways;
  /** Fetches that wait at the partition's leader get no answer from it. */
  readonly disconnect: (partition: number) => void;
  readonly observer: Observer | null;
}

export class Copies {
  readonly logs: readonly PartitionLog[];
  /** Where their entries lie. */
  readonly arena: LogArena;
  /** Null for a partition with one copy. */
  readonly sets: readonly (ReplicaSet | null)[];
  /** Told what a partition's log has just lost. */
  lossListener: ((partition: number, tails: readonly Tail[]) => void) | null = null;
  /** True once anything has happened to a broker or a leader: until then nobody needs to look whether it has. */
  disturbed = false;
  /** What brokers don't know that are out of their controllers' reach. */
  readonly news: BrokerNews;
  readonly #engine: Engine;
  readonly #topology: Topology;
  readonly #ways: Ways;
  readonly #followers: FollowerWays;
  readonly #disconnect: (partition: number) => void;
  readonly #observer: Observer | null;
  readonly #down: Uint8Array;
  readonly #hung: Uint8Array;
  /** By cluster: 1 while its ZooKeeper is away. */
  readonly #held: Uint8Array;
  /** How often each broker has stopped. */
  readonly #stops: Int32Array;
  readonly #hosted: readonly number[][];

  constructor(options: CopiesOptions) {
    const { engine, topology, scenario } = options;
    this.#engine = engine;
    this.#topology = topology;
    this.#ways = options.ways;
    this.#followers = new FollowerWays({ topology, ways: options.ways, hosted: (broker) => this.#hosted[broker] });
    this.news = new BrokerNews(topology.brokers);
    this.#disconnect = options.disconnect;
    this.#observer = options.observer;
    this.#down = new Uint8Array(topology.brokers);
    this.#hung = new Uint8Array(topology.brokers);
    this.#held = new Uint8Array(topology.clusters.length);
    this.#stops = new Int32Array(topology.brokers);
    const hosted: number[][] = Array.from({ length: topology.brokers }, () => []);
    const logs: PartitionLog[] = [];
    const arena = new LogArena(topology.partitions * 64);
    const sets: (ReplicaSet | null)[] = [];
    for (let partition = 0; partition < topology.partitions; partition++) {
      const { segmentBytes, segmentNs } = this.#specOf(partition);
      const log = new PartitionLog({ segmentBytes, segmentNs, arena });
      logs.push(log);
      for (const broker of this.#topology.replicasOf(partition)) hosted[broker].push(partition);
      sets.push(replicaSetOf(partition, log, { topology, seed: scenario.seed, ways: this.#followers }));
    }
    this.logs = logs;
    this.arena = arena;
    this.sets = sets;
    this.#hosted = hosted;
  }

  isDown(broker: number): boolean {
    return this.#down[broker] === 1;
  }

  isHung(broker: number): boolean {
    return this.#hung[broker] === 1;
  }

  /** True while some broker of the cluster answers. */
  answers(cluster: number): boolean {
    if (!this.disturbed) return true;
    const first = this.#topology.clusterFirstBroker[cluster];
    for (let broker = first; broker < first + this.#topology.clusters[cluster].brokers; broker++) {
      if (this.#down[broker] === 0 && this.#hung[broker] === 0) return true;
    }
    return false;
  }

  /** How often the broker has stopped. */
  stops(broker: number): number {
    return this.#stops[broker];
  }

  /** Partitions that the broker leads or follows. */
  hosted(broker: number): readonly number[] {
    return this.#hosted[broker];
  }

  /** Which of the partition's copies the broker has, by place in the assignment. */
  copyOf(partition: number, broker: number): number {
    const copy = this.#topology.replicasOf(partition).indexOf(broker);
    invariant(copy >= 0, 'a broker is asked for a copy that it has');
    return copy;
  }

  isInSync(partition: number, copy: number): boolean {
    return this.sets[partition]?.isInSync(copy, this.#engine.nowNs) ?? true;
  }

  /** True when the partition would go on without the broker: another one that is up has all of it. */
  isSpare(partition: number, broker: number): boolean {
    return this.#topology
      .replicasOf(partition)
      .some(
        (each, copy) => each !== broker && !this.isDown(each) && !this.isHung(each) && this.isInSync(partition, copy),
      );
  }

  /** True when fewer replicas are in sync than acks all needs. */
  lacksCopies(partition: number): boolean {
    const inSync = this.sets[partition]?.inSyncAt(this.#engine.nowNs) ?? 1;
    return inSync < this.#specOf(partition).minInsyncReplicas;
  }

  /** When data appended at the time becomes visible to consumers and acknowledged with acks=all. */
  visibleFromNs(partition: number, appendedNs: number): number {
    const set = this.sets[partition];
    return set === null ? appendedNs : set.committedAtNs(appendedNs, this.#engine.nowNs);
  }

  /** End of what consumers may read now: the high watermark. */
  visibleEnd(partition: number): number {
    const set = this.sets[partition];
    const nowNs = this.#engine.nowNs;
    return set === null ? this.logs[partition].endOffsetAt(nowNs) : set.highWatermarkAt(nowNs);
  }

  /** Nobody reads below the offset any more; followers may. */
  release(partition: number, belowOffset: number): void {
    const needed = this.sets[partition]?.neededFromOffset() ?? Infinity;
    this.logs[partition].release(Math.min(belowOffset, this.visibleEnd(partition), needed));
  }

  /**
   * The broker's process stops: what it was not done with never happened, those who wait are disconnected, its copies
   * stand still. Until another leads, its partitions have no working leader.
   */
  stop(broker: number): void {
    invariant(this.#down[broker] === 0, `broker ${broker} is down already`);
    this.disturbed = true;
    this.#down[broker] = 1;
    this.#hung[broker] = 0;
    this.#stops[broker]++;
    this.news.ends(broker);
    for (const partition of this.#hosted[broker]) {
      if (this.#topology.partitionLeader[partition] === broker) {
        this.#forgetUndone(partition);
        this.#disconnect(partition);
      }
      this.#halt(partition, this.copyOf(partition, broker));
    }
  }

  /**
   * The process is back and the controller knows: its copies fetch from their leaders. What nobody else could lead
   * meanwhile waits for an election. With the disk lost, its copies are empty.
   */
  start(broker: number, disk: 'kept' | 'lost'): void {
    invariant(this.#down[broker] === 1, `broker ${broker} is not down`);
    const nowNs = this.#engine.nowNs;
    this.#down[broker] = 0;
    for (const partition of this.#hosted[broker]) {
      const set = this.sets[partition];
      const log = this.logs[partition];
      const copy = this.copyOf(partition, broker);
      if (this.#topology.partitionLeader[partition] !== broker) {
        if (disk === 'lost') set!.empty(copy, log.startBytes, nowNs);
        this.#settle(partition, copy);
      } else if (disk === 'lost') {
        // It will lead again, with nothing.
        if (set === null) this.#cut(partition, () => log.cutTail(0, nowNs, 'disk-lost'));
        else set.empty(copy, 0, nowNs);
      }
    }
  }

  /** The terms of the broker's leaders go on. */
  leadOn(broker: number): void {
    for (const partition of this.#hosted[broker]) {
      if (this.#topology.partitionLeader[partition] !== broker) continue;
      this.sets[partition]?.start(
        this.copyOf(partition, broker),
        this.#engine.nowNs,
        this.#bytesPerSecond(partition, broker),
      );
    }
  }

  /** The broker stands still: it copies nothing and nobody copies from it. What it had begun with is still done. */
  hang(broker: number): void {
    invariant(this.#down[broker] === 0 && this.#hung[broker] === 0, `broker ${broker} runs before it hangs`);
    this.disturbed = true;
    this.#hung[broker] = 1;
    for (const partition of this.#hosted[broker]) this.#halt(partition, this.copyOf(partition, broker));
  }

  resume(broker: number): void {
    invariant(this.#hung[broker] === 1, `broker ${broker} hangs before it goes on`);
    this.#hung[broker] = 0;
    for (const partition of this.#hosted[broker]) this.#settle(partition, this.copyOf(partition, broker));
  }

  /** The broker and its controller don't hear each other any more: it can't change in-sync sets, nor hear of leaders. */
  goesAway(broker: number): void {
    this.disturbed = true;
    this.news.goesAway(broker);
    for (const partition of this.#hosted[broker]) {
      if (this.#topology.partitionLeader[partition] === broker) this.#freeze(partition);
    }
  }

  /** Leaders of the cluster can't write in-sync sets down, as ZooKeeper is away; or can again. */
  holdInSync(cluster: number, held: boolean): void {
    this.disturbed = true;
    this.#held[cluster] = held ? 1 : 0;
    const { partitionTopic, topicCluster } = this.#topology;
    for (let partition = 0; partition < this.sets.length; partition++)
      if (topicCluster[partitionTopic[partition]] === cluster) this.#freeze(partition);
  }

  /** The in-sync set stays as it is while its leader is away from its controller, or its cluster from ZooKeeper. */
  #freeze(partition: number): void {
    const { partitionLeader, brokerCluster } = this.#topology;
    const leader = partitionLeader[partition];
    const held = this.#held[brokerCluster[leader]] === 1;
    this.sets[partition]?.freeze(held || this.news.isAway(leader), this.#engine.nowNs);
  }

  /** Its session has ended: it copies nothing that counts, and leads until others do, or know of it. */
  isGivenUp(broker: number): void {
    this.news.isGivenUp(broker);
    for (const partition of this.#hosted[broker]) this.#settle(partition, this.copyOf(partition, broker));
  }

  /** It hears its controller again, and knows by now what it has missed. */
  hears(broker: number): void {
    this.news.hears(broker);
    for (const partition of this.#hosted[broker]) {
      if (this.#topology.partitionLeader[partition] === broker) this.#freeze(partition);
      this.#settle(partition, this.copyOf(partition, broker));
    }
  }

  /** Ways between places have broken or are open again. */
  waysChanged(): void {
    this.disturbed = true;
    for (let partition = 0; partition < this.sets.length; partition++) {
      this.#settleFollowers(partition);
      this.#pace(partition);
    }
  }

  /** Followers whose fetches take longer or less long now begin anew, from where they are. */
  #pace(partition: number): void {
    const set = this.sets[partition];
    if (set === null) return;
    const { nowNs } = this.#engine;
    const replicas = this.#topology.replicasOf(partition);
    for (let copy = 0; copy < replicas.length; copy++) {
      const broker = replicas[copy];
      if (broker === this.#topology.partitionLeader[partition] || set.fits(copy) || !set.runs(copy)) continue;
      set.stop(copy, nowNs);
      set.start(copy, nowNs, this.#bytesPerSecond(partition, broker));
    }
  }

  /** The broker copies so many times slower than it should, from where its copies are now. */
  slow(broker: number, factor: number): void {
    this.disturbed = true;
    this.#followers.slow(broker, factor);
    if (this.#down[broker] === 1 || this.#hung[broker] === 1) return;
    const nowNs = this.#engine.nowNs;
    for (const partition of this.#hosted[broker]) {
      if (this.#topology.partitionLeader[partition] === broker) continue;
      const copy = this.copyOf(partition, broker);
      if (!this.sets[partition]!.runs(copy)) continue;
      this.sets[partition]!.stop(copy, nowNs);
      this.sets[partition]!.start(copy, nowNs, this.#bytesPerSecond(partition, broker));
    }
  }

  /** The controller takes a dead broker's copy out of the in-sync set. */
  removeFromInSync(partition: number, copy: number): void {
    this.sets[partition]?.remove(copy, this.#engine.nowNs);
  }

  /**
   * A copy leads from now on, and what it does not have is lost. Fetches that wait are sent to it. The old leader, if it
   * runs, was not done with some appends: those never happened. False when it leads already, and its term goes on.
   */
  lead(
    partition: number,
    copy: number,
    how: { readonly keeps: (copy: number) => boolean; readonly cause: TailLostCause },
  ): boolean {
    const nowNs = this.#engine.nowNs;
    const replicas = this.#topology.replicasOf(partition);
    const broker = replicas[copy];
    const set = this.sets[partition];
    const log = this.logs[partition];
    this.disturbed = true;
    if (this.#topology.partitionLeader[partition] === broker && (set === null || set.runs(copy))) return false;
    this.#forgetUndone(partition);
    this.#disconnect(partition);
    this.news.leaderMoves(partition, replicas, this.#topology.partitionLeader[partition], broker);
    this.#topology.partitionLeader[partition] = broker;
    if (set === null) return true;
    const cause = set.isEmptied ? 'disk-lost' : how.cause;
    this.#cut(partition, () =>
      set.lead(copy, nowNs, { keeps: how.keeps, cutTail: (from) => log.cutTail(from, nowNs, cause) }),
    );
    // The controller may not know yet that its choice is dead, or doesn't hear it.
    if (!this.#mayRun(partition, copy)) set.stop(copy, nowNs);
    else this.#freeze(partition);
    this.#settleFollowers(partition);
    return true;
  }

  /** Whether the copy leads, or follows, as it is meant to. */
  #mayRun(partition: number, copy: number): boolean {
    const leader = this.#topology.partitionLeader[partition];
    const broker = this.#topology.replicasOf(partition)[copy];
    if (this.#down[broker] === 1 || this.#hung[broker] === 1 || this.news.isUnaware(broker, partition)) return false;
    if (broker === leader) return true;
    // A fetch needs both ways: one to ask, one for the answer.
    if (this.news.hasLeft(broker)) return false;
    if (this.#ways.isBroken(this.#ways.broker(broker), this.#ways.broker(leader))) return false;
    return !this.#ways.slowed || this.#followers.keepsUp(broker, leader, this.#specOf(partition));
  }

  #halt(partition: number, copy: number): void {
    const set = this.sets[partition];
    if (set?.runs(copy)) set.stop(copy, this.#engine.nowNs);
  }

  /** Stops the copy, or lets it go on, as it should. A leader that was down goes on when its term does. */
  #settle(partition: number, copy: number): void {
    const set = this.sets[partition];
    if (set === null || set.runs(copy) === this.#mayRun(partition, copy)) return;
    const { nowNs } = this.#engine;
    if (set.runs(copy)) set.stop(copy, nowNs);
    else set.start(copy, nowNs, this.#bytesPerSecond(partition, this.#topology.replicasOf(partition)[copy]));
  }

  #settleFollowers(partition: number): void {
    const replicas = this.#topology.replicasOf(partition);
    for (let copy = 0; copy < replicas.length; copy++) {
      if (replicas[copy] !== this.#topology.partitionLeader[partition]) this.#settle(partition, copy);
    }
  }

  /** What the leader was not done with never happened. */
  #forgetUndone(partition: number): void {
    const { nowNs } = this.#engine;
    const to = this.logs[partition].endOffset();
    const records = this.logs[partition].truncateAfter(nowNs);
    if (records > 0) this.#observer?.truncated(partition, to - records, to, nowNs);
  }

  /** Whoever hears of a lost tail looks at the world as it is when all is done. */
  #cut(partition: number, cut: () => void): void {
    const log = this.logs[partition];
    cut();
    const tails = log.lostTails?.takeFresh() ?? [];
    if (tails.length === 0) return;
    this.lossListener?.(partition, tails);
    for (const { from, to } of tails) this.#observer?.truncated(partition, from, to, this.#engine.nowNs);
  }

  #bytesPerSecond(partition: number, broker: number): number {
    return this.#followers.bytesPerSecond(broker, this.#topology.partitionLeader[partition]);
  }

  #specOf(partition: number) {
    return this.#topology.clusters[this.#topology.topicCluster[this.#topology.partitionTopic[partition]]];
  }
}
