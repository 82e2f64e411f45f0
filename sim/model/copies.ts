/**
 * The logs of all partitions, their copies on brokers, and what happens to those when brokers stop, hang and return, or
 * when another copy leads. Who leads is for controllers to say; when copies have what, for `ReplicaSet`.
 */
import { hash32, invariant } from '../engine/index.ts';
import { CopyState } from './copy-state.ts';
import type { TailLostCause } from './lost-tails.ts';
import { replicaSet } from './replica-set-of.ts';

/** In place of the broker that led before. */
const NOBODY = -1;

export class Copies extends CopyState {
  /**
   * The broker's process stops: what it was not done with never happened, those who wait are disconnected, its copies
   * stand still. Until another leads, its partitions have no working leader.
   */
  stop(broker: number): void {
    invariant(this.down[broker] === 0, `broker ${broker} is down already`);
    this.disturbed = true;
    this.down[broker] = 1;
    this.hung[broker] = 0;
    this.stopCounts[broker]++;
    this.news.ends(broker);
    for (const partition of this.hostedBy[broker]) {
      if (this.topology.partitionLeader[partition] === broker) {
        this.#forgetUndone(partition);
        this.disconnect(partition);
      }
      this.#halt(partition, this.copyOf(partition, broker));
    }
  }

  /**
   * The process is back and the controller knows: its copies fetch from their leaders. What nobody else could lead
   * meanwhile waits for an election. With the disk lost, its copies are empty.
   */
  start(broker: number, disk: 'kept' | 'lost'): void {
    invariant(this.down[broker] === 1, `broker ${broker} is not down`);
    const nowNs = this.engine.nowNs;
    this.down[broker] = 0;
    for (const partition of this.hostedBy[broker]) {
      const set = this.sets[partition];
      const log = this.logs[partition];
      const copy = this.copyOf(partition, broker);
      if (this.topology.partitionLeader[partition] !== broker) {
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
    for (const partition of this.hostedBy[broker]) {
      if (this.topology.partitionLeader[partition] !== broker) continue;
      this.sets[partition]?.start(
        this.copyOf(partition, broker),
        this.engine.nowNs,
        this.bytesPerSecond(partition, broker),
      );
    }
  }

  /** The broker stands still: it copies nothing and nobody copies from it. What it had begun with is still done. */
  hang(broker: number): void {
    invariant(this.down[broker] === 0 && this.hung[broker] === 0, `broker ${broker} runs before it hangs`);
    this.disturbed = true;
    this.hung[broker] = 1;
    for (const partition of this.hostedBy[broker]) this.#halt(partition, this.copyOf(partition, broker));
  }

  resume(broker: number): void {
    invariant(this.hung[broker] === 1, `broker ${broker} hangs before it goes on`);
    this.hung[broker] = 0;
    for (const partition of this.hostedBy[broker]) this.#settle(partition, this.copyOf(partition, broker));
  }

  /** The broker and its controller don't hear each other any more: it can't change in-sync sets, nor hear of leaders. */
  goesAway(broker: number): void {
    this.disturbed = true;
    this.news.goesAway(broker);
    for (const partition of this.hostedBy[broker]) {
      if (this.topology.partitionLeader[partition] === broker) this.#freeze(partition);
    }
  }

  /** Leaders of the cluster can't write in-sync sets down, as ZooKeeper is away; or can again. */
  holdInSync(cluster: number, held: boolean): void {
    this.disturbed = true;
    this.held[cluster] = held ? 1 : 0;
    const { partitionTopic, topicCluster } = this.topology;
    for (let partition = 0; partition < this.sets.length; partition++)
      if (topicCluster[partitionTopic[partition]] === cluster) this.#freeze(partition);
  }

  /** The in-sync set stays as it is while its leader is away from its controller, or its cluster from ZooKeeper. */
  #freeze(partition: number): void {
    const { partitionLeader, brokerCluster } = this.topology;
    const leader = partitionLeader[partition];
    const held = this.held[brokerCluster[leader]] === 1;
    this.sets[partition]?.freeze(held || this.news.isAway(leader), this.engine.nowNs);
  }

  /** Its session has ended: it copies nothing that counts, and leads until others do, or know of it. */
  isGivenUp(broker: number): void {
    this.news.isGivenUp(broker);
    for (const partition of this.hostedBy[broker]) this.#settle(partition, this.copyOf(partition, broker));
  }

  /** It hears its controller again, and knows by now what it has missed. */
  hears(broker: number): void {
    this.news.hears(broker);
    for (const partition of this.hostedBy[broker]) {
      if (this.topology.partitionLeader[partition] === broker) this.#freeze(partition);
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
    const replicas = this.topology.replicasOf(partition);
    for (let copy = 0; copy < replicas.length; copy++) {
      const broker = replicas[copy];
      if (broker !== this.topology.partitionLeader[partition] && !set.fits(copy)) this.#startAgain(partition, copy);
    }
  }

  /** The broker copies so many times slower than it should, from where its copies are now. */
  slow(broker: number, factor: number): void {
    this.disturbed = true;
    this.followers.slow(broker, factor);
    if (this.down[broker] === 1 || this.hung[broker] === 1) return;
    for (const partition of this.hostedBy[broker]) {
      if (this.topology.partitionLeader[partition] !== broker)
        this.#startAgain(partition, this.copyOf(partition, broker));
    }
  }

  /** A partition that wasn't there begins, empty, with copies on these brokers, the first of which leads. */
  create(partition: number, brokers: readonly number[]): void {
    this.disturbed = true;
    this.topology.setReplicas(partition, brokers);
    this.topology.partitionLeader[partition] = brokers[0];
    for (const broker of brokers) this.hostedBy[broker].push(partition);
    // Who is out of its controller's reach doesn't hear of it.
    this.news.leaderMoves(partition, brokers, NOBODY, brokers[0]);
    if (brokers.length === 1) return;
    this.sets[partition] = replicaSet(partition, this.logs[partition], this.how);
    this.#begin(partition, 0);
  }

  /**
   * The partition's copies are on these brokers, in this order, its leader's among them. New ones are empty and begin to
   * copy, others that are left out are deleted.
   */
  assign(partition: number, brokers: readonly number[]): void {
    const { nowNs } = this.engine;
    const before = [...this.topology.replicasOf(partition)];
    const log = this.logs[partition];
    this.disturbed = true;
    if (this.sets[partition] === null) {
      this.sets[partition] = replicaSet(partition, log, this.how);
      this.#begin(partition, 0);
    }
    this.topology.setReplicas(partition, brokers);
    for (const broker of before) {
      if (brokers.includes(broker)) continue;
      this.hostedBy[broker].splice(this.hostedBy[broker].indexOf(partition), 1);
      this.followers.unpace(partition, broker);
    }
    this.sets[partition].reshape(
      brokers.map((broker) => before.indexOf(broker)),
      nowNs,
      {
        phaseNs: (copy) => hash32(this.how.seed, partition, copy),
        tripNs: (from, to) => this.followers.tripNs(brokers[from], brokers[to]),
        startBytes: log.startBytes,
      },
    );
    for (const broker of brokers) if (!before.includes(broker)) this.hostedBy[broker].push(partition);
    this.#settleFollowers(partition);
  }

  /** A copy that isn't in sync may copy so many bytes a second from now on. */
  pace(partition: number, broker: number, bytesPerSecond: number): void {
    if (!this.followers.pace(partition, broker, bytesPerSecond)) return;
    // An unclean election may have made it the leader.
    if (this.topology.partitionLeader[partition] === broker) return;
    this.#startAgain(partition, this.copyOf(partition, broker));
  }

  /** It is in sync: it has no pace of its own any more. */
  unpace(partition: number, broker: number): void {
    this.followers.unpace(partition, broker);
  }

  /** A follower that runs goes on at the rate that it has now, from where it is. */
  #startAgain(partition: number, copy: number): void {
    const set = this.sets[partition]!;
    const { nowNs } = this.engine;
    if (!set.runs(copy)) return;
    set.stop(copy, nowNs);
    set.start(copy, nowNs, this.bytesPerSecond(partition, this.topology.replicasOf(partition)[copy]));
  }

  /** The controller takes a dead broker's copy out of the in-sync set. */
  removeFromInSync(partition: number, copy: number): void {
    this.sets[partition]?.remove(copy, this.engine.nowNs);
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
    const nowNs = this.engine.nowNs;
    const replicas = this.topology.replicasOf(partition);
    const broker = replicas[copy];
    const set = this.sets[partition];
    const log = this.logs[partition];
    this.disturbed = true;
    if (this.topology.partitionLeader[partition] === broker && (set === null || set.runs(copy))) return false;
    this.#forgetUndone(partition);
    this.disconnect(partition);
    this.news.leaderMoves(partition, replicas, this.topology.partitionLeader[partition], broker);
    this.topology.partitionLeader[partition] = broker;
    if (set === null) return true;
    const cause = set.isEmptied ? 'disk-lost' : how.cause;
    this.#cut(partition, () =>
      set.lead(copy, nowNs, { keeps: how.keeps, cutTail: (from) => log.cutTail(from, nowNs, cause) }),
    );
    this.#begin(partition, copy);
    return true;
  }

  /** The copy's term as a leader has begun. The controller may not know yet that its choice is dead, or doesn't hear it. */
  #begin(partition: number, copy: number): void {
    const set = this.sets[partition]!;
    if (!this.mayRun(partition, copy)) set.stop(copy, this.engine.nowNs);
    else this.#freeze(partition);
    this.#settleFollowers(partition);
  }

  #halt(partition: number, copy: number): void {
    const set = this.sets[partition];
    if (set?.runs(copy)) set.stop(copy, this.engine.nowNs);
  }

  /** Stops the copy, or lets it go on, as it should. A leader that was down goes on when its term does. */
  #settle(partition: number, copy: number): void {
    const set = this.sets[partition];
    if (set === null || set.runs(copy) === this.mayRun(partition, copy)) return;
    const { nowNs } = this.engine;
    if (set.runs(copy)) set.stop(copy, nowNs);
    else set.start(copy, nowNs, this.bytesPerSecond(partition, this.topology.replicasOf(partition)[copy]));
  }

  #settleFollowers(partition: number): void {
    const replicas = this.topology.replicasOf(partition);
    for (let copy = 0; copy < replicas.length; copy++) {
      if (replicas[copy] !== this.topology.partitionLeader[partition]) this.#settle(partition, copy);
    }
  }

  /** What the leader was not done with never happened. */
  #forgetUndone(partition: number): void {
    const { nowNs } = this.engine;
    const to = this.logs[partition].endOffset();
    const records = this.logs[partition].truncateAfter(nowNs);
    if (records > 0) this.observer?.truncated(partition, to - records, to, nowNs);
  }

  /** Whoever hears of a lost tail looks at the world as it is when all is done. */
  #cut(partition: number, cut: () => void): void {
    const log = this.logs[partition];
    cut();
    const tails = log.lostTails?.takeFresh() ?? [];
    if (tails.length === 0) return;
    this.lossListener?.(partition, tails);
    for (const { from, to } of tails) this.observer?.truncated(partition, from, to, this.engine.nowNs);
  }
}
