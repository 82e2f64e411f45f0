/** One-way trips between zones: a base by distance and an exponential jitter drawn by hash, so nobody moves another's draw. */
import { exponentialFrom, hash32 } from '../engine/index.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** Quantiles of the unit exponential at (i + ½)/4096: a draw is one load instead of a logarithm. Mean within 0.02 % of 1. */
const QUANTILES = Float64Array.from({ length: 4096 }, (_, i) => exponentialFrom((i + 0.5) / 4096, 1));

export class Network {
  readonly #baseNs: Float64Array;
  readonly #zones: number;
  readonly #jitter: number;

  constructor(spec: Scenario['network'], zoneRegion: Int32Array) {
    this.#zones = zoneRegion.length;
    this.#jitter = spec.jitterFraction;
    this.#baseNs = new Float64Array(this.#zones * this.#zones);
    for (let from = 0; from < this.#zones; from++) {
      for (let to = 0; to < this.#zones; to++) {
        const far = zoneRegion[from] !== zoneRegion[to];
        this.#baseNs[from * this.#zones + to] =
          from === to ? spec.sameZoneNs : far ? spec.crossRegionNs : spec.crossZoneNs;
      }
    }
  }

  /** Without jitter, ns. */
  baseNs(fromZone: number, toZone: number): number {
    return this.#baseNs[fromZone * this.#zones + toZone];
  }

  /** A pure function of its arguments, ≥ 1 ns. `entity` is 32 bits with the seed mixed in; positional, as it is hot. */
  tripNs(fromZone: number, toZone: number, entity: number, ordinal: number): number {
    return this.tripBy(fromZone, toZone, hash32(entity, ordinal, 0x7e7) & 4095);
  }

  /** The trip whose jitter is the given 12-bit draw. */
  tripBy(fromZone: number, toZone: number, draw: number): number {
    const baseNs = this.#baseNs[fromZone * this.#zones + toZone];
    return Math.max(1, Math.round(baseNs * (1 + this.#jitter * QUANTILES[draw])));
  }
}
