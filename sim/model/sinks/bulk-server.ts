/**
 * One server that works records off in order of arrival. A write's departure is known when it arrives, so the queue is a
 * ring of departure times, from which those that have passed fall out.
 */
export class BulkServer {
  private readonly nominalNsPerRecord: number;
  private nsPerRecord: number;
  private departures = new Float64Array(64);
  private first = 0;
  private count = 0;
  private lastNs = 0;

  constructor(recordsPerSecond: number) {
    this.nominalNsPerRecord = 1e9 / recordsPerSecond;
    this.nsPerRecord = this.nominalNsPerRecord;
  }

  /** So many times slower for what comes from now on; what waits keeps its time. */
  slow(factor: number): void {
    this.nsPerRecord = this.nominalNsPerRecord * factor;
  }

  /** Writes that wait or are being worked on. */
  queuedAt(nowNs: number): number {
    while (this.count > 0 && this.departures[this.first] <= nowNs) {
      this.first = (this.first + 1) & (this.departures.length - 1);
      this.count--;
    }
    return this.count;
  }

  /** Takes a write; answers when it is done, ns. */
  serve(records: number, nowNs: number): number {
    this.queuedAt(nowNs);
    this.lastNs = Math.max(this.lastNs, nowNs) + Math.max(1, Math.ceil(records * this.nsPerRecord));
    const size = this.departures.length;
    if (this.count === size) {
      const larger = new Float64Array(size * 2);
      for (let i = 0; i < size; i++) larger[i] = this.departures[(this.first + i) & (size - 1)];
      this.departures = larger;
      this.first = 0;
    }
    this.departures[(this.first + this.count++) & (this.departures.length - 1)] = this.lastNs;
    return this.lastNs;
  }

  /** Drops all that waits: it stopped. */
  clear(nowNs: number): void {
    this.count = 0;
    this.lastNs = nowNs;
  }
}
