/** What followers of a partition have heard of its high watermark: kept at a change, after which it can't be computed any more. */
export class ToldWatermarks {
  readonly changedNs: number;
  private readonly heardBy: Float64Array;
  private readonly comingTo: Float64Array;
  private readonly servedNs: Float64Array;

  constructor(replicas: number, changedNs: number) {
    this.changedNs = changedNs;
    this.heardBy = new Float64Array(replicas);
    this.comingTo = new Float64Array(replicas);
    this.servedNs = new Float64Array(replicas).fill(Number.NEGATIVE_INFINITY);
  }

  /** `heard` is what arrived by the change; `coming` what its latest fetch, served at `servedNs` by then, will tell. */
  keep(i: number, at: { readonly heard: number; readonly coming: number; readonly servedNs: number }): void {
    this.heardBy[i] = at.heard;
    this.comingTo[i] = at.coming;
    this.servedNs[i] = at.servedNs;
  }

  /** What a follower knows whose latest answer to arrive was served at the time, at or before the change. */
  heard(i: number, servedNs: number): number {
    return servedNs > Number.NEGATIVE_INFINITY && servedNs === this.servedNs[i] ? this.comingTo[i] : this.heardBy[i];
  }

  /** The same where place j was place `from[j]`; new ones have heard nothing. */
  reshaped(from: readonly number[]): ToldWatermarks {
    const told = new ToldWatermarks(from.length, this.changedNs);
    from.forEach((old, i) => {
      if (old < 0) return;
      told.keep(i, { heard: this.heardBy[old], coming: this.comingTo[old], servedNs: this.servedNs[old] });
    });
    return told;
  }
}
