import type { Clock, Timer } from '../../src/ports.ts';
import type { Engine } from '../engine/index.ts';

const NS_PER_MS = 1_000_000;
/** Time of day at the start of every run, ms since 1970: any will do, as long as it is always the same. */
const EPOCH_MS = 1_700_000_000_000;

/**
 * The time of a simulation as code in production sees time: `Clock`. Timers are events of the simulation, so they run in
 * its order and are part of its digest. Nothing global is patched: code that takes a clock is given this one.
 */
export class VirtualClock implements Clock {
  #engine: Engine | null = null;
  #kind = -1;
  #timers = 0;
  readonly #callbacks = new Map<number, () => void>();
  readonly #early: (() => void)[] = [];

  /** Until a simulation is attached it is 0, and timers wait. */
  attach(engine: Engine): void {
    this.#engine = engine;
    for (const set of this.#early.splice(0)) set();
  }

  nowNs(): number {
    return this.#engine?.nowNs ?? 0;
  }

  wallMs(): number {
    return EPOCH_MS + Math.floor(this.nowNs() / NS_PER_MS);
  }

  after(delayNs: number, callback: () => void): Timer {
    const number = this.#timers++;
    this.#callbacks.set(number, callback);
    if (this.#engine === null) this.#early.push(() => this.#set(number, delayNs));
    else this.#set(number, delayNs);
    return { cancel: () => void this.#callbacks.delete(number) };
  }

  #set(number: number, delayNs: number): void {
    const engine = this.#engine!;
    // Registered when it is first needed: a run without timers is the run that it was.
    if (this.#kind < 0) this.#kind = engine.kind('timer', (_, due) => this.#run(due));
    engine.schedule(engine.nowNs + Math.max(0, Math.ceil(delayNs)), this.#kind, 0, number, number);
  }

  #run(number: number): void {
    const callback = this.#callbacks.get(number);
    this.#callbacks.delete(number);
    callback?.();
  }
}
