/** The two stores a router fleet leans on: where offsets are committed, and where it stands what should run (T16). */

/** A store answers after its latency, and not at all while it is stopped. */
export class Store {
  readonly latencyNs: number;
  stopped = false;
  private waiting: number[] = [];

  constructor(latencyNs: number) {
    this.latencyNs = latencyNs;
  }

  stop(): void {
    this.stopped = true;
  }

  /** Comes back; answers what was put by while it was away, in that order. */
  start(): readonly number[] {
    this.stopped = false;
    const waiting = this.waiting;
    this.waiting = [];
    return waiting;
  }

  /** Puts something by until the store is back. */
  wait(what: number): void {
    this.waiting.push(what);
  }
}

/** Committed offsets by consumer. */
export class CheckpointStore extends Store {
  private readonly offsets: Float64Array;

  constructor(options: { readonly latencyNs: number; readonly consumers: number }) {
    super(options.latencyNs);
    this.offsets = new Float64Array(options.consumers);
  }

  /** False when the store is stopped. A commit that was overtaken by a later one changes nothing. */
  save(consumer: number, offset: number): boolean {
    if (this.stopped) return false;
    if (offset > this.offsets[consumer]) this.offsets[consumer] = offset;
    return true;
  }

  committed(consumer: number): number {
    return this.offsets[consumer];
  }
}
