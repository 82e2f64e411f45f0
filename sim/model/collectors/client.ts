/**
 * A client of collectors in an application instance, as Suro's asynchronous one: a bounded queue in memory, sets of so many
 * records or so old, a few on their way at a time, each to a collector drawn anew; what fails too often goes back into the queue.
 */
import { hash32 } from '../../engine/index.ts';
import type { MigrationSpec } from '../../scenario/scenario.ts';
import type { Agenda } from './agenda.ts';
import type { Collector, Verdict } from './collector.ts';
import type { Message, MessageBook } from './message-book.ts';

/** Suro's sender: 100 ms more after each attempt that was turned down, 500 ms at most. */
const RETRY_STEP_NS = 100_000_000;
const RETRY_STEPS_MAX = 5;

export interface CollectorClientOptions {
  readonly agenda: Agenda;
  readonly book: MessageBook;
  readonly spec: MigrationSpec['client'];
  readonly identity: number;
  /** Those of its region. */
  readonly collectors: readonly Collector[];
  /** One way to the collector, ns: the trip of a number. */
  readonly tripNs: (collector: Collector, trip: number) => number;
}

export class CollectorClient {
  readonly #from: CollectorClientOptions;
  readonly #actor: number;
  readonly #queue: Message[] = [];
  readonly #downUntilNs: number[];
  #lastSetNs: number;
  #timerNs = Infinity;
  #sending = 0;
  /** Records in sets on their way. */
  #carried = 0;
  #draws = 0;
  #trips = 0;

  constructor(options: CollectorClientOptions) {
    this.#from = options;
    this.#actor = options.agenda.actor();
    this.#downUntilNs = options.collectors.map(() => 0);
    // Instances did not start together, so they do not send together.
    this.#lastSetNs = -Math.floor((hash32(options.identity, 0, 12) / 4294967296) * options.spec.batchTimeoutNs);
  }

  /** Copies that it holds. */
  get holds(): number {
    return this.#queue.length + this.#carried;
  }

  /** Never waits: what finds the queue full is dropped. */
  send(message: Message): void {
    const { book, spec } = this.#from;
    if (this.#queue.length >= spec.queueRecords) {
      book.refuse(message, 'client-queue-full');
      return;
    }
    book.hold(message);
    this.#queue.push(message);
    this.#poll();
  }

  #poll(): void {
    const { agenda, spec } = this.#from;
    const { nowNs } = agenda;
    const dueNs = (): number => this.#lastSetNs + spec.batchTimeoutNs;
    while (this.#sending < spec.senders && this.#queue.length > 0) {
      if (this.#queue.length < spec.batchRecords && nowNs < dueNs()) break;
      const set = this.#queue.splice(0, spec.batchRecords);
      this.#lastSetNs = nowNs;
      this.#sending++;
      this.#carried += set.length;
      this.#attempt(set, 0);
    }
    if (this.#queue.length === 0 || this.#sending === spec.senders || this.#timerNs <= dueNs()) return;
    this.#timerNs = dueNs();
    agenda.at(this.#timerNs, this.#actor, () => {
      this.#timerNs = Infinity;
      this.#poll();
    });
  }

  #attempt(set: Message[], attempts: number): void {
    const { agenda, spec, tripNs } = this.#from;
    if (attempts === spec.attempts) {
      this.#restore(set);
      return;
    }
    const chosen = this.#choose();
    if (chosen === -1) {
      this.#again(set, attempts + 1);
      return;
    }
    const collector = this.#from.collectors[chosen];
    agenda.at(agenda.nowNs + tripNs(collector, this.#trips++), this.#actor, () => {
      const verdict = collector.take(set);
      agenda.at(agenda.nowNs + tripNs(collector, this.#trips++), this.#actor, () => {
        this.#hear(set, attempts + 1, chosen, verdict);
      });
    });
  }

  #hear(set: Message[], attempts: number, collector: number, verdict: Verdict): void {
    const { agenda, book, spec } = this.#from;
    if (verdict === 'taken') {
      for (const message of set) book.release(message);
      this.#done(set);
      return;
    }
    this.#downUntilNs[collector] = agenda.nowNs + spec.markDownNs;
    if (verdict === 'unreachable') this.#attempt(set, attempts);
    else this.#again(set, attempts);
  }

  #again(set: Message[], attempts: number): void {
    const { agenda } = this.#from;
    const waitNs = Math.min(attempts, RETRY_STEPS_MAX) * RETRY_STEP_NS;
    agenda.at(agenda.nowNs + waitNs, this.#actor, () => this.#attempt(set, attempts));
  }

  /** Back into the queue, behind what has come meanwhile. */
  #restore(set: Message[]): void {
    const { book, spec } = this.#from;
    for (const message of set) {
      if (this.#queue.length < spec.queueRecords) this.#queue.push(message);
      else book.drop(message, 'client-queue-full');
    }
    this.#done(set);
  }

  #done(set: Message[]): void {
    this.#sending--;
    this.#carried -= set.length;
    this.#poll();
  }

  /** Among those that are not thought to be down; −1 when all are. */
  #choose(): number {
    const { agenda, identity } = this.#from;
    const up: number[] = [];
    this.#downUntilNs.forEach((untilNs, collector) => {
      if (untilNs <= agenda.nowNs) up.push(collector);
    });
    return up.length === 0 ? -1 : up[hash32(identity, this.#draws++, 11) % up.length];
  }
}
