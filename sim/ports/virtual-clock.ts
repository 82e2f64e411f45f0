import type { Clock, Timer } from '../../src/ports.ts';
import type { Engine } from '../engine/index.ts';

const NS_PER_MS = 1_000_000;
const DAY_NS = 86_400_000 * NS_PER_MS;
/** What waits longer than the engine can count waits for good. */
const END_NS = 100 * DAY_NS;
const ORDINAL_MASK = 0x7fffffff;

/** The engine's time as drivers see time: timers are events. */
export class VirtualClock implements Clock {
  /** Callbacks that have run. */
  turns = 0;
  readonly #engine: Engine;
  readonly #startMs: number;
  readonly #kind: number;
  readonly #waiting = new Map<number, () => void>();
  #last = 0;

  constructor({ engine, startMs }: { engine: Engine; startMs: number }) {
    this.#engine = engine;
    this.#startMs = startMs;
    this.#kind = engine.kind('timer', (_, id) => this.#fire(id));
  }

  nowNs(): number {
    return this.#engine.nowNs;
  }

  wallMs(): number {
    return this.#startMs + Math.floor(this.#engine.nowNs / NS_PER_MS);
  }

  /** Timers of one time run in the order in which they were set. */
  after(delayNs: number, callback: () => void): Timer {
    const atNs = this.#engine.nowNs + Math.max(0, Math.ceil(delayNs));
    if (!(atNs < END_NS)) return { cancel: () => {} };
    this.#last = (this.#last + 1) & ORDINAL_MASK;
    const id = this.#last;
    this.#waiting.set(id, callback);
    const handle = this.#engine.timer(atNs, this.#kind, 0, id, id);
    return {
      cancel: () => {
        if (this.#waiting.get(id) === callback && this.#waiting.delete(id)) this.#engine.cancel(handle);
      },
    };
  }

  sleep(delayNs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayNs, resolve));
  }

  #fire(id: number): void {
    const callback = this.#waiting.get(id);
    this.#waiting.delete(id);
    this.turns++;
    callback?.();
  }
}
