/**
 * Which member of a cluster behaves unlike the others, and may be replaced now. A policy as a small core: it holds no clock,
 * does nothing itself, and may run in production on any signal that can be observed, such as the latency of a probe.
 */
import { invariant } from '../invariant.ts';
import { RollingVotes } from '../rolling-votes.ts';

export interface OutlierOptions {
  /** A signal above so many times the median of the cluster is one of an outlier; above 1. */
  readonly factor: number;
  /** No signal up to here is, in the signal's unit: among the quick the slowest is still quick. */
  readonly floor: number;
  /** Of a member's last `window` checks, 1 to 31, `hits` must be those of an outlier. */
  readonly window: number;
  readonly hits: number;
  /** No replacement for so long after the last, ns. */
  readonly cooldownNs: number;
  /** Members that are being replaced at the same time. */
  readonly replacedMax: number;
}

/** What a check came to, members by number. */
export interface Judgement {
  /** Those whose checks have become those of an outlier: told once, until they are not any more. */
  readonly detected: readonly number[];
  /** Those to replace now; each must be told by `returned` when it is. */
  readonly replace: readonly number[];
}

export class OutlierDetector {
  private readonly options: OutlierOptions;
  /** By member: its last checks. */
  private readonly votes: RollingVotes[] = [];
  private readonly outliers = new Set<number>();
  private readonly away = new Set<number>();
  private replacedNs = -Infinity;

  constructor(options: OutlierOptions) {
    const { factor, floor, cooldownNs, replacedMax } = options;
    if (!(factor > 1)) throw new RangeError(`factor must be above 1, not ${factor}`);
    if (!(floor >= 0)) throw new RangeError(`floor must be 0 or more, not ${floor}`);
    if (!(cooldownNs >= 0)) throw new RangeError(`cooldownNs must be 0 or more, not ${cooldownNs}`);
    // What it can't count by it says at once, not with the first member.
    new RollingVotes(options);
    if (!(replacedMax >= 1)) throw new RangeError(`replacedMax must be at least 1, not ${replacedMax}`);
    this.options = options;
  }

  /**
   * Takes one signal a member: higher is worse, `Infinity` is no answer. Members that are being replaced are not judged.
   * `mayReplace` is asked last, for what speaks against it though the member is an outlier; it is asked again at the next check.
   */
  judge(signals: ArrayLike<number>, nowNs: number, mayReplace: (member: number) => boolean = () => true): Judgement {
    const { factor, floor, cooldownNs, replacedMax } = this.options;
    const limit = Math.max(floor, factor * this.median(signals));
    const detected: number[] = [];
    const due: number[] = [];
    for (let member = 0; member < signals.length; member++) {
      if (this.away.has(member)) continue;
      // Where most do not answer the limit is infinite: nobody is unlike the others.
      this.votes[member] ??= new RollingVotes(this.options);
      if (!this.votes[member].vote(signals[member]! > limit)) {
        this.outliers.delete(member);
        continue;
      }
      if (!this.outliers.has(member)) detected.push(member);
      this.outliers.add(member);
      due.push(member);
    }
    // The worst first. A difference of two infinities would be no number.
    due.sort((one, other) =>
      signals[one] === signals[other] ? one - other : signals[other]! > signals[one]! ? 1 : -1,
    );
    const replace: number[] = [];
    const rested = nowNs - this.replacedNs >= cooldownNs;
    for (const member of due) {
      if (!rested || this.away.size >= replacedMax || !mayReplace(member)) continue;
      this.away.add(member);
      this.outliers.delete(member);
      this.votes[member]!.forget();
      this.replacedNs = nowNs;
      replace.push(member);
    }
    return { detected, replace };
  }

  /** The member is back, and judged like any other. */
  returned(member: number): void {
    invariant(this.away.delete(member), 'who returns was being replaced');
  }

  /** Members that are being replaced. */
  get replacing(): ReadonlySet<number> {
    return this.away;
  }

  private median(signals: ArrayLike<number>): number {
    const sorted: number[] = [];
    for (let member = 0; member < signals.length; member++) if (!this.away.has(member)) sorted.push(signals[member]!);
    sorted.sort((one, other) => (one === other ? 0 : one - other));
    // The lower of the middle two: of two members the worse can be told from the better.
    return sorted.length === 0 ? Infinity : sorted[(sorted.length - 1) >> 1]!;
  }
}
