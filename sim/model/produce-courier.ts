/** Carries the core's produce requests to the brokers, and the answers back, or the news that none will come. */
import { BATCH } from '../../src/producer/batch-pool.ts';
import type { ProducerCore } from '../../src/producer/core.ts';
import { OUTCOME_OK, OUTCOME_UNKNOWN, OUTCOME_UNREACHABLE, type Outcome } from '../../src/producer/outcome.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import { type Engine, hash32, invariant } from '../engine/index.ts';
import { Histogram } from '../measure/histogram.ts';
import type { Clusters } from './clusters.ts';
import { DueAnswers } from './due-answers.ts';
import { FLEET, type FleetRows } from './fleet-rows.ts';
import type { ProducerBooks } from './producer-books.ts';
import { connectAgainNs, Reachability } from './reachability.ts';
import { RequestSlots } from './request-slots.ts';
import { RequestsUnderWay } from './requests-under-way.ts';
import type { Topology } from './topology.ts';

const { FIRST_PARTITION, IDENTITY, PRODUCER_INTS, STREAM_STRIDE, ZONE } = FLEET;

const { R_BROKER, R_FLOATS, R_HEAD, R_INTS, R_NEXT, R_ORDINAL, R_PRODUCER, R_SENT_AT_NS, R_SETTLED } = REQUEST;

const { B_CREATED_AT_NS, B_FLOATS, B_INTS, B_LAST_AT_NS, B_N, B_PARTITION, B_STREAM, B_WIRE_BYTES } = BATCH;

const NONE = -1;
export interface ProduceCourierOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly core: ProducerCore;
  readonly rows: FleetRows;
  readonly books: ProducerBooks;
  readonly producers: number;
  readonly streamTopic: Int32Array;
  readonly eager: boolean;
  readonly compressNsPerWireByte: number;
  /** True when the producer's buffer may run full before its next decision. */
  readonly pressed: (producer: number) => boolean;
  /** Plans an event for the producer, no later than the time. */
  readonly plan: (producer: number, atNs: number) => void;
  /** Something went wrong for the producer: hand over what has happened, and see what it has to wait for. */
  readonly look: (producer: number) => void;
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
  readonly #due: DueAnswers;
  /** What was read ahead: means nothing, but what is read has to go somewhere. */
  foreseen = 0;

  constructor(options: ProduceCourierOptions) {
    this.#hooks = options;
    this.#engine = options.engine;
    this.#topology = options.topology;
    this.#clusters = options.clusters;
    this.#core = options.core;
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
    if (core.inFlight(producer, broker) > 1) {
      // One connection: what was sent later arrives later.
      for (let other = core.requestHead(producer); other !== NONE; other = requests.ints[other * R_INTS + R_NEXT]) {
        if (
          requests.ints[other * R_INTS + R_BROKER] === broker &&
          other !== request &&
          this.#slots.arriveNs(other) >= atNs
        ) {
          atNs = this.#slots.arriveNs(other) + 1;
        }
      }
    }
    this.#slots.open(request, atNs, (draw >>> 12) & 4095);
    this.#engine.schedule(atNs, this.#arriveKind, producer, ordinal, this.#depart(request));
    if (atNs > this.#timeoutNs(request)) this.#expectTimeout(request, producer);
  }

  #depart(request: number): number {
    const { requests } = this.#core;
    const batch = requests.batchOf(requests.ints[request * R_INTS + R_HEAD]);
    return this.#underWay.depart(request, batch, this.#partitionOf(batch));
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
      this.#slots.foresee(requests, count) +
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
    if (requests.floats[request * R_FLOATS + R_SENT_AT_NS] <= this.#reach.brokenNs(broker)) {
      // Under way when the connection broke: the client can't know how far it got.
      this.#answerAt(request, producer, nowNs, OUTCOME_UNKNOWN);
      return;
    }
    if (this.#reach.isCutOff(this.#topology.brokerCluster[broker])) {
      this.#connectAgain(request, producer);
      return;
    }
    if (this.#clusters.isDown(broker)) {
      this.#refuse(request, producer);
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
      if (partition === NONE) partition = this.#partitionOf(batch);
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
      if (this.#books.storedNs(batch) >= 0) this.#clusters.markDuplicate(partition, n);
      else this.#books.store(batch, atNs);
      if (acks === 1 && atNs > answerNs) answerNs = atNs;
      if (acks === -1) answerNs = Math.max(answerNs, this.#clusters.visibleFromNs(partition, atNs));
      partition = NONE;
    }
    if (answerNs === Infinity) {
      // The in-sync set stands still: no answer before the client's own time-out.
      core.abandon(request);
      this.#rows.watch(producer, true);
      this.#hooks.look(producer);
      return;
    }
    this.#answerAt(request, producer, answerNs, OUTCOME_OK);
  }

  /** Nobody answers the connection: the client's system tries again, ever less often, until the client gives up. */
  #connectAgain(request: number, producer: number): void {
    const { requests } = this.#core;
    const sentNs = requests.floats[request * R_FLOATS + R_SENT_AT_NS];
    const atNs = connectAgainNs(sentNs, this.#engine.nowNs);
    if (requests.ints[request * R_INTS + R_SETTLED] === 1 || atNs === Infinity) {
      this.#refuse(request, producer);
      return;
    }
    this.#slots.setArriveNs(request, atNs);
    const ordinal = requests.ints[request * R_INTS + R_ORDINAL];
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
    if (this.#core.inFlight(producer, broker) > 1) {
      for (
        let other = this.#core.requestHead(producer);
        other !== NONE;
        other = requests.ints[other * R_INTS + R_NEXT]
      ) {
        const before =
          requests.ints[other * R_INTS + R_BROKER] === broker &&
          requests.ints[other * R_INTS + R_ORDINAL] < requests.ints[request * R_INTS + R_ORDINAL];
        if (before && this.#slots.answerNs(other) < Infinity && this.#slots.answerNs(other) >= atNs)
          atNs = this.#slots.answerNs(other) + 1;
      }
    }
    this.#answerComes(request, producer, atNs, outcome);
    if (outcome !== OUTCOME_OK) this.#rows.watch(producer, true);
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

  /** True when the core gives the request up before it hears of it. While it travels: before it can. */
  isLate(request: number): boolean {
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

  /** Producers lose their way to the cluster: connections break, new ones are refused. */
  cutOff(cluster: number): void {
    this.#reach.cutOff(cluster, this.#engine.nowNs);
    this.#breakConnections((broker) => this.#topology.brokerCluster[broker] === cluster, false);
  }

  reconnect(cluster: number): void {
    this.#reach.reconnect(cluster);
  }

  /** A broker has stopped (after `Clusters.stop`): what it had not done is lost, answers that had left still come. */
  brokerStopped(broker: number): void {
    const nowNs = this.#engine.nowNs;
    const { batches } = this.#core;
    this.#reach.stopped(broker, nowNs);
    for (let batch = 0; batch < batches.used; batch++) {
      if (this.#books.storedNs(batch) <= nowNs) continue;
      if (this.#topology.partitionLeader[this.#partitionOf(batch)] === broker) this.#books.unstore(batch);
    }
    this.#books.loseLeft(broker, nowNs);
    this.#breakConnections((each) => each === broker, true);
  }

  /** Connections to some brokers break: clients hear of it after a trip, not knowing what became of their requests. */
  #breakConnections(broken: (broker: number) => boolean, answersLeft: boolean): void {
    const nowNs = this.#engine.nowNs;
    const core = this.#core;
    const { requests } = core;
    for (let producer = 0; producer < this.#hooks.producers; producer++) {
      let hit = false;
      for (
        let request = core.requestHead(producer);
        request !== NONE;
        request = requests.ints[request * R_INTS + R_NEXT]
      ) {
        const broker = requests.ints[request * R_INTS + R_BROKER];
        if (!broken(broker) || this.#slots.answer(request) !== OUTCOME_OK) continue;
        const zone = this.#topology.brokerZone[broker];
        const baseNs = this.#topology.network.baseNs(zone, this.#rows.ints[producer * PRODUCER_INTS + ZONE]);
        const answerNs = this.#slots.answerNs(request);
        // Not there yet: it finds nobody when it arrives. Answered: the answer may have left before the break.
        if (answerNs === Infinity || answerNs <= nowNs || (answersLeft && answerNs - baseNs <= nowNs)) continue;
        this.#answerComes(request, producer, nowNs + baseNs, OUTCOME_UNKNOWN);
        hit = true;
      }
      if (!hit) continue;
      this.#rows.watch(producer, true);
      this.#hooks.look(producer);
    }
  }

  settle(request: number): void {
    const answerNs = this.#slots.answerNs(request);
    if (this.#slots.answer(request) === OUTCOME_OK) {
      this.latency.record(answerNs - this.#core.requests.floats[request * R_FLOATS + R_SENT_AT_NS]);
    }
    this.#slots.close(request);
    this.#core.onResult(request, this.#slots.answer(request), answerNs);
  }

  /** The batch's slot is about to be reused. */
  freed(batch: number): void {
    // The usual case needs no look at the stream, which is out of cache by now.
    if (this.#books.freedStored(batch, this.#engine.nowNs)) return;
    const { ints } = this.#core.batches;
    const topic = this.#hooks.streamTopic[ints[batch * B_INTS + B_STREAM]];
    const nowNs = this.#engine.nowNs;
    // Nobody waits for its append any more (acks 0, a time-out), but that lies ahead: a broker that stops may undo it.
    if (this.#books.storedNs(batch) > nowNs) {
      const leader = this.#topology.partitionLeader[this.#partitionOf(batch)];
      this.#books.leave(batch, { topic, n: ints[batch * B_INTS + B_N], leader, nowNs });
    }
    this.#books.freed(batch, topic, ints[batch * B_INTS + B_N]);
  }

  #partitionOf(batch: number): number {
    const { ints } = this.#core.batches;
    const row = batch * B_INTS;
    return this.#rows.streams[ints[row + B_STREAM] * STREAM_STRIDE + FIRST_PARTITION] + ints[row + B_PARTITION];
  }
}
