/** Carries the core's produce requests to the brokers, and the answers back, or the news that none will come. */
import { BATCH } from '../../src/producer/batch-pool.ts';
import type { ProducerCore } from '../../src/producer/core.ts';
import { OUTCOME_OK, OUTCOME_UNREACHABLE, type Outcome } from '../../src/producer/outcome.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import { type Engine, hash32, invariant } from '../engine/index.ts';
import { Histogram } from '../measure/histogram.ts';
import type { Clusters } from './clusters.ts';
import { ConnectionOrder } from './connection-order.ts';
import { DueAnswers } from './due-answers.ts';
import { FLEET, type FleetRows } from './fleet-rows.ts';
import { MovedBatches } from './moved-batches.ts';
import type { Observer } from './observer.ts';
import { ProduceFaults } from './produce-faults.ts';
import { ProduceTrouble } from './produce-trouble.ts';
import { ProduceWays } from './produce-ways.ts';
import type { ProducerBooks } from './producer-books.ts';
import { Reachability } from './reachability.ts';
import { RequestSlots } from './request-slots.ts';
import { RequestsUnderWay } from './requests-under-way.ts';
import type { StreamPlaces } from './stream-places.ts';
import type { Topology } from './topology.ts';
import type { Ways } from './ways.ts';

const { FIRST_PARTITION, IDENTITY, PRODUCER_INTS, STREAM_STRIDE, ZONE } = FLEET;

const { R_BROKER, R_FLOATS, R_HEAD, R_INTS, R_ORDINAL, R_PRODUCER, R_SENT_AT_NS, R_SETTLED } = REQUEST;

const { B_CREATED_AT_NS, B_FLOATS, B_INTS, B_LAST_AT_NS, B_N, B_PARTITION, B_STREAM, B_WIRE_BYTES } = BATCH;

const NONE = -1;
export interface ProduceCourierOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly ways: Ways;
  readonly core: ProducerCore;
  readonly rows: FleetRows;
  readonly books: ProducerBooks;
  readonly producers: number;
  readonly idempotent: boolean;
  readonly streamTopic: Int32Array;
  readonly places: StreamPlaces;
  readonly eager: boolean;
  readonly observer: Observer | null;
  readonly compressNsPerWireByte: number;
  /** True when the producer's buffer may run full before its next decision. */
  readonly pressed: (producer: number) => boolean;
  /** Plans an event for the producer, no later than the time. */
  readonly plan: (producer: number, atNs: number) => void;
  /** Something went wrong for the producer: hand over what has happened, and see what it has to wait for. */
  readonly look: (producer: number) => void;
  /** A request or a part of it was refused, or its broker is gone: a client asks for metadata then. */
  readonly failed: (producer: number) => void;
  /** A leader that is none any more has taken its batches. */
  readonly misled: (producer: number) => void;
}

export class ProduceCourier {
  /** Sent to answered, ns. */
  readonly latency = new Histogram();
  requests = 0;
  recordsSent = 0;
  readonly #hooks: ProduceCourierOptions;
  readonly #engine: Engine;
  readonly #topology: Topology;
  readonly #clusters: Clusters;
  readonly #core: ProducerCore;
  readonly #rows: FleetRows;
  readonly #books: ProducerBooks;
  readonly #eager: boolean;
  readonly #compressNsPerWireByte: number;
  readonly #underWay = new RequestsUnderWay();
  readonly #arriveKind: number;
  readonly #lateKind: number;
  readonly #reach: Reachability;
  readonly #slots = new RequestSlots();
  readonly #order: ConnectionOrder;
  readonly #trouble: ProduceTrouble;
  readonly #ways: Ways;
  readonly #lanes: ProduceWays;
  readonly moved: MovedBatches;
  /** What happens to the ways and to the brokers. */
  readonly faults: ProduceFaults;
  readonly #due: DueAnswers;
  /** What was read ahead: means nothing, but what is read has to go somewhere. */
  foreseen = 0;

  constructor(options: ProduceCourierOptions) {
    this.#hooks = options;
    this.#engine = options.engine;
    this.#topology = options.topology;
    this.#clusters = options.clusters;
    this.#core = options.core;
    this.#order = new ConnectionOrder({ core: options.core, slots: this.#slots });
    this.#rows = options.rows;
    this.#books = options.books;
    this.#eager = options.eager;
    this.#compressNsPerWireByte = options.compressNsPerWireByte;
    this.#arriveKind = options.engine.kind(
      'produce request arrives',
      (_, number) => this.#onArrive(this.#underWay.arrive(number), this.#underWay.partition(number)),
      (producers, numbers, count) => this.#foresee(producers, numbers, count),
    );
    this.#lateKind = options.engine.kind('late produce answer', (producer, number) => {
      this.#onLate(producer, this.#underWay.arrive(number));
    });
    this.#reach = new Reachability(options.topology);
    this.#ways = options.ways;
    this.moved = new MovedBatches({ ...options, partitionOf: (batch) => this.partitionOf(batch) });
    this.#trouble = new ProduceTrouble({
      ...options,
      moved: this.moved,
      nowNs: () => this.#engine.nowNs,
    });
    this.#lanes = new ProduceWays({
      ...options,
      copies: options.clusters.copies,
      slots: this.#slots,
      order: this.#order,
      reach: this.#reach,
      arrivesAt: (request, producer, atNs) => this.#arrivesAt(request, producer, atNs),
      refuse: (request, producer) => this.#refuse(request, producer),
      answerAt: (request, producer, leavesNs, outcome) => this.#answerAt(request, producer, leavesNs, outcome),
      expectTimeout: (request, producer) => this.#expectTimeout(request, producer),
    });
    this.faults = new ProduceFaults({
      ...options,
      copies: options.clusters.copies,
      slots: this.#slots,
      reach: this.#reach,
      lanes: this.#lanes,
      trouble: this.#trouble,
      moved: this.moved,
      arrive: (request) => this.#onArrive(request, NONE),
      answerAt: (request, producer, leavesNs) => this.#answerAt(request, producer, leavesNs, OUTCOME_OK),
      answerComes: (request, producer, atNs, outcome) => this.#answerComes(request, producer, atNs, outcome),
      expectTimeout: (request, producer) => this.#expectTimeout(request, producer),
    });
    const settle = (request: number): void => this.settle(request);
    this.#due = new DueAnswers({ ...options, slots: this.#slots, settle });
  }

  /** When the answer is there; `Infinity` while that isn't known. */
  answerNs(request: number): number {
    return this.#slots.answerNs(request);
  }

  /** What it says. */
  answer(request: number): Outcome {
    return this.#slots.answer(request);
  }

  isCutOff(cluster: number): boolean {
    return this.#reach.isCutOff(cluster);
  }

  send(request: number, producer: number, broker: number): void {
    const core = this.#core;
    const nowNs = this.#engine.nowNs;
    const requests = core.requests;
    if (requests.floats[request * R_FLOATS + R_SENT_AT_NS] !== nowNs)
      invariant(false, 'a request is sent at the time of its decision');
    const ordinal = requests.ints[request * R_INTS + R_ORDINAL];
    const row = producer * PRODUCER_INTS;
    const draw = hash32(this.#rows.ints[row + IDENTITY], ordinal, 1);
    let bytes = 0;
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== NONE; entry = requests.after(entry)) {
      const batch = requests.batchOf(entry);
      bytes += core.batches.floats[batch * B_FLOATS + B_WIRE_BYTES];
      this.recordsSent += core.batches.ints[batch * B_INTS + B_N];
    }
    this.requests++;
    const zone = this.#rows.ints[row + ZONE];
    const tripNs = this.#topology.network.tripBy(zone, this.#topology.brokerZone[broker], draw & 4095);
    let atNs = nowNs + tripNs + Math.round(bytes * this.#compressNsPerWireByte);
    if (core.inFlight(producer, broker) > 1) atNs = this.#order.arriveNs(request, atNs);
    this.#slots.open(request, atNs, (draw >>> 12) & 4095);
    this.#trouble.forget(request);
    this.#engine.schedule(atNs, this.#arriveKind, producer, ordinal, this.#depart(request));
    if (atNs > this.#timeoutNs(request)) this.#expectTimeout(request, producer);
  }

  #depart(request: number): number {
    const { requests } = this.#core;
    const batch = requests.batchOf(requests.ints[request * R_INTS + R_HEAD]);
    return this.#underWay.depart(request, batch, this.partitionOf(batch));
  }

  /** Reads ahead what arrivals will read. */
  #foresee(producers: Int32Array, numbers: Int32Array, count: number): void {
    const { readAhead } = this.#core;
    const { requests, batches, partitions } = this.#underWay.look(numbers, count);
    readAhead.arrivals(requests, batches, count);
    readAhead.producerRows(producers, count);
    this.#clusters.foresee(partitions, count);
    this.foreseen +=
      this.#rows.foreseeProducers(producers, count) +
      this.#slots.foresee(requests, 0, count) +
      this.#books.foresee(batches, count);
  }

  /** A produce request reaches its broker. */
  #onArrive(request: number, firstPartition: number): void {
    const core = this.#core;
    const nowNs = this.#engine.nowNs;
    if (nowNs >= this.#due.nextNs) this.#due.settle(nowNs);
    const { requests, batches } = core;
    const broker = requests.ints[request * R_INTS + R_BROKER];
    const producer = requests.ints[request * R_INTS + R_PRODUCER];
    const { disturbed } = this.#clusters.copies;
    if (disturbed && this.#lanes.stops(request, producer)) return;
    if (this.#clusters.copies.isDown(broker)) {
      this.#refuse(request, producer);
      return;
    }
    if (this.#clusters.copies.isHung(broker)) {
      this.faults.hold(request, producer);
      return;
    }
    let bytes = 0;
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== NONE; entry = requests.after(entry)) {
      bytes += batches.floats[requests.batchOf(entry) * B_FLOATS + B_WIRE_BYTES];
    }
    const doneNs = this.#clusters.brokers.produce(broker, bytes, nowNs);
    const acks = core.acksOf(request);
    let answerNs = acks === 0 ? nowNs : doneNs;
    let partition = firstPartition;
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== NONE; entry = requests.after(entry)) {
      const batch = requests.batchOf(entry);
      if (partition === NONE) partition = this.moved.partitionAt(batch, broker);
      if (
        disturbed &&
        (this.#trouble.goesAside(request, batch, partition) || this.#trouble.refuses(request, batch, partition))
      ) {
        partition = NONE;
        continue;
      }
      const known = this.#books.storedNs(batch) >= 0;
      if (known && acks === -1 && this.#trouble.recognises(batch, partition)) {
        const storedNs = this.#books.storedNs(batch);
        answerNs = Math.max(answerNs, this.#clusters.copies.visibleFromNs(partition, storedNs));
        partition = NONE;
        continue;
      }
      const n = batches.ints[batch * B_INTS + B_N];
      const { floats } = batches;
      const f = batch * B_FLOATS;
      const atNs = this.#clusters.append(
        partition,
        n,
        floats[f + B_WIRE_BYTES],
        floats[f + B_CREATED_AT_NS],
        floats[f + B_LAST_AT_NS],
        doneNs,
      );
      this.#hooks.observer?.appended(batch, partition, this.#clusters.logs[partition].endOffset() - n, n, atNs);
      if (known) this.#trouble.storedAgain(batch, partition, atNs);
      else this.moved.store(batch, partition, atNs, this.#clusters.appendedFrom);
      if (acks === 1 && atNs > answerNs) answerNs = atNs;
      if (acks === -1) answerNs = Math.max(answerNs, this.#clusters.copies.visibleFromNs(partition, atNs));
      partition = NONE;
    }
    if (acks === -1 && disturbed && this.#trouble.isUnsettled(request)) {
      this.faults.waitForCommit(request, producer, answerNs);
      return;
    }
    this.#answerAt(request, producer, answerNs, OUTCOME_OK);
  }

  /** The request reaches its broker at the time, or finds out that it can't. */
  #arrivesAt(request: number, producer: number, atNs: number): void {
    this.#slots.setArriveNs(request, atNs);
    const ordinal = this.#core.requests.ints[request * R_INTS + R_ORDINAL];
    this.#engine.schedule(atNs, this.#arriveKind, producer, ordinal, this.#depart(request));
    if (atNs > this.#timeoutNs(request)) this.#expectTimeout(request, producer);
  }

  /** No connection, so nothing was sent: it counts as no request. */
  #refuse(request: number, producer: number): void {
    const { requests, batches } = this.#core;
    this.requests--;
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== NONE; entry = requests.after(entry)) {
      this.recordsSent -= batches.ints[requests.batchOf(entry) * B_INTS + B_N];
    }
    this.#answerAt(request, producer, this.#engine.nowNs, OUTCOME_UNREACHABLE);
  }

  /** The answer leaves the broker at `leavesNs`. */
  #answerAt(request: number, producer: number, leavesNs: number, outcome: Outcome): void {
    const { requests } = this.#core;
    const broker = requests.ints[request * R_INTS + R_BROKER];
    const brokerZone = this.#topology.brokerZone[broker];
    const tripNs = this.#topology.network.tripBy(
      brokerZone,
      this.#rows.ints[producer * PRODUCER_INTS + ZONE],
      this.#slots.backDraw(request),
    );
    let atNs = leavesNs + tripNs;
    if (requests.ints[request * R_INTS + R_SETTLED] === 1) {
      // Given up already; the core only waits to reuse the slot.
      this.#core.onResult(request, outcome, this.#engine.nowNs);
      return;
    }
    if (this.#ways.troubled) {
      if (this.#lanes.loses(request, producer, leavesNs, outcome)) return;
      atNs += this.#lanes.answerLongerNs(request, producer, outcome);
    }
    if (this.#core.inFlight(producer, broker) > 1) atNs = this.#order.answerNs(request, atNs);
    this.#answerComes(request, producer, atNs, outcome);
    if (outcome !== OUTCOME_OK || this.#trouble.isMixed(request)) this.#rows.watch(producer, true);
    if (this.#eager || this.#rows.watched(producer)) this.#hooks.plan(producer, atNs);
    else this.#due.add(request, atNs);
  }

  /** The client will hear of the request at the time. */
  #answerComes(request: number, producer: number, atNs: number, outcome: Outcome): void {
    this.#slots.setAnswer(request, atNs, outcome);
    if (atNs <= this.#timeoutNs(request)) return;
    // The core will have given it up, and waits for the answer only to reuse its slots.
    const number = this.#depart(request);
    this.#engine.schedule(
      atNs,
      this.#lateKind,
      producer,
      this.#core.requests.ints[request * R_INTS + R_ORDINAL],
      number,
    );
    this.#expectTimeout(request, producer);
  }

  #onLate(producer: number, request: number): void {
    const { requests } = this.#core;
    const nowNs = this.#engine.nowNs;
    // A connection that broke meanwhile has brought the answer forward, and the slot may be another request's.
    if (requests.ints[request * R_INTS + R_PRODUCER] !== producer || this.#slots.answerNs(request) !== nowNs) return;
    if (requests.ints[request * R_INTS + R_SETTLED] === 0) return;
    const outcome = this.#slots.answer(request);
    this.#slots.setAnswer(request, Infinity, outcome);
    this.#core.onResult(request, outcome, nowNs);
  }

  /**
   * True when the core gives the request up before it hears of it; while it travels, before it can. True as well when
   * that can't be told, and when not all of it has come off well.
   */
  isLate(request: number): boolean {
    if (this.#trouble.isMixed(request) || this.faults.waits(request)) return true;
    const heardNs =
      this.#slots.answerNs(request) < Infinity ? this.#slots.answerNs(request) : this.#slots.arriveNs(request);
    return heardNs > this.#timeoutNs(request);
  }

  #timeoutNs(request: number): number {
    return this.#core.requests.floats[request * R_FLOATS + R_SENT_AT_NS] + this.#core.config.requestTimeoutNs;
  }

  #expectTimeout(request: number, producer: number): void {
    this.#rows.watch(producer, true);
    this.#hooks.plan(producer, this.#timeoutNs(request));
  }

  settle(request: number): void {
    const answerNs = this.#slots.answerNs(request);
    const outcome = this.#slots.answer(request);
    const producer = this.#core.requests.ints[request * R_INTS + R_PRODUCER];
    let failed = outcome !== OUTCOME_OK;
    if (!failed) {
      this.latency.record(answerNs - this.#core.requests.floats[request * R_FLOATS + R_SENT_AT_NS]);
      failed = this.#trouble.tell(request, answerNs);
    }
    this.#slots.close(request);
    this.#hooks.observer?.answered(request, outcome, answerNs);
    this.#core.onResult(request, outcome, answerNs);
    if (failed) this.#hooks.failed(producer);
  }

  /** The batch's slot is about to be reused. */
  freed(batch: number): void {
    // The usual case needs no look at the stream, which is out of cache by now.
    if (this.#books.freedStored(batch, this.#engine.nowNs)) return;
    const { ints } = this.#core.batches;
    const topic = this.#hooks.streamTopic[ints[batch * B_INTS + B_STREAM]];
    const nowNs = this.#engine.nowNs;
    // Nobody waits for its append any more (acks 0, a time-out), but that lies ahead: a broker that stops may undo it.
    if (this.#books.countedNs(batch) > nowNs) {
      const partition = this.moved.storedPartition(batch);
      const leader = this.#topology.partitionLeader[partition];
      this.#books.leave(batch, { topic, n: ints[batch * B_INTS + B_N], partition, leader, nowNs });
    }
    this.#books.freed(batch, topic, ints[batch * B_INTS + B_N]);
  }

  /** Over the whole world. */
  partitionOf(batch: number): number {
    const { ints } = this.#core.batches;
    const row = batch * B_INTS;
    return this.#rows.streams[ints[row + B_STREAM] * STREAM_STRIDE + FIRST_PARTITION] + ints[row + B_PARTITION];
  }
}
