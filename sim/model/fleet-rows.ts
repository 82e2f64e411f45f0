/** What the producer fleet knows of each stream and of each producer, in rows: touched at random, a cache line each. */
import type { StreamPlan } from './stream-plan.ts';

const STREAM_STRIDE = 4;
/** When its next decision is looked for: never later than it comes. */
const WAKE = 0;
const PRODUCER = 1;
const TOPIC = 2;

const PRODUCER_STRIDE = 8;
/** Above these its buffer may run full between two decisions. */
const PRESSURE_BYTES = 0;
const PRESSURE_RECORDS = 1;
/** Earliest event under way for it. */
const EVENT = 2;
/** 1 while answers matter to it. */
const WATCHED = 3;
const IDENTITY = 4;
const ZONE = 5;
const FIRST = 6;
const END = 7;

/**
 * For other files to take apart into constants of their own: V8 folds a module's own constants into its code, but reads
 * imported ones from memory each time.
 */
export const FLEET = {
  STREAM_STRIDE,
  WAKE,
  PRODUCER,
  TOPIC,
  PRODUCER_STRIDE,
  PRESSURE_BYTES,
  PRESSURE_RECORDS,
  EVENT,
  IDENTITY,
  ZONE,
  FIRST,
  END,
} as const;

export class FleetRows {
  readonly streams: Float64Array;
  readonly producers: Float64Array;

  constructor(plan: StreamPlan) {
    this.streams = new Float64Array(plan.streams * STREAM_STRIDE);
    this.producers = new Float64Array(plan.producers * PRODUCER_STRIDE);
  }

  foreseeStreams(streams: Int32Array, count: number): number {
    const { streams: rows } = this;
    let read = 0;
    for (let i = 0; i < count; i++) read += rows[streams[i] * STREAM_STRIDE];
    return read;
  }

  foreseeProducers(producers: Int32Array, count: number): number {
    const { producers: rows } = this;
    let read = 0;
    for (let i = 0; i < count; i++)
      read += rows[producers[i] * PRODUCER_STRIDE] + rows[producers[i] * PRODUCER_STRIDE + PRODUCER_STRIDE - 1];
    return read;
  }

  watched(producer: number): boolean {
    return this.producers[producer * PRODUCER_STRIDE + WATCHED] === 1;
  }

  watch(producer: number, watched: boolean): void {
    this.producers[producer * PRODUCER_STRIDE + WATCHED] = watched ? 1 : 0;
  }
}
