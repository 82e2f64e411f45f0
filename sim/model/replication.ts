/** Replication of one partition, computed only when somebody asks: positions are pure functions of time. */
import { InvariantError, invariant } from '../engine/invariant.ts';
import type { MergeWatcher } from './entry-ring.ts';
import type { Reshape } from './fetch-grid.ts';
import { type Follower, type LeaderLog, reshapedFollowers } from './follower.ts';
import { HealedFollowers } from './healed-followers.ts';
import type { ReplicaSetOptions } from './replica-set-options.ts';
import { ReplicasInTrouble } from './replicas-in-trouble.ts';
import { ToldWatermarks } from './told-watermarks.ts';

/**
 * A healthy follower fetches without pause: the leader serves a fetch every round trip + processing, and an answer holds
 * all that was appended by then. So nothing is simulated for it; a question is arithmetic and a look into the log. Its
 * fetches never wait for data, as those of a broker's many partitions seldom do, and never overflow an answer.
 *
 * A fetch tells the leader the position reached by the fetch before. The high watermark is the lowest position told by
 * the in-sync set, so it trails an append by one to two periods.
 *
 * A follower in trouble (stopped, or returned and not yet in sync, or new to its leader) has a `Follower` besides, which
 * walks from fetch to fetch, skipping those that cannot matter. Questions are about the present: ask at the engine's
 * time, which never goes back. How often is asked changes nothing: before the log forgets what a walk may need, it is
 * walked (`beforeMerge`).
 *
 * Replicas are numbered by their place in the assignment; the first one is the preferred leader and leads at first.
 */
export class ReplicaSet extends ReplicasInTrouble implements MergeWatcher {
  private readonly options: ReplicaSetOptions;
  /** The leader has stopped, and its disk was replaced. */
  private emptied = false;
  /** The leader's high watermark when its term began: it raises it from there. Counts while there is trouble. */
  private floor = 0;
  /** What followers have heard of the high watermark, up to the latest change. */
  private told: ToldWatermarks | null = null;
  private readonly healed = new HealedFollowers();
  /** Latest question and answer: kept only to assert that the high watermark never goes back in a leader's term. */
  private askedNs = Number.NEGATIVE_INFINITY;
  private highWatermark = 0;

  constructor(log: LeaderLog & { watcher?: MergeWatcher | null }, options: ReplicaSetOptions) {
    super(log, options);
    if ('watcher' in log) log.watcher = this;
    this.options = options;
  }

  /** True while no follower is in trouble and the leader runs. */
  isHealthyAt(nowNs: number): boolean {
    // Nobody may have asked since the last of them healed.
    this.advance(nowNs);
    return this.troubled === null && this.leaderStoppedNs === Number.POSITIVE_INFINITY;
  }

  /** True while all that the leader had is gone with its disk. */
  get isEmptied(): boolean {
    return this.emptied;
  }

  /** End of the replica's log. */
  endAt(i: number, nowNs: number): number {
    if (i === this.leader) return this.log.endOffsetAt(Math.min(nowNs, this.leaderStoppedNs));
    return this.settled(i, nowNs)?.endAt(nowNs) ?? this.log.endOffsetAt(this.servedBy(i, nowNs - this.answerNs(i)));
  }

  /** Consumers read, and acks=all waits, up to here. Never goes back while a leader stays. */
  highWatermarkAt(nowNs: number): number {
    this.advance(nowNs);
    const untilNs = Math.min(nowNs, this.leaderStoppedNs);
    const highWatermark = this.troubled === null ? this.healthyHighWatermark(nowNs) : this.highWatermarkWithin(untilNs);
    if (nowNs >= this.askedNs) {
      if (highWatermark < this.highWatermark) {
        throw new InvariantError(
          `high watermark went back from ${this.highWatermark} to ${highWatermark} at ${nowNs} ns`,
        );
      }
      this.askedNs = nowNs;
      this.highWatermark = highWatermark;
    }
    return highWatermark;
  }

  /**
   * When the high watermark passes what is appended at `appendAtNs` (now or later), should nothing happen until then.
   * While there is trouble it is the soonest time at which it may: look then, and ask again. Infinity while the leader is
   * stopped.
   */
  committedAtNs(appendAtNs: number, nowNs: number): number {
    if (this.troubled !== null) return this.soonestCommitNs(appendAtNs, nowNs);
    return this.healthyCommitNs(appendAtNs);
  }

  /** As `committedAtNs`, asked later than the append: after now, unless the high watermark has passed it. */
  soonestCommitNs(appendedNs: number, nowNs: number): number {
    this.advance(nowNs);
    if (this.leaderStoppedNs < Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    const endBytes = this.log.endBytesAt(appendedNs);
    let committedNs = appendedNs;
    for (let i = 0; i < this.replicas; i++) {
      if (i === this.leader) continue;
      const follower = this.troubled === null ? null : this.troubled[i];
      let passedNs: number;
      if (follower === null) {
        passedNs = this.toldNs(i, appendedNs);
      } else {
        if (!follower.isInSync(Math.max(appendedNs, nowNs))) continue;
        passedNs = follower.passesNs(appendedNs, endBytes, nowNs);
      }
      if (passedNs > committedNs) committedNs = passedNs;
    }
    return committedNs;
  }

  /** Size of the in-sync set, the leader included: what `min.insync.replicas` is compared with. */
  inSyncAt(nowNs: number): number {
    let inSync = 0;
    for (let i = 0; i < this.replicas; i++) if (this.isInSync(i, nowNs)) inSync++;
    return inSync;
  }

  isInSync(i: number, nowNs: number): boolean {
    if (this.troubled === null || i === this.leader) return true;
    const follower = this.settled(i, nowNs);
    return follower === null || follower.isInSync(Math.min(nowNs, this.leaderStoppedNs));
  }

  /**
   * The replica's broker stops. Fetches and answers on their way are lost. When it is the leader's, nothing moves until it
   * returns or another leads: truncate its log at the same time.
   */
  stop(i: number, nowNs: number): void {
    this.remember(nowNs);
    if (i !== this.leader) {
      this.trouble(i, nowNs).stop(nowNs, this.leaderStoppedNs < Number.POSITIVE_INFINITY);
      return;
    }
    invariant(this.leaderStoppedNs === Number.POSITIVE_INFINITY, 'a stopped leader does not stop');
    for (let j = 0; j < this.replicas; j++) if (j !== i) this.trouble(j, nowNs).leaderStopped(nowNs);
    this.leaderStoppedNs = nowNs;
  }

  /**
   * It returns. A follower fetches from where it was, and is let through at most so many bytes a second until it has
   * caught up. A leader whose term has gone on is fetched from again, each follower within a period of its own phase.
   */
  start(i: number, nowNs: number, catchUpBytesPerSecond: number): void {
    invariant(catchUpBytesPerSecond > 0, 'a follower that returns catches up');
    this.remember(nowNs);
    if (i !== this.leader) {
      const follower = this.troubled?.[i];
      if (follower == null) throw new InvariantError(`replica ${i} starts at ${nowNs} ns but never stopped`);
      if (this.refit(i)) follower.paced(this.rhythm(i));
      follower.start(nowNs, catchUpBytesPerSecond, this.leaderStoppedNs < Number.POSITIVE_INFINITY);
      return;
    }
    invariant(this.leaderStoppedNs < Number.POSITIVE_INFINITY, 'a leader that runs does not start');
    this.leaderStoppedNs = Number.POSITIVE_INFINITY;
    this.checkedNs = Math.max(this.checkedNs, nowNs);
    for (const follower of this.troubled ?? []) follower?.leaderStarted(nowNs);
    if (this.replicas === 1) this.troubled = null;
  }

  /**
   * A stopped replica's disk is replaced. A follower will copy all that is kept, which begins after so many bytes; a leader
   * that nobody could replace will lead with an empty log.
   */
  empty(i: number, startBytes: number, nowNs: number): void {
    this.remember(nowNs);
    if (i === this.leader) {
      invariant(this.leaderStoppedNs < Number.POSITIVE_INFINITY, 'a disk is replaced while its broker is down');
      this.emptied = true;
      return;
    }
    const follower = this.troubled?.[i];
    if (follower == null) throw new InvariantError(`replica ${i} loses its disk at ${nowNs} ns but never stopped`);
    follower.empty(startBytes);
    this.told!.keep(i, { heard: 0, coming: 0, servedNs: Number.NEGATIVE_INFINITY });
  }

  /** The in-sync set stays as it is: its leader can't tell the controller of a change (AK `Partition.shrinkIsr` waits for it). */
  freeze(frozen: boolean, nowNs: number): void {
    if (frozen === this.bounds.frozen) return;
    this.remember(nowNs);
    this.bounds.frozen = frozen;
    for (const follower of this.troubled ?? []) follower?.freeze(frozen, nowNs);
  }

  /**
   * The copies are others from now on: place j was place `from[j]`, −1 for a new one, which is stopped, out of sync and has
   * to copy all that is kept, from `startBytes` on. The leader stays among them.
   */
  reshape(from: readonly number[], nowNs: number, how: Reshape & { readonly startBytes: number }): void {
    invariant(from.includes(this.leader), 'the leader stays while copies come and go');
    this.remember(nowNs);
    this.reshapeGrid(from, how, nowNs);
    this.told = this.told!.reshaped(from);
    if (this.troubled === null) this.checkedNs = Math.max(this.checkedNs, nowNs);
    this.troubled = reshapedFollowers(this.troubled, from, (index) => {
      const follower = this.newFollower(index);
      follower.isNew(how.startBytes);
      return follower;
    });
  }

  /** Bytes of the log that the replica has. */
  bytesAt(i: number, nowNs: number): number {
    if (i === this.leader) return this.log.endBytesAt(Math.min(nowNs, this.leaderStoppedNs));
    return this.settled(i, nowNs)?.bytesAt(nowNs) ?? this.log.endBytesAt(this.servedBy(i, nowNs - this.answerNs(i)));
  }

  /** The controller takes a follower out of the in-sync set: its broker is gone. */
  remove(i: number, nowNs: number): void {
    invariant(i !== this.leader, 'a leader is in sync with itself');
    if (!this.isInSync(i, nowNs)) return;
    this.remember(nowNs);
    this.trouble(i, nowNs).remove(Math.min(nowNs, this.leaderStoppedNs));
  }

  /**
   * The replica leads from now on; its broker runs. `keeps` says who stays in the in-sync set, of those that are in it.
   * `cutTail` is told where the new leader's log ends, takes away what lies beyond, and answers with the offset at which
   * the log goes on.
   */
  lead(
    i: number,
    nowNs: number,
    how: { readonly keeps: (replica: number) => boolean; readonly cutTail: (from: number) => number },
  ): void {
    this.remember(nowNs);
    const kept = this.emptied && i === this.leader ? 0 : this.endAt(i, nowNs);
    const leaves = this.leader;
    const highWatermark = Math.min(kept, this.toldAt(i, nowNs));
    const left = { running: this.leaderStoppedNs === Number.POSITIVE_INFINITY };
    const places = Array.from({ length: this.replicas }, (_, j) => {
      const end = this.endAt(j, nowNs);
      const cut = this.options.truncation === 'epoch' ? end : Math.min(end, this.toldAt(j, nowNs));
      const bytes = this.troubled?.[j]?.bytesAt(nowNs) ?? Number.POSITIVE_INFINITY;
      return { position: Math.min(cut, kept), bytes, inSync: how.keeps(j) && this.isInSync(j, nowNs) };
    });
    // The one that led knows what it knew; no answer will tell it until it fetches.
    const known = this.toldAt(leaves, nowNs);
    this.told!.keep(leaves, { heard: known, coming: known, servedNs: Number.NEGATIVE_INFINITY });
    const goesOn = how.cutTail(kept);
    this.emptied = false;
    // Whoever leads now is heard.
    this.bounds.frozen = false;
    this.leader = i;
    this.floor = highWatermark;
    this.highWatermark = highWatermark;
    this.leaderStoppedNs = Number.POSITIVE_INFINITY;
    this.checkedNs = Math.max(this.checkedNs, nowNs);
    this.layGrid(nowNs);
    const before = this.troubled;
    this.troubled = new Array<Follower | null>(this.replicas).fill(null);
    for (let j = 0; j < this.replicas; j++) {
      if (j === i) continue;
      const follower = before?.[j] ?? this.newFollower(j);
      if (j === leaves) follower.running = left.running;
      const position = places[j].position === kept ? goesOn : places[j].position;
      follower.follow(nowNs, { ...places[j], rhythm: this.rhythm(j), position, known: highWatermark });
      this.troubled[j] = follower;
    }
    if (this.replicas === 1) this.troubled = null;
  }

  /** The high watermark as the replica knows it: the leader's own, or what the latest answer told. */
  toldAt(i: number, nowNs: number): number {
    if (i === this.leader) return this.highWatermarkAt(nowNs);
    this.advance(nowNs);
    return this.heardAt(i, nowNs);
  }

  beforeMerge(nowNs: number): number {
    this.advance(nowNs);
    // It did until they had left or were healthy again: both may be later than this past, if somebody has asked meanwhile.
    let single = this.healed.lowestAt(nowNs);
    for (const follower of this.troubled ?? []) {
      // The high watermark hangs on its very position, until it has left.
      if (follower?.isInSync(nowNs) && follower.position < single) single = follower.position;
    }
    return single;
  }

  /** An answer tells the high watermark from before its fetch told anything (AK reads first, then updates). */
  private servedWatermark(servedNs: number): number {
    return this.troubled === null ? this.healthyHighWatermark(servedNs - 1) : this.highWatermarkWithin(servedNs - 1);
  }

  /** Something is about to change: what followers have heard so far, and what is on its way to them, is kept. */
  private remember(nowNs: number): void {
    this.advance(nowNs);
    this.keepTold(nowNs);
  }

  private keepTold(nowNs: number): void {
    const told = new ToldWatermarks(this.replicas, nowNs);
    for (let i = 0; i < this.replicas; i++) {
      if (i === this.leader) continue;
      const servedNs = this.servedTo(i, nowNs);
      const coming = servedNs === Number.NEGATIVE_INFINITY ? 0 : this.toldBy(i, servedNs);
      told.keep(i, { heard: this.heardAt(i, nowNs), coming, servedNs });
    }
    this.told = told;
  }

  /** `toldAt` of a follower, once it is known what has happened until then. */
  private heardAt(i: number, nowNs: number): number {
    return this.toldBy(i, this.servedTo(i, nowNs - this.answerNs(i)));
  }

  /** The high watermark that the answer to a fetch tells. */
  private toldBy(i: number, servedNs: number): number {
    const told = this.told;
    if (told !== null && servedNs <= told.changedNs) return told.heard(i, servedNs);
    return this.servedWatermark(servedNs);
  }

  /** Brings followers in trouble to the time, in the order in which the leader serves their fetches. */
  private advance(nowNs: number): void {
    if (this.troubled === null || this.leaderStoppedNs < Number.POSITIVE_INFINITY) return;
    for (;;) {
      const troubled: (Follower | null)[] | null = this.troubled;
      if (troubled === null) return;
      let next: Follower | null = null;
      for (const follower of troubled) {
        if (follower !== null && follower.nextServedNs <= (next === null ? nowNs : next.nextServedNs - 1))
          next = follower;
      }
      this.check(next === null ? nowNs : next.nextServedNs);
      if (next === null) return;
      const atNs = next.nextServedNs;
      if (next.serve(next.wantsToJoin(atNs) ? this.highWatermarkWithin(atNs) : 0)) this.heal(next, atNs);
    }
  }

  /** Checks of the in-sync set that have come since the last one. Only those for lack of records are looked at one by one. */
  private check(untilNs: number): void {
    const { checkNs, lagRecordsMax } = this.options;
    if (lagRecordsMax === Number.POSITIVE_INFINITY) return;
    for (let atNs = (Math.floor(this.checkedNs / checkNs) + 1) * checkNs; atNs <= untilNs; atNs += checkNs) {
      if (!this.bounds.frozen) for (const follower of this.troubled!) follower?.check(atNs);
      this.checkedNs = atNs;
    }
  }

  private highWatermarkWithin(atNs: number): number {
    let lowest = this.log.endOffsetAt(atNs);
    for (let i = 0; i < this.replicas; i++) {
      if (i === this.leader) continue;
      const follower = this.troubled === null ? null : this.troubled[i];
      if (follower !== null && !follower.isInSync(atNs)) continue;
      const known =
        follower === null ? this.log.endOffsetAt(this.servedBy(i, atNs) - this.periodNs(i)) : follower.knownAt(atNs);
      if (known < lowest) lowest = known;
    }
    return Math.max(lowest, this.floor);
  }

  private settled(i: number, nowNs: number): Follower | null {
    this.advance(nowNs);
    return this.troubled === null ? null : this.troubled[i];
  }

  /** The follower is as good as any other: from here on its grid tells all. */
  private heal(follower: Follower, servedNs: number): void {
    this.keepTold(servedNs);
    // Who left and joined again was in sync until it left: the past that merges may be older still.
    this.healed.add(Math.min(servedNs, follower.leavesNs), follower.position);
    const troubled = this.troubled!;
    this.anchor(follower.index, servedNs);
    troubled[follower.index] = null;
    if (troubled.every((other) => other === null)) this.troubled = null;
  }
}
