import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ConsumedRecord, ProducerPort } from '../../src/ports.ts';
import type { Confirmation } from '../../src/producer/callbacks.ts';
import { createProducer, type Producer } from '../../src/producer/producer.ts';
import type { Receipt } from '../../src/producer/receipt.ts';
import type { Acks } from '../../src/record.ts';
import { ID_DIGITS, idOf, Witness } from './witness.ts';

const MS = 1_000_000;
const TICK_MS = 10;
const RECORDS_PER_TICK = 8;
const PADDING = 'x'.repeat(92);

export const REQUEST_TIMEOUT_MS = 2_000;

/** How a record ended, and when, ms of `performance.now`. */
interface End {
  readonly fate: Confirmation['fate'];
  readonly atMs: number;
}

/** A producer of an application that sends evenly, whatever happens, and writes down what it was told. */
export class Load {
  readonly name: string;
  readonly topic: string;
  readonly acks: Acks;
  readonly witness: Witness;
  readonly producer: Producer;
  readonly ends: End[] = [];
  readonly #callsNs: number[] = [];
  readonly #delay = monitorEventLoopDelay({ resolution: 5 });
  #timer: NodeJS.Timeout | null = null;
  #receipt: Receipt | null = null;

  constructor({ name, topic, acks, port }: { name: string; topic: string; acks: Acks; port: ProducerPort }) {
    this.name = name;
    this.topic = topic;
    this.acks = acks;
    this.witness = new Witness(port);
    this.producer = createProducer({
      port: this.witness,
      acks,
      identity: name,
      requestTimeoutNs: REQUEST_TIMEOUT_MS * MS,
      deliveryTimeoutNs: 60_000 * MS,
      // Some seconds of the load: an outage fills it, so that records drop.
      bufferRecordsMax: 4_000,
    });
  }

  start(): this {
    this.#delay.enable();
    this.#timer = setInterval(() => {
      for (let i = 0; i < RECORDS_PER_TICK; i++) this.#send();
    }, TICK_MS);
    return this;
  }

  async stop(): Promise<Receipt> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#delay.disable();
    this.#receipt = await this.producer.close({ graceMs: 30_000 });
    return this.#receipt;
  }

  get sent(): number {
    return this.#callsNs.length;
  }

  /** Longest time without a delivery, between the first and the last, ms. */
  get silenceMs(): number {
    const times = this.ends.filter(({ fate }) => fate === 'delivered').map(({ atMs }) => atMs);
    times.sort((a, b) => a - b);
    return times.reduce((longest, at, i) => Math.max(longest, at - times[Math.max(0, i - 1)]), 0);
  }

  callMs(share: number): number {
    const sorted = Float64Array.from(this.#callsNs).sort();
    return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] / MS;
  }

  /** What is not as the receipt and the confirmations say, given what a reader found. Empty if all is well. */
  check(read: readonly (readonly ConsumedRecord[])[], { from = 0, mayMiss }: Expectation): Findings {
    const wrong: string[] = [];
    const copies = new Map<number, number>();
    for (const records of read) {
      for (const { value } of records) copies.set(idOf(value!), (copies.get(idOf(value!)) ?? 0) + 1);
    }
    let missing = 0;
    let duplicates = 0;
    for (const [id, { fate, atMs }] of this.ends.entries()) {
      const found = copies.get(id) ?? 0;
      duplicates += Math.max(0, found - 1);
      if (fate === 'dropped' && found > 0) wrong.push(`${id} was dropped, and is there`);
      if (found > (this.witness.copiesMax[id] ?? 0))
        wrong.push(`${id} is there more often than attempts allow: ${found}`);
      if (fate !== 'delivered' || found > 0 || atMs < from) continue;
      missing++;
      if (!mayMiss(this, this.witness.partitions[id])) wrong.push(`${id} was delivered, and is not there`);
    }
    for (const id of copies.keys())
      if (this.ends[id] === undefined) wrong.push(`${id} is there, and was never told of`);
    return { wrong, missing, duplicates };
  }

  /** One line about it. */
  tell({ missing, duplicates }: Findings): string {
    const { offered, delivered, dropped, unknown } = this.#receipt!;
    const calls = [0.5, 0.9999, 1].map((share) => this.callMs(share).toFixed(3)).join(' / ');
    return [
      `${this.name.padEnd(24)} acks ${String(this.acks).padStart(2)}`,
      `offered ${offered}, delivered ${delivered}, dropped ${JSON.stringify(dropped)}, unknown ${unknown}`,
      `read back: ${missing} missing, ${duplicates} duplicates`,
      `no delivery for ${Math.round(this.silenceMs)} ms`,
      `call p50 / p99.99 / max ${calls} ms, longest pause of the event loop ${Math.round(this.#delay.max / MS)} ms`,
      `calls of the port ${JSON.stringify(this.witness.outcomes)}`,
    ].join('; ');
  }

  #send(): void {
    const id = this.#callsNs.length;
    const value = `${String(id).padStart(ID_DIGITS, '0')}${PADDING}`;
    const startNs = process.hrtime.bigint();
    const confirmation = this.producer.sendAndConfirm({ topic: this.topic, value });
    this.#callsNs.push(Number(process.hrtime.bigint() - startNs));
    void confirmation.then(({ fate }) => {
      this.ends[id] = { fate, atMs: performance.now() };
    });
  }
}

export interface Expectation {
  /** Records delivered before, ms of `performance.now`, may be gone: their topic was deleted. */
  readonly from?: number;
  /** Whether a record of this partition that was delivered may be missing. */
  readonly mayMiss: (load: Load, partition: number) => boolean;
}

export interface Findings {
  readonly wrong: readonly string[];
  readonly missing: number;
  readonly duplicates: number;
}
