/**
 * The application instances: it offers each stream's arrivals to the producer core, carries the core's requests to the
 * brokers and the answers back. It decides nothing: what is admitted, batched, sent or retried, the core says.
 *
 * In record fidelity each arrival and each answer is an event. In request fidelity an event comes only where the core
 * may decide something; until then arrivals and answers are left to lie and are handed over, with their own times, in
 * the order in which they happened, before the next decision of their producer. Both see the same arrivals and trips,
 * so both lead to the same books.
 *
 * When a producer's buffer is near its bound, or batches of it wait, order between its streams and answers matters, and
 * all of them are caught up record by record; else only the streams that the request at hand can take along.
 */
import { type Engine, hash32, invariant } from '../engine/index.ts';
import { OUTCOME_OK, OUTCOME_UNKNOWN, OUTCOME_UNREACHABLE, type Outcome } from '../../src/producer/outcome.ts';
import { ProducerCore } from '../../src/producer/core.ts';
import type { ProducerEffects } from '../../src/producer/effects.ts';
import type { ProducerConfig } from '../../src/producer/config.ts';
import { TopicView } from '../../src/producer/topic-view.ts';
import { Histogram } from '../measure/histogram.ts';
import type { Arrivals } from './arrivals.ts';
import type { Clusters } from './clusters.ts';
import { NO_KEY } from '../../src/record.ts';
import { ProducerBooks } from './producer-books.ts';
import type { StreamPlan } from './stream-plan.ts';
import type { Topology } from './topology.ts';

const NONE = -1;

const STREAM_STRIDE = 4;
/** When its next decision is looked for: never later than it comes. */
const WAKE = 0;
const PRODUCER = 1;
const TOPIC = 2;

const PRODUCER_STRIDE = 8;
/** Above these its buffer may run full between two decisions. */
const PRESSURE_BYTES = 0;
const PRESSURE_RECORDS = 1;
/** Earliest event under way for it. */
const EVENT = 2;
/** 1 while answers matter to it. */
const WATCHED = 3;
const IDENTITY = 4;
const ZONE = 5;
const FIRST = 6;
const END = 7;

/** How often a producer that could not get metadata asks again: Kafka's retry.backoff is 100 ms, its max age minutes. */
const METADATA_RETRY_NS = 1_000_000_000;

export interface ProducerFleetOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly arrivals: Arrivals;
  readonly plan: StreamPlan;
  readonly config: ProducerConfig;
  readonly seed: number;
  readonly fidelity: 'record' | 'request';
  readonly metadataNs: number;
  readonly compressionNsPerByte: number;
}

export class ProducerFleet implements ProducerEffects {
  readonly core: ProducerCore;
  readonly books: ProducerBooks;
  /** Sent to answered, ns. */
  readonly requestLatency = new Histogram();
  requests = 0;
  recordsSent = 0;
  readonly #engine: Engine;
  readonly #topology: Topology;
  readonly #clusters: Clusters;
  readonly #arrivals: Arrivals;
  readonly #plan: StreamPlan;
  readonly #eager: boolean;
  readonly #options: ProducerFleetOptions;
  readonly #compressNsPerWireByte: number;
  readonly #unreachable: Uint8Array;
  /** When each cluster was last cut off: requests sent before that are lost on the way, later ones refused. */
  readonly #cutNs: Float64Array;
  readonly #brokerCutNs: Float64Array;
  readonly #views: readonly TopicView[];
  /** What is known of each stream, and of each producer, in rows: these are touched at random, a cache line each. */
  readonly #streams: Float64Array;
  readonly #producers: Float64Array;
  /** True when a stream's target tells where all of its unoffered records will go. */
  readonly #targetsTell: boolean;
  // By request slot.
  #answerNs = new Float64Array(64);
  #answer = new Uint8Array(64);
  #arriveNs = new Float64Array(64);
  #backDraw = new Uint16Array(64);
  readonly #wakeKind: number;
  readonly #arriveKind: number;
  readonly #producerKind: number;
  readonly #metadataKind: number;

  constructor(options: ProducerFleetOptions) {
    this.#options = options;
    const { engine, topology, plan } = options;
    this.#engine = engine;
    this.#topology = topology;
    this.#clusters = options.clusters;
    this.#arrivals = options.arrivals;
    this.#plan = plan;
    this.#eager = options.fidelity === 'record';
    this.#compressNsPerWireByte = options.compressionNsPerByte / options.config.compressionRatio;
    this.core = new ProducerCore(options.config, this);
    this.books = new ProducerBooks(topology.topics);
    // Ties in time: records come before answers, answers before deadlines, in both fidelities.
    this.#metadataKind = engine.kind('producer metadata', (producer) => this.#onMetadata(producer));
    this.#wakeKind = engine.kind('stream decision', (stream) => this.#onWake(stream));
    this.#producerKind = engine.kind('producer decision', (producer) => this.#onProducer(producer));
    this.#arriveKind = engine.kind('produce request arrives', (_, request) => this.#onArrive(request));
    this.#unreachable = new Uint8Array(topology.clusters.length);
    this.#cutNs = new Float64Array(topology.clusters.length).fill(-1);
    this.#brokerCutNs = new Float64Array(topology.brokers).fill(-1);
    this.#views = Array.from({ length: topology.topics }, (_, topic) => {
      const first = topology.topicFirstPartition[topic];
      return new TopicView(topology.partitionLeader.subarray(first, first + topology.topicPartitions[topic]));
    });
    this.#streams = new Float64Array(plan.streams * STREAM_STRIDE);
    this.#producers = new Float64Array(plan.producers * PRODUCER_STRIDE);
    this.#targetsTell = this.core.partitioner.movesBetweenBatches && !this.#arrivals.keyed;
    this.#enlist();
  }

  /** Hands over everything that has happened by now: for looking at the books. Changes no outcome. */
  catchUp(): void {
    for (let producer = 0; producer < this.#plan.producers; producer++) this.#catchUpAll(producer);
  }

  /** Producers lose their way to the cluster: connections break, new ones are refused. */
  cutOff(cluster: number): void {
    this.#unreachable[cluster] = 1;
    this.#cutNs[cluster] = this.#engine.nowNs;
    this.#breakConnections((broker) => this.#topology.brokerCluster[broker] === cluster, false);
  }

  reconnect(cluster: number): void {
    this.#unreachable[cluster] = 0;
  }

  /** A broker has stopped (after `Clusters.stop`): what it had not done is lost, answers that had left still come. */
  brokerStopped(broker: number): void {
    const nowNs = this.#engine.nowNs;
    const { batches } = this.core;
    this.#brokerCutNs[broker] = nowNs;
    for (let batch = 0; batch < batches.used; batch++) {
      if (this.books.storedNs(batch) <= nowNs) continue;
      if (this.#topology.partitionLeader[this.#partitionOf(batch)] === broker) this.books.unstore(batch);
    }
    this.#breakConnections((each) => each === broker, true);
  }

  // Effects of the core.

  send(request: number, producer: number, broker: number): void {
    const { core } = this;
    const nowNs = this.#engine.nowNs;
    const requests = core.requests;
    if (requests.sentAtNs[request] !== nowNs) invariant(false, 'a request is sent at the time of its decision');
    if (request >= this.#answerNs.length) this.#growRequests();
    const ordinal = requests.ordinal[request];
    const row = producer * PRODUCER_STRIDE;
    const draw = hash32(this.#producers[row + IDENTITY], ordinal, 1);
    let bytes = 0;
    for (let entry = requests.head[request]; entry !== NONE; entry = requests.entryNext[entry]) {
      const batch = requests.entryBatch[entry];
      bytes += core.batches.wireBytes[batch];
      this.recordsSent += core.batches.n[batch];
    }
    this.requests++;
    const zone = this.#producers[row + ZONE];
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
    this.#engine.schedule(atNs, this.#arriveKind, producer, ordinal, request);
  }

  dropped(stream: number, n: number, cause: number, batch: number): void {
    this.books.dropped(this.#plan.streamTopic[stream], n, cause, batch);
  }

  ended(batch: number, _stream: number, _n: number, fate: number): void {
    this.books.ended(batch, fate);
  }

  freed(batch: number): void {
    const { stream, n } = this.core.batches;
    this.books.freed(batch, this.#streams[stream[batch] * STREAM_STRIDE + TOPIC], n[batch]);
  }

  refreshMetadata(_producer: number, _stream: number): void {
    // Leaders don't move yet, and first metadata comes by itself: elections will answer here.
  }

  #enlist(): void {
    const { plan, config, metadataNs, seed } = this.#options;
    const { core } = this;
    for (let producer = 0; producer < plan.producers; producer++) {
      const row = producer * PRODUCER_STRIDE;
      this.#producers[row + EVENT] = Infinity;
      this.#producers[row + IDENTITY] = hash32(seed, producer, 0x9d) | 0;
      this.#producers[row + ZONE] = plan.producerZone[producer];
      this.#producers[row + FIRST] = plan.firstStream[producer];
      this.#producers[row + END] = plan.firstStream[producer + 1];
      core.addProducer();
      let slackBytes = 0;
      let slackRecords = 0;
      for (let stream = plan.firstStream[producer]; stream < plan.firstStream[producer + 1]; stream++) {
        core.addStream(producer, plan.streamClass[stream], plan.streamIdentity[stream]);
        this.#streams[stream * STREAM_STRIDE + PRODUCER] = producer;
        this.#streams[stream * STREAM_STRIDE + TOPIC] = plan.streamTopic[stream];
        // What can lie unoffered between two decisions of the stream: one batch, and the record that closes it.
        const bytes = this.#arrivals.bytes(stream);
        const records = core.capacity(bytes) + 1;
        slackBytes += records * (bytes + config.overheadBytesPerRecord) + 2 * config.overheadBytesPerBatch;
        slackRecords += records;
        this.#scheduleWake(stream);
      }
      this.#producers[row + PRESSURE_BYTES] = config.bufferBytesMax - slackBytes;
      this.#producers[row + PRESSURE_RECORDS] = config.bufferRecordsMax - slackRecords;
      const askNs = Math.floor(metadataNs * (hash32(seed, producer, 0x3e) / 4294967296));
      this.#engine.schedule(askNs, this.#metadataKind, producer, 0, 0);
    }
  }

  #onMetadata(producer: number): void {
    const nowNs = this.#engine.nowNs;
    const { core } = this;
    const plan = this.#plan;
    this.#catchUpAll(producer);
    let missing = false;
    for (let stream = plan.firstStream[producer]; stream < plan.firstStream[producer + 1]; stream++) {
      const topic = plan.streamTopic[stream];
      if (core.streams.views[stream] !== null) continue;
      if (this.#unreachable[this.#topology.topicCluster[topic]] === 1) missing = true;
      else core.onMetadata(stream, this.#views[topic], nowNs);
    }
    core.onTime(producer, nowNs);
    this.#look(producer);
    if (missing) this.#engine.schedule(nowNs + METADATA_RETRY_NS, this.#metadataKind, producer, 0, 0);
  }

  /** A stream's next decision may be due: its linger passes, its batch fills, or (record fidelity) its next record comes. */
  #onWake(stream: number): void {
    const nowNs = this.#engine.nowNs;
    if (this.#streams[stream * STREAM_STRIDE + WAKE] !== nowNs) return;
    const producer = this.#streams[stream * STREAM_STRIDE + PRODUCER];
    const { core } = this;
    if (this.#watched(producer) || this.#pressed(producer)) {
      this.#catchUpAll(producer);
    } else if (this.#eager) {
      this.#offerUntil(stream, nowNs, 1);
    } else {
      this.#settleDue(producer, nowNs);
      this.#offerSiblings(producer, stream, nowNs);
      this.#offerUntil(stream, nowNs, Infinity);
    }
    core.onTime(producer, nowNs);
    this.#scheduleWake(stream);
    if (this.#eager || core.readyBatches(producer) > 0 || this.#watched(producer)) this.#look(producer);
  }

  /** Something other than a stream's own decision may be due for a producer: an answer, a back-off, a time-out. */
  #onProducer(producer: number): void {
    const nowNs = this.#engine.nowNs;
    if (this.#producers[producer * PRODUCER_STRIDE + EVENT] !== nowNs) return;
    this.#producers[producer * PRODUCER_STRIDE + EVENT] = Infinity;
    this.#catchUpAll(producer);
    this.core.onTime(producer, nowNs);
    this.#look(producer);
  }

  /** Watches a producer whose answers can make it do something, and plans its next event. */
  #look(producer: number): void {
    const { core } = this;
    let atNs = core.deadlineNs(producer);
    let troubled = core.readyBatches(producer) > 0;
    const requests = core.requests;
    for (let request = core.requestHead(producer); request !== NONE; request = requests.next[request]) {
      if (this.#answerNs[request] < atNs) atNs = this.#answerNs[request];
      if (this.#answer[request] !== OUTCOME_OK || requests.abandoned[request] === 1) troubled = true;
    }
    this.#watch(producer, troubled);
    if (troubled || this.#eager) this.#planEvent(producer, atNs);
  }

  #planEvent(producer: number, atNs: number): void {
    const nowNs = this.#engine.nowNs;
    const at = producer * PRODUCER_STRIDE + EVENT;
    if (atNs === Infinity || atNs >= this.#producers[at]) return;
    const whenNs = Math.max(nowNs, Math.ceil(atNs));
    this.#producers[at] = whenNs;
    this.#engine.schedule(whenNs, this.#producerKind, producer, 0, 0);
  }

  #watched(producer: number): boolean {
    return this.#producers[producer * PRODUCER_STRIDE + WATCHED] === 1;
  }

  #watch(producer: number, watched: boolean): void {
    this.#producers[producer * PRODUCER_STRIDE + WATCHED] = watched ? 1 : 0;
  }

  #pressed(producer: number): boolean {
    const row = producer * PRODUCER_STRIDE;
    return (
      this.core.bufferedBytes(producer) > this.#producers[row + PRESSURE_BYTES] ||
      this.core.bufferedRecords(producer) > this.#producers[row + PRESSURE_RECORDS]
    );
  }

  /** Offers the stream's records up to the time, in runs of at most `runMax` within which the core decides nothing. */
  #offerUntil(stream: number, untilNs: number, runMax: number): void {
    const arrivals = this.#arrivals;
    const { core } = this;
    const varies = arrivals.varies(stream);
    while (arrivals.nextNs(stream) <= untilNs) {
      const bytes = arrivals.bytes(stream);
      const keyHash = arrivals.keyHash(stream);
      let max = 1;
      if (runMax > 1 && !varies) max = Math.min(runMax, Math.max(1, core.room(stream, bytes, keyHash)));
      const n = arrivals.take(stream, untilNs, max);
      core.offer(stream, n, bytes, keyHash, arrivals.lastNs);
    }
  }

  /** Offers what other streams of the producer hold for the broker that this one is about to send to. */
  #offerSiblings(producer: number, stream: number, nowNs: number): void {
    const arrivals = this.#arrivals;
    const { targets } = this.core.streams;
    const first = this.#producers[producer * PRODUCER_STRIDE + FIRST];
    const end = this.#producers[producer * PRODUCER_STRIDE + END];
    const target = this.#targetOf(stream);
    for (let other = first; other < end; other++) {
      // The usual case: it goes elsewhere, and nothing else of it need be looked at.
      if (this.#targetsTell && targets[other] >= 0 && targets[other] !== target) continue;
      if (other === stream || arrivals.nextNs(other) > nowNs) continue;
      const theirs = this.#targetOf(other);
      // Of two records at the same time the lower stream's comes first; a higher one's is too late for a full batch.
      if (target === NONE || theirs === NONE || theirs === target) {
        this.#offerUntil(other, other < stream ? nowNs : nowNs - (this.#fillsAt(stream, nowNs) ? 1 : 0), Infinity);
      }
    }
  }

  /** Broker that all of the stream's unoffered records will go to; −1 when that isn't known. */
  #targetOf(stream: number): number {
    return this.#targetsTell ? this.core.targetBroker(stream, NO_KEY) : NONE;
  }

  /** True when the decision now is a record that no longer fits, not a linger that passed. */
  #fillsAt(stream: number, nowNs: number): boolean {
    const open = this.core.openHead(stream);
    const startNs = open === NONE ? this.#arrivals.nextNs(stream) : this.core.batches.createdAtNs[open];
    return startNs + this.core.config.lingerNs > nowNs;
  }

  /** Hands over answers that have come, in any order: nothing of this producer waits for one. */
  #settleDue(producer: number, nowNs: number): void {
    const { core } = this;
    for (let request = core.requestHead(producer); request !== NONE; ) {
      const next = core.requests.next[request];
      if (this.#answerNs[request] <= nowNs) this.#settle(request);
      request = next;
    }
  }

  #settle(request: number): void {
    const answerNs = this.#answerNs[request];
    if (this.#answer[request] === OUTCOME_OK) {
      this.requestLatency.record(answerNs - this.core.requests.sentAtNs[request]);
    }
    this.core.onResult(request, this.#answer[request] as Outcome, answerNs);
  }

  /** Hands over everything of a producer up to now, in the order in which it happened. */
  #catchUpAll(producer: number): void {
    const nowNs = this.#engine.nowNs;
    for (;;) {
      const request = this.#earliestAnswer(producer);
      const answerNs = request === NONE ? Infinity : this.#answerNs[request];
      this.#offerAll(producer, answerNs < nowNs ? answerNs : nowNs);
      if (answerNs > nowNs) return;
      this.#settle(request);
    }
  }

  #earliestAnswer(producer: number): number {
    const { requests } = this.core;
    let earliest = NONE;
    for (let request = this.core.requestHead(producer); request !== NONE; request = requests.next[request]) {
      if (earliest === NONE || this.#answerNs[request] < this.#answerNs[earliest]) earliest = request;
    }
    return earliest;
  }

  /** Offers all streams' records up to the time; one by one across streams when they compete for room. */
  #offerAll(producer: number, untilNs: number): void {
    const first = this.#producers[producer * PRODUCER_STRIDE + FIRST];
    const end = this.#producers[producer * PRODUCER_STRIDE + END];
    const arrivals = this.#arrivals;
    if (!this.#pressed(producer)) {
      for (let stream = first; stream < end; stream++) {
        if (arrivals.nextNs(stream) <= untilNs) this.#offerUntil(stream, untilNs, this.#eager ? 1 : Infinity);
      }
      return;
    }
    for (;;) {
      let earliest = first;
      for (let stream = first + 1; stream < end; stream++) {
        if (arrivals.nextNs(stream) < arrivals.nextNs(earliest)) earliest = stream;
      }
      const atNs = arrivals.nextNs(earliest);
      if (atNs > untilNs) return;
      this.#offerUntil(earliest, atNs, 1);
    }
  }

  #scheduleWake(stream: number): void {
    const nowNs = this.#engine.nowNs;
    const atNs = this.#eager ? this.#arrivals.nextNs(stream) : this.#nextDecisionNs(stream);
    this.#streams[stream * STREAM_STRIDE + WAKE] = atNs;
    if (atNs === Infinity) return;
    invariant(atNs >= nowNs, 'a decision lies ahead');
    this.#engine.schedule(atNs, this.#wakeKind, stream, 0, 0);
  }

  /** When the stream's linger passes or one of its batches fills, whichever is first. */
  #nextDecisionNs(stream: number): number {
    const { core } = this;
    const arrivals = this.#arrivals;
    const nextNs = arrivals.nextNs(stream);
    const lingerNs = core.config.lingerNs;
    let open = core.openHead(stream);
    if (arrivals.varies(stream)) {
      // Sizes and keys of what comes are not known ahead: any record may fill a batch.
      let atNs = nextNs;
      for (; open !== NONE; open = core.batches.openNext[open]) atNs = Math.min(atNs, this.#dueNs(open, lingerNs));
      return atNs;
    }
    const bytes = arrivals.bytes(stream);
    if (open === NONE) return lingerNs === 0 ? nextNs : arrivals.aheadNs(stream, core.capacity(bytes), nextNs + lingerNs);
    // A batch that is due and waits may leave before the next record comes, which then begins one of its own.
    let dueNs = nextNs + lingerNs;
    let left = Infinity;
    const wireEach = Math.ceil(bytes * core.config.compressionRatio) || 1;
    for (; open !== NONE; open = core.batches.openNext[open]) {
      dueNs = Math.min(dueNs, this.#dueNs(open, lingerNs));
      left = Math.min(left, Math.floor((core.config.batchBytesMax - core.batches.wireBytes[open]) / wireEach));
    }
    return arrivals.aheadNs(stream, Math.max(0, left), dueNs);
  }

  #dueNs(batch: number, lingerNs: number): number {
    const dueNs = this.core.batches.createdAtNs[batch] + lingerNs;
    // A batch that is due already waits for an answer, which brings its own event.
    return dueNs > this.#engine.nowNs ? dueNs : Infinity;
  }

  /** A produce request reaches its broker. */
  #onArrive(request: number): void {
    const { core } = this;
    const nowNs = this.#engine.nowNs;
    const { requests, batches } = core;
    const broker = requests.broker[request];
    const producer = requests.producer[request];
    const cluster = this.#topology.brokerCluster[broker];
    if (this.#unreachable[cluster] === 1 || this.#clusters.isDown(broker)) {
      const brokenNs = Math.max(this.#cutNs[cluster], this.#brokerCutNs[broker]);
      // Under way when the connection broke: the client can't know how far it got. Later: no connection, nothing sent.
      this.#answerAt(request, producer, nowNs, requests.sentAtNs[request] <= brokenNs ? OUTCOME_UNKNOWN : OUTCOME_UNREACHABLE);
      return;
    }
    const brokenNs = Math.max(this.#cutNs[cluster], this.#brokerCutNs[broker]);
    if (requests.sentAtNs[request] <= brokenNs) {
      this.#answerAt(request, producer, nowNs, OUTCOME_UNKNOWN);
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
      if (this.books.storedNs(batch) >= 0) this.#clusters.markDuplicate(partition, n);
      else this.books.store(batch, atNs);
      if (acks === 1 && atNs > answerNs) answerNs = atNs;
      if (acks === -1) answerNs = Math.max(answerNs, this.#clusters.visibleFromNs(partition, atNs));
    }
    if (answerNs === Infinity) {
      // The in-sync set stands still: no answer before the client's own time-out.
      core.abandon(request);
      this.#watch(producer, true);
      this.#look(producer);
      return;
    }
    this.#answerAt(request, producer, answerNs, OUTCOME_OK);
  }

  /** The answer leaves the broker at `leavesNs`. */
  #answerAt(request: number, producer: number, leavesNs: number, outcome: Outcome): void {
    const { requests } = this.core;
    const broker = requests.broker[request];
    const brokerZone = this.#topology.brokerZone[broker];
    const tripNs = this.#topology.network.tripBy(brokerZone, this.#producers[producer * PRODUCER_STRIDE + ZONE], this.#backDraw[request]);
    let atNs = leavesNs + tripNs;
    if (requests.settled[request] === 1) {
      // Given up already; the core only waits to reuse the slot.
      this.core.onResult(request, outcome, this.#engine.nowNs);
      return;
    }
    if (this.core.inFlight(producer, broker) > 1) {
      for (let other = this.core.requestHead(producer); other !== NONE; other = requests.next[other]) {
        const before = requests.broker[other] === broker && requests.ordinal[other] < requests.ordinal[request];
        if (before && this.#answerNs[other] < Infinity && this.#answerNs[other] >= atNs) atNs = this.#answerNs[other] + 1;
      }
    }
    this.#answerNs[request] = atNs;
    this.#answer[request] = outcome;
    if (outcome !== OUTCOME_OK) this.#watch(producer, true);
    if (this.#eager || this.#watched(producer)) this.#planEvent(producer, atNs);
  }

  /** Connections to some brokers break: clients hear of it after a trip, not knowing what became of their requests. */
  #breakConnections(broken: (broker: number) => boolean, answersLeft: boolean): void {
    const nowNs = this.#engine.nowNs;
    const { core } = this;
    const { requests } = core;
    for (let producer = 0; producer < this.#plan.producers; producer++) {
      let hit = false;
      for (let request = core.requestHead(producer); request !== NONE; request = requests.next[request]) {
        const broker = requests.broker[request];
        if (!broken(broker) || this.#answer[request] !== OUTCOME_OK) continue;
        const zone = this.#topology.brokerZone[broker];
        const baseNs = this.#topology.network.baseNs(zone, this.#plan.producerZone[producer]);
        const answerNs = this.#answerNs[request];
        // Not there yet: it finds nobody when it arrives. Answered: the answer may have left before the break.
        if (answerNs === Infinity || answerNs <= nowNs || (answersLeft && answerNs - baseNs <= nowNs)) continue;
        this.#answerNs[request] = nowNs + baseNs;
        this.#answer[request] = OUTCOME_UNKNOWN;
        hit = true;
      }
      if (!hit) continue;
      this.#watch(producer, true);
      this.#look(producer);
    }
  }

  #partitionOf(batch: number): number {
    const { batches } = this.core;
    return this.#topology.topicFirstPartition[this.#streams[batches.stream[batch] * STREAM_STRIDE + TOPIC]] + batches.partition[batch];
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
  }
}
