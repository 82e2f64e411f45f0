import type { WireRecord } from '../ports.ts';
import { NO_KEY } from '../record.ts';
import type { BatchContents } from './assignment.ts';
import type { OnSettled } from './callbacks.ts';
import { payloadBytes } from './encode.ts';
import { keyHashOf } from './partitioner/index.ts';

interface Waiter {
  readonly index: number;
  readonly onSettled: OnSettled;
}

/** The records of each batch, by the core's slot number, from admission until the batch is settled. */
export class PayloadStore implements BatchContents {
  readonly #records: (WireRecord[] | undefined)[] = [];
  /** Only for batches with records that somebody waits for. */
  readonly #waiters = new Map<number, Waiter[]>();

  /** Somebody waits to hear of a record. */
  get awaited(): boolean {
    return this.#waiters.size > 0;
  }

  add(batch: number, record: WireRecord): void {
    const records = this.#records[batch];
    if (records === undefined) this.#records[batch] = [record];
    else records.push(record);
  }

  records(batch: number): readonly WireRecord[] | undefined {
    return this.#records[batch];
  }

  /** Somebody waits to hear of the batch's last record. */
  waitFor(batch: number, onSettled: OnSettled): void {
    const waiter = { index: this.#records[batch]!.length - 1, onSettled };
    const waiters = this.#waiters.get(batch);
    if (waiters === undefined) this.#waiters.set(batch, [waiter]);
    else waiters.push(waiter);
  }

  /** The batch is over, as a whole: forgets it, and calls back for each of its records that somebody waits for. */
  settle(batch: number, each: (onSettled: OnSettled) => void): void {
    this.#records[batch] = undefined;
    if (this.#waiters.size === 0) return;
    const waiters = this.#waiters.get(batch);
    if (waiters === undefined) return;
    this.#waiters.delete(batch);
    for (const { onSettled } of waiters) each(onSettled);
  }

  keyHash(batch: number, index: number): number {
    const { key } = this.#records[batch]![index];
    return key === null ? NO_KEY : keyHashOf(key);
  }

  bytes(batch: number, index: number): number {
    return payloadBytes(this.#records[batch]![index]);
  }

  /** Calls back for each record of the batch, in order, with whoever waits to hear of it. */
  visit(batch: number, each: (record: WireRecord, onSettled: OnSettled | undefined) => void): void {
    const waiters = this.#waiters.get(batch) ?? [];
    let next = 0;
    for (const [index, record] of (this.#records[batch] ?? []).entries()) {
      each(record, waiters[next]?.index === index ? waiters[next++].onSettled : undefined);
    }
  }

  /** A batch is given up; its records go on in others. Called for all of them, in order. */
  moved(from: number, index: number, to: number): void {
    const records = this.#records[from]!;
    this.add(to, records[index]);
    const waiters = this.#waiters.get(from);
    const mine = waiters?.find((waiter) => waiter.index === index);
    if (mine !== undefined) this.waitFor(to, mine.onSettled);
    if (index < records.length - 1) return;
    this.#records[from] = undefined;
    this.#waiters.delete(from);
  }

  /** Calls back for each batch that holds records. */
  count(each: (batch: number, records: number) => void): void {
    for (let batch = 0; batch < this.#records.length; batch++) {
      const records = this.#records[batch];
      if (records !== undefined) each(batch, records.length);
    }
  }
}
