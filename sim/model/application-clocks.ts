/** Clocks of applications' hosts that are off: what their records say of when they were made. */
import { invariant } from '../engine/invariant.ts';
import type { ClockSkewSpec } from '../scenario/scenario.ts';

interface Span {
  readonly fault: ClockSkewSpec;
  readonly firstZone: number;
  readonly lastZone: number;
  readonly fromNs: number;
  toNs: number;
}

/** A pure function of the time at which a record was made: records are handed over later. */
export class ApplicationClocks {
  readonly #spans: Span[] = [];
  readonly #zonesOf: (fault: ClockSkewSpec) => readonly [number, number];

  /** `zonesOf` tells the first and the last zone that a fault strikes. */
  constructor(zonesOf: (fault: ClockSkewSpec) => readonly [number, number]) {
    this.#zonesOf = zonesOf;
  }

  /** What is made after the time is stamped wrongly. */
  skew(fault: ClockSkewSpec, nowNs: number): void {
    const [firstZone, lastZone] = this.#zonesOf(fault);
    this.#spans.push({ fault, firstZone, lastZone, fromNs: nowNs, toNs: Number.POSITIVE_INFINITY });
  }

  set(fault: ClockSkewSpec, nowNs: number): void {
    const span = this.#spans.find((each) => each.fault === fault && each.toNs === Number.POSITIVE_INFINITY);
    invariant(span !== undefined, 'a clock is right again that was wrong');
    span.toNs = nowNs;
  }

  /** How far the clocks of applications in the zone were ahead; below 0: behind. Those that are wrong twice add up. */
  aheadNs(zone: number, madeNs: number): number {
    let aheadNs = 0;
    for (const { fault, firstZone, lastZone, fromNs, toNs } of this.#spans)
      if (madeNs > fromNs && madeNs <= toNs && zone >= firstZone && zone <= lastZone) aheadNs += fault.aheadNs;
    return aheadNs;
  }
}
