/** What the producer fleet knows of each stream and of each producer, in rows: touched at random, a cache line each. */
import type { StreamPlan } from './stream-plan.ts';

export const STREAM_STRIDE = 4;
/** When its next decision is looked for: never later than it comes. */
export const WAKE = 0;
export const PRODUCER = 1;
export const TOPIC = 2;

export const PRODUCER_STRIDE = 8;
/** Above these its buffer may run full between two decisions. */
export const PRESSURE_BYTES = 0;
export const PRESSURE_RECORDS = 1;
/** Earliest event under way for it. */
export const EVENT = 2;
/** 1 while answers matter to it. */
const WATCHED = 3;
export const IDENTITY = 4;
export const ZONE = 5;
export const FIRST = 6;
export const END = 7;

export class FleetRows {
  readonly streams: Float64Array;
  readonly producers: Float64Array;

  constructor(plan: StreamPlan) {
    this.streams = new Float64Array(plan.streams * STREAM_STRIDE);
    this.producers = new Float64Array(plan.producers * PRODUCER_STRIDE);
  }

  foresee(producer: number, stream: number): number {
    return this.producers[producer * PRODUCER_STRIDE] + this.streams[stream * STREAM_STRIDE];
  }

  watched(producer: number): boolean {
    return this.producers[producer * PRODUCER_STRIDE + WATCHED] === 1;
  }

  watch(producer: number, watched: boolean): void {
    this.producers[producer * PRODUCER_STRIDE + WATCHED] = watched ? 1 : 0;
  }
}
