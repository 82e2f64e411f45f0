import type { Clock, Timer } from '../../src/ports.ts';
import type { Engine } from '../engine/index.ts';
import { VirtualClock } from '../ports/virtual-clock.ts';

const NS_PER_MS = 1_000_000;
/** Time of day at the start of every run, ms since 1970: any will do, as long as it is always the same. */
const EPOCH_MS = 1_700_000_000_000;

/**
 * The virtual clock of a run for policies, which are made before the simulation is. Nothing global is patched: code that
 * takes a clock is given this one.
 */
export class PolicyClock implements Clock {
  #engine: Engine | null = null;
  #clock: VirtualClock | null = null;
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
    if (this.#engine !== null) return this.#timers(this.#engine).after(delayNs, callback);
    let timer: Timer | null = null;
    let cancelled = false;
    this.#early.push(() => {
      if (!cancelled) timer = this.after(delayNs, callback);
    });
    return {
      cancel: () => {
        cancelled = true;
        timer?.cancel();
      },
    };
  }

  /** Made when first needed: a run without timers is the run that it was. */
  #timers(engine: Engine): VirtualClock {
    this.#clock ??= new VirtualClock({ engine, startMs: EPOCH_MS });
    return this.#clock;
  }
}
