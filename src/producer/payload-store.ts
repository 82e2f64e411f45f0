import type { WireRecord } from '../ports.ts';
import type { DropCause } from '../record.ts';

/** What became of one record. `unknown`: sent, no answer, given up; it may be in a log or not. */
export type Confirmation =
  | { readonly fate: 'delivered' | 'unknown' }
  | { readonly fate: 'dropped'; readonly cause: DropCause };

/** The records of each batch, by the core's slot number, from admission until the batch is settled. */
export class PayloadStore {
  readonly #records: (WireRecord[] | undefined)[] = [];
  /** Only for batches with records that somebody waits for. */
  readonly #waiters = new Map<number, ((confirmation: Confirmation) => void)[]>();

  /** Somebody waits for a confirmation. */
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

  /** A batch ends as a whole, so its last record's end is its own. */
  confirmationOfLast(batch: number): Promise<Confirmation> {
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(batch);
      if (waiters === undefined) this.#waiters.set(batch, [resolve]);
      else waiters.push(resolve);
    });
  }

  settle(batch: number, confirmation: Confirmation): void {
    this.#records[batch] = undefined;
    if (this.#waiters.size === 0) return;
    const waiters = this.#waiters.get(batch);
    if (waiters === undefined) return;
    this.#waiters.delete(batch);
    for (const resolve of waiters) resolve(confirmation);
  }

  /** Calls back for each batch that holds records. */
  count(each: (batch: number, records: number) => void): void {
    for (let batch = 0; batch < this.#records.length; batch++) {
      const records = this.#records[batch];
      if (records !== undefined) each(batch, records.length);
    }
  }
}
