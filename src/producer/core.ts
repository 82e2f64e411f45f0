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

import { invariant } from '../invariant.ts';
import { type Acks, DROP_CAUSES, NO_KEY } from '../record.ts';
import { Admission, type Outlook } from './admission.ts';
import { Assignment, type BatchContents } from './assignment.ts';
import { BATCH, type BatchPool } from './batch-pool.ts';
import type { ProducerConfig } from './config.ts';
import type { ProducerEffects } from './effects.ts';
import { OUTCOME_UNKNOWN, OUTCOME_UNREACHABLE, type Outcome } from './outcome.ts';
import type { Partitioner } from './policy.ts';
import { PRODUCER_ROW } from './producer-table.ts';
import { limitsOf, type Quota } from './quotas.ts';
import { ReadAhead } from './read-ahead.ts';
import type { RequestPool } from './request-pool.ts';
import { REQUEST } from './request-pool.ts';
import { Sending } from './sending.ts';
import { ProducerState } from './state.ts';
import { STREAM, type StreamTable } from './stream-table.ts';
import type { StreamOptions } from './stream-traits.ts';
import type { TopicView } from './topic-view.ts';

const { BYTES, CLOSED, P_STRIDE, RECHECK, RECORDS } = PRODUCER_ROW;

const { R_ABANDONED, R_BROKER, R_FLOATS, R_INTS, R_PRODUCER, R_SENT_AT_NS, R_SETTLED } = REQUEST;

const { B_CREATED_AT_NS, B_FLOATS, B_INTS, B_STATE, IN_FLIGHT } = BATCH;

const { S_CLASS, S_STRIDE } = STREAM;

const NONE = -1;
const CAUSE_EXPIRED = DROP_CAUSES.indexOf('expired');
const CAUSE_CLOSED = DROP_CAUSES.indexOf('closed');

export class ProducerCore {
  readonly config: ProducerConfig;
  readonly partitioner: Partitioner;
  readonly batches: BatchPool;
  readonly requests: RequestPool;
  readonly streams: StreamTable;
  readonly readAhead: ReadAhead;
  readonly #state: ProducerState;
  readonly #admission: Admission;
  readonly #assignment: Assignment;
  readonly #limited: boolean;
  readonly #sending: Sending;

  constructor(config: ProducerConfig, effects: ProducerEffects) {
    const state = new ProducerState(config, effects);
    this.#state = state;
    this.#admission = new Admission(state);
    this.#assignment = new Assignment(state);
    this.#sending = new Sending(state, this.#assignment);
    this.#limited = state.quotas.any;
    this.config = config;
    this.partitioner = state.partitioner;
    this.batches = state.batches;
    this.requests = state.requests;
    this.streams = state.streams;
    this.readAhead = new ReadAhead(state);
  }

  /** Where the last admitted record went: the driver keeps its payload there. −1 before the first. */
  get lastBatch(): number {
    return this.#admission.lastBatch;
  }

  /** Offers records: see `Admission.offer`. */
  offer(stream: number, n: number, bytesEach: number, keyHash: number, nowNs: number): number {
    if (this.#limited) return this.#admission.offerWithinQuota(stream, n, bytesEach, keyHash, nowNs);
    return this.#admission.offer(stream, n, bytesEach, keyHash, nowNs);
  }

  /** See `Admission.room`. */
  room(stream: number, bytesEach: number, keyHash: number): number {
    return this.#admission.room(stream, bytesEach, keyHash);
  }

  /** See `Admission.roomIn`. */
  roomIn(batch: number, bytesEach: number): number {
    return this.#admission.roomIn(batch, bytesEach);
  }

  /** See `Admission.capacity`. */
  capacity(bytesEach: number): number {
    return this.#admission.capacity(bytesEach);
  }

  /** Requests that the producer has in flight to the broker. */
  inFlight(producer: number, broker: number): number {
    return this.#state.inFlight(producer, broker);
  }

  /** See `Admission.outlook`. */
  outlook(producer: number, serviceClass: number, chargeBytes: number): Outlook {
    return this.#admission.outlook(producer, serviceClass, chargeBytes);
  }

  /** Acknowledgements that the request asks for. */
  acksOf(request: number): Acks {
    return this.#sending.acksOf(request);
  }

  addProducer(): number {
    this.#state.quotas.addProducer();
    return this.#state.producers.add();
  }

  /**
   * A stream is one producer's records of one topic and class. All streams of a producer are added before the next
   * producer's. `identity`, 32 bits, says who it is: its draws follow from it and from nothing else.
   */
  addStream(producer: number, serviceClass: number, identity: number, options: StreamOptions = {}): number {
    const quotas = this.config.quotas.length;
    invariant((options.quota ?? NONE) < quotas, 'a stream counts against a quota that there is');
    const stream = this.#state.streams.add(producer, serviceClass, identity);
    this.#state.traits.add(stream, options);
    this.#state.partitioner.addStream(stream, identity);
    return stream;
  }

  /** Batches that the stream begins from now on are of this class. */
  reclassify(stream: number, serviceClass: number): void {
    this.#state.streams.ints[stream * S_STRIDE + S_CLASS] = serviceClass;
  }

  /**
   * The quota of this index in the configuration is another one from now on, for all producers: buckets keep what they have
   * gathered, up to the new burst. Throws RangeError for one that can't be. Every producer's records of before are offered.
   */
  setQuota(index: number, quota: Quota, nowNs: number): void {
    this.#state.quotas.set(
      index,
      limitsOf(quota, { recordBytesMax: this.config.recordBytesMax, path: 'quota' }),
      nowNs,
    );
  }

  bufferedBytes(producer: number): number {
    return this.#state.producers.floats[producer * 2 + BYTES];
  }

  bufferedRecords(producer: number): number {
    return this.#state.producers.ints[producer * P_STRIDE + RECORDS];
  }

  /** Batches that are due and wait. While it is 0 no answer can make this producer send. */
  readyBatches(producer: number): number {
    return this.#state.queues.readyCount(producer);
  }

  /** The producer's oldest request in flight, −1 for none; the next one is `requests.next`. */
  requestHead(producer: number): number {
    return this.#state.producers.requestHead(producer);
  }

  /** First open batch of the stream, −1 for none; the next one is `batches.openNext`. */
  openHead(stream: number): number {
    return this.#state.streams.openHead(stream);
  }

  /** Broker that the stream's next record will go to, −1 when unknown. */
  targetBroker(stream: number, keyHash: number): number {
    const partition = this.#state.partitionFor(stream, keyHash);
    if (partition === NONE) return NONE;
    return keyHash === NO_KEY
      ? this.#state.streams.targets[stream]
      : this.#state.streams.views[stream]!.leaders[partition];
  }

  /** When `onTime` is due for the producer: at or before now means at once, `Infinity` never. */
  deadlineNs(producer: number): number {
    const queues = this.#state.queues;
    let at = this.#state.producers.floats[producer * 2 + RECHECK];
    const lingering = queues.lingerHead(producer);
    if (lingering !== NONE)
      at = Math.min(
        at,
        this.#state.batches.floats[lingering * B_FLOATS + B_CREATED_AT_NS] + this.#state.config.lingerNs,
      );
    const ready = queues.readyHead(producer);
    if (ready !== NONE)
      at = Math.min(
        at,
        this.#state.batches.floats[ready * B_FLOATS + B_CREATED_AT_NS] + this.#state.config.deliveryTimeoutNs,
      );
    const request = this.#state.producers.requestHead(producer);
    if (request !== NONE)
      at = Math.min(
        at,
        this.#state.requests.floats[request * R_FLOATS + R_SENT_AT_NS] + this.#state.config.requestTimeoutNs,
      );
    return at;
  }

  /** Does what has come due: time-outs, expiry, lingers that passed, batches that may be tried again. */
  onTime(producer: number, nowNs: number): void {
    const config = this.#state.config;
    const batches = this.#state.batches;
    const queues = this.#state.queues;
    for (;;) {
      const request = this.#state.producers.requestHead(producer);
      if (
        request === NONE ||
        this.#state.requests.floats[request * R_FLOATS + R_SENT_AT_NS] + config.requestTimeoutNs > nowNs
      )
        break;
      this.#sending.settle(request, OUTCOME_UNKNOWN, nowNs);
      // Its place in flight is free: what waited for the broker may go.
      if (queues.readyCount(producer) > 0) this.#state.recheckAt(producer, nowNs);
    }
    for (;;) {
      const batch = queues.readyHead(producer);
      if (batch === NONE || batches.floats[batch * B_FLOATS + B_CREATED_AT_NS] + config.deliveryTimeoutNs > nowNs)
        break;
      this.#state.unready(producer, batch);
      this.#state.end(producer, batch, CAUSE_EXPIRED);
    }
    const recheck = this.#state.producers.floats[producer * 2 + RECHECK] <= nowNs;
    if (recheck) {
      this.#state.producers.floats[producer * 2 + RECHECK] = Infinity;
      this.#sending.sendAll(producer, nowNs);
    }
    for (;;) {
      const batch = queues.lingerHead(producer);
      if (batch === NONE || batches.floats[batch * B_FLOATS + B_CREATED_AT_NS] + config.lingerNs > nowNs) break;
      queues.removeLingering(producer, batch);
      this.#sending.trySend(producer, batch, nowNs);
    }
  }

  /** The answer to a request: `outcome` holds for all batches that `onBatchResult` wasn't called for. */
  onResult(request: number, outcome: Outcome, nowNs: number): void {
    const requests = this.#state.requests;
    if (requests.ints[request * R_INTS + R_SETTLED] === 1) {
      this.#sending.free(request);
      return;
    }
    const producer = requests.ints[request * R_INTS + R_PRODUCER];
    const broker = requests.ints[request * R_INTS + R_BROKER];
    if (outcome === OUTCOME_UNREACHABLE) this.#state.connections.refused(producer, broker, nowNs);
    else if (outcome !== OUTCOME_UNKNOWN) this.#state.connections.answered(producer, broker);
    this.#sending.settle(request, outcome, nowNs);
    this.#sending.free(request);
    if (this.#state.queues.readyCount(producer) > 0 && this.#state.connections.waiting(producer, broker) > 0) {
      this.#sending.sendTo(producer, broker, nowNs);
    }
  }

  /** The answer for one batch of a request, before `onResult` settles the request itself. */
  onBatchResult(request: number, batch: number, outcome: Outcome, nowNs: number): void {
    if (
      this.#state.requests.ints[request * R_INTS + R_SETTLED] === 1 ||
      this.#state.batches.ints[batch * B_INTS + B_STATE] !== IN_FLIGHT
    )
      return;
    this.#sending.finish(this.#state.requests.ints[request * R_INTS + R_PRODUCER], batch, outcome, nowNs);
  }

  /** No answer will ever come; the core still waits for its own time-out. */
  abandon(request: number): void {
    if (this.#state.requests.ints[request * R_INTS + R_SETTLED] === 1) this.#sending.free(request);
    else this.#state.requests.ints[request * R_INTS + R_ABANDONED] = 1;
  }

  /** What the cluster said of the stream's topic. `brokers` in the view are small consecutive integers. */
  onMetadata(stream: number, view: TopicView, nowNs: number): void {
    this.#assignment.learn(stream, view, nowNs);
  }

  /**
   * The topic has other partitions than before, as it may in another cluster: records get theirs anew. What is in flight
   * goes on by its own rules, and comes to the new partitions if it has to be sent again.
   */
  onRepartition(stream: number, view: TopicView, contents: BatchContents, nowNs: number): void {
    this.#assignment.deal(stream, view, contents, nowNs);
  }

  /** Makes every lingering batch due now. */
  flush(producer: number, nowNs: number): void {
    for (
      let batch = this.#state.queues.lingerHead(producer);
      batch !== NONE;
      batch = this.#state.queues.lingerHead(producer)
    ) {
      this.#state.queues.removeLingering(producer, batch);
      this.#sending.trySend(producer, batch, nowNs);
    }
  }

  /** Admits no more and flushes; what is queued may still be sent. */
  close(producer: number, nowNs: number): void {
    this.#state.producers.ints[producer * P_STRIDE + CLOSED] = 1;
    this.flush(producer, nowNs);
  }

  /** Ends everything at once: what was never sent is dropped as closed, what was sent is unknown. */
  terminate(producer: number, nowNs: number): void {
    this.#state.producers.ints[producer * P_STRIDE + CLOSED] = 1;
    const queues = this.#state.queues;
    for (let batch = queues.lingerHead(producer); batch !== NONE; batch = queues.lingerHead(producer)) {
      queues.removeLingering(producer, batch);
      this.#state.end(producer, batch, CAUSE_CLOSED);
    }
    for (let request = this.#state.producers.requestHead(producer); request !== NONE; ) {
      this.#sending.settle(request, OUTCOME_UNKNOWN, nowNs);
      request = this.#state.producers.requestHead(producer);
    }
    for (let batch = queues.readyHead(producer); batch !== NONE; batch = queues.readyHead(producer)) {
      this.#state.unready(producer, batch);
      this.#state.end(producer, batch, CAUSE_CLOSED);
    }
    invariant(this.bufferedRecords(producer) === 0, 'a terminated producer holds no records');
  }
}
