import type { Clock, Timer } from '../ports.ts';

/** The one timer of a driver: calls back at the earliest time that it was armed for. */
export class TurnTimer {
  /** When it goes off, `Infinity` while it is not armed. */
  atNs = Infinity;
  readonly #clock: Clock;
  readonly #turn: () => void;
  #timer: Timer | null = null;

  constructor(clock: Clock, turn: () => void) {
    this.#clock = clock;
    this.#turn = turn;
  }

  /** Goes off after so long, unless it does before that anyway. */
  arm(delayNs: number): void {
    const atNs = this.#clock.nowNs() + Math.max(0, delayNs);
    if (this.#timer !== null && this.atNs <= atNs) return;
    this.disarm();
    if (delayNs === Infinity) return;
    this.atNs = atNs;
    this.#timer = this.#clock.after(delayNs, () => {
      this.#timer = null;
      this.atNs = Infinity;
      this.#turn();
    });
  }

  disarm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.atNs = Infinity;
  }
}
