/** When something stopped and returned, so that an answer already computed can be taken back if it came to nothing. */
export class Outages {
  private readonly stopsNs: number[] = [];
  stopped = false;

  /** Number of stops so far: what a write keeps from when it was accepted. */
  get epoch(): number {
    return this.stopsNs.length;
  }

  stop(nowNs: number): void {
    if (this.stopped) return;
    this.stopped = true;
    this.stopsNs.push(nowNs);
  }

  start(): void {
    this.stopped = false;
  }

  /** Whether a write accepted in `epoch` that would have landed at `landNs` was cut off by a stop before. */
  cutOff(epoch: number, landNs: number): boolean {
    return epoch < this.stopsNs.length && this.stopsNs[epoch] < landNs;
  }
}
