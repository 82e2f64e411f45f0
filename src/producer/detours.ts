/**
 * Ways that records take beside the straight one from `send` to the buffer: they are sealed into envelopes, wait for an
 * upload or a schema's id, or go to a spill and come back. Where a record is on its way is in the producer's book.
 */
import type { ClaimCheckOptions } from '../envelope/claim-check.ts';
import { type EnvelopeOptions, Sealer } from '../envelope/sealing.ts';
import { type Preparation, type WaitingOptions, WaitingRoom } from '../envelope/waiting-room.ts';
import type { Clock, WireRecord } from '../ports.ts';
import { DROP_CAUSES } from '../record.ts';
import type { Spill } from '../spill/spill.ts';
import type { OnSettled } from './callbacks.ts';
import { encode, type ProducerRecord, payloadBytes } from './encode.ts';
import { keyHashOf } from './partitioner/index.ts';
import { type DetourDoor, SpillRoad } from './spill-road.ts';

const CAUSE_BUFFER_FULL = DROP_CAUSES.indexOf('buffer-full');
const CAUSE_CLOSED = DROP_CAUSES.indexOf('closed');
const CAUSE_TOO_LARGE = DROP_CAUSES.indexOf('too-large');
/** Key hashes have 31 bits. */
const LANES_PER_ROW = 0x8000_0000;

export interface DetourOptions<V> {
  readonly envelope: EnvelopeOptions<V> | undefined;
  readonly claimCheck: ClaimCheckOptions | undefined;
  readonly waiting: WaitingOptions | undefined;
  readonly spill: Spill | undefined;
  readonly clock: Clock;
  readonly door: DetourDoor;
}

export class Detours<V> {
  readonly spill: SpillRoad | null;
  readonly #door: DetourDoor;
  #stopped = false;
  readonly #sealer: Sealer<V> | null;
  readonly #room: WaitingRoom<OnSettled | undefined> | null;

  /** Null when the options ask for none. Throws a RangeError or TypeError that names the option. */
  static of<V>(options: DetourOptions<V>): Detours<V> | null {
    const { envelope, claimCheck, spill } = options;
    if (claimCheck !== undefined && envelope === undefined) {
      throw new RangeError(
        'envelope: expected, as claimCheck puts its reference there, such as { app: "…" }; got none',
      );
    }
    return envelope === undefined && spill === undefined ? null : new Detours(options);
  }

  private constructor({ envelope, claimCheck, waiting, spill, clock, door }: DetourOptions<V>) {
    this.#door = door;
    this.#sealer = envelope === undefined ? null : new Sealer(envelope, claimCheck, clock);
    this.spill = spill === undefined ? null : new SpillRoad({ spill, door });
    this.#room =
      this.#sealer === null
        ? null
        : new WaitingRoom({
            ...waiting,
            onReady: ({ row, tag }, record) => {
              this.#pass(row, record, tag);
              door.changed();
            },
            onFailed: ({ row, tag }, cause) => {
              door.accounts.drop(row, DROP_CAUSES.indexOf(cause), tag);
              door.changed();
            },
          });
  }

  /** Records that wait for an upload or a schema's id. */
  get waiting(): number {
    return this.#room?.records ?? 0;
  }

  encode(record: ProducerRecord<V>, nowMs: number): WireRecord | Preparation | null {
    // Without a sealer V is bytes or text.
    return this.#sealer === null ? encode(record as ProducerRecord, nowMs) : this.#sealer.seal(record, nowMs);
  }

  /** A record that was offered: true when it was taken in, by whatever way. */
  offer(row: number, what: WireRecord | Preparation, onSettled: OnSettled | undefined): boolean {
    if (this.#stopped) {
      this.#door.accounts.drop(row, CAUSE_CLOSED, onSettled);
      return false;
    }
    const room = this.#room;
    const waits = 'start' in what;
    if (room !== null && (waits || room.records > 0)) {
      const lane = what.key === null ? -1 : row * LANES_PER_ROW + keyHashOf(what.key);
      if (waits || room.holds(lane)) {
        const bytes = waits ? what.bytes : payloadBytes(what);
        if (room.enter({ row, tag: onSettled, lane, bytes }, what)) return true;
        this.#door.accounts.drop(row, room.tooLarge(bytes) ? CAUSE_TOO_LARGE : CAUSE_BUFFER_FULL, onSettled);
        return false;
      }
    }
    return this.#pass(row, what as WireRecord, onSettled);
  }

  /** Calls back with the row of each record that waits. */
  count(each: (row: number) => void): void {
    this.#room?.count(each);
  }

  /** Takes nothing more, and brings nothing back from the spill. */
  stop(): void {
    this.#stopped = true;
    this.spill?.stop();
  }

  /** What still waits drops. */
  abandon(): void {
    this.#room?.abandon(DROP_CAUSES[CAUSE_CLOSED]);
  }

  #pass(row: number, record: WireRecord, onSettled: OnSettled | undefined): boolean {
    if (this.spill !== null) return this.spill.offer(row, record, onSettled);
    const cause = this.#door.admit(row, record, onSettled);
    if (cause !== -1) this.#door.accounts.drop(row, cause, onSettled);
    return cause === -1;
  }
}
