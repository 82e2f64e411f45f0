/**
 * What producers themselves say is lost: lost ÷ attempted sends, counted in the send callback (Netflix slides). It counts
 * what was given up without an answer as lost, though it may be in a log, and never hears of what a log loses later.
 */
import type { Confirmation } from '../producer/callbacks.ts';

export interface SendLoss {
  /** Sends whose callback has come. */
  readonly attempted: number;
  readonly lost: number;
  /** Of `lost`: no answer came. */
  readonly unknown: number;
  /** lost ÷ attempted; 0 before the first. */
  readonly share: number;
}

export class SendLosses {
  readonly #topics = new Map<string, { attempted: number; lost: number; unknown: number }>();

  /** A callback for `producer.send(record, callback)`. One for each topic is enough. */
  callback(topic: string): (confirmation: Confirmation) => void {
    return ({ fate }) => this.settled(topic, fate, 1);
  }

  settled(topic: string, fate: Confirmation['fate'], records: number): void {
    const at = this.#topics.get(topic) ?? { attempted: 0, lost: 0, unknown: 0 };
    this.#topics.set(topic, at);
    at.attempted += records;
    // What is spilled is not lost: it is sent later, and its callback has come.
    if (fate === 'dropped' || fate === 'unknown') at.lost += records;
    if (fate === 'unknown') at.unknown += records;
  }

  of(topic: string): SendLoss {
    const at = this.#topics.get(topic) ?? { attempted: 0, lost: 0, unknown: 0 };
    return { ...at, share: at.attempted === 0 ? 0 : at.lost / at.attempted };
  }
}
