/**
 * When records are offered, by stream: a pure function of (seed, stream, ordinal), so that no policy moves the storm and
 * both fidelities see the same one. A stream is a cursor over its own arrivals; its row is one cache line.
 */

import { NO_KEY } from '../../src/record.ts';
import { boundedParetoFrom, exponentialFrom, hash32, uniform } from '../engine/index.ts';
import type { RateCurve } from '../traffic/rate-curve.ts';

const STRIDE = 8;
/** Mean gap at factor 1, ns of the curve's integral. */
const GAP = 0;
/** even: offset of the first record, in gaps. poisson: integral at the next record, ns. */
const POSITION = 1;
const ORDINAL = 2;
const NEXT = 3;
const BYTES = 4;
/** Pareto shape, 0 when all records are equal; and its bounds. */
const SHAPE = 5;
const BYTES_MIN = 6;
const BYTES_MAX = 7;

export interface StreamArrivals {
  readonly identity: number;
  readonly recordsPerSecond: number;
  readonly bytes: number;
  readonly pareto: { readonly shape: number; readonly bytesMin: number; readonly bytesMax: number } | null;
}

export class Arrivals {
  /** Time of the last record that `take` took. */
  lastNs = 0;
  readonly #table: Float64Array;
  readonly #identity: Int32Array;
  readonly #poisson: boolean;
  readonly #keys: number;
  /** Null when the rate is constant: the integral is the time itself. */
  readonly #curve: RateCurve | null;
  /** By stream, where they differ; null where all follow the one. */
  readonly #curves: readonly RateCurve[] | null;

  /**
   * `spreadNs` is over how long evenly spaced streams begin. Streams of one rate and one linger keep step for ever:
   * beginning together, they would all send together.
   */
  constructor(
    streams: readonly StreamArrivals[],
    options: {
      process: 'even' | 'poisson';
      curve: RateCurve | null;
      curves?: readonly RateCurve[] | null;
      keys: number;
      spreadNs: number;
    },
  ) {
    this.#poisson = options.process === 'poisson';
    this.#curve = options.curve;
    this.#curves = options.curves ?? null;
    this.#keys = options.keys;
    this.#table = new Float64Array(streams.length * STRIDE);
    this.#identity = new Int32Array(streams.length);
    streams.forEach((spec, stream) => {
      const at = stream * STRIDE;
      const t = this.#table;
      this.#identity[stream] = spec.identity;
      t[at + GAP] = spec.recordsPerSecond > 0 ? 1e9 / spec.recordsPerSecond : Infinity;
      t[at + BYTES] = spec.bytes;
      if (spec.pareto !== null) {
        t[at + SHAPE] = spec.pareto.shape;
        t[at + BYTES_MIN] = spec.pareto.bytesMin;
        t[at + BYTES_MAX] = spec.pareto.bytesMax;
      }
      // A phase per stream, so that fifty thousand producers don't march in step.
      t[at + POSITION] = this.#poisson
        ? this.#gap(stream, 0)
        : uniform(spec.identity, 0, 1) + (uniform(spec.identity, 0, 6) * options.spreadNs) / t[at + GAP];
      t[at + NEXT] =
        t[at + GAP] === Infinity
          ? Infinity
          : this.#timeOf(stream, this.#poisson ? t[at + POSITION] : t[at + POSITION] * t[at + GAP]);
    });
  }

  /** Reads the streams' rows, to have them in cache. */
  foresee(streams: Int32Array, count: number): number {
    const t = this.#table;
    let read = 0;
    for (let i = 0; i < count; i++) read += t[streams[i] * STRIDE] + t[streams[i] * STRIDE + STRIDE - 1];
    return read;
  }

  /** True when records have keys. */
  get keyed(): boolean {
    return this.#keys > 0;
  }

  /** Time of the stream's next record, ns; `Infinity` when none comes. */
  nextNs(stream: number): number {
    return this.#table[stream * STRIDE + NEXT];
  }

  /** Records taken so far. */
  taken(stream: number): number {
    return this.#table[stream * STRIDE + ORDINAL];
  }

  /** True when each record may differ from the one before it, so that runs are single records. */
  varies(stream: number): boolean {
    return this.#keys > 0 || this.#table[stream * STRIDE + SHAPE] > 0;
  }

  /** Raw bytes of the next record. */
  bytes(stream: number): number {
    const t = this.#table;
    const at = stream * STRIDE;
    if (t[at + SHAPE] === 0) return t[at + BYTES];
    return Math.round(
      boundedParetoFrom(uniform(this.#identity[stream], t[at + ORDINAL], 2), {
        min: t[at + BYTES_MIN],
        max: t[at + BYTES_MAX],
        shape: t[at + SHAPE],
      }),
    );
  }

  /** Largest that a record of the stream can be, raw bytes. */
  bytesMax(stream: number): number {
    const at = stream * STRIDE;
    return this.#table[at + SHAPE] === 0 ? this.#table[at + BYTES] : Math.ceil(this.#table[at + BYTES_MAX]);
  }

  /** Key hash of the next record. */
  keyHash(stream: number): number {
    if (this.#keys === 0) return NO_KEY;
    const identity = this.#identity[stream];
    const key = hash32(identity, this.#table[stream * STRIDE + ORDINAL], 3) % this.#keys;
    return hash32(identity, key, 4) & 0x7fffffff;
  }

  /** Time of the record `ahead` places behind the next one, or `limitNs` when that comes first. */
  aheadNs(stream: number, ahead: number, limitNs: number): number {
    const t = this.#table;
    const at = stream * STRIDE;
    if (t[at + NEXT] >= limitNs) return limitNs;
    if (!this.#poisson) {
      const timeNs = this.#timeOf(stream, (t[at + ORDINAL] + ahead + t[at + POSITION]) * t[at + GAP]);
      return Math.min(timeNs, limitNs);
    }
    let position = t[at + POSITION];
    for (let i = 1; i <= ahead; i++) {
      position += this.#gap(stream, t[at + ORDINAL] + i);
      if (this.#timeOf(stream, position) >= limitNs) return limitNs;
    }
    return this.#timeOf(stream, position);
  }

  /** Takes the records up to and including `untilNs`, at most `max`; `lastNs` is then the time of the last. */
  take(stream: number, untilNs: number, max: number): number {
    const t = this.#table;
    const at = stream * STRIDE;
    if (t[at + NEXT] > untilNs || max <= 0) return 0;
    if (this.#poisson) return this.#takePoisson(stream, untilNs, max);
    const gap = t[at + GAP];
    const first = t[at + ORDINAL];
    const phase = t[at + POSITION];
    const curve = this.#curves === null ? this.#curve : this.#curves[stream];
    const reach = curve === null ? untilNs : curve.integralNs(untilNs);
    let n = Math.max(1, Math.floor(reach / gap - phase) + 1 - first);
    // Rounding may put the estimate one off on either side: the times themselves decide.
    while (n > 1 && this.#timeOf(stream, (first + n - 1 + phase) * gap) > untilNs) n--;
    while (this.#timeOf(stream, (first + n + phase) * gap) <= untilNs) n++;
    if (n > max) n = max;
    this.lastNs = n === 1 ? t[at + NEXT] : this.#timeOf(stream, (first + n - 1 + phase) * gap);
    t[at + ORDINAL] = first + n;
    t[at + NEXT] = this.#timeOf(stream, (first + n + phase) * gap);
    return n;
  }

  #takePoisson(stream: number, untilNs: number, max: number): number {
    const t = this.#table;
    const at = stream * STRIDE;
    let n = 0;
    while (n < max && t[at + NEXT] <= untilNs) {
      this.lastNs = t[at + NEXT];
      n++;
      t[at + ORDINAL]++;
      t[at + POSITION] += this.#gap(stream, t[at + ORDINAL]);
      t[at + NEXT] = this.#timeOf(stream, t[at + POSITION]);
    }
    return n;
  }

  #gap(stream: number, ordinal: number): number {
    return exponentialFrom(uniform(this.#identity[stream], ordinal, 5), this.#table[stream * STRIDE + GAP]);
  }

  #timeOf(stream: number, integralNs: number): number {
    const curve = this.#curves === null ? this.#curve : this.#curves[stream];
    return Math.floor(curve === null ? integralNs : curve.timeOf(integralNs));
  }
}
