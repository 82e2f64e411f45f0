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
  /** Of the record, for its order. */
  readonly key: Uint8Array | null;
  /** Begins. Calls back once, later, with the record, or with why it must be dropped. */
  start(done: (end: WireRecord | DropCause) => void): void;
}

export interface WaitingOptions {
  /** Default 32 MiB, as `bufferBytesMax`, on top of it. A record above it drops as `too-large`. */
  readonly bytesMax?: number;
  /** Default 10,000, a guess. */
  readonly recordsMax?: number;
}

/** Of a record that waits: what its producer needs to know again. */
export interface WaitingRecord<T> {
  readonly row: number;
  readonly tag: T;
}

export interface WaitingRoomOptions<T> extends WaitingOptions {
  /** A record leaves, ready. Never called from inside `enter`. */
  readonly onReady: (about: WaitingRecord<T>, record: WireRecord) => void;
  readonly onFailed: (about: WaitingRecord<T>, cause: DropCause) => void;
}

interface Guest<T> extends WaitingRecord<T> {
  readonly bytes: number;
  end: WireRecord | DropCause | null;
}

const BYTES_MAX = 32 * 1_048_576;
const RECORDS_MAX = 10_000;

export class WaitingRoom<T> {
  readonly #options: WaitingRoomOptions<T>;
  readonly #bytesMax: number;
  readonly #recordsMax: number;
  readonly #guests = new Set<Guest<T>>();
  /** Those that must not overtake each other, by what they have in common. */
  readonly #lanes = new Map<number, Guest<T>[]>();
  #bytes = 0;
  #closed = false;

  constructor(options: WaitingRoomOptions<T>) {
    this.#options = options;
    this.#bytesMax = options.bytesMax ?? BYTES_MAX;
    this.#recordsMax = options.recordsMax ?? RECORDS_MAX;
  }

  get records(): number {
    return this.#guests.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Calls back with the row of each record that waits. */
  count(each: (row: number) => void): void {
    for (const { row } of this.#guests) each(row);
  }

  /** A record of this lane waits: the next must queue behind it. */
  holds(lane: number): boolean {
    return this.#lanes.has(lane);
  }

  /** No room will ever do. */
  tooLarge(bytes: number): boolean {
    return bytes > this.#bytesMax;
  }

  /**
   * Takes a record in, or says false: no room. `lane`: what it must not overtake, −1 for nothing.
   */
  enter(about: WaitingRecord<T> & { lane: number; bytes: number }, what: WireRecord | Preparation): boolean {
    const { row, tag, lane, bytes } = about;
    if (this.#closed || this.#bytes + bytes > this.#bytesMax || this.#guests.size >= this.#recordsMax) return false;
    const guest: Guest<T> = { row, tag, bytes, end: null };
    this.#bytes += bytes;
    this.#guests.add(guest);
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
    const guests = [...this.#guests];
    this.#guests.clear();
    this.#lanes.clear();
    this.#bytes = 0;
    for (const guest of guests) this.#options.onFailed(guest, cause);
  }

  #ended(guest: Guest<T>, lane: number, end: WireRecord | DropCause): void {
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

  #leave(guest: Guest<T>): void {
    const { onReady, onFailed } = this.#options;
    this.#bytes -= guest.bytes;
    this.#guests.delete(guest);
    const end = guest.end!;
    if (typeof end === 'string') onFailed(guest, end);
    else onReady(guest, end);
  }
}
