/** A rolling count of votes: one bad sample says nothing, so many of the last do (6 of 10 in Mantis: T14, M). */

export interface VotesOptions {
  /** Of the last `window` samples, at most 31, `hits` must say yes. */
  readonly window: number;
  readonly hits: number;
}

export class RollingVotes {
  private readonly hits: number;
  private readonly mask: number;
  /** One bit a sample, the youngest lowest. */
  private bits = 0;

  /** Throws a `RangeError` when such a count could never say yes. */
  constructor({ window, hits }: VotesOptions) {
    if (!(hits >= 1 && hits <= window && window <= 31)) {
      throw new RangeError(`hits must be in [1, window] and window at most 31, not ${hits} of ${window}`);
    }
    this.hits = hits;
    this.mask = window === 31 ? 0x7fffffff : (1 << window) - 1;
  }

  /** Takes one sample; whether enough of the last ones now say yes. */
  vote(yes: boolean): boolean {
    this.bits = ((this.bits << 1) | (yes ? 1 : 0)) & this.mask;
    let n = 0;
    for (let left = this.bits; left !== 0; left &= left - 1) n++;
    return n >= this.hits;
  }

  /** What was said before counts no more. */
  forget(): void {
    this.bits = 0;
  }
}
