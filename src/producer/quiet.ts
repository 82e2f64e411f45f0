import type { Clock } from '../ports.ts';

/** Waits for something to come about that is looked at in turns. */
export class Quiet {
  readonly #clock: Clock;
  #awaited: { readonly holds: () => boolean; readonly resolve: () => void } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It has come about, and nobody has been told. */
  get due(): boolean {
    return this.#awaited?.holds() ?? false;
  }

  /** Resolves when it holds at a `check`, or after `limitNs`. Keeps the process alive until then. One at a time. */
  async until(limitNs: number, holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(limitNs, resolve, { keepAlive: true });
      this.#awaited = {
        holds,
        resolve: () => {
          timer.cancel();
          resolve();
        },
      };
    });
    this.#awaited = null;
  }

  check(): void {
    if (this.due) this.#awaited?.resolve();
  }
}
