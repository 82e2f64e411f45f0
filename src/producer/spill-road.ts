/**
 * The road to a spill and back. A record that would be dropped for want of room or time goes there instead; one that is
 * offered while others of its kind are there queues behind them, so that they are sent in the order in which they were
 * offered; and as soon as a cluster is connected they come back, one after the other.
 */
import type { WireRecord } from '../ports.ts';
import { CLASSES, DROP_CAUSES } from '../record.ts';
import type { Spill, SpilledRecord, SpillItem } from '../spill/spill.ts';
import type { Accounts } from './accounts.ts';
import { CONFIRMED_SPILLED, CONFIRMED_UNKNOWN, type Confirmation, type OnSettled } from './callbacks.ts';

const MS = 1_000_000;
/** The row of what belongs to no topic. */
const NOWHERE = 0;
const CAUSE_BUFFER_FULL = DROP_CAUSES.indexOf('buffer-full');
const CAUSE_CLOSED = DROP_CAUSES.indexOf('closed');
const CAUSE_EXPIRED = DROP_CAUSES.indexOf('expired');
const CAUSE_LOST = DROP_CAUSES.indexOf('spill-lost');
/** Until a record that the buffer had no room for is offered to it again. A guess: an answer or two. */
const PAUSE_NS = 10 * MS;
/** Records that come back in one turn: about a millisecond's work. */
const REPLAYS_A_TURN = 500;
/** For writing down, at the end, what the buffer held. A guess: 32 MiB at the pace of a slow disk. */
const CLOSE_MS = 2_000;

/** What a detour may do to its producer. Rows are streams; causes index DROP_CAUSES. */
export interface DetourDoor {
  /** Hands a record to the core: −1 when it was admitted, else why not; then nothing is booked. */
  admit(row: number, record: WireRecord, onSettled: OnSettled | undefined): number;
  readonly accounts: Accounts;
  /** Row of a topic and class; 0, the row of none, when there is no room for another. */
  rowOf(topic: string, serviceClass: number): number;
  topicOf(row: number): string;
  classOf(row: number): number;
  /** Order of the batch among all that were opened. */
  sequenceOf(batch: number): number;
  /** Some cluster is connected. */
  connected(): boolean;
  /** Something has changed outside a turn. */
  changed(): void;
}

export class SpillRoad {
  readonly #spill: Spill;
  readonly #door: DetourDoor;
  /** In the buffer, and with the spill until they are settled. */
  readonly #out = new Map<WireRecord, SpilledRecord>();
  /** What the buffer held at its end, by batch. */
  readonly #last: { readonly sequence: number; readonly items: SpillItem[] }[] = [];
  readonly #waiters = new Map<SpillItem, OnSettled>();
  /** The spill may have something to send. */
  #ready = false;
  #pausedUntilNs = 0;
  /** A record that came back has driven out others that the spill wants: going on would turn them in a circle. */
  #circled = false;
  #closing = false;

  constructor({ spill, door }: { readonly spill: Spill; readonly door: DetourDoor }) {
    this.#spill = spill;
    this.#door = door;
  }

  open(): void {
    const door = this.#door;
    const changed =
      <T>(hear: (what: T) => void) =>
      (what: T): void => {
        hear(what);
        door.changed();
      };
    this.#spill.open({
      stored: changed((items) => {
        for (const item of items) this.#confirm(item, CONFIRMED_SPILLED);
      }),
      returned: changed((items) => {
        for (const item of items) this.#returned(item);
      }),
      doubtful: changed((items) => {
        for (const item of items) this.#doubtful(item);
      }),
      ready: () => {
        this.#ready = true;
        door.changed();
      },
      lost: (row, records) => {
        door.accounts.book.spilled(row, -records);
        door.accounts.dropped(row, records, CAUSE_LOST);
        door.changed();
      },
      trouble: changed((cause) => door.accounts.news.trouble(cause)),
    });
  }

  /** Records of this process that are with the spill, and not in the buffer. */
  get heldRecords(): number {
    return this.#spill.heldRecords;
  }

  /** A record that is new to the buffer: true when it was taken in, there or here. */
  offer(row: number, record: WireRecord, onSettled: OnSettled | undefined): boolean {
    const spilled = this.#spill.wants(CLASSES[this.#door.classOf(row)], 'buffer-full');
    if (spilled && this.#spill.queues && this.#take({ row, record, cause: null, onSettled })) return true;
    return this.#admit(row, record, onSettled);
  }

  #admit(row: number, record: WireRecord, onSettled: OnSettled | undefined): boolean {
    const cause = this.#door.admit(row, record, onSettled);
    if (cause === -1) return true;
    // Offered after `close`: the last word has been said.
    if (cause !== CAUSE_CLOSED && this.#wants(row, cause) && this.#take({ row, record, cause, onSettled })) return true;
    this.#door.accounts.drop(row, cause, onSettled);
    return false;
  }

  /** A batch is about to drop: answers how many of its records do not, because the spill has them. */
  rescue(batch: number, row: number, cause: number): number {
    const wanted = this.#wants(row, cause);
    if (wanted) this.#circled = true;
    const fresh: SpillItem[] = [];
    const waiters: (OnSettled | undefined)[] = [];
    let kept = 0;
    this.#door.accounts.payloads.visit(batch, (record, onSettled) => {
      const replayed = this.#out.get(record);
      if (replayed === undefined) {
        if (wanted) fresh.push(this.#item(row, record, DROP_CAUSES[cause]));
        waiters.push(onSettled);
        return;
      }
      this.#out.delete(record);
      if (!wanted) this.#spill.done(replayed);
      else {
        this.#back(row, replayed);
        kept++;
      }
    });
    if (fresh.length === 0) return kept;
    if (cause === CAUSE_CLOSED) this.#last.push({ sequence: this.#door.sequenceOf(batch), items: fresh });
    else if (!this.#spill.take(fresh)) return kept;
    for (const [i, item] of fresh.entries()) {
      const waiter = waiters[i];
      if (waiter !== undefined) this.#waiters.set(item, waiter);
    }
    this.#spilled(row, fresh.length);
    return kept + fresh.length;
  }

  /** A batch was delivered or given up: what came from the spill is done with there. */
  settled(batch: number): void {
    if (this.#out.size === 0) return;
    this.#door.accounts.payloads.visit(batch, (record) => {
      const replayed = this.#out.get(record);
      if (replayed === undefined) return;
      this.#out.delete(record);
      this.#spill.done(replayed);
    });
  }

  /** When `replay` is worth a call; `Infinity` while there is nothing to send, or nowhere. */
  get dueNs(): number {
    return this.#ready && !this.#closing && this.#door.connected() ? this.#pausedUntilNs : Infinity;
  }

  /** Offers what has come back to the buffer, as long as it has room. */
  replay(nowNs: number): void {
    if (this.dueNs > nowNs) return;
    for (let n = 0; n < REPLAYS_A_TURN; n++) {
      const replayed = this.#spill.next();
      if (replayed === null) {
        this.#ready = false;
        return;
      }
      this.#circled = false;
      if (!this.#replayOne(replayed) || this.#circled) {
        this.#pausedUntilNs = nowNs + PAUSE_NS;
        return;
      }
    }
  }

  async close(): Promise<void> {
    const before = this.#last.sort((a, b) => a.sequence - b.sequence).flatMap(({ items }) => items);
    await this.#spill.close({ before, graceMs: CLOSE_MS });
  }

  /** No record comes back any more. */
  stop(): void {
    this.#closing = true;
  }

  /** False when the buffer has no room for it: then it has gone back. */
  #replayOne(replayed: SpilledRecord): boolean {
    const door = this.#door;
    const { record, topic } = replayed;
    const row = door.rowOf(topic, CLASSES.indexOf(replayed.class));
    if (replayed.earlier) door.accounts.book.replayed(row);
    else door.accounts.book.spilled(row, -1);
    const cause = replayed.tooOld
      ? CAUSE_EXPIRED
      : row === NOWHERE
        ? CAUSE_BUFFER_FULL
        : door.admit(row, record, undefined);
    if (cause === -1) {
      this.#out.set(record, replayed);
      return true;
    }
    if (!replayed.tooOld && row !== NOWHERE && this.#wants(row, cause)) {
      this.#back(row, replayed);
      return false;
    }
    this.#spill.done(replayed);
    door.accounts.drop(row, cause, undefined);
    return true;
  }

  #back(row: number, replayed: SpilledRecord): void {
    this.#spill.back(replayed);
    this.#ready = true;
    this.#door.accounts.book.spilled(row, 1);
  }

  #wants(row: number, cause: number): boolean {
    return this.#spill.wants(CLASSES[this.#door.classOf(row)], DROP_CAUSES[cause]);
  }

  #item(row: number, record: WireRecord, cause: SpillItem['cause']): SpillItem {
    const door = this.#door;
    return { topic: door.topicOf(row), class: CLASSES[door.classOf(row)], record, row, cause };
  }

  #take(about: { row: number; record: WireRecord; cause: number | null; onSettled: OnSettled | undefined }): boolean {
    const { row, record, cause, onSettled } = about;
    const item = this.#item(row, record, cause === null ? null : DROP_CAUSES[cause]);
    if (!this.#spill.take([item])) return false;
    if (onSettled !== undefined) this.#waiters.set(item, onSettled);
    this.#spilled(row, 1);
    return true;
  }

  #spilled(row: number, records: number): void {
    this.#door.accounts.book.spilled(row, records);
    this.#door.accounts.news.spilled(row, records);
  }

  #confirm(item: SpillItem, confirmation: Confirmation): void {
    const waiter = this.#waiters.get(item);
    if (waiter === undefined) return;
    this.#waiters.delete(item);
    this.#door.accounts.confirm(waiter, confirmation);
  }

  /** The disk did not take it: it goes its way as if there were no spill. */
  #returned(item: SpillItem): void {
    const door = this.#door;
    const { row, record } = item;
    const onSettled = this.#waiters.get(item);
    this.#waiters.delete(item);
    door.accounts.book.spilled(row, -1);
    // Offered before `close`, and too late for the buffer: worth the disk as much as what the buffer holds.
    const late = item.cause === null && this.#closing && this.#wants(row, CAUSE_CLOSED);
    if (late && this.#take({ row, record, cause: CAUSE_CLOSED, onSettled })) return;
    if (item.cause === null) this.#admit(row, record, onSettled);
    else door.accounts.drop(row, DROP_CAUSES.indexOf(item.cause), onSettled);
  }

  #doubtful(item: SpillItem): void {
    const { book, news } = this.#door.accounts;
    book.spilled(item.row, -1);
    book.unknown(item.row, 1);
    news.ended(item.row, 1, false);
    this.#confirm(item, CONFIRMED_UNKNOWN);
  }
}
