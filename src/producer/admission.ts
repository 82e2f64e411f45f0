/** Admission: into which batch a record goes, and who gives way when there is no room. Never sends. */

import { invariant } from '../invariant.ts';
import { DROP_CAUSES, NO_KEY } from '../record.ts';
import { BATCH } from './batch-pool.ts';
import type { BufferView } from './policy.ts';
import { PRODUCER_ROW } from './producer-table.ts';
import type { ProducerState } from './state.ts';
import { STREAM } from './stream-table.ts';

const { BYTES, CLASS_COUNT, CLOSED, P_STRIDE, RECHECK, RECORDS } = PRODUCER_ROW;

const { S_BATCHES, S_CLASS, S_PRODUCER, S_STRIDE } = STREAM;

const {
  B_CHARGED_BYTES,
  B_CREATED_AT_NS,
  B_FLOATS,
  B_INTS,
  B_LAST_AT_NS,
  B_N,
  B_ORDINAL,
  B_SERVICE_CLASS,
  B_STATE,
  B_WIRE_BYTES,
  LINGERING,
  READY,
} = BATCH;

const NONE = -1;
const CAUSE_BUFFER_FULL = DROP_CAUSES.indexOf('buffer-full');
const CAUSE_TOO_LARGE = DROP_CAUSES.indexOf('too-large');
const CAUSE_CLOSED = DROP_CAUSES.indexOf('closed');
const CAUSE_OVER_QUOTA = DROP_CAUSES.indexOf('over-quota');

/** What would become of a producer's next record: there is room, another gives way to it, or it drops. */
export type Outlook = 'room' | 'evicts' | 'drops';

export class Admission implements BufferView {
  /** Where the last admitted record went. */
  lastBatch = NONE;
  readonly #state: ProducerState;
  /** Whose buffer the overflow policy is looking at. */
  #viewed = 0;

  constructor(state: ProducerState) {
    this.#state = state;
  }

  /**
   * How many records of this size and key may be offered before the next one decides something (opens or fills a
   * batch, moves to another partition): 0 when the very next one does.
   */
  room(stream: number, bytesEach: number, keyHash: number): number {
    const partition = this.#state.partitionFor(stream, keyHash);
    const batch = this.#state.streams.findOpen(stream, partition, keyHash, this.#state.batches);
    if (batch === NONE) return 0;
    const left = this.roomIn(batch, bytesEach);
    if (left <= 0 || partition === NONE || keyHash !== NO_KEY) return Math.max(0, left);
    return Math.min(left, this.#state.partitioner.promised(stream, bytesEach));
  }

  /** How many more records of this size fit the batch; 0 or less: none. */
  roomIn(batch: number, bytesEach: number): number {
    const free = this.#state.config.batchBytesMax - this.#state.batches.floats[batch * B_FLOATS + B_WIRE_BYTES];
    return Math.floor(free / this.#state.wireBytes(bytesEach));
  }

  /** Records of this size in a batch that starts empty: at least one. */
  capacity(bytesEach: number): number {
    return Math.max(1, Math.floor(this.#state.config.batchBytesMax / this.#state.wireBytes(bytesEach)));
  }

  /**
   * Offers n records, equal in size and key, at `nowNs`. Never sends, waits or throws for an operating reason; answers how
   * many were admitted, the first ones. Positional: this is the hottest door.
   *
   * @param bytesEach raw bytes of one record
   * @param keyHash `NO_KEY`, or the 31-bit hash that `keyHashOf` gives
   */
  offer(stream: number, n: number, bytesEach: number, keyHash: number, nowNs: number): number {
    const config = this.#state.config;
    const batches = this.#state.batches;
    const producer = this.#state.streams.ints[stream * S_STRIDE + S_PRODUCER];
    if (this.#state.producers.ints[producer * P_STRIDE + CLOSED] === 1) {
      this.#state.effects.dropped(stream, n, CAUSE_CLOSED, NONE);
      return 0;
    }
    if (bytesEach > config.recordBytesMax) {
      this.#state.effects.dropped(stream, n, CAUSE_TOO_LARGE, NONE);
      return 0;
    }
    const wireEach = this.#state.wireBytes(bytesEach);
    const chargeEach = bytesEach + config.overheadBytesPerRecord;
    let left = n;
    while (left > 0) {
      const partition = this.#state.partitionFor(stream, keyHash);
      if (partition === NONE) this.#state.effects.refreshMetadata(producer, stream);
      let batch = this.#state.streams.findOpen(stream, partition, keyHash, batches);
      let count = left;
      let overhead = 0;
      if (batch !== NONE) {
        const fits = Math.floor((config.batchBytesMax - batches.floats[batch * B_FLOATS + B_WIRE_BYTES]) / wireEach);
        if (fits <= 0) {
          this.#seal(producer, batch, nowNs);
          continue;
        }
        if (fits < count) count = fits;
      } else {
        overhead = config.overheadBytesPerBatch;
        const fits = this.capacity(bytesEach);
        if (fits < count) count = fits;
      }
      if (count > 1 && keyHash === NO_KEY && partition !== NONE) {
        count = Math.min(count, this.#state.partitioner.promised(stream, bytesEach));
      }
      const floats = this.#state.producers.floats;
      const ints = this.#state.producers.ints;
      const freeBytes = config.bufferBytesMax - floats[producer * 2 + BYTES] - overhead;
      if (count * chargeEach > freeBytes) count = Math.floor(freeBytes / chargeEach);
      const freeRecords = config.bufferRecordsMax - ints[producer * P_STRIDE + RECORDS];
      if (count > freeRecords) count = freeRecords;
      if (count <= 0) {
        if (this.#makeRoom(producer, stream)) continue;
        this.#state.effects.dropped(stream, left, CAUSE_BUFFER_FULL, NONE);
        return n - left;
      }
      if (batch === NONE) batch = this.#open(producer, stream, partition, keyHash, nowNs);
      const charged = count * chargeEach + overhead;
      batches.ints[batch * B_INTS + B_N] += count;
      batches.floats[batch * B_FLOATS + B_WIRE_BYTES] += count * wireEach;
      batches.floats[batch * B_FLOATS + B_CHARGED_BYTES] += charged;
      batches.floats[batch * B_FLOATS + B_LAST_AT_NS] = nowNs;
      floats[producer * 2 + BYTES] += charged;
      ints[producer * P_STRIDE + RECORDS] += count;
      this.lastBatch = batch;
      if (partition !== NONE) {
        this.#state.partitioner.appended(stream, partition, count, count * bytesEach);
        if (!this.#state.sticks) this.#state.forgetTarget(stream);
      }
      left -= count;
    }
    return n;
  }

  /** The same within the quota that the stream counts against, if it has one. Records dropped for lack of room cost no tokens. */
  offerWithinQuota(stream: number, n: number, bytesEach: number, keyHash: number, nowNs: number): number {
    const { quotas, traits, producers, streams, config, effects } = this.#state;
    const quota = traits.quota(stream);
    const producer = streams.ints[stream * S_STRIDE + S_PRODUCER];
    if (quota === NONE || bytesEach > config.recordBytesMax || producers.ints[producer * P_STRIDE + CLOSED] === 1) {
      return this.offer(stream, n, bytesEach, keyHash, nowNs);
    }
    const bucket = quotas.bucket(producer, quota);
    const fits = quotas.fitting(bucket, n, bytesEach, nowNs);
    const admitted = fits === 0 ? 0 : this.offer(stream, fits, bytesEach, keyHash, nowNs);
    quotas.take(bucket, admitted, bytesEach);
    // Without room for the last that fits, the rest fits no less: it finds the buffer full as well.
    if (fits < n) effects.dropped(stream, n - fits, admitted === fits ? CAUSE_OVER_QUOTA : CAUSE_BUFFER_FULL, NONE);
    return admitted;
  }

  /** What would become of the producer's next record of a class now, were it to cost so much of the buffer. */
  outlook(producer: number, serviceClass: number, chargeBytes: number): Outlook {
    const { config, producers } = this.#state;
    if (producers.ints[producer * P_STRIDE + CLOSED] === 1) return 'drops';
    const bytes = producers.floats[producer * 2 + BYTES] + config.overheadBytesPerBatch + chargeBytes;
    const records = producers.ints[producer * P_STRIDE + RECORDS] + 1;
    if (bytes <= config.bufferBytesMax && records <= config.bufferRecordsMax) return 'room';
    this.#viewed = producer;
    return config.overflow.victim(this, serviceClass) === NONE ? 'drops' : 'evicts';
  }

  oldest(serviceClass: number): number {
    if (this.#state.producers.ints[this.#viewed * P_STRIDE + CLASS_COUNT + serviceClass] === 0) return NONE;
    const { ints } = this.#state.batches;
    return this.#state.queues.find(this.#viewed, (batch) => ints[batch * B_INTS + B_SERVICE_CLASS] === serviceClass);
  }

  createdAtNs(batch: number): number {
    return this.#state.batches.floats[batch * B_FLOATS + B_CREATED_AT_NS];
  }

  #open(producer: number, stream: number, partition: number, keyHash: number, nowNs: number): number {
    const { batches, streams, producers } = this.#state;
    const batch = batches.allocate(stream, partition, keyHash, nowNs);
    const row = stream * S_STRIDE;
    const serviceClass = streams.ints[row + S_CLASS];
    batches.ints[batch * B_INTS + B_ORDINAL] = streams.ints[row + S_BATCHES]++;
    batches.ints[batch * B_INTS + B_SERVICE_CLASS] = serviceClass;
    streams.pushOpen(stream, batch, batches);
    producers.ints[producer * P_STRIDE + CLASS_COUNT + serviceClass]++;
    this.#state.queues.pushLingering(producer, batch);
    return batch;
  }

  /** A full batch is due at once. */
  #seal(producer: number, batch: number, nowNs: number): void {
    this.#state.shut(batch);
    if (this.#state.batches.ints[batch * B_INTS + B_STATE] === LINGERING) {
      this.#state.queues.removeLingering(producer, batch);
      this.#state.ready(producer, batch);
      this.#state.producers.floats[producer * 2 + RECHECK] = nowNs;
    }
  }

  /** Evicts one batch for the stream's class; false when nobody gives way. */
  #makeRoom(producer: number, stream: number): boolean {
    this.#viewed = producer;
    const victim = this.#state.config.overflow.victim(this, this.#state.streams.ints[stream * S_STRIDE + S_CLASS]);
    if (victim === NONE) return false;
    const state = this.#state.batches.ints[victim * B_INTS + B_STATE];
    invariant(state === LINGERING || state === READY, 'an overflow policy evicts only what is queued');
    if (state === LINGERING) this.#state.queues.removeLingering(producer, victim);
    else this.#state.unready(producer, victim);
    this.#state.end(producer, victim, DROP_CAUSES.indexOf(this.#state.config.overflow.cause));
    return true;
  }
}
