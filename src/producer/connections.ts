/** What each producer knows of its connection to each broker: requests in flight, batches that wait, reconnect back-off. */

import { fraction, hash32 } from '../hash.ts';
import type { RetryPolicy } from './policy.ts';

interface Outage {
  failures: number;
  untilNs: number;
}

export class Connections {
  /** Requests in flight, [producer × stride + broker]. */
  #inFlight = new Uint8Array(0);
  /** Ready batches that wait, by broker: a row only for producers where one ever did. */
  readonly #waiting: (Int32Array | undefined)[] = [];
  #producers = 0;
  #stride = 0;
  /** Only brokers that refused: few, and none on a good day. */
  readonly #outages = new Map<number, Outage>();
  readonly #reconnect: RetryPolicy;

  constructor(reconnect: RetryPolicy) {
    this.#reconnect = reconnect;
  }

  /** Makes room for this many producers and brokers; both only grow. */
  reserve({ producers, brokers }: { producers: number; brokers: number }): void {
    if (producers <= this.#producers && brokers <= this.#stride) return;
    const stride = brokers <= this.#stride ? this.#stride : Math.max(brokers, this.#stride * 2, 4);
    const rows = producers <= this.#producers ? this.#producers : Math.max(producers, this.#producers * 2, 1);
    const inFlight = new Uint8Array(rows * stride);
    for (let row = 0; row < this.#producers; row++) {
      const from = row * this.#stride;
      inFlight.set(this.#inFlight.subarray(from, from + this.#stride), row * stride);
    }
    const outages = [...this.#outages];
    this.#outages.clear();
    for (const [key, outage] of outages) {
      const row = Math.floor(key / this.#stride);
      this.#outages.set(row * stride + (key - row * this.#stride), outage);
    }
    this.#inFlight = inFlight;
    this.#producers = rows;
    this.#stride = stride;
  }

  get brokers(): number {
    return this.#stride;
  }

  inFlight(producer: number, broker: number): number {
    return this.#inFlight[producer * this.#stride + broker];
  }

  /** A request left (+1) or was settled (−1). */
  addInFlight(producer: number, broker: number, by: number): void {
    this.#inFlight[producer * this.#stride + broker] += by;
  }

  waiting(producer: number, broker: number): number {
    return this.#waiting[producer]?.[broker] ?? 0;
  }

  addWaiting(producer: number, broker: number, by: number): void {
    let row = this.#waiting[producer];
    if (row === undefined || broker >= row.length) {
      const grown = new Int32Array(this.#stride);
      if (row !== undefined) grown.set(row);
      this.#waiting[producer] = grown;
      row = grown;
    }
    row[broker] += by;
  }

  /** No request before this time: 0 when the broker never refused since it last answered. */
  blockedUntilNs(producer: number, broker: number): number {
    if (this.#outages.size === 0) return 0;
    return this.#outages.get(producer * this.#stride + broker)?.untilNs ?? 0;
  }

  refused(producer: number, broker: number, nowNs: number): void {
    const key = producer * this.#stride + broker;
    const failures = (this.#outages.get(key)?.failures ?? 0) + 1;
    const waitNs = this.#reconnect.backoffNs(failures, fraction(hash32(hash32(producer, broker), failures)));
    this.#outages.set(key, { failures, untilNs: nowNs + waitNs });
  }

  answered(producer: number, broker: number): void {
    if (this.#outages.size !== 0) this.#outages.delete(producer * this.#stride + broker);
  }
}
