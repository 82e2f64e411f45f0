/**
 * Tells copies from first arrivals by the id that every event carries (T16), within a window bounded in number and time:
 * for a sink that wants at-least-once to look like once. A copy that comes later than the window passes as new.
 */
export class DedupeWindow {
  private readonly idsMax: number;
  private readonly windowNs: number;
  /** Ids in order of their first arrival, which a Map keeps. */
  private readonly arrivals = new Map<string, number>();

  /** @param options `idsMax` ≥ 1: most ids remembered. `windowNs`: how long an id is remembered. */
  constructor(options: { readonly idsMax: number; readonly windowNs: number }) {
    if (!(options.idsMax >= 1)) throw new RangeError(`idsMax must be at least 1, not ${options.idsMax}`);
    if (!(options.windowNs > 0)) throw new RangeError(`windowNs must be above 0, not ${options.windowNs}`);
    this.idsMax = options.idsMax;
    this.windowNs = options.windowNs;
  }

  get size(): number {
    return this.arrivals.size;
  }

  /** True when the id came before within the window. The first arrival counts, so copies do not prolong it. */
  isDuplicate(id: string, nowNs: number): boolean {
    this.forget(nowNs);
    if (this.arrivals.has(id)) return true;
    if (this.arrivals.size >= this.idsMax) {
      for (const oldest of this.arrivals.keys()) {
        this.arrivals.delete(oldest);
        break;
      }
    }
    this.arrivals.set(id, nowNs);
    return false;
  }

  private forget(nowNs: number): void {
    for (const [id, atNs] of this.arrivals) {
      if (nowNs - atNs < this.windowNs) return;
      this.arrivals.delete(id);
    }
  }
}
