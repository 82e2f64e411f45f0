/** A follower in trouble: stopped, or returned and on its way back into the in-sync set. */
import { invariant } from '../engine/invariant.ts';

/** What replication needs to know of the leader's log; `PartitionLog` has it. */
export interface LeaderLog {
  endOffsetAt(atNs: number): number;
  endBytesAt(atNs: number): number;
  bytesAt(offset: number): number;
  offsetAtBytes(bytes: number): number;
}

export interface FollowerOptions {
  readonly index: number;
  readonly tripNs: number;
  readonly periodNs: number;
  /** Of its first fetch after the leader has returned. */
  readonly phaseNs: number;
  readonly lagMaxNs: number;
  /** When the leader served its latest fetch, while it was healthy. */
  readonly servedNs: number;
}

const NS_PER_SECOND = 1_000_000_000;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * While it fetches, fetch k is served at first + k · period and brings whole batches up to what the catch-up rate has let
 * through since its return; the first fetch that the rate does not cut short makes it caught up, and later ones bring
 * everything. Positions in between are closed forms; only the moments of being caught up and in sync are looked for.
 */
export class Follower {
  readonly index: number;
  /** When the leader serves the next fetch that may change anything; Infinity while nothing is fetched. */
  nextServedNs = NEVER;
  /** In the in-sync set before this time. */
  leavesNs = NEVER;
  /** End of its log when it last stood still. */
  position = 0;
  running = true;
  private readonly log: LeaderLog;
  private readonly options: FollowerOptions;
  /** What the leader knew of it when it last stood still. */
  private known = 0;
  private positionBytes = 0;
  private catchUpBytesPerSecond = NEVER;
  /** Served time of fetch 0; Infinity while nothing is fetched. */
  private firstNs: number;
  /** Served time of the fetch that caught up. */
  private caughtUpNs = Number.NEGATIVE_INFINITY;

  constructor(log: LeaderLog, options: FollowerOptions) {
    this.index = options.index;
    this.log = log;
    this.options = options;
    // Far enough back that every question about the present meets a fetch of this grid.
    this.firstNs = options.servedNs - 3 * options.periodNs;
  }

  isInSync(atNs: number): boolean {
    return atNs < this.leavesNs;
  }

  /** End of its log: what has arrived. */
  endAt(nowNs: number): number {
    const { periodNs, tripNs } = this.options;
    return this.positionAfter(Math.floor((nowNs - (periodNs - tripNs) - this.firstNs) / periodNs));
  }

  /** What the leader knows its end to be: told by the latest fetch, so reached by the one before. */
  knownAt(nowNs: number): number {
    const fetch = Math.floor((nowNs - this.firstNs) / this.options.periodNs);
    return fetch < 0 ? this.known : this.positionAfter(fetch - 1);
  }

  stop(nowNs: number, leaderStopped: boolean): void {
    invariant(this.running, 'a stopped follower does not stop');
    this.standStill(nowNs);
    this.running = false;
    // Finite already if it was not healthy: it has not been caught up since. A stopped leader counts anew on return.
    if (!leaderStopped && this.leavesNs === NEVER) this.leaveAfter(this.options.servedNs - this.options.periodNs);
  }

  start(nowNs: number, catchUpBytesPerSecond: number, leaderStopped: boolean): void {
    invariant(!this.running, 'a follower that runs does not start');
    this.running = true;
    this.catchUpBytesPerSecond = catchUpBytesPerSecond;
    if (!leaderStopped) this.fetchFrom(nowNs + this.options.tripNs);
  }

  leaderStopped(nowNs: number): void {
    // Nobody checks the in-sync set now: it stays as it is.
    this.leavesNs = this.isInSync(nowNs) ? NEVER : Number.NEGATIVE_INFINITY;
    this.standStill(nowNs);
    // The leader has heard, by the next fetch, that the one that caught up has arrived.
    if (this.caughtUpNs + this.options.periodNs <= nowNs) this.catchUpBytesPerSecond = NEVER;
  }

  leaderStarted(nowNs: number): void {
    if (this.leavesNs === NEVER) this.leaveAfter(nowNs);
    if (this.running) this.fetchFrom(nowNs + this.options.phaseNs);
  }

  /** Its fetch at this time is one after being caught up, and it is not in sync: it joins at the high watermark. */
  wantsToJoin(servedNs: number): boolean {
    return this.caughtUpNs < servedNs && !this.isInSync(servedNs);
  }

  /**
   * The leader serves the fetch at `nextServedNs`. Returns true when the follower is healthy from then on. Joining is AK's
   * `isFollowerInSync`: its position, as told, has reached the high watermark.
   */
  serve(highWatermark: number): boolean {
    const servedNs = this.nextServedNs;
    const { periodNs } = this.options;
    const fetch = (servedNs - this.firstNs) / periodNs;
    this.nextServedNs += periodNs;
    if (this.caughtUpNs < servedNs) return this.isInSync(servedNs) || this.positionAfter(fetch - 1) >= highWatermark;
    const behindBytes = this.log.endBytesAt(servedNs);
    if (this.letThroughBytes(fetch) >= behindBytes) {
      this.caughtUpNs = servedNs;
    } else {
      // The leader's end only grows, so no fetch can catch up before the rate has let through what is there already.
      const fetches = ((behindBytes - this.positionBytes) * NS_PER_SECOND) / (this.catchUpBytesPerSecond * periodNs);
      const soonest = Math.floor(fetches * 0.999_999) - 2;
      if (soonest > fetch + 1) this.nextServedNs = this.firstNs + soonest * periodNs;
    }
    return false;
  }

  private fetchFrom(firstNs: number): void {
    this.firstNs = firstNs;
    this.nextServedNs = firstNs;
    this.caughtUpNs = NEVER;
  }

  /** Fetches and answers on their way are lost. */
  private standStill(nowNs: number): void {
    if (this.firstNs === NEVER) return;
    const known = this.knownAt(nowNs);
    this.position = this.endAt(nowNs);
    this.known = known;
    this.positionBytes = this.log.bytesAt(this.position);
    this.firstNs = NEVER;
    this.nextServedNs = NEVER;
  }

  /** AK checks every half of the bound whether a follower was last caught up longer ago than the bound. */
  private leaveAfter(caughtUpNs: number): void {
    const checkNs = Math.ceil(this.options.lagMaxNs / 2);
    this.leavesNs = (Math.floor((caughtUpNs + this.options.lagMaxNs) / checkNs) + 1) * checkNs;
  }

  /** Where fetch k gets it; before the first it stands where it stood. */
  private positionAfter(fetch: number): number {
    if (!(fetch >= 0)) return this.position;
    const servedNs = this.firstNs + fetch * this.options.periodNs;
    if (this.caughtUpNs <= servedNs) return this.log.endOffsetAt(servedNs);
    return Math.max(this.position, this.log.offsetAtBytes(this.letThroughBytes(fetch)));
  }

  /** Bytes of the log that the rate lets it have by fetch k. */
  private letThroughBytes(fetch: number): number {
    const spentNs = (fetch + 1) * this.options.periodNs;
    return this.positionBytes + Math.floor((this.catchUpBytesPerSecond * spentNs) / NS_PER_SECOND);
  }
}
