/**
 * The producer's decisions, without input or output: admit or drop, which partition, when to send, retry or give up.
 *
 * A core holds any number of producers that share a configuration: one in a process, ten thousand in the simulator,
 * laid out in columns. Inputs carry `nowNs`, which never goes back for a producer; outputs are calls on
 * `ProducerEffects`, made synchronously. `offer` only admits or drops: it never sends. After any input, call `onTime`
 * when `deadlineNs(producer)` has come (it may be at once).
 *
 * Order: a stream's records for one partition go out in the order offered. With one request in flight per broker they
 * also land in it; with more, a retried batch may land behind a later one. Overflow policies state their own effect.
 */
import { fraction, hash32 } from '../hash.ts';
import { invariant } from '../invariant.ts';
import { DROP_CAUSES, NO_KEY } from '../record.ts';
import { BatchPool, GONE, IN_FLIGHT, LINGERING, READY } from './batch-pool.ts';
import { checkProducerConfig, type ProducerConfig } from './config.ts';
import { Connections } from './connections.ts';
import {
  FATE_DELIVERED,
  FATE_UNKNOWN,
  OUTCOME_OK,
  OUTCOME_REFUSED_FATAL,
  OUTCOME_REFUSED_METADATA,
  OUTCOME_UNKNOWN,
  OUTCOME_UNREACHABLE,
  type Outcome,
} from './outcome.ts';
import type { BufferView, LoadView, Partitioner } from './policy.ts';
import {
  BYTES,
  CLASS_COUNT,
  CLOSED,
  FIRST_STREAM,
  LAST_STREAM,
  P_STRIDE,
  ProducerTable,
  RECHECK,
  RECORDS,
} from './producer-table.ts';
import { QueueTable } from './queue-table.ts';
import { RequestPool } from './request-pool.ts';
import type { TopicView } from './topic-view.ts';
import {
  S_BATCHES,
  S_CLASS,
  S_IDENTITY,
  S_PARTITION,
  S_PRODUCER,
  S_READY,
  S_STRIDE,
  StreamTable,
  UNASKED,
} from './stream-table.ts';

const NONE = -1;
const CAUSE_BUFFER_FULL = DROP_CAUSES.indexOf('buffer-full');
const CAUSE_EXPIRED = DROP_CAUSES.indexOf('expired');
const CAUSE_TOO_LARGE = DROP_CAUSES.indexOf('too-large');
const CAUSE_RETRIES = DROP_CAUSES.indexOf('retries-exhausted');
const CAUSE_REFUSED = DROP_CAUSES.indexOf('refused');
const CAUSE_CLOSED = DROP_CAUSES.indexOf('closed');

/** What a core asks its driver to do, and tells it. Called synchronously; must not call back into the core. */
export interface ProducerEffects {
  /**
   * Hand this request to the network; `core.requests` lists its batches. Answer it exactly once, by `onResult` or
   * `abandon`, however late: its slots live until then.
   */
  send(request: number, producer: number, broker: number): void;
  /** n records known to be in no log. `cause` indexes DROP_CAUSES; `batch` is −1 when they were never admitted. */
  dropped(stream: number, n: number, cause: number, batch: number): void;
  /** A batch has ended otherwise: `fate` is FATE_DELIVERED or FATE_UNKNOWN. */
  ended(batch: number, stream: number, n: number, fate: number): void;
  /** The batch's slot is about to be reused: forget what is kept for it. */
  freed(batch: number): void;
  /** The stream's view is missing or stale. May come often; how often to ask the cluster is the driver's business. */
  refreshMetadata(producer: number, stream: number): void;
}

export class ProducerCore implements LoadView, BufferView {
  readonly config: ProducerConfig;
  readonly batches = new BatchPool();
  readonly requests = new RequestPool();
  readonly streams = new StreamTable();
  readonly connections: Connections;
  readonly partitioner: Partitioner;
  /** Where the last admitted record went: the driver keeps its payload there. */
  lastBatch = NONE;
  readonly #producers = new ProducerTable();
  readonly #queues: QueueTable;
  readonly #effects: ProducerEffects;
  /** Whose buffer the overflow policy is looking at. */
  #viewed = 0;
  #scratch = new Int32Array(0);
  /** Batches of the request being built: at most one of a partition. */
  /** Whether the partitioner only moves between batches, so that its answer outlives an append. */
  readonly #sticks: boolean;
  readonly #taken: number[] = [];
  readonly #passed: number[] = [];

  constructor(config: ProducerConfig, effects: ProducerEffects) {
    checkProducerConfig(config);
    this.config = config;
    this.#effects = effects;
    this.partitioner = config.partitioner();
    this.#sticks = this.partitioner.movesBetweenBatches;
    this.connections = new Connections(config.reconnect);
    this.#queues = new QueueTable(this.batches, this.#producers);
  }

  addProducer(): number {
    const producer = this.#producers.add();
    return producer;
  }

  /**
   * A stream is one producer's records of one topic and class. All streams of a producer are added before the next
   * producer's. `identity`, 32 bits, says who it is: its draws follow from it and from nothing else.
   */
  addStream(producer: number, serviceClass: number, identity: number): number {
    const stream = this.streams.add(producer, serviceClass, identity);
    this.#producers.ownStream(producer, stream);
    this.partitioner.addStream(stream, identity);
    return stream;
  }

  bufferedBytes(producer: number): number {
    return this.#producers.floats[producer * 2 + BYTES];
  }

  bufferedRecords(producer: number): number {
    return this.#producers.ints[producer * P_STRIDE + RECORDS];
  }

  /** Batches that are due and wait. While it is 0 no answer can make this producer send. */
  readyBatches(producer: number): number {
    return this.#queues.readyCount(producer);
  }

  /** The producer's oldest request in flight, −1 for none; the next one is `requests.next`. */
  requestHead(producer: number): number {
    return this.#producers.requestHead(producer);
  }

  /**
   * Requests that the producer has in flight to the broker. Counted along the list: on a good day it is shorter than a
   * table of brokers would be wide, and such tables of ten thousand producers are what falls out of the cache.
   */
  inFlight(producer: number, broker: number): number {
    const { requests } = this;
    let count = 0;
    for (let request = this.#producers.requestHead(producer); request !== NONE; request = requests.next[request]) {
      if (requests.broker[request] === broker) count++;
    }
    return count;
  }

  /** First open batch of the stream, −1 for none; the next one is `batches.openNext`. */
  openHead(stream: number): number {
    return this.streams.openHead(stream);
  }

  /**
   * How many records of this size and key may be offered before the next one decides something (opens or fills a
   * batch, moves to another partition): 0 when the very next one does.
   */
  room(stream: number, bytesEach: number, keyHash: number): number {
    const partition = this.#partitionFor(stream, keyHash);
    const batch = this.streams.findOpen(stream, partition, keyHash, this.batches);
    if (batch === NONE) return 0;
    const left = Math.floor((this.config.batchBytesMax - this.batches.wireBytes[batch]) / this.#wireBytes(bytesEach));
    if (left <= 0 || partition === NONE || keyHash !== NO_KEY) return Math.max(0, left);
    return Math.min(left, this.partitioner.promised(stream, bytesEach));
  }

  /** Records of this size in a batch that starts empty: at least one. */
  capacity(bytesEach: number): number {
    return Math.max(1, Math.floor(this.config.batchBytesMax / this.#wireBytes(bytesEach)));
  }

  /** Broker that the stream's next record will go to, −1 when unknown. */
  targetBroker(stream: number, keyHash: number): number {
    const partition = this.#partitionFor(stream, keyHash);
    if (partition === NONE) return NONE;
    return keyHash === NO_KEY
      ? this.streams.targets[stream]
      : this.streams.views[stream]!.leaders[partition];
  }

  /**
   * Offers n records, equal in size and key, at `nowNs`. Never sends, waits or throws for an operating reason; answers how
   * many were admitted, the first ones. Positional: this is the hottest door.
   *
   * @param bytesEach raw bytes of one record
   * @param keyHash `NO_KEY`, or the 31-bit hash that `keyHashOf` gives
   */
  offer(stream: number, n: number, bytesEach: number, keyHash: number, nowNs: number): number {
    const config = this.config;
    const batches = this.batches;
    const producer = this.streams.ints[stream * S_STRIDE + S_PRODUCER];
    if (this.#producers.ints[producer * P_STRIDE + CLOSED] === 1) {
      this.#effects.dropped(stream, n, CAUSE_CLOSED, NONE);
      return 0;
    }
    if (bytesEach > config.recordBytesMax) {
      this.#effects.dropped(stream, n, CAUSE_TOO_LARGE, NONE);
      return 0;
    }
    const wireEach = this.#wireBytes(bytesEach);
    const chargeEach = bytesEach + config.overheadBytesPerRecord;
    let left = n;
    while (left > 0) {
      const partition = this.#partitionFor(stream, keyHash);
      if (partition === NONE) this.#effects.refreshMetadata(producer, stream);
      let batch = this.streams.findOpen(stream, partition, keyHash, batches);
      let count = left;
      let overhead = 0;
      if (batch !== NONE) {
        const fits = Math.floor((config.batchBytesMax - batches.wireBytes[batch]) / wireEach);
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
        count = Math.min(count, this.partitioner.promised(stream, bytesEach));
      }
      const floats = this.#producers.floats;
      const ints = this.#producers.ints;
      const freeBytes = config.bufferBytesMax - floats[producer * 2 + BYTES] - overhead;
      if (count * chargeEach > freeBytes) count = Math.floor(freeBytes / chargeEach);
      const freeRecords = config.bufferRecordsMax - ints[producer * P_STRIDE + RECORDS];
      if (count > freeRecords) count = freeRecords;
      if (count <= 0) {
        if (this.#makeRoom(producer, stream)) continue;
        this.#effects.dropped(stream, left, CAUSE_BUFFER_FULL, NONE);
        return n - left;
      }
      if (batch === NONE) batch = this.#open(producer, stream, partition, keyHash, nowNs);
      const charged = count * chargeEach + overhead;
      batches.n[batch] += count;
      batches.wireBytes[batch] += count * wireEach;
      batches.chargedBytes[batch] += charged;
      batches.lastAtNs[batch] = nowNs;
      floats[producer * 2 + BYTES] += charged;
      ints[producer * P_STRIDE + RECORDS] += count;
      this.lastBatch = batch;
      if (partition !== NONE) {
        this.partitioner.appended(stream, partition, count, count * bytesEach);
        if (!this.#sticks) this.#forgetTarget(stream);
      }
      left -= count;
    }
    return n;
  }

  /** When `onTime` is due for the producer: at or before now means at once, `Infinity` never. */
  deadlineNs(producer: number): number {
    const queues = this.#queues;
    let at = this.#producers.floats[producer * 2 + RECHECK];
    const lingering = queues.lingerHead(producer);
    if (lingering !== NONE) at = Math.min(at, this.batches.createdAtNs[lingering] + this.config.lingerNs);
    const ready = queues.readyHead(producer);
    if (ready !== NONE) at = Math.min(at, this.batches.createdAtNs[ready] + this.config.deliveryTimeoutNs);
    const request = this.#producers.requestHead(producer);
    if (request !== NONE) at = Math.min(at, this.requests.sentAtNs[request] + this.config.requestTimeoutNs);
    return at;
  }

  /** Does what has come due: time-outs, expiry, lingers that passed, batches that may be tried again. */
  onTime(producer: number, nowNs: number): void {
    const config = this.config;
    const batches = this.batches;
    const queues = this.#queues;
    for (;;) {
      const request = this.#producers.requestHead(producer);
      if (request === NONE || this.requests.sentAtNs[request] + config.requestTimeoutNs > nowNs) break;
      this.#settle(request, OUTCOME_UNKNOWN, nowNs);
      // Its place in flight is free: what waited for the broker may go.
      if (queues.readyCount(producer) > 0) this.#recheckAt(producer, nowNs);
    }
    for (;;) {
      const batch = queues.readyHead(producer);
      if (batch === NONE || batches.createdAtNs[batch] + config.deliveryTimeoutNs > nowNs) break;
      this.#unready(producer, batch);
      this.#end(producer, batch, CAUSE_EXPIRED);
    }
    const recheck = this.#producers.floats[producer * 2 + RECHECK] <= nowNs;
    if (recheck) {
      this.#producers.floats[producer * 2 + RECHECK] = Infinity;
      this.#sendAll(producer, nowNs);
    }
    for (;;) {
      const batch = queues.lingerHead(producer);
      if (batch === NONE || batches.createdAtNs[batch] + config.lingerNs > nowNs) break;
      queues.removeLingering(producer, batch);
      this.#trySend(producer, batch, nowNs);
    }
  }

  /** The answer to a request: `outcome` holds for all batches that `onBatchResult` wasn't called for. */
  onResult(request: number, outcome: Outcome, nowNs: number): void {
    const requests = this.requests;
    if (requests.settled[request] === 1) {
      this.#free(request);
      return;
    }
    const producer = requests.producer[request];
    const broker = requests.broker[request];
    if (outcome === OUTCOME_UNREACHABLE) this.connections.refused(producer, broker, nowNs);
    else if (outcome !== OUTCOME_UNKNOWN) this.connections.answered(producer, broker);
    this.#settle(request, outcome, nowNs);
    this.#free(request);
    if (this.#queues.readyCount(producer) > 0 && this.connections.waiting(producer, broker) > 0) {
      this.#sendTo(producer, broker, nowNs);
    }
  }

  /** The answer for one batch of a request, before `onResult` settles the request itself. */
  onBatchResult(request: number, batch: number, outcome: Outcome, nowNs: number): void {
    if (this.requests.settled[request] === 1 || this.batches.state[batch] !== IN_FLIGHT) return;
    this.#finish(this.requests.producer[request], batch, outcome, nowNs);
  }

  /** No answer will ever come; the core still waits for its own time-out. */
  abandon(request: number): void {
    if (this.requests.settled[request] === 1) this.#free(request);
    else this.requests.abandoned[request] = 1;
  }

  /** What the cluster said of the stream's topic. `brokers` in the view are small consecutive integers. */
  onMetadata(stream: number, view: TopicView, nowNs: number): void {
    const producer = this.streams.ints[stream * S_STRIDE + S_PRODUCER];
    let brokers = 0;
    for (const leader of view.leaders) if (leader >= brokers) brokers = leader + 1;
    this.connections.reserve(brokers);
    this.streams.views[stream] = view;
    this.#forgetTarget(stream);
    this.#assign(producer, stream, view);
    this.#producers.floats[producer * 2 + RECHECK] = nowNs;
  }

  /** Makes every lingering batch due now. */
  flush(producer: number, nowNs: number): void {
    for (let batch = this.#queues.lingerHead(producer); batch !== NONE; batch = this.#queues.lingerHead(producer)) {
      this.#queues.removeLingering(producer, batch);
      this.#trySend(producer, batch, nowNs);
    }
  }

  /** Admits no more and flushes; what is queued may still be sent. */
  close(producer: number, nowNs: number): void {
    this.#producers.ints[producer * P_STRIDE + CLOSED] = 1;
    this.flush(producer, nowNs);
  }

  /** Ends everything at once: what was never sent is dropped as closed, what was sent is unknown. */
  terminate(producer: number, nowNs: number): void {
    this.#producers.ints[producer * P_STRIDE + CLOSED] = 1;
    const queues = this.#queues;
    for (let batch = queues.lingerHead(producer); batch !== NONE; batch = queues.lingerHead(producer)) {
      queues.removeLingering(producer, batch);
      this.#end(producer, batch, CAUSE_CLOSED);
    }
    for (let request = this.#producers.requestHead(producer); request !== NONE; ) {
      this.#settle(request, OUTCOME_UNKNOWN, nowNs);
      request = this.#producers.requestHead(producer);
    }
    for (let batch = queues.readyHead(producer); batch !== NONE; batch = queues.readyHead(producer)) {
      this.#unready(producer, batch);
      this.#end(producer, batch, CAUSE_CLOSED);
    }
    invariant(this.bufferedRecords(producer) === 0, 'a terminated producer holds no records');
  }

  queuedBatches(stream: number): Int32Array {
    const partitions = this.streams.views[stream]?.leaders.length ?? 0;
    if (this.#scratch.length < partitions) this.#scratch = new Int32Array(partitions);
    const counts = this.#scratch.subarray(0, partitions).fill(0);
    const producer = this.streams.ints[stream * S_STRIDE + S_PRODUCER];
    this.#queues.countByPartition(producer, stream, counts);
    return counts;
  }

  oldest(serviceClass: number): number {
    if (this.#producers.ints[this.#viewed * P_STRIDE + CLASS_COUNT + serviceClass] === 0) return NONE;
    const { streams } = this;
    return this.#queues.find(this.#viewed, (batch) => {
      return streams.ints[this.batches.stream[batch] * S_STRIDE + S_CLASS] === serviceClass;
    });
  }

  createdAtNs(batch: number): number {
    return this.batches.createdAtNs[batch];
  }

  /** Asks the partitioner, or remembers what it said of records without a key: it answers the same until told something. */
  #partitionFor(stream: number, keyHash: number): number {
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

  #forgetTarget(stream: number): void {
    this.streams.ints[stream * S_STRIDE + S_PARTITION] = UNASKED;
    this.streams.targets[stream] = UNASKED;
  }

  /** Leader of a queued batch's partition, −1 for none. */
  #brokerOf(batch: number): number {
    const partition = this.batches.partition[batch];
    if (partition === NONE) return NONE;
    const stream = this.batches.stream[batch];
    const row = stream * S_STRIDE;
    const { ints } = this.streams;
    return ints[row + S_PARTITION] === partition
      ? this.streams.targets[stream]
      : this.streams.views[stream]!.leaders[partition];
  }

  #wireBytes(bytesEach: number): number {
    // Rounded per record, so that n records together and n records one by one fill a batch alike.
    return this.config.compressionRatio === 1
      ? bytesEach || 1
      : Math.ceil(bytesEach * this.config.compressionRatio) || 1;
  }

  #open(producer: number, stream: number, partition: number, keyHash: number, nowNs: number): number {
    const batch = this.batches.allocate(stream, partition, keyHash, nowNs);
    const streams = this.streams;
    this.batches.ordinal[batch] = streams.ints[stream * S_STRIDE + S_BATCHES]++;
    streams.pushOpen(stream, batch, this.batches);
    this.#producers.ints[producer * P_STRIDE + CLASS_COUNT + streams.ints[stream * S_STRIDE + S_CLASS]]++;
    this.#queues.pushLingering(producer, batch);
    return batch;
  }

  /** No more records for this batch. */
  #shut(batch: number): void {
    if (this.batches.open[batch] === 0) return;
    const stream = this.batches.stream[batch];
    this.batches.open[batch] = 0;
    this.streams.removeOpen(stream, batch, this.batches);
    if (this.batches.partition[batch] !== NONE) this.partitioner.closed(stream, this.batches.partition[batch]);
    this.#forgetTarget(stream);
    // Where the next record goes is settled now if the partitioner will not change its mind: whoever looks can see it.
    if (this.#sticks) this.#partitionFor(stream, NO_KEY);
  }

  /** A full batch is due at once. */
  #seal(producer: number, batch: number, nowNs: number): void {
    this.#shut(batch);
    if (this.batches.state[batch] === LINGERING) {
      this.#queues.removeLingering(producer, batch);
      this.#ready(producer, batch);
      this.#producers.floats[producer * 2 + RECHECK] = nowNs;
    }
  }

  #ready(producer: number, batch: number): void {
    const batches = this.batches;
    const stream = batches.stream[batch];
    const broker = this.#brokerOf(batch);
    batches.state[batch] = READY;
    batches.broker[batch] = broker;
    if (broker !== NONE) this.connections.addWaiting(producer, broker, 1);
    this.streams.ints[stream * S_STRIDE + S_READY]++;
    this.#queues.insertReady(producer, batch);
  }

  #unready(producer: number, batch: number): void {
    const broker = this.batches.broker[batch];
    if (broker !== NONE) this.connections.addWaiting(producer, broker, -1);
    this.streams.ints[this.batches.stream[batch] * S_STRIDE + S_READY]--;
    this.#queues.removeReady(producer, batch);
  }

  /** Evicts one batch for the stream's class; false when nobody gives way. */
  #makeRoom(producer: number, stream: number): boolean {
    this.#viewed = producer;
    const victim = this.config.overflow.victim(this, this.streams.ints[stream * S_STRIDE + S_CLASS]);
    if (victim === NONE) return false;
    const state = this.batches.state[victim];
    invariant(state === LINGERING || state === READY, 'an overflow policy evicts only what is queued');
    if (state === LINGERING) this.#queues.removeLingering(producer, victim);
    else this.#unready(producer, victim);
    this.#end(producer, victim, DROP_CAUSES.indexOf(this.config.overflow.cause));
    return true;
  }

  /** A batch that is due: sent alone with what may join it, or queued as ready. */
  #trySend(producer: number, batch: number, nowNs: number): void {
    const stream = this.batches.stream[batch];
    const broker = this.#brokerOf(batch);
    if (broker === NONE) {
      this.#effects.refreshMetadata(producer, stream);
    } else if (this.streams.ints[stream * S_STRIDE + S_READY] === 0 && this.#mayConnect(producer, broker, nowNs)) {
      // The usual case, and the hot one: nothing older of the stream waits, so it need not queue to be next.
      this.#build(producer, broker, batch, nowNs);
      return;
    }
    this.#ready(producer, batch);
    if (broker !== NONE && this.#mayConnect(producer, broker, nowNs)) this.#build(producer, broker, NONE, nowNs);
  }

  #mayConnect(producer: number, broker: number, nowNs: number): boolean {
    if (this.inFlight(producer, broker) >= this.config.inFlightMax) return false;
    const untilNs = this.connections.blockedUntilNs(producer, broker);
    if (untilNs <= nowNs) return true;
    this.#recheckAt(producer, untilNs);
    return false;
  }

  #recheckAt(producer: number, atNs: number): void {
    const at = producer * 2 + RECHECK;
    if (atNs < this.#producers.floats[at]) this.#producers.floats[at] = atNs;
  }

  /** Sends to this broker as long as something is due for it and it has room. */
  #sendTo(producer: number, broker: number, nowNs: number): void {
    while (this.connections.waiting(producer, broker) > 0 && this.#mayConnect(producer, broker, nowNs)) {
      if (!this.#build(producer, broker, NONE, nowNs)) return;
    }
  }

  /** Tries every ready batch once. */
  #sendAll(producer: number, nowNs: number): void {
    const batches = this.batches;
    for (let batch = this.#queues.readyHead(producer); batch !== NONE; ) {
      const broker = batches.broker[batch];
      const next = batches.next[batch];
      if (broker === NONE) {
        this.#effects.refreshMetadata(producer, batches.stream[batch]);
      } else if (this.#mayConnect(producer, broker, nowNs) && this.#build(producer, broker, NONE, nowNs)) {
        // The request may have taken any of the list: begin again, what is left is shorter.
        batch = this.#queues.readyHead(producer);
        continue;
      }
      batch = next;
    }
  }

  /**
   * Builds one request to a broker: `first`, a due batch in no queue, if there is one; the oldest due batch of each
   * partition that the broker leads; then lingering ones for company (as Kafka's own producer does), up to
   * `requestBytesMax`. False when back-offs leave nothing to send.
   */
  #build(producer: number, broker: number, first: number, nowNs: number): boolean {
    const { batches, config } = this;
    const taken = this.#taken;
    const passed = this.#passed;
    taken.length = 0;
    passed.length = 0;
    let bytes = 0;
    if (first !== NONE) {
      taken.push(first);
      bytes = batches.wireBytes[first];
    }
    let waiting = this.#queues.readyCount(producer) === 0 ? 0 : this.connections.waiting(producer, broker);
    for (let batch = this.#queues.readyHead(producer); batch !== NONE && waiting > 0; batch = batches.next[batch]) {
      if (batches.broker[batch] !== broker) continue;
      waiting--;
      if (this.#samePartition(taken, batch) || this.#samePartition(passed, batch)) continue;
      if (batches.notBeforeNs[batch] > nowNs) {
        // A younger batch of the partition must not overtake it while it backs off.
        passed.push(batch);
        this.#recheckAt(producer, batches.notBeforeNs[batch]);
        continue;
      }
      if (taken.length > 0 && bytes + batches.wireBytes[batch] > config.requestBytesMax) break;
      bytes += batches.wireBytes[batch];
      taken.push(batch);
    }
    if (taken.length === 0) return false;
    const due = taken.length;
    for (let batch = this.#queues.lingerHead(producer); batch !== NONE; batch = batches.next[batch]) {
      if (this.#brokerOf(batch) !== broker) continue;
      if (bytes + batches.wireBytes[batch] > config.requestBytesMax) break;
      if (this.#samePartition(taken, batch) || this.#samePartition(passed, batch)) continue;
      bytes += batches.wireBytes[batch];
      taken.push(batch);
    }
    const request = this.requests.allocate(producer, broker, this.#producers.nextRequest(producer), nowNs);
    let tail = NONE;
    for (let i = 0; i < taken.length; i++) {
      const batch = taken[i];
      if (batch !== first) {
        if (i < due) this.#unready(producer, batch);
        else this.#queues.removeLingering(producer, batch);
      }
      batches.broker[batch] = broker;
      this.#shut(batch);
      batches.state[batch] = IN_FLIGHT;
      batches.pins[batch]++;
      tail = this.requests.add(request, tail, batch);
    }
    this.#producers.pushRequest(producer, request, this.requests);
    this.#effects.send(request, producer, broker);
    return true;
  }

  #samePartition(list: readonly number[], batch: number): boolean {
    const { stream, partition } = this.batches;
    for (let i = 0; i < list.length; i++) {
      if (partition[list[i]] === partition[batch] && stream[list[i]] === stream[batch]) return true;
    }
    return false;
  }

  /** Takes a request out of flight and settles its batches; the slot stays until the driver has answered it. */
  #settle(request: number, outcome: Outcome, nowNs: number): void {
    const requests = this.requests;
    const producer = requests.producer[request];
    this.#producers.removeRequest(producer, request, requests);
    requests.settled[request] = 1;
    for (let entry = requests.head[request]; entry !== NONE; entry = requests.entryNext[entry]) {
      const batch = requests.entryBatch[entry];
      if (this.batches.state[batch] === IN_FLIGHT) this.#finish(producer, batch, outcome, nowNs);
    }
    if (requests.abandoned[request] === 1) this.#free(request);
  }

  #finish(producer: number, batch: number, outcome: Outcome, nowNs: number): void {
    const { batches, config } = this;
    if (outcome === OUTCOME_OK) {
      this.#end(producer, batch, NONE);
      return;
    }
    if (outcome === OUTCOME_UNKNOWN) batches.maybeWritten[batch] = 1;
    if (outcome === OUTCOME_REFUSED_FATAL) {
      this.#end(producer, batch, CAUSE_REFUSED);
      return;
    }
    if (outcome !== OUTCOME_UNREACHABLE && ++batches.attempts[batch] > config.retriesMax) {
      this.#end(producer, batch, CAUSE_RETRIES);
      return;
    }
    if (batches.createdAtNs[batch] + config.deliveryTimeoutNs <= nowNs) {
      this.#end(producer, batch, CAUSE_EXPIRED);
      return;
    }
    const stream = batches.stream[batch];
    if (outcome === OUTCOME_REFUSED_METADATA) this.#effects.refreshMetadata(producer, stream);
    if (outcome !== OUTCOME_UNREACHABLE) {
      const identity = this.streams.ints[stream * S_STRIDE + S_IDENTITY];
      const attempt = batches.attempts[batch];
      const draw = fraction(hash32(hash32(identity, batches.ordinal[batch]), attempt));
      batches.notBeforeNs[batch] = nowNs + config.retry.backoffNs(attempt, draw);
      this.#recheckAt(producer, batches.notBeforeNs[batch]);
    } else {
      const broker = batches.broker[batch];
      this.#recheckAt(producer, this.connections.blockedUntilNs(producer, broker));
    }
    this.#ready(producer, batch);
  }

  /** A batch is over: delivered (`cause` −1), dropped, or unknown when an attempt may have been written. */
  #end(producer: number, batch: number, cause: number): void {
    const { batches } = this;
    const stream = batches.stream[batch];
    const n = batches.n[batch];
    this.#shut(batch);
    batches.state[batch] = GONE;
    const floats = this.#producers.floats;
    const ints = this.#producers.ints;
    floats[producer * 2 + BYTES] -= batches.chargedBytes[batch];
    ints[producer * P_STRIDE + RECORDS] -= n;
    ints[producer * P_STRIDE + CLASS_COUNT + this.streams.ints[stream * S_STRIDE + S_CLASS]]--;
    if (floats[producer * 2 + BYTES] < 0 || ints[producer * P_STRIDE + RECORDS] < 0) {
      invariant(false, 'a buffer never holds less than nothing');
    }
    if (cause === NONE) this.#effects.ended(batch, stream, n, FATE_DELIVERED);
    else if (batches.maybeWritten[batch] === 1) this.#effects.ended(batch, stream, n, FATE_UNKNOWN);
    else this.#effects.dropped(stream, n, cause, batch);
    this.#unpin(batch);
  }

  #free(request: number): void {
    const requests = this.requests;
    for (let entry = requests.head[request]; entry !== NONE; entry = requests.entryNext[entry]) {
      this.#unpin(requests.entryBatch[entry]);
    }
    requests.free(request);
  }

  #unpin(batch: number): void {
    // `freed` comes first: the driver may still read the columns.
    if (this.batches.pins[batch] === 1) this.#effects.freed(batch);
    this.batches.unpin(batch);
  }

  /** Metadata has come or changed: partitions for batches without one, brokers for those that wait. */
  #assign(producer: number, stream: number, view: TopicView): void {
    const { batches } = this;
    const mine: number[] = [];
    this.#queues.visit(producer, (batch) => {
      if (batches.stream[batch] === stream) mine.push(batch);
    });
    for (const batch of mine) {
      if (batches.partition[batch] === NONE) this.#givePartition(producer, stream, batch, view);
      if (batches.state[batch] !== READY) continue;
      const before = batches.broker[batch];
      const broker = view.leaders[batches.partition[batch]];
      if (before !== NONE) this.connections.addWaiting(producer, before, -1);
      if (broker !== NONE) this.connections.addWaiting(producer, broker, 1);
      batches.broker[batch] = broker;
    }
  }

  /** A batch from before the first metadata learns its partition, and stays open if it is the only one there. */
  #givePartition(producer: number, stream: number, batch: number, view: TopicView): void {
    const { batches, streams } = this;
    const partition = this.partitioner.peek(stream, batches.keyHash[batch], view, this);
    const open = batches.open[batch] === 1;
    if (open) streams.removeOpen(stream, batch, batches);
    const alone = streams.findOpen(stream, partition, NO_KEY, batches) === NONE;
    batches.partition[batch] = partition;
    this.partitioner.appended(stream, partition, batches.n[batch], batches.wireBytes[batch]);
    if (open && alone) {
      streams.pushOpen(stream, batch, batches);
      return;
    }
    batches.open[batch] = 0;
    if (!open) this.partitioner.closed(stream, partition);
    if (batches.state[batch] === LINGERING) {
      // Nothing more can join it: it is due, as a full one is.
      this.#queues.removeLingering(producer, batch);
      this.#ready(producer, batch);
    }
  }

  /** First and past-the-last stream of a producer. */
  streamsOf(producer: number): { first: number; end: number } {
    return {
      first: this.#producers.ints[producer * P_STRIDE + FIRST_STREAM],
      end: this.#producers.ints[producer * P_STRIDE + LAST_STREAM] + 1,
    };
  }
}
