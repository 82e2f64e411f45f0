/** Which replicas of a partition are in trouble: each of those has a `Follower` besides its place in the grid of fetches. */
import { FetchGrid } from './fetch-grid.ts';
import { Follower, type LagBounds, type LeaderLog } from './follower.ts';
import type { ReplicaSetOptions } from './replica-set-options.ts';

export class ReplicasInTrouble extends FetchGrid {
  /** By replica: followers in trouble; null while all are healthy, which is nearly always. */
  protected troubled: (Follower | null)[] | null = null;
  /** When the leader stopped; Infinity while it runs. */
  protected leaderStoppedNs = Number.POSITIVE_INFINITY;
  /** The in-sync set was checked up to here. */
  protected checkedNs = 0;
  protected readonly bounds: LagBounds;

  constructor(log: LeaderLog, options: ReplicaSetOptions) {
    super(log, options);
    const { lagMaxNs, checkNs, lagRecordsMax } = options;
    this.bounds = { lagMaxNs, checkNs, lagRecordsMax, frozen: false };
  }

  /** False while the replica is stopped. */
  runs(i: number): boolean {
    if (i === this.leader) return this.leaderStoppedNs === Number.POSITIVE_INFINITY;
    return this.troubled?.[i]?.running ?? true;
  }

  /** Lowest offset that a follower in trouble may still need: the log must not be released beyond. Infinity when none is. */
  neededFromOffset(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const each of this.troubled ?? []) if (each !== null && each.position < lowest) lowest = each.position;
    return lowest;
  }

  /** When the leader served the follower's latest fetch by the time; −Infinity when none since it last stood still. */
  protected servedTo(i: number, atNs: number): number {
    return this.troubled?.[i]?.servedBy(atNs) ?? this.servedBy(i, atNs);
  }

  protected newFollower(index: number): Follower {
    return new Follower(this.log, { index, rhythm: this.rhythm(index), bounds: this.bounds });
  }

  protected trouble(i: number, nowNs: number): Follower {
    if (this.troubled === null) {
      this.troubled = new Array<Follower | null>(this.replicas).fill(null);
      this.checkedNs = Math.max(this.checkedNs, nowNs);
    }
    const known = this.troubled[i];
    if (known !== null) return known;
    const follower = this.newFollower(i);
    follower.wasHealthy(this.servedBy(i, nowNs));
    this.troubled[i] = follower;
    return follower;
  }
}
