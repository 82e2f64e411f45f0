/** Replication of one partition, computed only when somebody asks: positions are pure functions of time. */
import { InvariantError, invariant } from '../engine/invariant.ts';
import type { MergeWatcher } from './entry-ring.ts';
import { Follower, type LeaderLog } from './follower.ts';

export interface ReplicaSetOptions {
  readonly followers: readonly {
    /** One way between leader and follower. */
    readonly tripNs: number;
    /** When the leader serves its first fetch; any whole number ≥ 0, such as a hash: taken modulo the fetch period. */
    readonly phaseNs: number;
  }[];
  /** Between the arrival of an answer at a follower and its next fetch. */
  readonly processNs: number;
  /** A follower leaves the in-sync set when it has not been caught up for longer (AK `replica.lag.time.max.ms`: 30 s; 10 s in 0.9). */
  readonly lagMaxNs: number;
}

/** Columns of the grid, for each follower: the leader serves its fetches at first + k · period. */
const FIRST_NS = 0;
const PERIOD_NS = 1;
const TRIP_NS = 2;
const PHASE_NS = 3;
const COLUMNS = 4;

/**
 * A healthy follower fetches without pause: the leader serves a fetch every round trip + processing, and an answer holds
 * all that was appended by then. So nothing is simulated for it; a question is arithmetic and a look into the log. Its
 * fetches never wait for data, as those of a broker's many partitions seldom do, and never overflow an answer.
 *
 * A fetch tells the leader the position reached by the fetch before. The high watermark is the lowest position told by
 * the in-sync set, so it trails an append by one to two periods.
 *
 * A follower in trouble (stopped, or returned and not yet in sync) has a `Follower` besides, which walks from fetch to
 * fetch, skipping those that cannot matter. Questions are about the present: ask at the engine's time, which never goes
 * back. How often is asked changes nothing: before the log forgets what a walk may need, it is walked (`beforeMerge`).
 *
 * Simplifications: a stopped follower leaves the in-sync set at Kafka's check even if nothing was appended meanwhile (AK
 * keeps it then), and does not truncate on return. With elections comes the place where a leader changes: `stopLeader`.
 */
export class ReplicaSet implements MergeWatcher {
  /** Replicas, the leader included. */
  readonly replicas: number;
  private readonly log: LeaderLog;
  private readonly grid: Float64Array;
  private readonly lagMaxNs: number;
  /** Followers in trouble; null while all are healthy, which is nearly always. */
  private troubled: (Follower | null)[] | null = null;
  /** When the leader stopped; Infinity while it runs. */
  private leaderStoppedNs = Number.POSITIVE_INFINITY;
  /** Latest question and answer: kept only to assert that the high watermark never goes back. */
  private askedNs = Number.NEGATIVE_INFINITY;
  private highWatermark = 0;

  constructor(log: LeaderLog & { watcher?: MergeWatcher | null }, options: ReplicaSetOptions) {
    this.log = log;
    if ('watcher' in log) log.watcher = this;
    this.lagMaxNs = options.lagMaxNs;
    this.replicas = options.followers.length + 1;
    this.grid = new Float64Array(options.followers.length * COLUMNS);
    options.followers.forEach(({ tripNs, phaseNs }, i) => {
      const periodNs = 2 * tripNs + options.processNs;
      invariant(tripNs > 0 && options.processNs >= 0 && phaseNs >= 0, 'a fetch takes time');
      invariant(options.lagMaxNs > 4 * periodNs, 'a healthy follower is never too far behind');
      this.grid[i * COLUMNS + FIRST_NS] = phaseNs % periodNs;
      this.grid[i * COLUMNS + PERIOD_NS] = periodNs;
      this.grid[i * COLUMNS + TRIP_NS] = tripNs;
      this.grid[i * COLUMNS + PHASE_NS] = phaseNs % periodNs;
    });
  }

  /** End of the follower's log. */
  followerEndAt(i: number, nowNs: number): number {
    const follower = this.settled(i, nowNs);
    if (follower !== null) return follower.endAt(nowNs);
    const tripNs = this.grid[i * COLUMNS + TRIP_NS];
    const arriveNs = this.grid[i * COLUMNS + PERIOD_NS] - tripNs;
    return this.log.endOffsetAt(this.servedBy(i, nowNs - arriveNs));
  }

  /** Consumers read, and acks=all waits, up to here. Never goes back. */
  highWatermarkAt(nowNs: number): number {
    this.advance(nowNs);
    const highWatermark =
      this.troubled === null
        ? this.healthyHighWatermark(nowNs)
        : this.highWatermarkWithin(Math.min(nowNs, this.leaderStoppedNs));
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

  private healthyHighWatermark(nowNs: number): number {
    let knownNs = nowNs;
    for (let i = 0; i < this.replicas - 1; i++) {
      const toldNs = this.servedBy(i, nowNs) - this.grid[i * COLUMNS + PERIOD_NS];
      if (toldNs < knownNs) knownNs = toldNs;
    }
    return this.log.endOffsetAt(knownNs);
  }

  /**
   * When the high watermark passes what is appended at `appendAtNs` (now or later), should nobody stop, return or join
   * until then; Infinity when that depends on a follower that catches up, or on a stopped leader's return.
   */
  committedAtNs(appendAtNs: number): number {
    if (this.leaderStoppedNs < Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    let committedNs = appendAtNs;
    for (let i = 0; i < this.replicas - 1; i++) {
      const follower = this.troubled === null ? null : this.troubled[i];
      let passedNs: number;
      if (follower === null) {
        const first = this.grid[i * COLUMNS + FIRST_NS];
        const period = this.grid[i * COLUMNS + PERIOD_NS];
        passedNs = first + (Math.ceil((appendAtNs - first) / period) + 1) * period;
      } else {
        if (!follower.isInSync(appendAtNs)) continue;
        passedNs = follower.running ? Number.POSITIVE_INFINITY : follower.leavesNs;
      }
      if (passedNs > committedNs) committedNs = passedNs;
    }
    return committedNs;
  }

  /** Size of the in-sync set, the leader included: what `min.insync.replicas` is compared with. */
  inSyncAt(nowNs: number): number {
    this.advance(nowNs);
    const atNs = Math.min(nowNs, this.leaderStoppedNs);
    let inSync = this.replicas;
    for (const follower of this.troubled ?? []) if (follower !== null && !follower.isInSync(atNs)) inSync--;
    return inSync;
  }

  /** Lowest offset that a follower in trouble may still need: the log must not be released beyond. Infinity when none is. */
  neededFromOffset(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const follower of this.troubled ?? []) {
      if (follower !== null && follower.position < lowest) lowest = follower.position;
    }
    return lowest;
  }

  /** The follower's broker stops. Fetches and answers on their way are lost. */
  stopFollower(i: number, nowNs: number): void {
    this.advance(nowNs);
    this.trouble(i, nowNs).stop(nowNs, this.leaderStoppedNs < Number.POSITIVE_INFINITY);
  }

  /** It returns, fetches from where it was, and is let through at most so many bytes a second until it has caught up. */
  startFollower(i: number, nowNs: number, catchUpBytesPerSecond: number): void {
    invariant(catchUpBytesPerSecond > 0, 'a follower that returns catches up');
    this.advance(nowNs);
    const follower = this.troubled?.[i];
    if (follower == null) throw new InvariantError(`follower ${i} starts at ${nowNs} ns but never stopped`);
    follower.start(nowNs, catchUpBytesPerSecond, this.leaderStoppedNs < Number.POSITIVE_INFINITY);
  }

  /** The leader's broker stops; until it returns nothing moves. Truncate its log at the same time. */
  stopLeader(nowNs: number): void {
    this.advance(nowNs);
    invariant(this.leaderStoppedNs === Number.POSITIVE_INFINITY, 'a stopped leader does not stop');
    for (let i = 0; i < this.replicas - 1; i++) this.trouble(i, nowNs).leaderStopped(nowNs);
    this.leaderStoppedNs = nowNs;
  }

  /** It returns as leader; running followers fetch again, each within a period of its own phase. */
  startLeader(nowNs: number): void {
    this.advance(nowNs);
    invariant(this.leaderStoppedNs < Number.POSITIVE_INFINITY, 'a leader that runs does not start');
    this.leaderStoppedNs = Number.POSITIVE_INFINITY;
    for (const follower of this.troubled ?? []) follower?.leaderStarted(nowNs);
  }

  beforeMerge(nowNs: number): number {
    this.advance(nowNs);
    let single = Number.POSITIVE_INFINITY;
    for (const follower of this.troubled ?? []) {
      // The high watermark hangs on its very position, until it has left.
      if (follower?.isInSync(nowNs) && follower.position < single) single = follower.position;
    }
    return single;
  }

  /** Brings followers in trouble to the time, in the order in which the leader serves their fetches. */
  private advance(nowNs: number): void {
    const troubled = this.troubled;
    if (troubled === null || this.leaderStoppedNs < Number.POSITIVE_INFINITY) return;
    for (;;) {
      let next: Follower | null = null;
      for (const follower of troubled) {
        if (follower !== null && follower.nextServedNs <= (next === null ? nowNs : next.nextServedNs - 1))
          next = follower;
      }
      if (next === null) break;
      const atNs = next.nextServedNs;
      if (next.serve(next.wantsToJoin(atNs) ? this.highWatermarkWithin(atNs) : 0)) this.heal(next, atNs);
      if (this.troubled === null) break;
    }
  }

  private highWatermarkWithin(atNs: number): number {
    let lowest = this.log.endOffsetAt(atNs);
    for (let i = 0; i < this.replicas - 1; i++) {
      const follower = this.troubled === null ? null : this.troubled[i];
      if (follower !== null && !follower.isInSync(atNs)) continue;
      const known =
        follower === null
          ? this.log.endOffsetAt(this.servedBy(i, atNs) - this.grid[i * COLUMNS + PERIOD_NS])
          : follower.knownAt(atNs);
      if (known < lowest) lowest = known;
    }
    return lowest;
  }

  /** When the leader served the follower's latest fetch by the time. Before the first, the grid goes on into the past. */
  private servedBy(i: number, atNs: number): number {
    const first = this.grid[i * COLUMNS + FIRST_NS];
    const period = this.grid[i * COLUMNS + PERIOD_NS];
    return first + Math.floor((atNs - first) / period) * period;
  }

  private settled(i: number, nowNs: number): Follower | null {
    if (this.troubled === null) return null;
    this.advance(nowNs);
    return this.troubled === null ? null : this.troubled[i];
  }

  private trouble(i: number, nowNs: number): Follower {
    this.troubled ??= new Array<Follower | null>(this.replicas - 1).fill(null);
    const known = this.troubled[i];
    if (known !== null) return known;
    const at = i * COLUMNS;
    const follower = new Follower(this.log, {
      index: i,
      tripNs: this.grid[at + TRIP_NS],
      periodNs: this.grid[at + PERIOD_NS],
      phaseNs: this.grid[at + PHASE_NS],
      lagMaxNs: this.lagMaxNs,
      servedNs: this.servedBy(i, nowNs),
    });
    this.troubled[i] = follower;
    return follower;
  }

  /** The follower is as good as any other: from here on its grid tells all. */
  private heal(follower: Follower, servedNs: number): void {
    const troubled = this.troubled!;
    this.grid[follower.index * COLUMNS + FIRST_NS] = servedNs;
    troubled[follower.index] = null;
    if (troubled.every((other) => other === null)) this.troubled = null;
  }
}
