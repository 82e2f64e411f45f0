import type { EventEmitter } from 'eventemitter3';
import type { Clock, WireRecord } from '../ports.ts';
import { CLASSES } from '../record.ts';
import {
  Callbacks,
  CONFIRMED_DELIVERED,
  CONFIRMED_DROPPED,
  CONFIRMED_UNKNOWN,
  type Confirmation,
  type OnSettled,
} from './callbacks.ts';
import { News, type ProducerEvents } from './news.ts';
import { PayloadStore } from './payload-store.ts';
import { ProcessHold } from './process-hold.ts';
import { ProducerBook } from './receipt.ts';

/**
 * What becomes of records: entered in the book, summed up as news, and told to whoever waits for one of them. Rows are
 * streams; row 0 is for what belongs to no topic. Causes index DROP_CAUSES.
 */
export class Accounts {
  readonly book = new ProducerBook();
  readonly payloads = new PayloadStore();
  readonly news: News;
  readonly #callbacks = new Callbacks();
  readonly #hold: ProcessHold;

  constructor(emitter: EventEmitter<ProducerEvents>, clock: Clock) {
    this.news = new News(emitter);
    this.#hold = new ProcessHold(clock);
    this.book.addRow('', CLASSES.indexOf('normal'));
  }

  addRow(topic: string, serviceClass: number): void {
    this.book.addRow(topic, serviceClass);
    this.news.addRow(topic, serviceClass);
  }

  /** There is something to tell. */
  get pending(): boolean {
    return this.news.pending || this.#callbacks.pending;
  }

  admitted(batch: number, record: WireRecord, onSettled: OnSettled | undefined): void {
    this.payloads.add(batch, record);
    if (onSettled === undefined) return;
    this.payloads.waitFor(batch, onSettled);
    this.holdProcess();
  }

  /** Records that are in no batch. */
  dropped(row: number, records: number, cause: number): void {
    this.book.dropped(row, records, cause);
    this.news.dropped(row, records, cause);
  }

  /** The same for one that somebody may wait for. */
  drop(row: number, cause: number, onSettled: OnSettled | undefined): void {
    this.dropped(row, 1, cause);
    if (onSettled !== undefined) this.confirm(onSettled, CONFIRMED_DROPPED[cause]);
  }

  /** A batch ends, and so many of its records drop; the others, if any, went elsewhere. */
  batchDropped(batch: number, about: { row: number; records: number; cause: number }): void {
    const { row, records, cause } = about;
    if (records > 0) this.dropped(row, records, cause);
    this.#settle(batch, records > 0 ? CONFIRMED_DROPPED[cause] : null);
  }

  /** A batch was delivered, or given up without an answer. */
  batchEnded(batch: number, about: { row: number; records: number; delivered: boolean }): void {
    const { row, records, delivered } = about;
    if (delivered) this.book.delivered(row, records);
    else this.book.unknown(row, records);
    this.news.ended(row, records, delivered);
    this.#settle(batch, delivered ? CONFIRMED_DELIVERED : CONFIRMED_UNKNOWN);
  }

  confirm(onSettled: OnSettled, confirmation: Confirmation): void {
    this.#callbacks.add(onSettled, confirmation);
    this.holdProcess();
  }

  /** Emits events and calls back. What that causes waits for the next time. */
  tell(): void {
    this.news.tell();
    this.#callbacks.tell((call) => this.news.safely(call));
  }

  /** A process must not end while somebody waits to hear of a record. */
  holdProcess(): void {
    this.#hold.hold(this.payloads.awaited || this.#callbacks.pending);
  }

  /** Null: who waits will hear from elsewhere. */
  #settle(batch: number, confirmation: Confirmation | null): void {
    this.payloads.settle(batch, (onSettled) => {
      if (confirmation !== null) this.#callbacks.add(onSettled, confirmation);
    });
  }
}
