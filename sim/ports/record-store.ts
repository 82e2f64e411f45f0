import type { ConsumedRecord, WireRecord } from '../../src/ports.ts';
import { invariant } from '../engine/index.ts';

type Stored = Omit<ConsumedRecord, 'offset'>;

/** What the records of a partition hold: the modelled log knows their number and bytes alone. */
export class RecordStore {
  #start = 0;
  #records: Stored[] = [];

  get end(): number {
    return this.#start + this.#records.length;
  }

  /** Copies: the bytes are the sender's again once it has its answer. */
  append(baseOffset: number, records: readonly WireRecord[]): void {
    invariant(baseOffset === this.end, `records at ${baseOffset}, after those up to ${this.end}`);
    for (const { key, value, headers, timestampMs } of records) {
      const copy = { key: copyOf(key), value: copyOf(value), timestampMs };
      this.#records.push(headers === undefined ? copy : { ...copy, headers: copiesOf(headers) });
    }
  }

  /** The log was cut: from the offset on nothing was written. */
  truncate(end: number): void {
    if (end < this.end) this.#records.length = Math.max(0, end - this.#start);
  }

  /** Retention has deleted what is below. */
  trim(start: number): void {
    if (start <= this.#start) return;
    this.#records.splice(0, start - this.#start);
    this.#start = start;
  }

  /** Records of [from, to). */
  read(from: number, to: number): ConsumedRecord[] {
    return this.#records
      .slice(Math.max(0, from - this.#start), Math.max(0, to - this.#start))
      .map((record, index) => ({ ...record, offset: BigInt(Math.max(from, this.#start) + index) }));
  }
}

function copyOf(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

/** Brokers keep bytes: what went in as text comes out as bytes. */
function copiesOf(headers: NonNullable<WireRecord['headers']>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));
}
