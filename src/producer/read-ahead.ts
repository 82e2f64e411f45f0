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
const { R_HEAD, R_INTS, R_NEXT } = REQUEST;
const { P_STRIDE } = PRODUCER_ROW;
const { S_PRODUCER, S_STRIDE } = STREAM;

const NONE = -1;
/** Integers in a cache line. */
const LINE = 16;

export class ReadAhead {
  /** Of the streams last asked about: their producers, in the same order. */
  producers = new Int32Array(64);
  /** Requests in flight of those producers, the oldest of each first, and the first batch of each; `requestCount` of both. */
  requests = new Int32Array(128);
  batches = new Int32Array(128);
  requestCount = 0;
  /** What was read: means nothing, but what is read has to go somewhere. */
  read = 0;
  readonly #state: ProducerState;

  constructor(state: ProducerState) {
    this.#state = state;
  }

  /** For decisions on these streams. */
  streams(streams: Int32Array, count: number): void {
    if (count > this.producers.length) this.#grow(count);
    const { producers: mine, requests: found } = this;
    const { streams: table, producers, partitioner } = this.#state;
    let read = partitioner.foresee?.(streams, count) ?? 0;
    const { ints, targets, views } = table;
    for (let i = 0; i < count; i++) {
      mine[i] = ints[streams[i] * S_STRIDE + S_PRODUCER];
      read += targets[streams[i]];
    }
    for (let i = 0; i < count; i++) {
      const view = views[streams[i]];
      if (view !== null) read += view.leaders[0] + view.available[0];
    }
    const { ints: rows, floats } = producers;
    let requests = 0;
    for (let i = 0; i < count; i++) {
      read += floats[mine[i] * 2] + rows[mine[i] * P_STRIDE];
      const request = producers.requestHead(mine[i]);
      if (request !== NONE) found[requests++] = request;
    }
    // Those sent after them come last in the list: theirs are read in step as well.
    const { ints: sent } = this.#state.requests;
    for (let i = 0; i < requests; i++) {
      const next = sent[found[i] * R_INTS + R_NEXT];
      if (next !== NONE && requests < found.length) found[requests++] = next;
    }
    this.requestCount = requests;
    this.read += read;
    this.#firstBatches();
    this.batchRows(this.batches, requests);
  }

  /** For answers to these requests, or their arrival: their rows. */
  requestRows(requests: Int32Array, count: number): void {
    const { ints } = this.#state.requests;
    let read = 0;
    for (let i = 0; i < count; i++) read += ints[requests[i] * R_INTS];
    this.read += read;
  }

  batchRows(batches: Int32Array, count: number): void {
    const { ints } = this.#state.batches;
    let read = 0;
    for (let i = 0; i < count; i++) read += ints[batches[i] * B_INTS] + ints[batches[i] * B_INTS + LINE];
    this.read += read;
  }

  /** In three steps, a cache line each: the request, its first entry, the entry's batch. */
  #firstBatches(): void {
    const { requests } = this.#state;
    const { requests: found, batches, requestCount: count } = this;
    for (let i = 0; i < count; i++) batches[i] = requests.ints[found[i] * R_INTS + R_HEAD];
    for (let i = 0; i < count; i++) batches[i] = requests.batchOf(batches[i]);
  }

  #grow(count: number): void {
    this.producers = new Int32Array(2 * count);
    this.requests = new Int32Array(4 * count);
    this.batches = new Int32Array(4 * count);
  }
}
