/**
 * Where records wait that are not ready to be admitted: for an upload, for a schema's id. Bounded in bytes and records.
 *
 * Order: records of one key leave in the order in which they came; so whatever comes with the key of one that waits
 * queues behind it. Records without a key do not wait for each other.
 */
import type { WireRecord } from '../ports.ts';
import type { DropCause } from '../record.ts';

/** What a record has to wait for. */
export interface Preparation {
  /** Memory that it holds until it ends. */
  readonly bytes: number;
  /** Begins. Calls back once, later, with the record, or with why it must be dropped. */
  start(done: (end: WireRecord | DropCause) => void): void;
}

export interface WaitingRoomOptions {
  readonly bytesMax: number;
  readonly recordsMax: number;
  /** A record leaves, ready. Never called from inside `enter`. */
  readonly onReady: (row: number, record: WireRecord) => void;
  readonly onFailed: (row: number, cause: DropCause) => void;
}

interface Guest {
  readonly row: number;
  readonly bytes: number;
  end: WireRecord | DropCause | null;
}

export class WaitingRoom {
  readonly #options: WaitingRoomOptions;
  readonly #lanes = new Map<number, Guest[]>();
  readonly #byRow: number[] = [];
  #bytes = 0;
  #records = 0;
  #closed = false;

  constructor(options: WaitingRoomOptions) {
    this.#options = options;
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Records that wait, of this row. */
  recordsOf(row: number): number {
    return this.#byRow[row] ?? 0;
  }

  /** A record of this lane waits: the next must queue behind it. */
  holds(lane: number): boolean {
    return this.#records > 0 && this.#lanes.has(lane);
  }

  /** A record that can never come in. */
  tooLarge(bytes: number): boolean {
    return bytes > this.#options.bytesMax;
  }

  /**
   * Takes a record in, or says false: no room.
   * @param lane what it must not overtake, −1 for nothing
   */
  enter({ row, lane, bytes }: { row: number; lane: number; bytes: number }, what: WireRecord | Preparation): boolean {
    if (this.#closed) return false;
    if (this.#bytes + bytes > this.#options.bytesMax || this.#records >= this.#options.recordsMax) return false;
    const guest: Guest = { row, bytes, end: null };
    this.#bytes += bytes;
    this.#records++;
    this.#byRow[row] = (this.#byRow[row] ?? 0) + 1;
    if (lane !== -1) {
      const queue = this.#lanes.get(lane);
      if (queue === undefined) this.#lanes.set(lane, [guest]);
      else queue.push(guest);
    }
    if ('start' in what) what.start((end) => this.#ended(guest, lane, end));
    else guest.end = what;
    return true;
  }

  /** Ends the stay of all: they fail for this cause, and what they waited for is no longer heard. */
  abandon(cause: DropCause): void {
    this.#closed = true;
    const { onFailed } = this.#options;
    for (const [row, records] of this.#byRow.entries()) {
      for (let n = records ?? 0; n > 0; n--) onFailed(row, cause);
    }
    this.#byRow.length = 0;
    this.#lanes.clear();
    this.#bytes = 0;
    this.#records = 0;
  }

  #ended(guest: Guest, lane: number, end: WireRecord | DropCause): void {
    if (this.#closed || guest.end !== null) return;
    guest.end = end;
    if (lane === -1) {
      this.#leave(guest);
      return;
    }
    const queue = this.#lanes.get(lane)!;
    let gone = 0;
    while (gone < queue.length && queue[gone].end !== null) gone++;
    if (gone === 0) return;
    const leaving = queue.splice(0, gone);
    if (queue.length === 0) this.#lanes.delete(lane);
    for (const each of leaving) this.#leave(each);
  }

  #leave(guest: Guest): void {
    const { onReady, onFailed } = this.#options;
    this.#bytes -= guest.bytes;
    this.#records--;
    this.#byRow[guest.row]--;
    const end = guest.end!;
    if (typeof end === 'string') onFailed(guest.row, end);
    else onReady(guest.row, end);
  }
}
