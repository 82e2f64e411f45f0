/** Producers as rows: what each holds in its buffer, and its requests in flight in the order they were sent. */

import type { RequestPool } from './request-pool.ts';
import { REQUEST } from './request-pool.ts';

const { R_INTS, R_NEXT, R_PREVIOUS } = REQUEST;

/** Rows of `ints`, one cache line each. */
const P_STRIDE = 16;
const RECORDS = 0;
const CLOSED = 1;
/** Queued or in-flight batches by class: three columns. */
const CLASS_COUNT = 4;
const REQUESTS = 7;
const REQUEST_HEAD = 8;
const REQUEST_TAIL = 9;
/** Ends of the lists that the queue table keeps: a head and a tail each. */
const LINGER_ENDS = 10;
const READY_ENDS = 12;
const READY_COUNT = 14;

/** Rows of `floats` are 2 wide. */
const BYTES = 0;
/** Earliest time at which trying the ready batches again can help. */
const RECHECK = 1;

const NONE = -1;

/**
 * For other files to take apart into constants of their own: V8 folds a module's own constants into its code, but reads
 * imported ones from memory each time.
 */
export const PRODUCER_ROW = {
  P_STRIDE,
  RECORDS,
  CLOSED,
  CLASS_COUNT,
  LINGER_ENDS,
  READY_ENDS,
  READY_COUNT,
  BYTES,
  RECHECK,
} as const;

export class ProducerTable {
  ints = new Int32Array(P_STRIDE * 4);
  floats = new Float64Array(2 * 4);
  count = 0;

  add(): number {
    const producer = this.count++;
    const row = producer * P_STRIDE;
    if (row + P_STRIDE > this.ints.length) {
      const ints = new Int32Array(this.ints.length * 2);
      ints.set(this.ints);
      this.ints = ints;
      const floats = new Float64Array(this.floats.length * 2);
      floats.set(this.floats);
      this.floats = floats;
    }
    this.ints.fill(NONE, row + REQUEST_HEAD, row + READY_COUNT);
    this.floats[producer * 2 + RECHECK] = Infinity;
    return producer;
  }

  nextRequest(producer: number): number {
    return this.ints[producer * P_STRIDE + REQUESTS]++;
  }

  requestHead(producer: number): number {
    return this.ints[producer * P_STRIDE + REQUEST_HEAD];
  }

  pushRequest(producer: number, request: number, requests: RequestPool): void {
    const tail = this.ints[producer * P_STRIDE + REQUEST_TAIL];
    requests.ints[request * R_INTS + R_PREVIOUS] = tail;
    requests.ints[request * R_INTS + R_NEXT] = NONE;
    if (tail === NONE) this.ints[producer * P_STRIDE + REQUEST_HEAD] = request;
    else requests.ints[tail * R_INTS + R_NEXT] = request;
    this.ints[producer * P_STRIDE + REQUEST_TAIL] = request;
  }

  removeRequest(producer: number, request: number, requests: RequestPool): void {
    const next = requests.ints[request * R_INTS + R_NEXT];
    const previous = requests.ints[request * R_INTS + R_PREVIOUS];
    if (previous === NONE) this.ints[producer * P_STRIDE + REQUEST_HEAD] = next;
    else requests.ints[previous * R_INTS + R_NEXT] = next;
    if (next === NONE) this.ints[producer * P_STRIDE + REQUEST_TAIL] = previous;
    else requests.ints[next * R_INTS + R_PREVIOUS] = previous;
  }
}
