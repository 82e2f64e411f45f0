/** What the producer fleet knows of each stream and of each producer, in rows: touched at random, a cache line each. */
import type { StreamPlan } from './stream-plan.ts';
import type { Topology } from './topology.ts';

/** Of a stream: eight of them share a cache line. */
const STREAM_STRIDE = 2;
const PRODUCER = 0;
/** First partition of its topic. */
const FIRST_PARTITION = 1;

/** A producer's row begins with doubles and goes on with integers. */
const PRODUCER_FLOATS = 8;
/** Above these its buffer may run full between two decisions. */
const PRESSURE_BYTES = 0;
const PRESSURE_RECORDS = 1;
/** Earliest event under way for it. */
const EVENT = 2;

const PRODUCER_INTS = 16;
/** 1 while answers matter to it. */
const WATCHED = 6;
const IDENTITY = 7;
const ZONE = 8;
const FIRST = 9;
const END = 10;

/**
 * For other files to take apart into constants of their own: V8 folds a module's own constants into its code, but reads
 * imported ones from memory each time.
 */
export const FLEET = {
  STREAM_STRIDE,
  PRODUCER,
  FIRST_PARTITION,
  PRODUCER_FLOATS,
  PRESSURE_BYTES,
  PRESSURE_RECORDS,
  EVENT,
  PRODUCER_INTS,
  WATCHED,
  IDENTITY,
  ZONE,
  FIRST,
  END,
} as const;

export class FleetRows {
  readonly streams: Int32Array;
  readonly floats: Float64Array;
  readonly ints: Int32Array;

  constructor(plan: StreamPlan, topology: Topology) {
    this.streams = new Int32Array(plan.streams * STREAM_STRIDE);
    for (let stream = 0; stream < plan.streams; stream++) {
      this.streams[stream * STREAM_STRIDE + PRODUCER] = plan.streamProducer[stream];
      this.streams[stream * STREAM_STRIDE + FIRST_PARTITION] = topology.topicFirstPartition[plan.streamTopic[stream]];
    }
    const buffer = new ArrayBuffer(plan.producers * PRODUCER_FLOATS * 8);
    this.floats = new Float64Array(buffer);
    this.ints = new Int32Array(buffer);
  }

  foreseeStreams(streams: Int32Array, count: number): number {
    const { streams: rows } = this;
    let read = 0;
    for (let i = 0; i < count; i++) read += rows[streams[i] * STREAM_STRIDE];
    return read;
  }

  foreseeProducers(producers: Int32Array, count: number): number {
    const { ints } = this;
    let read = 0;
    for (let i = 0; i < count; i++) read += ints[producers[i] * PRODUCER_INTS];
    return read;
  }

  watched(producer: number): boolean {
    return this.ints[producer * PRODUCER_INTS + WATCHED] === 1;
  }

  watch(producer: number, watched: boolean): void {
    this.ints[producer * PRODUCER_INTS + WATCHED] = watched ? 1 : 0;
  }
}
