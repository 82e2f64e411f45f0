/** What the parts of a producer core share, and the transitions of a batch that more than one of them makes. */

import { invariant } from '../invariant.ts';
import { NO_KEY } from '../record.ts';
import { BATCH, BatchPool } from './batch-pool.ts';
import { checkProducerConfig, type ProducerConfig } from './config.ts';
import { Connections } from './connections.ts';
import type { ProducerEffects } from './effects.ts';
import { FATE_DELIVERED, FATE_UNKNOWN } from './outcome.ts';
import type { LoadView, Partitioner } from './policy.ts';
import { PRODUCER_ROW, ProducerTable } from './producer-table.ts';
import { QueueTable } from './queue-table.ts';
import { Quotas } from './quotas.ts';
import { REQUEST, RequestPool } from './request-pool.ts';
import { STREAM, StreamTable } from './stream-table.ts';
import { StreamTraits } from './stream-traits.ts';

const { BYTES, CLASS_COUNT, P_STRIDE, RECHECK, RECORDS } = PRODUCER_ROW;

const { S_PARTITION, S_PRODUCER, S_READY, S_STRIDE, UNASKED } = STREAM;

const { R_BROKER, R_INTS, R_NEXT } = REQUEST;

const {
  B_BROKER,
  B_CHARGED_BYTES,
  B_FLOATS,
  B_INTS,
  B_MAYBE_WRITTEN,
  B_N,
  B_OPEN,
  B_PARTITION,
  B_PINS,
  B_SERVICE_CLASS,
  B_STATE,
  B_STREAM,
  GONE,
  READY,
} = BATCH;

const NONE = -1;
/** `end` of a batch that was delivered. */
export const DELIVERED = -1;

export class ProducerState implements LoadView {
  readonly config: ProducerConfig;
  readonly effects: ProducerEffects;
  readonly batches = new BatchPool();
  readonly requests = new RequestPool();
  readonly streams = new StreamTable();
  readonly producers = new ProducerTable();
  readonly queues: QueueTable;
  readonly connections: Connections;
  readonly traits: StreamTraits;
  readonly quotas: Quotas;
  /** Batches in flight to partitions that no longer mean anything: see `Assignment.deal`. Empty on a good day. */
  readonly stale = new Set<number>();
  readonly partitioner: Partitioner;
  /** Whether the partitioner only moves between batches, so that its answer outlives an append. */
  readonly sticks: boolean;
  #scratch = new Int32Array(0);

  constructor(config: ProducerConfig, effects: ProducerEffects) {
    checkProducerConfig(config);
    this.config = config;
    this.effects = effects;
    this.partitioner = config.partitioner(config);
    this.sticks = this.partitioner.movesBetweenBatches;
    this.connections = new Connections(config.reconnect);
    this.queues = new QueueTable(this.batches, this.producers);
    this.traits = new StreamTraits(config.acks);
    this.quotas = new Quotas(config.quotas, config.recordBytesMax);
  }

  /**
   * Requests that the producer has in flight to the broker. Counted along the list: on a good day it is shorter than a
   * table of brokers would be wide, and such tables of ten thousand producers are what falls out of the cache.
   */
  inFlight(producer: number, broker: number): number {
    const { requests } = this;
    let count = 0;
    for (
      let request = this.producers.requestHead(producer);
      request !== NONE;
      request = requests.ints[request * R_INTS + R_NEXT]
    ) {
      if (requests.ints[request * R_INTS + R_BROKER] === broker) count++;
    }
    return count;
  }

  /** Asks the partitioner, or remembers what it said of records without a key: it answers the same until told something. */
  partitionFor(stream: number, keyHash: number): number {
    const row = stream * S_STRIDE;
    if (keyHash === NO_KEY) {
      const known = this.streams.ints[row + S_PARTITION];
      if (known !== UNASKED) return known;
    }
    const view = this.streams.views[stream];
    if (view === null) return NONE;
    const partition = this.partitioner.peek(stream, keyHash, view, this);
    if (keyHash === NO_KEY) {
      this.streams.ints[row + S_PARTITION] = partition;
      this.streams.targets[stream] = view.leaders[partition];
    }
    return partition;
  }

  forgetTarget(stream: number): void {
    this.streams.ints[stream * S_STRIDE + S_PARTITION] = UNASKED;
    this.streams.targets[stream] = UNASKED;
  }

  /** Leader of a queued batch's partition, −1 for none. */
  brokerOf(batch: number): number {
    const partition = this.batches.ints[batch * B_INTS + B_PARTITION];
    if (partition === NONE) return NONE;
    const stream = this.batches.ints[batch * B_INTS + B_STREAM];
    const row = stream * S_STRIDE;
    const { ints } = this.streams;
    return ints[row + S_PARTITION] === partition
      ? this.streams.targets[stream]
      : this.streams.views[stream]!.leaders[partition];
  }

  queuedBatches(stream: number): Int32Array {
    const partitions = this.streams.views[stream]?.leaders.length ?? 0;
    if (this.#scratch.length < partitions) this.#scratch = new Int32Array(partitions);
    const counts = this.#scratch.subarray(0, partitions).fill(0);
    const producer = this.streams.ints[stream * S_STRIDE + S_PRODUCER];
    this.queues.countByPartition(producer, stream, counts);
    return counts;
  }

  wireBytes(bytesEach: number): number {
    // Rounded per record, so that n records together and n records one by one fill a batch alike.
    return this.config.compressionRatio === 1
      ? bytesEach || 1
      : Math.ceil(bytesEach * this.config.compressionRatio) || 1;
  }

  /** No more records for this batch. */
  shut(batch: number): void {
    if (this.batches.ints[batch * B_INTS + B_OPEN] === 0) return;
    const stream = this.batches.ints[batch * B_INTS + B_STREAM];
    this.batches.ints[batch * B_INTS + B_OPEN] = 0;
    this.streams.removeOpen(stream, batch, this.batches);
    if (this.batches.ints[batch * B_INTS + B_PARTITION] !== NONE)
      this.partitioner.closed(stream, this.batches.ints[batch * B_INTS + B_PARTITION]);
    this.forgetTarget(stream);
    // Where the next record goes is settled now if the partitioner will not change its mind: whoever looks can see it.
    if (this.sticks) this.partitionFor(stream, NO_KEY);
  }

  ready(producer: number, batch: number): void {
    const batches = this.batches;
    const stream = batches.ints[batch * B_INTS + B_STREAM];
    const broker = this.brokerOf(batch);
    batches.ints[batch * B_INTS + B_STATE] = READY;
    batches.ints[batch * B_INTS + B_BROKER] = broker;
    if (broker !== NONE) this.connections.addWaiting(producer, broker, 1);
    this.streams.ints[stream * S_STRIDE + S_READY]++;
    this.queues.insertReady(producer, batch);
  }

  unready(producer: number, batch: number): void {
    const broker = this.batches.ints[batch * B_INTS + B_BROKER];
    if (broker !== NONE) this.connections.addWaiting(producer, broker, -1);
    this.streams.ints[this.batches.ints[batch * B_INTS + B_STREAM] * S_STRIDE + S_READY]--;
    this.queues.removeReady(producer, batch);
  }

  recheckAt(producer: number, atNs: number): void {
    const at = producer * 2 + RECHECK;
    if (atNs < this.producers.floats[at]) this.producers.floats[at] = atNs;
  }

  /** A batch is over: delivered (`cause` −1), dropped, or unknown when an attempt may have been written. */
  end(producer: number, batch: number, cause: number): void {
    const { batches } = this;
    const stream = batches.ints[batch * B_INTS + B_STREAM];
    const n = batches.ints[batch * B_INTS + B_N];
    this.shut(batch);
    if (this.stale.size !== 0) this.stale.delete(batch);
    batches.ints[batch * B_INTS + B_STATE] = GONE;
    const floats = this.producers.floats;
    const ints = this.producers.ints;
    floats[producer * 2 + BYTES] -= batches.floats[batch * B_FLOATS + B_CHARGED_BYTES];
    ints[producer * P_STRIDE + RECORDS] -= n;
    ints[producer * P_STRIDE + CLASS_COUNT + batches.ints[batch * B_INTS + B_SERVICE_CLASS]]--;
    if (floats[producer * 2 + BYTES] < 0 || ints[producer * P_STRIDE + RECORDS] < 0) {
      invariant(false, 'a buffer never holds less than nothing');
    }
    if (cause === NONE) this.effects.ended(batch, stream, n, FATE_DELIVERED);
    else if (batches.ints[batch * B_INTS + B_MAYBE_WRITTEN] === 1) this.effects.ended(batch, stream, n, FATE_UNKNOWN);
    else this.effects.dropped(stream, n, cause, batch);
    this.unpin(batch);
  }

  unpin(batch: number): void {
    // `freed` comes first: the driver may still read the columns.
    if (this.batches.ints[batch * B_INTS + B_PINS] === 1) this.effects.freed(batch);
    this.batches.unpin(batch);
  }
}
