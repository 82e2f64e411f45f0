/** Carries the core's produce requests to the brokers, and the answers back, or the news that none will come. */
import type { ProducerCore } from '../../src/producer/core.ts';
import { OUTCOME_OK, OUTCOME_UNKNOWN, OUTCOME_UNREACHABLE, type Outcome } from '../../src/producer/outcome.ts';
import { type Engine, hash32, invariant } from '../engine/index.ts';
import { Histogram } from '../measure/histogram.ts';
import type { Clusters } from './clusters.ts';
import { type FleetRows, IDENTITY, PRODUCER_STRIDE, STREAM_STRIDE, TOPIC, ZONE } from './fleet-rows.ts';
import type { ProducerBooks } from './producer-books.ts';
import { RequestsUnderWay } from './requests-under-way.ts';
import type { Topology } from './topology.ts';

const NONE = -1;
/** First retransmission of an unanswered connection request; each wait is twice the one before (Linux, RFC 6298). */
const CONNECT_RETRY_NS = 1_000_000_000;
/** AK `socket.connection.setup.timeout.ms`; before Kafka 2.7 it was the system's, longer. */
const CONNECT_TIMEOUT_NS = 10_000_000_000;

export interface ProduceCourierOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly core: ProducerCore;
  readonly rows: FleetRows;
  readonly books: ProducerBooks;
  readonly producers: number;
  readonly eager: boolean;
  readonly compressNsPerWireByte: number;
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
  readonly #cutOff: Uint8Array;
  /** When each cluster was last cut off, each broker last stopped: what was sent before is lost on the way. */
  readonly #cutNs: Float64Array;
  readonly #brokerCutNs: Float64Array;
  // By request slot.
  #answerNs = new Float64Array(64);
  #answer = new Uint8Array(64);
  #arriveNs = new Float64Array(64);
  #backDraw = new Uint16Array(64);
  /** Of its first batch. */
  #partition = new Int32Array(64);
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
    this.#arriveKind = options.engine.kind('produce request arrives', (_, number) => {
      this.#onArrive(this.#underWay.arrive(number));
    });
    this.#lateKind = options.engine.kind('late produce answer', (producer, number) => {
      this.#onLate(producer, this.#underWay.arrive(number));
    });
    this.#cutOff = new Uint8Array(options.topology.clusters.length);
    this.#cutNs = new Float64Array(options.topology.clusters.length).fill(-1);
    this.#brokerCutNs = new Float64Array(options.topology.brokers).fill(-1);
  }

  /** When the answer is there; `Infinity` while that isn't known. */
  answerNs(request: number): number {
    return this.#answerNs[request];
  }

  /** What it says. */
  answer(request: number): Outcome {
    return this.#answer[request] as Outcome;
  }

  isCutOff(cluster: number): boolean {
    return this.#cutOff[cluster] === 1;
  }

  send(request: number, producer: number, broker: number): void {
    const core = this.#core;
    const nowNs = this.#engine.nowNs;
    const requests = core.requests;
    if (requests.sentAtNs[request] !== nowNs) invariant(false, 'a request is sent at the time of its decision');
    if (request >= this.#answerNs.length) this.#growRequests();
    const ordinal = requests.ordinal[request];
    const row = producer * PRODUCER_STRIDE;
    const draw = hash32(this.#rows.producers[row + IDENTITY], ordinal, 1);
    let bytes = 0;
    for (let entry = requests.head[request]; entry !== NONE; entry = requests.entryNext[entry]) {
      const batch = requests.entryBatch[entry];
      bytes += core.batches.wireBytes[batch];
      this.recordsSent += core.batches.n[batch];
    }
    this.requests++;
    const zone = this.#rows.producers[row + ZONE];
    const tripNs = this.#topology.network.tripBy(zone, this.#topology.brokerZone[broker], draw & 4095);
    let atNs = nowNs + tripNs + Math.round(bytes * this.#compressNsPerWireByte);
    if (core.inFlight(producer, broker) > 1) {
      // One connection: what was sent later arrives later.
      for (let other = core.requestHead(producer); other !== NONE; other = requests.next[other]) {
        if (requests.broker[other] === broker && other !== request && this.#arriveNs[other] >= atNs) {
          atNs = this.#arriveNs[other] + 1;
        }
      }
    }
    this.#arriveNs[request] = atNs;
    this.#answerNs[request] = Infinity;
    this.#answer[request] = OUTCOME_OK;
    this.#backDraw[request] = (draw >>> 12) & 4095;
    this.#partition[request] = this.#partitionOf(requests.entryBatch[requests.head[request]]);
    this.#engine.schedule(atNs, this.#arriveKind, producer, ordinal, this.#underWay.depart(request));
    if (atNs > this.#timeoutNs(request)) this.#expectTimeout(request, producer);
  }

  /** A produce request reaches its broker. */
  #foresee(request: number): void {
    this.foreseen =
      this.#clusters.foresee(this.#partition[request]) + this.#rows.foresee(this.#core.requests.producer[request], 0);
  }

  #onArrive(request: number): void {
    const core = this.#core;
    const nowNs = this.#engine.nowNs;
    const { requests, batches } = core;
    const broker = requests.broker[request];
    const producer = requests.producer[request];
    const cluster = this.#topology.brokerCluster[broker];
    const brokenNs = Math.max(this.#cutNs[cluster], this.#brokerCutNs[broker]);
    if (requests.sentAtNs[request] <= brokenNs) {
      // Under way when the connection broke: the client can't know how far it got.
      this.#answerAt(request, producer, nowNs, OUTCOME_UNKNOWN);
      return;
    }
    if (this.#cutOff[cluster] === 1) {
      this.#connectAgain(request, producer);
      return;
    }
    if (this.#clusters.isDown(broker)) {
      this.#refuse(request, producer);
      return;
    }
    let bytes = 0;
    for (let entry = requests.head[request]; entry !== NONE; entry = requests.entryNext[entry]) {
      bytes += batches.wireBytes[requests.entryBatch[entry]];
    }
    const doneNs = this.#clusters.brokers.produce(broker, bytes, nowNs);
    const acks = core.config.acks;
    let answerNs = acks === 0 ? nowNs : doneNs;
    for (let entry = requests.head[request]; entry !== NONE; entry = requests.entryNext[entry]) {
      const batch = requests.entryBatch[entry];
      const partition = this.#partitionOf(batch);
      const n = batches.n[batch];
      const { createdAtNs, lastAtNs, wireBytes } = batches;
      const atNs = this.#clusters.append(partition, n, wireBytes[batch], createdAtNs[batch], lastAtNs[batch], doneNs);
      if (this.#books.storedNs(batch) >= 0) this.#clusters.markDuplicate(partition, n);
      else this.#books.store(batch, atNs);
      if (acks === 1 && atNs > answerNs) answerNs = atNs;
      if (acks === -1) answerNs = Math.max(answerNs, this.#clusters.visibleFromNs(partition, atNs));
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
    const sentNs = requests.sentAtNs[request];
    let waitNs = CONNECT_RETRY_NS;
    while (sentNs + waitNs <= this.#engine.nowNs) waitNs = 2 * waitNs + CONNECT_RETRY_NS;
    if (requests.settled[request] === 1 || this.#engine.nowNs >= sentNs + CONNECT_TIMEOUT_NS) {
      this.#refuse(request, producer);
      return;
    }
    const atNs = sentNs + Math.min(waitNs, CONNECT_TIMEOUT_NS);
    this.#arriveNs[request] = atNs;
    this.#engine.schedule(atNs, this.#arriveKind, producer, requests.ordinal[request], request);
  }

  /** No connection, so nothing was sent: it counts as no request. */
  #refuse(request: number, producer: number): void {
    const { requests, batches } = this.#core;
    this.requests--;
    for (let entry = requests.head[request]; entry !== NONE; entry = requests.entryNext[entry]) {
      this.recordsSent -= batches.n[requests.entryBatch[entry]];
    }
    this.#answerAt(request, producer, this.#engine.nowNs, OUTCOME_UNREACHABLE);
  }

  /** The answer leaves the broker at `leavesNs`. */
  #answerAt(request: number, producer: number, leavesNs: number, outcome: Outcome): void {
    const { requests } = this.#core;
    const broker = requests.broker[request];
    const brokerZone = this.#topology.brokerZone[broker];
    const tripNs = this.#topology.network.tripBy(
      brokerZone,
      this.#rows.producers[producer * PRODUCER_STRIDE + ZONE],
      this.#backDraw[request],
    );
    let atNs = leavesNs + tripNs;
    if (requests.settled[request] === 1) {
      // Given up already; the core only waits to reuse the slot.
      this.#core.onResult(request, outcome, this.#engine.nowNs);
      return;
    }
    if (this.#core.inFlight(producer, broker) > 1) {
      for (let other = this.#core.requestHead(producer); other !== NONE; other = requests.next[other]) {
        const before = requests.broker[other] === broker && requests.ordinal[other] < requests.ordinal[request];
        if (before && this.#answerNs[other] < Infinity && this.#answerNs[other] >= atNs)
          atNs = this.#answerNs[other] + 1;
      }
    }
    this.#answerComes(request, producer, atNs, outcome);
    if (outcome !== OUTCOME_OK) this.#rows.watch(producer, true);
    if (this.#eager || this.#rows.watched(producer)) this.#hooks.plan(producer, atNs);
  }

  /** The client will hear of the request at the time. */
  #answerComes(request: number, producer: number, atNs: number, outcome: Outcome): void {
    this.#answerNs[request] = atNs;
    this.#answer[request] = outcome;
    if (atNs <= this.#timeoutNs(request)) return;
    // The core will have given it up, and waits for the answer only to reuse its slots.
    const number = this.#underWay.depart(request);
    this.#engine.schedule(atNs, this.#lateKind, producer, this.#core.requests.ordinal[request], number);
    this.#expectTimeout(request, producer);
  }

  #onLate(producer: number, request: number): void {
    const { requests } = this.#core;
    const nowNs = this.#engine.nowNs;
    // A connection that broke meanwhile has brought the answer forward, and the slot may be another request's.
    if (requests.producer[request] !== producer || this.#answerNs[request] !== nowNs) return;
    if (requests.settled[request] === 0) return;
    this.#answerNs[request] = Infinity;
    this.#core.onResult(request, this.#answer[request] as Outcome, nowNs);
  }

  /** True when the core gives the request up before it hears of it. While it travels: before it can. */
  isLate(request: number): boolean {
    const heardNs = this.#answerNs[request] < Infinity ? this.#answerNs[request] : this.#arriveNs[request];
    return heardNs > this.#timeoutNs(request);
  }

  #timeoutNs(request: number): number {
    return this.#core.requests.sentAtNs[request] + this.#core.config.requestTimeoutNs;
  }

  #expectTimeout(request: number, producer: number): void {
    this.#rows.watch(producer, true);
    this.#hooks.plan(producer, this.#timeoutNs(request));
  }

  /** Producers lose their way to the cluster: connections break, new ones are refused. */
  cutOff(cluster: number): void {
    this.#cutOff[cluster] = 1;
    this.#cutNs[cluster] = this.#engine.nowNs;
    this.#breakConnections((broker) => this.#topology.brokerCluster[broker] === cluster, false);
  }

  reconnect(cluster: number): void {
    this.#cutOff[cluster] = 0;
  }

  /** A broker has stopped (after `Clusters.stop`): what it had not done is lost, answers that had left still come. */
  brokerStopped(broker: number): void {
    const nowNs = this.#engine.nowNs;
    const { batches } = this.#core;
    this.#brokerCutNs[broker] = nowNs;
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
      for (let request = core.requestHead(producer); request !== NONE; request = requests.next[request]) {
        const broker = requests.broker[request];
        if (!broken(broker) || this.#answer[request] !== OUTCOME_OK) continue;
        const zone = this.#topology.brokerZone[broker];
        const baseNs = this.#topology.network.baseNs(zone, this.#rows.producers[producer * PRODUCER_STRIDE + ZONE]);
        const answerNs = this.#answerNs[request];
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
    const answerNs = this.#answerNs[request];
    if (this.#answer[request] === OUTCOME_OK) {
      this.latency.record(answerNs - this.#core.requests.sentAtNs[request]);
    }
    this.#core.onResult(request, this.#answer[request] as Outcome, answerNs);
  }

  /** The batch's slot is about to be reused. */
  freed(batch: number): void {
    const { stream, n } = this.#core.batches;
    const topic = this.#rows.streams[stream[batch] * STREAM_STRIDE + TOPIC];
    const nowNs = this.#engine.nowNs;
    // Nobody waits for its append any more (acks 0, a time-out), but that lies ahead: a broker that stops may undo it.
    if (this.#books.storedNs(batch) > nowNs) {
      const leader = this.#topology.partitionLeader[this.#partitionOf(batch)];
      this.#books.leave(batch, { topic, n: n[batch], leader, nowNs });
    }
    this.#books.freed(batch, topic, n[batch]);
  }

  #partitionOf(batch: number): number {
    const { batches } = this.#core;
    return (
      this.#topology.topicFirstPartition[this.#rows.streams[batches.stream[batch] * STREAM_STRIDE + TOPIC]] +
      batches.partition[batch]
    );
  }

  #growRequests(): void {
    const size = this.#answerNs.length * 2;
    const answerNs = new Float64Array(size);
    answerNs.set(this.#answerNs);
    this.#answerNs = answerNs;
    const arriveNs = new Float64Array(size);
    arriveNs.set(this.#arriveNs);
    this.#arriveNs = arriveNs;
    const answer = new Uint8Array(size);
    answer.set(this.#answer);
    this.#answer = answer;
    const backDraw = new Uint16Array(size);
    backDraw.set(this.#backDraw);
    this.#backDraw = backDraw;
    const partition = new Int32Array(size);
    partition.set(this.#partition);
    this.#partition = partition;
  }
}
