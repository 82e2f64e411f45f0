/** What each producer knows of its connection to each broker: batches that wait, reconnect back-off. */

import { fraction, hash32 } from '../hash.ts';
import type { RetryPolicy } from './policy.ts';

interface Outage {
  failures: number;
  untilNs: number;
}

export class Connections {
  /** Ready batches that wait, by broker: a row only for producers where one ever did. */
  readonly #waiting: (Int32Array | undefined)[] = [];
  #stride = 0;
  /** Only brokers that refused: few, and none on a good day. */
  readonly #outages = new Map<number, Outage>();
  readonly #reconnect: RetryPolicy;

  constructor(reconnect: RetryPolicy) {
    this.#reconnect = reconnect;
  }

  /** Brokers are numbered below this; it only grows. */
  reserve(brokers: number): void {
    if (brokers <= this.#stride) return;
    const stride = Math.max(brokers, this.#stride * 2, 4);
    const outages = [...this.#outages];
    this.#outages.clear();
    for (const [key, outage] of outages) {
      const producer = Math.floor(key / this.#stride);
      this.#outages.set(producer * stride + (key - producer * this.#stride), outage);
    }
    this.#stride = stride;
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
