import type { Replayed } from './segment.ts';
import type { SpilledRecord } from './spill.ts';

/** Records that were read from disk, until they are done with: in order, within a bound. */
export class ReplayQueue {
  readonly #bytesMax: number;
  /** Read and not handed out, oldest first from `#head`. */
  #ready: Replayed[] = [];
  #head = 0;
  /** Handed out and come back: they were there before all that is ready. */
  readonly #again: Replayed[] = [];
  #bytes = 0;
  #ownWaiting = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get hasRoom(): boolean {
    return this.#bytes < this.#bytesMax;
  }

  get roomBytes(): number {
    return Math.max(0, this.#bytesMax - this.#bytes);
  }

  /** Records that `take` would hand out. */
  get waiting(): number {
    return this.#ready.length - this.#head + this.#again.length;
  }

  /** Of them, those that were offered to this process. */
  get ownWaiting(): number {
    return this.#ownWaiting;
  }

  add(record: Replayed): void {
    record.segment.replayed.push(record);
    this.#bytes += record.bytes;
    this.#ready.push(record);
    if (!record.earlier) this.#ownWaiting++;
  }

  take(): SpilledRecord | null {
    const record = this.#again.shift() ?? this.#ready[this.#head];
    if (record === undefined) return null;
    if (record === this.#ready[this.#head]) this.#head++;
    if (this.#head > 1_024 || this.#head === this.#ready.length) {
      this.#ready = this.#ready.slice(this.#head);
      this.#head = 0;
    }
    if (!record.earlier) this.#ownWaiting--;
    return record;
  }

  done(record: Replayed): void {
    record.done = true;
    this.#bytes -= record.bytes;
    record.segment.advance();
  }

  back(record: Replayed): void {
    record.earlier = false;
    this.#ownWaiting++;
    // Mostly the newest of those that came back: few steps.
    let at = this.#again.length;
    while (at > 0 && isBefore(record, this.#again[at - 1])) at--;
    this.#again.splice(at, 0, record);
  }
}

function isBefore(a: Replayed, b: Replayed): boolean {
  return a.segment.id < b.segment.id || (a.segment === b.segment && a.end < b.end);
}
