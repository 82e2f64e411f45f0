/**
 * Reads what decisions will read, and changes nothing: for drivers with so many producers that they fall out of the
 * processor's cache. A block is read in step, one kind of row of all before the next kind of any: waits for memory
 * overlap when no read needs the one before it.
 */
import { BATCH } from './batch-pool.ts';
import { PRODUCER_ROW } from './producer-table.ts';
import { REQUEST } from './request-pool.ts';
import type { ProducerState } from './state.ts';
import { STREAM } from './stream-table.ts';

const { B_INTS } = BATCH;
const { R_HEAD, R_INTS, R_PRODUCER } = REQUEST;
const { P_STRIDE } = PRODUCER_ROW;
const { S_PRODUCER, S_STRIDE } = STREAM;

/** Integers in a cache line. */
const LINE = 16;

export class ReadAhead {
  /** Of the streams or requests last asked about: their producers, in the same order. */
  producers = new Int32Array(64);
  /** Of the requests last asked about: the first batch of each. */
  batches = new Int32Array(64);
  /** What was read: means nothing, but what is read has to go somewhere. */
  read = 0;
  readonly #state: ProducerState;

  constructor(state: ProducerState) {
    this.#state = state;
  }

  /** For decisions on these streams. */
  streams(streams: Int32Array, count: number): void {
    if (count > this.producers.length) this.#grow(count);
    const { producers: mine } = this;
    const { streams: table, partitioner } = this.#state;
    let read = partitioner.foresee?.(streams, count) ?? 0;
    const { ints, targets, views } = table;
    for (let i = 0; i < count; i++) {
      mine[i] = ints[streams[i] * S_STRIDE + S_PRODUCER];
      read += targets[streams[i]];
    }
    for (let i = 0; i < count; i++) {
      const view = views[streams[i]];
      if (view !== null) read += view.leaders[0];
    }
    this.read += read;
    this.producerRows(mine, count);
  }

  producerRows(producers: Int32Array, count: number): void {
    const { ints, floats } = this.#state.producers;
    let read = 0;
    for (let i = 0; i < count; i++) read += floats[producers[i] * 2] + ints[producers[i] * P_STRIDE];
    this.read += read;
  }

  /** For answers to these requests, `count` of them from an index on: their rows, their producers' and first batches'. */
  answers(requests: Int32Array, from: number, count: number): void {
    if (count > this.producers.length) this.#grow(count);
    const { requests: pool } = this.#state;
    const { ints } = pool;
    const { producers: mine, batches } = this;
    for (let i = 0; i < count; i++) {
      const row = requests[from + i] * R_INTS;
      mine[i] = ints[row + R_PRODUCER];
      batches[i] = ints[row + R_HEAD];
    }
    for (let i = 0; i < count; i++) batches[i] = pool.batchOf(batches[i]);
    this.producerRows(mine, count);
    this.batchRows(batches, count);
  }

  /** For requests that arrive: their rows, and those of their first batches. */
  arrivals(requests: Int32Array, batches: Int32Array, count: number): void {
    const { ints } = this.#state.requests;
    let read = 0;
    for (let i = 0; i < count; i++) read += ints[requests[i] * R_INTS];
    this.read += read;
    this.batchRows(batches, count);
  }

  batchRows(batches: Int32Array, count: number): void {
    const { ints } = this.#state.batches;
    let read = 0;
    for (let i = 0; i < count; i++) read += ints[batches[i] * B_INTS] + ints[batches[i] * B_INTS + LINE];
    this.read += read;
  }

  #grow(count: number): void {
    this.producers = new Int32Array(2 * count);
    this.batches = new Int32Array(2 * count);
  }
}
