/**
 * Each producer's queued batches: lingering ones in the order of their deadlines, due ones in the order of their
 * creation. A batch is in at most one list, so both share its links.
 */
import type { BatchPool } from './batch-pool.ts';
import { LINGER_ENDS, P_STRIDE, type ProducerTable, READY_COUNT, READY_ENDS } from './producer-table.ts';

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
    const { previous } = this.#batches;
    let after = this.#producers.ints[producer * P_STRIDE + LINGER_ENDS + 1];
    while (after !== NONE && this.#before(batch, after)) after = previous[after];
    this.#insertAfter(producer * P_STRIDE + LINGER_ENDS, after, batch);
  }

  removeLingering(producer: number, batch: number): void {
    this.#remove(producer * P_STRIDE + LINGER_ENDS, batch);
  }

  /** Keeps the order of creation: a batch that comes back from a retry goes before younger ones. */
  insertReady(producer: number, batch: number): void {
    const { previous, next } = this.#batches;
    const head = this.#producers.ints[producer * P_STRIDE + READY_ENDS];
    let after: number;
    if (head === NONE || this.#before(batch, head)) {
      after = NONE;
    } else if (this.#batches.attempts[batch] > 0) {
      // Retried batches are among the oldest: search from the front, the others from the back.
      after = head;
      while (next[after] !== NONE && this.#before(next[after], batch)) after = next[after];
    } else {
      after = this.#producers.ints[producer * P_STRIDE + READY_ENDS + 1];
      while (this.#before(batch, after)) after = previous[after];
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
    const { next } = this.#batches;
    let ready = this.readyHead(producer);
    while (ready !== NONE && !wanted(ready)) ready = next[ready];
    let lingering = this.lingerHead(producer);
    while (lingering !== NONE && !wanted(lingering)) lingering = next[lingering];
    if (ready === NONE || lingering === NONE) return ready === NONE ? lingering : ready;
    return this.#before(ready, lingering) ? ready : lingering;
  }

  /** Calls back for each queued batch, due ones first. `each` may not queue or unqueue. */
  visit(producer: number, each: (batch: number) => void): void {
    const { next } = this.#batches;
    for (let batch = this.readyHead(producer); batch !== NONE; batch = next[batch]) each(batch);
    for (let batch = this.lingerHead(producer); batch !== NONE; batch = next[batch]) each(batch);
  }

  /** Adds the stream's queued batches to `counts` by partition. */
  countByPartition(producer: number, stream: number, counts: Int32Array): void {
    const batches = this.#batches;
    this.visit(producer, (batch) => {
      if (batches.stream[batch] === stream && batches.partition[batch] !== NONE) counts[batches.partition[batch]]++;
    });
  }

  /** Order of creation; between streams that began one at the same time, the order of the streams. */
  #before(a: number, b: number): boolean {
    const { createdAtNs, stream, sequence } = this.#batches;
    if (createdAtNs[a] !== createdAtNs[b]) return createdAtNs[a] < createdAtNs[b];
    if (stream[a] !== stream[b]) return stream[a] < stream[b];
    return sequence[a] < sequence[b];
  }

  #insertAfter(headAt: number, after: number, batch: number): void {
    const { next, previous } = this.#batches;
    const following = after === NONE ? this.#producers.ints[headAt] : next[after];
    previous[batch] = after;
    next[batch] = following;
    if (after === NONE) this.#producers.ints[headAt] = batch;
    else next[after] = batch;
    if (following === NONE) this.#producers.ints[headAt + 1] = batch;
    else previous[following] = batch;
  }

  #remove(headAt: number, batch: number): void {
    const { next, previous } = this.#batches;
    const before = previous[batch];
    const after = next[batch];
    if (before === NONE) this.#producers.ints[headAt] = after;
    else next[before] = after;
    if (after === NONE) this.#producers.ints[headAt + 1] = before;
    else previous[after] = before;
  }
}
