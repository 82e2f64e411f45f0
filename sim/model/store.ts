/** The two stores a router fleet leans on: where offsets are committed, and where it stands what should run (T16). */

/** A launch that waits for a store: the container, and the data of the event that takes it up again. */
export interface Launch {
  readonly container: number;
  readonly data: number;
}

/** A store answers after its latency, and not at all while it is stopped. */
export class Store {
  readonly latencyNs: number;
  stopped = false;
  private waiting: Launch[] = [];

  constructor(latencyNs: number) {
    this.latencyNs = latencyNs;
  }

  stop(): void {
    this.stopped = true;
  }

  /** Comes back; answers the launches that were put by while it was away, in that order. */
  start(): readonly Launch[] {
    this.stopped = false;
    const waiting = this.waiting;
    this.waiting = [];
    return waiting;
  }

  /** Puts a launch by until the store is back. */
  wait(launch: Launch): void {
    this.waiting.push(launch);
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
