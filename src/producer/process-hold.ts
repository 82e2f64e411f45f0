import type { Clock, Timer } from '../ports.ts';

const NS_PER_DAY = 86_400_000_000_000;
/** Longer than any record waits; about the most that a timer of Node takes. */
const HOLD_NS = 24 * NS_PER_DAY;

/** Keeps the process alive while somebody waits for something. */
export class ProcessHold {
  readonly #clock: Clock;
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hold(needed: boolean): void {
    if (needed) this.#timer ??= this.#clock.after(HOLD_NS, () => {}, { keepAlive: true });
    else if (this.#timer !== null) {
      this.#timer.cancel();
      this.#timer = null;
    }
  }
}
