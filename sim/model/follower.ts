/** A follower in trouble: stopped, or fetching again and on its way back into the in-sync set. */
import { invariant } from '../engine/invariant.ts';

/** What replication needs to know of the leader's log; `PartitionLog` has it. */
export interface LeaderLog {
  endOffsetAt(atNs: number): number;
  endBytesAt(atNs: number): number;
  bytesAt(offset: number): number;
  offsetAtBytes(bytes: number): number;
  /** Below it everything is forgotten. */
  knownFromOffset(): number;
}

/** How often a follower fetches from its leader, and when it is out of sync. */
export interface FetchRhythm {
  /** One way to the leader. */
  readonly tripNs: number;
  readonly periodNs: number;
  /** Of its first fetch from a leader that begins, or begins again. */
  readonly phaseNs: number;
}

export interface LagBounds {
  /** Longest time without being caught up. */
  readonly lagMaxNs: number;
  /** Between two checks of the in-sync set. */
  readonly checkNs: number;
  /** Records a follower in sync may lack at a check. */
  readonly lagRecordsMax: number;
  /** True while the leader can't tell its controller of the in-sync set: nobody leaves it or joins. */
  frozen: boolean;
}

const NS_PER_SECOND = 1_000_000_000;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * While it fetches, fetch k is served at first + k · period and brings whole batches up to what the catch-up rate has let
 * through since its return; the first fetch that the rate does not cut short makes it caught up, and later ones bring
 * everything. Positions in between are closed forms; only the moments of being caught up and in sync are looked for.
 */
export class Follower {
  /** Its place in the assignment. */
  index: number;
  /** When the leader serves the next fetch that may change anything; Infinity while nothing is fetched. */
  nextServedNs = NEVER;
  /** In the in-sync set before this time. */
  leavesNs = NEVER;
  /** When it would have left, had the in-sync set not been frozen. */
  private pendingNs = NEVER;
  /** End of its log when it last stood still. */
  position = 0;
  running = true;
  private readonly log: LeaderLog;
  private readonly bounds: LagBounds;
  private rhythm: FetchRhythm;
  /** What the leader knew of it when it last stood still. */
  private known = 0;
  private positionBytes = 0;
  private catchUpBytesPerSecond = NEVER;
  /** Served time of fetch 0; Infinity while nothing is fetched. */
  private firstNs = NEVER;
  /** Served time of the fetch that caught up. */
  private caughtUpNs = Number.NEGATIVE_INFINITY;

  constructor(log: LeaderLog, options: { index: number; rhythm: FetchRhythm; bounds: LagBounds }) {
    this.index = options.index;
    this.log = log;
    this.rhythm = options.rhythm;
    this.bounds = options.bounds;
  }

  /** It was healthy until now, its latest fetch served then. */
  wasHealthy(servedNs: number): void {
    // Far enough back that every question about the present meets a fetch of this grid.
    this.firstNs = servedNs - 3 * this.rhythm.periodNs;
  }

  isInSync(atNs: number): boolean {
    return atNs < this.leavesNs;
  }

  /** End of its log: what has arrived. */
  endAt(nowNs: number): number {
    const { periodNs, tripNs } = this.rhythm;
    return this.positionAfter(Math.floor((nowNs - (periodNs - tripNs) - this.firstNs) / periodNs));
  }

  /** Bytes of the log that it has been let have; those of its end where that is still known. */
  bytesAt(nowNs: number): number {
    const { periodNs, tripNs } = this.rhythm;
    const fetch = Math.floor((nowNs - (periodNs - tripNs) - this.firstNs) / periodNs);
    if (!(fetch >= 0)) return this.positionBytes;
    const servedNs = this.firstNs + fetch * periodNs;
    const endBytes = this.log.endBytesAt(servedNs);
    return this.caughtUpNs <= servedNs ? endBytes : Math.min(this.letThroughBytes(fetch), endBytes);
  }

  /** What the leader knows its end to be: told by the latest fetch, so reached by the one before. */
  knownAt(nowNs: number): number {
    const fetch = Math.floor((nowNs - this.firstNs) / this.rhythm.periodNs);
    return fetch < 0 ? this.known : this.positionAfter(fetch - 1);
  }

  /** When the latest fetch was served by the time; −Infinity when none was since it last stood still. */
  servedBy(atNs: number): number {
    const { periodNs } = this.rhythm;
    const fetch = Math.floor((atNs - this.firstNs) / periodNs);
    return fetch >= 0 ? this.firstNs + fetch * periodNs : Number.NEGATIVE_INFINITY;
  }

  /**
   * Soonest time at which the leader may know that it has what was appended at `appendedNs` and ends at so many bytes,
   * or that it needn't: true if nothing happens until then.
   */
  passesNs(appendedNs: number, endBytes: number, nowNs: number): number {
    // Who stands still leaves at a check, if it leaves.
    if (this.firstNs === NEVER) return Math.min(this.leavesNs, this.nextCheckNs(nowNs));
    const { periodNs } = this.rhythm;
    let fetch = Math.max(0, Math.ceil((appendedNs - this.firstNs) / periodNs));
    if (this.caughtUpNs === NEVER) {
      const needed = ((endBytes - this.positionBytes) * NS_PER_SECOND) / (this.catchUpBytesPerSecond * periodNs);
      fetch = Math.max(fetch, Math.ceil(needed) - 1);
    }
    return Math.min(this.firstNs + (fetch + 1) * periodNs, this.leavesNs);
  }

  stop(nowNs: number, leaderStopped: boolean): void {
    invariant(this.running, 'a stopped follower does not stop');
    const servedNs = this.servedBy(nowNs);
    this.standStill(nowNs);
    this.running = false;
    // Finite already if it was not healthy: it has not been caught up since. A stopped leader counts anew on return.
    if (!leaderStopped && this.leavesNs === NEVER && this.pendingNs === NEVER) {
      this.leaveAfter(servedNs - this.rhythm.periodNs);
    }
  }

  start(nowNs: number, catchUpBytesPerSecond: number, leaderStopped: boolean): void {
    invariant(!this.running, 'a follower that runs does not start');
    this.running = true;
    this.catchUpBytesPerSecond = catchUpBytesPerSecond;
    if (!leaderStopped) this.fetchFrom(nowNs + this.rhythm.tripNs);
  }

  /** It will fetch in another rhythm. */
  paced(rhythm: FetchRhythm): void {
    invariant(!this.running, 'a follower that stands still changes its rhythm');
    this.rhythm = rhythm;
  }

  leaderStopped(nowNs: number): void {
    // Nobody checks the in-sync set now: it stays as it is.
    this.leavesNs = this.isInSync(nowNs) ? NEVER : Number.NEGATIVE_INFINITY;
    this.pendingNs = NEVER;
    this.endCatchUp(nowNs);
    this.standStill(nowNs);
  }

  leaderStarted(nowNs: number): void {
    if (this.leavesNs === NEVER && this.pendingNs === NEVER) this.leaveAfter(nowNs);
    if (this.running) this.fetchFrom(nowNs + this.rhythm.phaseNs);
  }

  /** It follows another leader from now on, or one whose term begins anew: from the given end of its log. */
  follow(
    nowNs: number,
    at: {
      readonly rhythm: FetchRhythm;
      readonly position: number;
      /** Bytes of the log that it has, by `bytesAt`. */
      readonly bytes: number;
      /** What the leader takes its end to be before it hears of it. */
      readonly known: number;
      readonly inSync: boolean;
    },
  ): void {
    // Caught up, and yet in trouble: the in-sync set was frozen.
    this.endCatchUp(nowNs);
    this.rhythm = at.rhythm;
    this.position = Math.max(at.position, this.log.knownFromOffset());
    this.positionBytes = this.bytesOf(this.position, at.bytes);
    this.known = at.known;
    this.firstNs = NEVER;
    this.nextServedNs = NEVER;
    this.caughtUpNs = NEVER;
    this.leavesNs = at.inSync ? NEVER : Number.NEGATIVE_INFINITY;
    this.pendingNs = NEVER;
    this.leaderStarted(nowNs);
  }

  /** A new copy, which has nothing yet and stands still. */
  isNew(startBytes: number): void {
    this.running = false;
    this.empty(startBytes);
  }

  /** Its log is gone; what is kept begins after so many bytes. */
  empty(startBytes: number): void {
    invariant(!this.running, 'a disk is replaced while its broker is down');
    this.position = 0;
    this.positionBytes = startBytes;
    this.known = 0;
    this.leavesNs = Number.NEGATIVE_INFINITY;
    this.pendingNs = NEVER;
  }

  /** The controller has taken it out of the in-sync set. */
  remove(nowNs: number): void {
    if (this.isInSync(nowNs)) this.leavesNs = nowNs;
    this.pendingNs = NEVER;
    // It has no need to look for anything while it is healthy; now it may join again.
    if (this.nextServedNs === NEVER && this.firstNs < NEVER)
      this.nextServedNs = this.servedBy(nowNs) + this.rhythm.periodNs;
  }

  /** The in-sync set is frozen: who was to leave stays. Or it isn't any more: who should have left leaves at the next check. */
  freeze(frozen: boolean, nowNs: number): void {
    if (frozen) {
      if (this.leavesNs === NEVER || !this.isInSync(nowNs)) return;
      this.pendingNs = this.leavesNs;
      this.leavesNs = NEVER;
    } else if (this.pendingNs < NEVER) {
      const { checkNs } = this.bounds;
      this.leavesNs = Math.max(this.pendingNs, (Math.floor(nowNs / checkNs) + 1) * checkNs);
      this.pendingNs = NEVER;
    }
  }

  /** Its fetch at this time is one after being caught up, and it is not in sync: it joins at the high watermark. */
  wantsToJoin(servedNs: number): boolean {
    return this.caughtUpNs < servedNs && !this.bounds.frozen && !this.isInSync(servedNs);
  }

  /**
   * The leader serves the fetch at `nextServedNs`. Returns true when the follower is healthy from then on. Joining is AK's
   * `isFollowerInSync`: its position, as told, has reached the high watermark.
   */
  serve(highWatermark: number): boolean {
    const servedNs = this.nextServedNs;
    const { periodNs } = this.rhythm;
    const fetch = (servedNs - this.firstNs) / periodNs;
    this.nextServedNs += periodNs;
    if (this.caughtUpNs < servedNs) {
      if (this.isInSync(servedNs)) return true;
      return !this.bounds.frozen && this.positionAfter(fetch - 1) >= highWatermark;
    }
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

  /** The in-sync set is checked: whoever lacks too many records leaves, whatever the time. */
  check(checkNs: number): void {
    const { lagRecordsMax } = this.bounds;
    if (lagRecordsMax === NEVER || !this.isInSync(checkNs)) return;
    // Whose answers are whole lacks only what came since the last one.
    if (this.firstNs < NEVER && this.caughtUpNs < checkNs) return;
    if (this.log.endOffsetAt(checkNs) - this.knownAt(checkNs - 1) > lagRecordsMax) this.leavesNs = checkNs;
  }

  private nextCheckNs(nowNs: number): number {
    const { checkNs, lagRecordsMax } = this.bounds;
    return lagRecordsMax === NEVER ? NEVER : (Math.floor(nowNs / checkNs) + 1) * checkNs;
  }

  private fetchFrom(firstNs: number): void {
    this.firstNs = firstNs;
    this.nextServedNs = firstNs;
    this.caughtUpNs = NEVER;
  }

  /** Answers are whole from now on, once the leader has heard, by the next fetch, that the one that caught up has arrived. */
  private endCatchUp(nowNs: number): void {
    const fetches = this.firstNs < NEVER;
    if (fetches && this.caughtUpNs + this.rhythm.periodNs <= nowNs) this.catchUpBytesPerSecond = NEVER;
  }

  /** Fetches and answers on their way are lost. */
  private standStill(nowNs: number): void {
    if (this.firstNs === NEVER) return;
    const known = this.knownAt(nowNs);
    const bytes = this.bytesAt(nowNs);
    this.position = this.endAt(nowNs);
    this.known = known;
    this.positionBytes = this.bytesOf(this.position, bytes);
    this.firstNs = NEVER;
    this.nextServedNs = NEVER;
  }

  /** Bytes below the position. What lies below all that is known has no offsets any more: there it may lack some bytes yet. */
  private bytesOf(position: number, letThrough: number): number {
    const known = this.log.knownFromOffset();
    return position > known ? this.log.bytesAt(position) : Math.min(this.log.bytesAt(known), letThrough);
  }

  /** AK checks now and then whether a follower was last caught up longer ago than the bound. */
  private leaveAfter(caughtUpNs: number): void {
    const { lagMaxNs, checkNs } = this.bounds;
    const leavesNs = (Math.floor((caughtUpNs + lagMaxNs) / checkNs) + 1) * checkNs;
    if (this.bounds.frozen) this.pendingNs = leavesNs;
    else this.leavesNs = leavesNs;
  }

  /** Where fetch k gets it; before the first it stands where it stood. */
  private positionAfter(fetch: number): number {
    if (!(fetch >= 0)) return this.position;
    const servedNs = this.firstNs + fetch * this.rhythm.periodNs;
    if (this.caughtUpNs <= servedNs) return this.log.endOffsetAt(servedNs);
    return Math.max(this.position, this.log.offsetAtBytes(this.letThroughBytes(fetch)));
  }

  /** Bytes of the log that the rate lets it have by fetch k. */
  private letThroughBytes(fetch: number): number {
    const spentNs = (fetch + 1) * this.rhythm.periodNs;
    return this.positionBytes + Math.floor((this.catchUpBytesPerSecond * spentNs) / NS_PER_SECOND);
  }
}

/**
 * Those in trouble when the copies are others: place j was place `from[j]`, −1 for a new one, which `make` makes. Null when none
 * is left.
 */
export function reshapedFollowers(
  troubled: readonly (Follower | null)[] | null,
  from: readonly number[],
  make: (index: number) => Follower,
): (Follower | null)[] | null {
  const reshaped = from.map((old, index) => {
    if (old < 0) return make(index);
    const follower = troubled?.[old] ?? null;
    if (follower !== null) follower.index = index;
    return follower;
  });
  return reshaped.every((follower) => follower === null) ? null : reshaped;
}
