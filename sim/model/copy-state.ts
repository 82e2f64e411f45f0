/** What there is of copies: logs, who has which, brokers that are down or hang; and what can be asked of all that. */
import { type Engine, invariant } from '../engine/index.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { BrokerNews } from './broker-news.ts';
import { FollowerWays } from './follower-ways.ts';
import { PartitionLog } from './log.ts';
import { LogArena } from './log-arena.ts';
import type { Tail } from './lost-tails.ts';
import type { Observer } from './observer.ts';
import { type ReplicaSetHow, replicaSetOf } from './replica-set-of.ts';
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

export class CopyState {
  readonly logs: readonly PartitionLog[];
  /** Where their entries lie. */
  readonly arena: LogArena;
  /** Null for a partition with one copy. */
  readonly sets: (ReplicaSet | null)[];
  /** Told what a partition's log has just lost. */
  lossListener: ((partition: number, tails: readonly Tail[]) => void) | null = null;
  /** True once anything has happened to a broker or a leader: until then nobody needs to look whether it has. */
  disturbed = false;
  /** What brokers don't know that are out of their controllers' reach. */
  readonly news: BrokerNews;
  protected readonly engine: Engine;
  protected readonly topology: Topology;
  protected readonly ways: Ways;
  protected readonly followers: FollowerWays;
  protected readonly how: ReplicaSetHow;
  protected readonly disconnect: (partition: number) => void;
  protected readonly observer: Observer | null;
  protected readonly down: Uint8Array;
  protected readonly hung: Uint8Array;
  /** By cluster: 1 while its ZooKeeper is away. */
  protected readonly held: Uint8Array;
  /** How often each broker has stopped. */
  protected readonly stopCounts: Int32Array;
  protected readonly hostedBy: readonly number[][];

  constructor(options: CopiesOptions) {
    const { engine, topology, scenario } = options;
    this.engine = engine;
    this.topology = topology;
    this.ways = options.ways;
    this.followers = new FollowerWays({ topology, ways: options.ways, hosted: (broker) => this.hostedBy[broker] });
    this.news = new BrokerNews(topology.brokers);
    this.disconnect = options.disconnect;
    this.observer = options.observer;
    this.down = new Uint8Array(topology.brokers);
    this.hung = new Uint8Array(topology.brokers);
    this.held = new Uint8Array(topology.clusters.length);
    this.stopCounts = new Int32Array(topology.brokers);
    topology.clusters.forEach(({ brokers }, cluster) => {
      const first = topology.clusterFirstBroker[cluster];
      this.down.fill(1, first + brokers, first + topology.clusterBrokers[cluster]);
    });
    this.how = { topology, seed: scenario.seed, ways: this.followers };
    const hosted: number[][] = Array.from({ length: topology.brokers }, () => []);
    const logs: PartitionLog[] = [];
    const arena = new LogArena(topology.partitions * 64);
    const sets: (ReplicaSet | null)[] = [];
    for (let partition = 0; partition < topology.partitions; partition++) {
      const { segmentBytes, segmentNs } = this.specOf(partition);
      const log = new PartitionLog({ segmentBytes, segmentNs, arena });
      logs.push(log);
      for (const broker of this.topology.replicasOf(partition)) hosted[broker].push(partition);
      sets.push(replicaSetOf(partition, log, this.how));
    }
    this.logs = logs;
    this.arena = arena;
    this.sets = sets;
    this.hostedBy = hosted;
  }

  isDown(broker: number): boolean {
    return this.down[broker] === 1;
  }

  isHung(broker: number): boolean {
    return this.hung[broker] === 1;
  }

  /** True while some broker of the cluster answers. */
  answers(cluster: number): boolean {
    if (!this.disturbed) return true;
    const first = this.topology.clusterFirstBroker[cluster];
    for (let broker = first; broker < first + this.topology.clusterBrokers[cluster]; broker++) {
      if (this.down[broker] === 0 && this.hung[broker] === 0) return true;
    }
    return false;
  }

  /** How often the broker has stopped. */
  stops(broker: number): number {
    return this.stopCounts[broker];
  }

  /** Partitions that the broker leads or follows. */
  hosted(broker: number): readonly number[] {
    return this.hostedBy[broker];
  }

  /** Which of the partition's copies the broker has, by place in the assignment. */
  copyOf(partition: number, broker: number): number {
    const copy = this.topology.replicasOf(partition).indexOf(broker);
    invariant(copy >= 0, 'a broker is asked for a copy that it has');
    return copy;
  }

  isInSync(partition: number, copy: number): boolean {
    return this.sets[partition]?.isInSync(copy, this.engine.nowNs) ?? true;
  }

  /** True when the partition would go on without the broker: another one that is up has all of it. */
  isSpare(partition: number, broker: number): boolean {
    return this.topology
      .replicasOf(partition)
      .some(
        (each, copy) => each !== broker && !this.isDown(each) && !this.isHung(each) && this.isInSync(partition, copy),
      );
  }

  /** True when fewer replicas are in sync than acks all needs. */
  lacksCopies(partition: number): boolean {
    const inSync = this.sets[partition]?.inSyncAt(this.engine.nowNs) ?? 1;
    return inSync < this.specOf(partition).minInsyncReplicas;
  }

  /** When data appended at the time becomes visible to consumers and acknowledged with acks=all. */
  visibleFromNs(partition: number, appendedNs: number): number {
    const set = this.sets[partition];
    return set === null ? appendedNs : set.committedAtNs(appendedNs, this.engine.nowNs);
  }

  /** End of what consumers may read now: the high watermark. */
  visibleEnd(partition: number): number {
    const set = this.sets[partition];
    const nowNs = this.engine.nowNs;
    return set === null ? this.logs[partition].endOffsetAt(nowNs) : set.highWatermarkAt(nowNs);
  }

  /** Nobody reads below the offset any more; followers may. */
  release(partition: number, belowOffset: number): void {
    const needed = this.sets[partition]?.neededFromOffset() ?? Infinity;
    this.logs[partition].release(Math.min(belowOffset, this.visibleEnd(partition), needed));
  }

  /** True while the broker's copy is one that an operator moves, on its way into the in-sync set. */
  isPaced(partition: number, broker: number): boolean {
    return this.followers.isPaced(partition, broker);
  }

  /** Whether the copy leads, or follows, as it is meant to. */
  protected mayRun(partition: number, copy: number): boolean {
    const leader = this.topology.partitionLeader[partition];
    const broker = this.topology.replicasOf(partition)[copy];
    if (this.down[broker] === 1 || this.hung[broker] === 1 || this.news.isUnaware(broker, partition)) return false;
    if (broker === leader) return true;
    // A fetch needs both ways: one to ask, one for the answer.
    if (this.news.hasLeft(broker)) return false;
    if (this.ways.isBroken(this.ways.broker(broker), this.ways.broker(leader))) return false;
    return !this.ways.slowed || this.followers.keepsUp(broker, leader, this.specOf(partition));
  }

  protected bytesPerSecond(partition: number, broker: number): number {
    return this.followers.bytesPerSecond(partition, broker);
  }

  protected specOf(partition: number) {
    return this.topology.clusters[this.topology.topicCluster[this.topology.partitionTopic[partition]]];
  }
}
