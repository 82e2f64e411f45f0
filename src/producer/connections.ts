/** What each producer knows of its connection to each broker: batches that wait, reconnect back-off. */

import { fraction, hash32 } from '../hash.ts';
import type { RetryPolicy } from './policy.ts';

interface Outage {
  failures: number;
  untilNs: number;
}

export class Connections {
  /** Ready batches that wait, by producer and broker: only where one does, and none on a good day. */
  #waiting = new Map<number, number>();
  /** Only brokers that refused: few, and none on a good day. */
  #outages = new Map<number, Outage>();
  /** By broker: entries in either map. Most brokers have none, and need not be looked up. */
  #noted = new Int32Array(0);
  #stride = 0;
  readonly #reconnect: RetryPolicy;

  constructor(reconnect: RetryPolicy) {
    this.#reconnect = reconnect;
  }

  /** Brokers are numbered below this; it only grows. */
  reserve(brokers: number): void {
    if (brokers <= this.#stride) return;
    const before = this.#stride;
    const stride = Math.max(brokers, before * 2, 4);
    const renumbered = <T>(map: Map<number, T>): Map<number, T> => {
      const entries = [...map].map(([key, value]): [number, T] => {
        const producer = Math.floor(key / before);
        return [producer * stride + (key - producer * before), value];
      });
      return new Map(entries);
    };
    this.#waiting = renumbered(this.#waiting);
    this.#outages = renumbered(this.#outages);
    const noted = new Int32Array(stride);
    noted.set(this.#noted);
    this.#noted = noted;
    this.#stride = stride;
  }

  waiting(producer: number, broker: number): number {
    if (this.#noted[broker] === 0) return 0;
    return this.#waiting.get(producer * this.#stride + broker) ?? 0;
  }

  addWaiting(producer: number, broker: number, by: number): void {
    const key = producer * this.#stride + broker;
    const before = this.#waiting.get(key) ?? 0;
    const after = before + by;
    if (after === 0) this.#waiting.delete(key);
    else this.#waiting.set(key, after);
    if (before === 0) this.#noted[broker]++;
    if (after === 0) this.#noted[broker]--;
  }

  /** No request before this time: 0 when the broker never refused since it last answered. */
  blockedUntilNs(producer: number, broker: number): number {
    if (this.#outages.size === 0 || this.#noted[broker] === 0) return 0;
    return this.#outages.get(producer * this.#stride + broker)?.untilNs ?? 0;
  }

  refused(producer: number, broker: number, nowNs: number): void {
    const key = producer * this.#stride + broker;
    const before = this.#outages.get(key);
    const failures = (before?.failures ?? 0) + 1;
    const waitNs = this.#reconnect.backoffNs(failures, fraction(hash32(hash32(producer, broker), failures)));
    this.#outages.set(key, { failures, untilNs: nowNs + waitNs });
    if (before === undefined) this.#noted[broker]++;
  }

  answered(producer: number, broker: number): void {
    if (this.#outages.size === 0 || this.#noted[broker] === 0) return;
    if (this.#outages.delete(producer * this.#stride + broker)) this.#noted[broker]--;
  }
}
