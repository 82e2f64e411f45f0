import type { Clock, Timer } from './ports.ts';

interface Waiting {
  readonly atNs: number;
  readonly callback: () => void;
  readonly keepAlive: boolean;
}

/** A clock that only `advance` moves. Promises settle between timers, as between turns of the event loop. */
export class ManualClock implements Clock {
  #nowNs = 1_000;
  readonly #waiting = new Set<Waiting>();

  nowNs(): number {
    return this.#nowNs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + Math.floor(this.#nowNs / 1_000_000);
  }

  after(delayNs: number, callback: () => void, { keepAlive = false }: { readonly keepAlive?: boolean } = {}): Timer {
    const waiting = { atNs: this.#nowNs + Math.max(0, delayNs), callback, keepAlive };
    this.#waiting.add(waiting);
    return { cancel: () => void this.#waiting.delete(waiting) };
  }

  get timers(): number {
    return this.#waiting.size;
  }

  /** Timers that keep the process alive. */
  get kept(): number {
    return [...this.#waiting].filter(({ keepAlive }) => keepAlive).length;
  }

  /** Lets this much time pass: every timer due runs, in order, each followed by the promises it settles. */
  async advanceMs(ms: number): Promise<void> {
    const endNs = this.#nowNs + ms * 1_000_000;
    await settle();
    for (;;) {
      let next: Waiting | null = null;
      for (const waiting of this.#waiting) if (next === null || waiting.atNs < next.atNs) next = waiting;
      if (next === null || next.atNs > endNs) break;
      this.#waiting.delete(next);
      this.#nowNs = Math.max(this.#nowNs, next.atNs);
      next.callback();
      await settle();
    }
    this.#nowNs = endNs;
  }
}

/** Until chains of promises have run dry. */
async function settle(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setImmediate(resolve));
}
