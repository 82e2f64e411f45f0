/**
 * Each producer's queued batches: lingering ones in the order of their deadlines, due ones in the order of their
 * creation. A batch is in at most one list, so both share its links.
 */

import type { BatchPool } from './batch-pool.ts';
import { BATCH } from './batch-pool.ts';
import { PRODUCER_ROW, type ProducerTable } from './producer-table.ts';

const { LINGER_ENDS, P_STRIDE, READY_COUNT, READY_ENDS } = PRODUCER_ROW;

const { B_ATTEMPTS, B_CREATED_AT_NS, B_FLOATS, B_INTS, B_NEXT, B_PARTITION, B_PREVIOUS, B_SEQUENCE, B_STREAM } = BATCH;

const NONE = -1;
export class QueueTable {
  readonly #batches: BatchPool;
  readonly #producers: ProducerTable;

  constructor(batches: BatchPool, producers: ProducerTable) {
    this.#batches = batches;
    this.#producers = producers;
  }

  lingerHead(producer: number): number {
    return this.#producers.ints[producer * P_STRIDE + LINGER_ENDS];
  }

  readyHead(producer: number): number {
    return this.#producers.ints[producer * P_STRIDE + READY_ENDS];
  }

  readyCount(producer: number): number {
    return this.#producers.ints[producer * P_STRIDE + READY_COUNT];
  }

  pushLingering(producer: number, batch: number): void {
    // Nearly always the youngest; a driver that hands records over late, stream by stream, brings older ones.
    let after = this.#producers.ints[producer * P_STRIDE + LINGER_ENDS + 1];
    while (after !== NONE && this.#before(batch, after)) after = this.#previous(after);
    this.#insertAfter(producer * P_STRIDE + LINGER_ENDS, after, batch);
  }

  removeLingering(producer: number, batch: number): void {
    this.#remove(producer * P_STRIDE + LINGER_ENDS, batch);
  }

  /** Keeps the order of creation: a batch that comes back from a retry goes before younger ones. */
  insertReady(producer: number, batch: number): void {
    const head = this.#producers.ints[producer * P_STRIDE + READY_ENDS];
    let after: number;
    if (head === NONE || this.#before(batch, head)) {
      after = NONE;
    } else if (this.#batches.ints[batch * B_INTS + B_ATTEMPTS] > 0) {
      // Retried batches are among the oldest: search from the front, the others from the back.
      after = head;
      for (let next = this.#next(after); next !== NONE && this.#before(next, batch); next = this.#next(after))
        after = next;
    } else {
      after = this.#producers.ints[producer * P_STRIDE + READY_ENDS + 1];
      while (this.#before(batch, after)) after = this.#previous(after);
    }
    this.#insertAfter(producer * P_STRIDE + READY_ENDS, after, batch);
    this.#producers.ints[producer * P_STRIDE + READY_COUNT]++;
  }

  removeReady(producer: number, batch: number): void {
    this.#remove(producer * P_STRIDE + READY_ENDS, batch);
    this.#producers.ints[producer * P_STRIDE + READY_COUNT]--;
  }

  /** The oldest queued batch that satisfies `wanted`, −1 for none. Linear: for eviction. */
  find(producer: number, wanted: (batch: number) => boolean): number {
    let ready = this.readyHead(producer);
    while (ready !== NONE && !wanted(ready)) ready = this.#next(ready);
    let lingering = this.lingerHead(producer);
    while (lingering !== NONE && !wanted(lingering)) lingering = this.#next(lingering);
    if (ready === NONE || lingering === NONE) return ready === NONE ? lingering : ready;
    return this.#before(ready, lingering) ? ready : lingering;
  }

  /** Calls back for each queued batch, due ones first. `each` may not queue or unqueue. */
  visit(producer: number, each: (batch: number) => void): void {
    for (let batch = this.readyHead(producer); batch !== NONE; batch = this.#next(batch)) each(batch);
    for (let batch = this.lingerHead(producer); batch !== NONE; batch = this.#next(batch)) each(batch);
  }

  /** Adds the stream's queued batches to `counts` by partition. */
  countByPartition(producer: number, stream: number, counts: Int32Array): void {
    const batches = this.#batches;
    this.visit(producer, (batch) => {
      if (batches.ints[batch * B_INTS + B_STREAM] === stream && batches.ints[batch * B_INTS + B_PARTITION] !== NONE)
        counts[batches.ints[batch * B_INTS + B_PARTITION]]++;
    });
  }

  /** Order of creation; between streams that began one at the same time, the order of the streams. */
  #before(a: number, b: number): boolean {
    const { ints, floats } = this.#batches;
    const i = a * B_FLOATS;
    const j = b * B_FLOATS;
    if (floats[i + B_CREATED_AT_NS] !== floats[j + B_CREATED_AT_NS]) {
      return floats[i + B_CREATED_AT_NS] < floats[j + B_CREATED_AT_NS];
    }
    const stream = ints[a * B_INTS + B_STREAM];
    const other = ints[b * B_INTS + B_STREAM];
    return stream === other ? floats[i + B_SEQUENCE] < floats[j + B_SEQUENCE] : stream < other;
  }

  #next(batch: number): number {
    return this.#batches.ints[batch * B_INTS + B_NEXT];
  }

  #previous(batch: number): number {
    return this.#batches.ints[batch * B_INTS + B_PREVIOUS];
  }

  #insertAfter(headAt: number, after: number, batch: number): void {
    const { ints } = this.#batches;
    const following = after === NONE ? this.#producers.ints[headAt] : this.#next(after);
    ints[batch * B_INTS + B_PREVIOUS] = after;
    ints[batch * B_INTS + B_NEXT] = following;
    if (after === NONE) this.#producers.ints[headAt] = batch;
    else ints[after * B_INTS + B_NEXT] = batch;
    if (following === NONE) this.#producers.ints[headAt + 1] = batch;
    else ints[following * B_INTS + B_PREVIOUS] = batch;
  }

  #remove(headAt: number, batch: number): void {
    const { ints } = this.#batches;
    const before = this.#previous(batch);
    const after = this.#next(batch);
    if (before === NONE) this.#producers.ints[headAt] = after;
    else ints[before * B_INTS + B_NEXT] = after;
    if (after === NONE) this.#producers.ints[headAt + 1] = before;
    else ints[after * B_INTS + B_PREVIOUS] = before;
  }
}
