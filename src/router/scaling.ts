import { RollingVotes } from '../rolling-votes.ts';

/** Decides how many containers a job has. Takes one sample at a time; keeps state, so one instance a job. */
export interface ScalingPolicy {
  readonly name: string;
  /** `signal` is what was measured, here seconds of lag; answers how many containers there should be. */
  sample(signal: number, containers: number, nowNs: number): number;
}

export interface RollingCountOptions {
  readonly containersMin: number;
  readonly containersMax: number;
  /** A sample above `up` asks for more, one below `down` for fewer. `down` < `up`. */
  readonly up: number;
  readonly down: number;
  /** Of the last `window` samples, ≤ 31, `hits` must ask for the same: 6 of 10 in Mantis (T14, M). */
  readonly window: number;
  readonly hits: number;
  /** No change for this long after the last, ns: a change needs time to show. */
  readonly cooldownNs: number;
  /** Share of the containers by which to change, at least one of them. Default 0.25 (guess; Mantis steps by a number). */
  readonly stepFraction?: number;
}

/**
 * A rolling count: one bad sample says nothing, 6 of 10 do; then a cool-down (T14, M). Samples taken before a change are
 * forgotten with it, since they speak of another size.
 */
export class RollingCount implements ScalingPolicy {
  readonly name = 'rolling-count';
  private readonly options: RollingCountOptions;
  private readonly ups: RollingVotes;
  private readonly downs: RollingVotes;
  private changedNs = -Infinity;

  constructor(options: RollingCountOptions) {
    const { containersMin, containersMax, up, down } = options;
    if (!(containersMin >= 1 && containersMin <= containersMax)) {
      throw new RangeError(`containersMin must be in [1, containersMax], not ${containersMin} of ${containersMax}`);
    }
    if (!(down < up)) throw new RangeError(`down must be below up, not ${down} of ${up}`);
    this.ups = new RollingVotes(options);
    this.downs = new RollingVotes(options);
    this.options = options;
  }

  sample(signal: number, containers: number, nowNs: number): number {
    const { containersMin, containersMax, up, down, cooldownNs, stepFraction = 0.25 } = this.options;
    const more = this.ups.vote(signal > up);
    const fewer = this.downs.vote(signal < down);
    const step = Math.max(1, Math.floor(containers * stepFraction));
    let wanted = containers;
    if (nowNs - this.changedNs >= cooldownNs) {
      if (more) wanted = containers + step;
      else if (fewer) wanted = containers - step;
    }
    wanted = Math.min(containersMax, Math.max(containersMin, wanted));
    if (wanted !== containers) {
      this.changedNs = nowNs;
      this.ups.forget();
      this.downs.forget();
    }
    return wanted;
  }
}
