/**
 * Assignment: which partition and broker queued batches go to when metadata comes or changes, and how their records are
 * dealt out anew when their topic has another number of partitions, as it may in another cluster.
 */

import { invariant } from '../invariant.ts';
import { NO_KEY } from '../record.ts';
import { BATCH } from './batch-pool.ts';
import { PRODUCER_ROW } from './producer-table.ts';
import type { ProducerState } from './state.ts';
import { STREAM } from './stream-table.ts';
import type { TopicView } from './topic-view.ts';

const { CLASS_COUNT, P_STRIDE, RECHECK } = PRODUCER_ROW;

const { S_BATCHES, S_PRODUCER, S_STRIDE } = STREAM;

const {
  B_ATTEMPTS,
  B_BROKER,
  B_CHARGED_BYTES,
  B_CREATED_AT_NS,
  B_FLOATS,
  B_INTS,
  B_KEY_HASH,
  B_LAST_AT_NS,
  B_MAYBE_WRITTEN,
  B_N,
  B_NOT_BEFORE_NS,
  B_OPEN,
  B_ORDINAL,
  B_PARTITION,
  B_SEQUENCE,
  B_SERVICE_CLASS,
  B_STATE,
  B_STREAM,
  B_WIRE_BYTES,
  GONE,
  IN_FLIGHT,
  LINGERING,
  READY,
} = BATCH;

const NONE = -1;

/** Knows the records of a batch one by one: the core does not. Asked only when a batch is dealt out anew. */
export interface BatchContents {
  /** `NO_KEY`, or the 31-bit hash that `keyHashOf` gives. */
  keyHash(batch: number, index: number): number;
  /** As offered. */
  bytes(batch: number, index: number): number;
  /** Record `index` of a batch that is given up is the next one of batch `to`. */
  moved(batch: number, index: number, to: number): void;
}

export class Assignment {
  readonly #state: ProducerState;
  #contents: BatchContents | null = null;

  constructor(state: ProducerState) {
    this.#state = state;
  }

  /** Metadata has come or changed: partitions for batches without one, brokers for those that wait. */
  learn(stream: number, view: TopicView, nowNs: number): void {
    const { batches, streams, connections } = this.#state;
    const producer = streams.ints[stream * S_STRIDE + S_PRODUCER];
    this.#reserve(view);
    streams.views[stream] = view;
    this.#state.forgetTarget(stream);
    for (const batch of this.#queued(producer, stream)) {
      if (batches.ints[batch * B_INTS + B_PARTITION] === NONE) this.#givePartition(producer, stream, batch, view);
      if (batches.ints[batch * B_INTS + B_STATE] !== READY) continue;
      const before = batches.ints[batch * B_INTS + B_BROKER];
      const broker = view.leaders[batches.ints[batch * B_INTS + B_PARTITION]];
      if (before !== NONE) connections.addWaiting(producer, before, -1);
      if (broker !== NONE) connections.addWaiting(producer, broker, 1);
      batches.ints[batch * B_INTS + B_BROKER] = broker;
    }
    this.#state.producers.floats[producer * 2 + RECHECK] = nowNs;
  }

  /**
   * The same where the partitions are others than before: records that are queued get theirs anew, one by one, in the
   * order in which their batches were begun; what is in flight does when it comes back. Costs no record and no memory that
   * is counted: the parts of a batch share what was charged for it.
   */
  deal(stream: number, view: TopicView, contents: BatchContents, nowNs: number): void {
    const { batches, streams, queues } = this.#state;
    const producer = streams.ints[stream * S_STRIDE + S_PRODUCER];
    this.#contents = contents;
    this.#reserve(view);
    // Those without a partition learn theirs as ever.
    const placed = this.#queued(producer, stream).filter(
      (batch) => batches.ints[batch * B_INTS + B_PARTITION] !== NONE,
    );
    for (const batch of placed) {
      this.#state.shut(batch);
      if (batches.ints[batch * B_INTS + B_STATE] === READY) this.#state.unready(producer, batch);
      else queues.removeLingering(producer, batch);
    }
    for (let batch = 0; batch < batches.used; batch++) {
      const row = batch * B_INTS;
      if (batches.ints[row + B_STATE] === IN_FLIGHT && batches.ints[row + B_STREAM] === stream)
        this.#state.stale.add(batch);
    }
    streams.views[stream] = view;
    this.#state.forgetTarget(stream);
    for (const batch of placed) this.#dealOut(producer, stream, batch, view);
    this.learn(stream, view, nowNs);
  }

  /** A batch that was in flight while its stream's partitions changed comes back to be sent again. */
  dealAgain(batch: number, nowNs: number): void {
    const { batches, streams } = this.#state;
    const stream = batches.ints[batch * B_INTS + B_STREAM];
    const producer = streams.ints[stream * S_STRIDE + S_PRODUCER];
    this.#dealOut(producer, stream, batch, streams.views[stream]!);
    this.#state.recheckAt(producer, nowNs);
  }

  /** Brokers are numbered densely. */
  #reserve(view: TopicView): void {
    let brokers = 0;
    for (const leader of view.leaders) if (leader >= brokers) brokers = leader + 1;
    this.#state.connections.reserve(brokers);
  }

  #queued(producer: number, stream: number): number[] {
    const { ints } = this.#state.batches;
    const queued: number[] = [];
    this.#state.queues.visit(producer, (batch) => {
      if (ints[batch * B_INTS + B_STREAM] === stream) queued.push(batch);
    });
    return queued;
  }

  /** A batch from before the first metadata learns its partition, and stays open if it is the only one there. */
  #givePartition(producer: number, stream: number, batch: number, view: TopicView): void {
    const { batches, streams, partitioner, config } = this.#state;
    const partition = partitioner.peek(stream, batches.ints[batch * B_INTS + B_KEY_HASH], view, this.#state);
    const open = batches.ints[batch * B_INTS + B_OPEN] === 1;
    if (open) streams.removeOpen(stream, batch, batches);
    const other = streams.findOpen(stream, partition, NO_KEY, batches);
    batches.ints[batch * B_INTS + B_PARTITION] = partition;
    const rawBytes = Math.round(batches.floats[batch * B_FLOATS + B_WIRE_BYTES] / config.compressionRatio);
    partitioner.appended(stream, partition, batches.ints[batch * B_INTS + B_N], rawBytes);
    if (open && other === NONE) {
      streams.pushOpen(stream, batch, batches);
      return;
    }
    batches.ints[batch * B_INTS + B_OPEN] = 0;
    if (!open) partitioner.closed(stream, partition);
    this.#due(producer, batch);
    if (other === NONE) return;
    // What comes next must not join a batch that goes before this one: this may hold older records of its key.
    this.#state.shut(other);
    this.#due(producer, other);
  }

  /** Nothing more can join the batch: it is due, as a full one is. */
  #due(producer: number, batch: number): void {
    if (this.#state.batches.ints[batch * B_INTS + B_STATE] !== LINGERING) return;
    this.#state.queues.removeLingering(producer, batch);
    this.#state.ready(producer, batch);
  }

  /** Deals the records of a batch in no queue out to new ones, a batch for each partition that they go to now, all due. */
  #dealOut(producer: number, stream: number, batch: number, view: TopicView): void {
    const { batches, partitioner, producers, config } = this.#state;
    const contents = this.#contents!;
    const n = batches.ints[batch * B_INTS + B_N];
    const parts = new Map<number, number>();
    for (let i = 0; i < n; i++) {
      const bytes = contents.bytes(batch, i);
      const partition = partitioner.peek(stream, contents.keyHash(batch, i), view, this.#state);
      let part = parts.get(partition);
      if (part === undefined) {
        part = this.#partOf(batch, partition);
        parts.set(partition, part);
      }
      // Read anew: the pool may have grown.
      const { ints, floats } = batches;
      ints[part * B_INTS + B_N]++;
      floats[part * B_FLOATS + B_WIRE_BYTES] += this.#state.wireBytes(bytes);
      floats[part * B_FLOATS + B_CHARGED_BYTES] += bytes + config.overheadBytesPerRecord;
      partitioner.appended(stream, partition, 1, bytes);
      contents.moved(batch, i, part);
    }
    let charged = 0;
    for (const part of parts.values()) charged += batches.floats[part * B_FLOATS + B_CHARGED_BYTES];
    const left = batches.floats[batch * B_FLOATS + B_CHARGED_BYTES] - charged;
    invariant(parts.size > 0 && left >= 0, 'a batch holds the records that it was charged for');
    let first = true;
    for (const [partition, part] of parts) {
      if (first) batches.floats[part * B_FLOATS + B_CHARGED_BYTES] += left;
      first = false;
      partitioner.closed(stream, partition);
      this.#state.ready(producer, part);
    }
    this.#state.forgetTarget(stream);
    const counts = producer * P_STRIDE + CLASS_COUNT + batches.ints[batch * B_INTS + B_SERVICE_CLASS];
    producers.ints[counts] += parts.size - 1;
    batches.ints[batch * B_INTS + B_STATE] = GONE;
    this.#state.unpin(batch);
  }

  /** An empty batch that is as old as another and has been through as much. */
  #partOf(batch: number, partition: number): number {
    const { batches, streams } = this.#state;
    const stream = batches.ints[batch * B_INTS + B_STREAM];
    const createdAtNs = batches.floats[batch * B_FLOATS + B_CREATED_AT_NS];
    const part = batches.allocate(stream, partition, NO_KEY, createdAtNs);
    const { ints, floats } = batches;
    ints[part * B_INTS + B_OPEN] = 0;
    for (const column of [B_ATTEMPTS, B_MAYBE_WRITTEN, B_SERVICE_CLASS]) {
      ints[part * B_INTS + column] = ints[batch * B_INTS + column];
    }
    ints[part * B_INTS + B_ORDINAL] = streams.ints[stream * S_STRIDE + S_BATCHES]++;
    // The order of creation stays, also among batches of one instant.
    for (const column of [B_SEQUENCE, B_LAST_AT_NS, B_NOT_BEFORE_NS]) {
      floats[part * B_FLOATS + column] = floats[batch * B_FLOATS + column];
    }
    return part;
  }
}
