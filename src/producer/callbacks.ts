import type { DropCause } from '../record.ts';
import { DROP_CAUSES } from '../record.ts';

/**
 * What became of one record. `unknown`: sent, no answer, given up; it may be in a log or not. `spilled`: on disk, to be
 * sent later, by this process or the next; nothing more is told of it here.
 */
export type Confirmation =
  | { readonly fate: 'delivered' | 'unknown' | 'spilled' }
  | { readonly fate: 'dropped'; readonly cause: DropCause };

export type OnSettled = (confirmation: Confirmation) => void;

/** One of each, so that telling a fate allocates nothing. */
export const CONFIRMED_DELIVERED: Confirmation = Object.freeze({ fate: 'delivered' });
export const CONFIRMED_UNKNOWN: Confirmation = Object.freeze({ fate: 'unknown' });
export const CONFIRMED_SPILLED: Confirmation = Object.freeze({ fate: 'spilled' });
/** By index of the cause. */
export const CONFIRMED_DROPPED: readonly Confirmation[] = DROP_CAUSES.map((cause) =>
  Object.freeze({ fate: 'dropped', cause } as const),
);

/** Callbacks of records whose fate is known, until they can be called: in a turn of their own, never from inside `send`. */
export class Callbacks {
  #due: OnSettled[] = [];
  #confirmations: Confirmation[] = [];

  get pending(): boolean {
    return this.#due.length > 0;
  }

  add(onSettled: OnSettled, confirmation: Confirmation): void {
    this.#due.push(onSettled);
    this.#confirmations.push(confirmation);
  }

  /** Calls them in the order in which fates became known. What they cause waits for the next turn. */
  tell(safely: (call: () => void) => void): void {
    if (this.#due.length === 0) return;
    const due = this.#due;
    const confirmations = this.#confirmations;
    this.#due = [];
    this.#confirmations = [];
    for (const [i, onSettled] of due.entries()) safely(() => onSettled(confirmations[i]));
  }
}
