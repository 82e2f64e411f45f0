/** Reads what decisions of the fleet will read, to have it in cache: changes nothing, and without it the same bytes come out. */
import type { ProducerCore } from '../../src/producer/core.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import type { Arrivals } from './arrivals.ts';
import { FLEET, type FleetRows } from './fleet-rows.ts';

const { FIRST, PRODUCER_INTS } = FLEET;
const { R_INTS } = REQUEST;

export interface FleetReadAheadOptions {
  readonly core: ProducerCore;
  readonly arrivals: Arrivals;
  readonly rows: FleetRows;
  /** When a request is answered. */
  readonly answerNs: (request: number) => number;
}

export class FleetReadAhead {
  /** What was read: means nothing, but what is read has to go somewhere. */
  read = 0;
  readonly #from: FleetReadAheadOptions;
  /** Of the producers last asked about: the first stream of each, or the oldest request in flight. */
  readonly #firsts = new Int32Array(64);

  constructor(options: FleetReadAheadOptions) {
    this.#from = options;
  }

  /** For decisions on these streams, at most 64. */
  streams(streams: Int32Array, count: number): void {
    const { core, arrivals, rows } = this.#from;
    core.readAhead.streams(streams, count);
    this.read +=
      arrivals.foresee(streams, count) +
      rows.foreseeStreams(streams, count) +
      rows.foreseeProducers(core.readAhead.producers, count);
  }

  /** For decisions on these producers, at most 64: their streams lie side by side, so the first one's row will do. */
  producers(producers: Int32Array, count: number): void {
    const { core, rows, answerNs } = this.#from;
    const firsts = this.#firsts;
    for (let i = 0; i < count; i++) firsts[i] = rows.ints[producers[i] * PRODUCER_INTS + FIRST];
    this.streams(firsts, count);
    for (let i = 0; i < count; i++) firsts[i] = Math.max(0, core.requestHead(producers[i]));
    const { ints } = core.requests;
    let read = 0;
    for (let i = 0; i < count; i++) read += answerNs(firsts[i]) + ints[firsts[i] * R_INTS];
    this.read += read;
  }
}
