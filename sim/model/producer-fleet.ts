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

import type { ProducerConfig } from '../../src/producer/config.ts';
import { ProducerCore } from '../../src/producer/core.ts';
import type { ProducerEffects } from '../../src/producer/effects.ts';
import { OUTCOME_OK } from '../../src/producer/outcome.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import { CLASSES, type ServiceClass } from '../../src/record.ts';
import { type Engine, hash32, invariant } from '../engine/index.ts';
import type { TenantQuota } from '../scenario/scenario.ts';
import type { Arrivals } from './arrivals.ts';
import type { Clusters } from './clusters.ts';
import { earliestAnswer } from './earliest-answer.ts';
import { FleetReadAhead } from './fleet-read-ahead.ts';
import { FLEET, FleetRows } from './fleet-rows.ts';
import type { Observer } from './observer.ts';
import { ProduceCourier } from './produce-courier.ts';
import { ProducerBooks } from './producer-books.ts';
import { ProducerMetadata } from './producer-metadata.ts';
import { StreamFeed } from './stream-feed.ts';
import { StreamPlaces } from './stream-places.ts';
import type { StreamPlan } from './stream-plan.ts';
import type { Topology } from './topology.ts';
import type { Ways } from './ways.ts';

const {
  END,
  EVENT,
  FIRST,
  FIRST_PARTITION,
  IDENTITY,
  PRESSURE_BYTES,
  PRESSURE_RECORDS,
  PRODUCER,
  PRODUCER_FLOATS,
  PRODUCER_INTS,
  STREAM_STRIDE,
  ZONE,
} = FLEET;

const { R_ABANDONED, R_INTS, R_NEXT } = REQUEST;

const NONE = -1;

export interface ProducerFleetOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly arrivals: Arrivals;
  readonly plan: StreamPlan;
  readonly config: ProducerConfig;
  readonly seed: number;
  readonly fidelity: 'record' | 'request';
  /** Leaders recognise batches that they have. */
  readonly idempotent: boolean;
  readonly ways: Ways;
  readonly metadataNs: number;
  /** A producer asks again after so long, whatever happens. */
  readonly metadataMaxAgeNs: number;
  /** One way to whichever broker is asked for metadata later on. */
  readonly metadataTripNs: number;
  readonly compressionNsPerByte: number;
  /** By index of their quota. */
  readonly tenants: readonly string[];
  readonly observer: Observer | null;
}

export class ProducerFleet implements ProducerEffects {
  readonly core: ProducerCore;
  readonly books: ProducerBooks;
  readonly courier: ProduceCourier;
  readonly #engine: Engine;
  readonly #arrivals: Arrivals;
  readonly #plan: StreamPlan;
  readonly #eager: boolean;
  readonly #options: ProducerFleetOptions;
  readonly #observer: Observer | null;
  readonly metadata: ProducerMetadata;
  readonly places: StreamPlaces;
  readonly #rows: FleetRows;
  readonly #feed: StreamFeed;
  readonly #wakeKind: number;
  readonly #producerKind: number;

  constructor(options: ProducerFleetOptions) {
    this.#options = options;
    this.#observer = options.observer;
    const { engine, topology, plan, clusters, arrivals } = options;
    this.#engine = engine;
    this.#arrivals = arrivals;
    this.#plan = plan;
    this.#eager = options.fidelity === 'record';
    this.core = new ProducerCore(options.config, this);
    this.books = new ProducerBooks(topology.topics);
    this.#rows = new FleetRows(plan, topology);
    this.places = new StreamPlaces(plan, topology);
    this.#feed = new StreamFeed({
      core: this.core,
      arrivals,
      rows: this.#rows,
      eager: this.#eager,
      observer: options.observer,
    });
    const answerNs = (request: number): number => this.courier.answerNs(request);
    const readAhead = new FleetReadAhead({ core: this.core, arrivals, rows: this.#rows, answerNs });
    // Ties in time: records come before answers, answers before deadlines, in both fidelities.
    this.metadata = new ProducerMetadata({
      ...options,
      copies: clusters.copies,
      core: this.core,
      isCutOff: (cluster) => this.courier.isCutOff(cluster),
      catchUp: (producer) => this.#catchUpAll(producer),
      places: this.places,
      look: (producer) => this.#look(producer),
    });
    this.#wakeKind = engine.kind(
      'stream decision',
      (stream) => this.#onWake(stream),
      (streams, _, count) => readAhead.streams(streams, count),
    );
    this.#producerKind = engine.kind(
      'producer decision',
      (producer) => this.#onProducer(producer),
      (producers, _, count) => readAhead.producers(producers, count),
    );
    this.courier = new ProduceCourier({
      engine,
      topology,
      clusters,
      core: this.core,
      rows: this.#rows,
      books: this.books,
      producers: plan.producers,
      idempotent: options.idempotent,
      streamTopic: plan.streamTopic,
      places: this.places,
      eager: this.#eager,
      observer: options.observer,
      compressNsPerWireByte: options.compressionNsPerByte / options.config.compressionRatio,
      pressed: (producer) => this.#feed.pressed(producer),
      plan: (producer, atNs) => this.#planEvent(producer, atNs),
      look: (producer) => {
        this.#catchUpAll(producer);
        this.#look(producer);
      },
      ways: options.ways,
      failed: (producer) => this.metadata.ask(producer),
      misled: (producer) => this.metadata.misled(producer),
    });
    this.#enlist();
  }

  /** Hands over everything that has happened by now: for looking at the books. Changes no outcome. */
  catchUp(): void {
    for (let producer = 0; producer < this.#plan.producers; producer++) this.#catchUpAll(producer);
  }

  // Effects of the core.

  send(request: number, producer: number, broker: number): void {
    this.#observer?.sent(request, producer, broker, this.#engine.nowNs);
    this.courier.send(request, producer, broker);
  }

  dropped(stream: number, n: number, cause: number, batch: number): void {
    this.#observer?.dropped(stream, n, cause, batch, this.#engine.nowNs);
    this.books.dropped(this.#plan.streamTopic[stream], n, cause, batch);
  }

  ended(batch: number, stream: number, n: number, fate: number): void {
    this.#observer?.ended(batch, fate, this.#engine.nowNs);
    this.books.ended(batch, fate);
    if (this.books.endsAside(batch)) {
      this.books.leaveBehind(this.#plan.streamTopic[stream], n);
      this.#observer?.leftBehind(batch, this.#engine.nowNs);
    }
  }

  freed(batch: number): void {
    this.#observer?.freed(batch);
    this.courier.freed(batch);
    this.courier.moved.freed(batch);
  }

  refreshMetadata(producer: number, _stream: number): void {
    this.metadata.ask(producer);
  }

  /** The producer hears that some of its streams go to other clusters, which it asks at once. */
  route(producer: number, placeOf: (stream: number) => number): void {
    const { nowNs } = this.#engine;
    const { core, places } = this;
    const { firstStream } = this.#plan;
    this.#catchUpAll(producer);
    for (let stream = firstStream[producer]; stream < firstStream[producer + 1]; stream++) {
      const place = placeOf(stream);
      if (places.of(stream) === place) continue;
      this.courier.moved.leave(stream);
      this.#rows.streams[stream * STREAM_STRIDE + FIRST_PARTITION] = this.#options.topology.topicFirstPartition[place];
      places.move(stream, place);
      this.metadata.moved(stream);
    }
    core.onTime(producer, nowNs);
    this.#look(producer);
    this.metadata.askMoved(producer);
  }

  /** What producers buffer of the topic from now on is of another class. */
  setClass(topic: number, serviceClass: ServiceClass): void {
    this.catchUp();
    for (let stream = 0; stream < this.#plan.streams; stream++) {
      if (this.#plan.streamTopic[stream] === topic) this.core.reclassify(stream, CLASSES.indexOf(serviceClass));
    }
  }

  /** What each producer admits of a tenant changes. */
  setQuota({ tenant, ...quota }: TenantQuota): void {
    this.catchUp();
    const index = this.#options.tenants.indexOf(tenant);
    this.core.setQuota(index, quota, this.#engine.nowNs);
  }

  #enlist(): void {
    const { plan, config, seed } = this.#options;
    const { core } = this;
    for (let producer = 0; producer < plan.producers; producer++) {
      const { floats, ints } = this.#rows;
      const row = producer * PRODUCER_FLOATS;
      const at = producer * PRODUCER_INTS;
      floats[row + EVENT] = Infinity;
      ints[at + IDENTITY] = hash32(seed, producer, 0x9d) | 0;
      ints[at + ZONE] = plan.producerZone[producer];
      ints[at + FIRST] = plan.firstStream[producer];
      ints[at + END] = plan.firstStream[producer + 1];
      core.addProducer();
      let slackBytes = 0;
      let slackRecords = 0;
      let limited = false;
      for (let stream = plan.firstStream[producer]; stream < plan.firstStream[producer + 1]; stream++) {
        const options = plan.topicOptions[plan.streamTopic[stream]];
        core.addStream(producer, plan.streamClass[stream], plan.streamIdentity[stream], options);
        limited ||= options.quota !== NONE;
        // What can lie unoffered between two decisions of the stream: one batch, and the record that closes it.
        const bytes = this.#arrivals.bytesMax(stream);
        const records = core.capacity(bytes) + 1;
        slackBytes += records * (bytes + config.overheadBytesPerRecord) + 2 * config.overheadBytesPerBatch;
        slackRecords += records;
        this.#scheduleWake(stream);
      }
      floats[row + PRESSURE_BYTES] = config.bufferBytesMax - slackBytes;
      // A quota decides at each record, by its time and in the order of all that share it: as if the buffer were always near its bound.
      floats[row + PRESSURE_RECORDS] = limited ? -1 : config.bufferRecordsMax - slackRecords;
      this.metadata.start(producer);
    }
  }

  /** A stream's next decision may be due: its linger passes, its batch fills, or (record fidelity) its next record comes. */
  #onWake(stream: number): void {
    const nowNs = this.#engine.nowNs;
    const producer = this.#rows.streams[stream * STREAM_STRIDE + PRODUCER];
    const { core } = this;
    if (this.#rows.watched(producer) || this.#feed.pressed(producer)) {
      this.#catchUpAll(producer);
    } else if (this.#eager) {
      this.#feed.offerUntil(stream, nowNs, 1);
    } else {
      this.#settleDue(producer, nowNs);
      this.#feed.offerSiblings(producer, stream, nowNs);
      this.#feed.offerUntil(stream, nowNs, Infinity);
    }
    core.onTime(producer, nowNs);
    this.#scheduleWake(stream);
    if (this.#eager || core.readyBatches(producer) > 0 || this.#rows.watched(producer)) this.#look(producer);
  }

  /** Something other than a stream's own decision may be due for a producer: an answer, a back-off, a time-out. */
  #onProducer(producer: number): void {
    const nowNs = this.#engine.nowNs;
    if (this.#rows.floats[producer * PRODUCER_FLOATS + EVENT] !== nowNs) return;
    this.#rows.floats[producer * PRODUCER_FLOATS + EVENT] = Infinity;
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
    for (
      let request = core.requestHead(producer);
      request !== NONE;
      request = requests.ints[request * R_INTS + R_NEXT]
    ) {
      if (this.courier.answerNs(request) < atNs) atNs = this.courier.answerNs(request);
      if (this.courier.answer(request) !== OUTCOME_OK || requests.ints[request * R_INTS + R_ABANDONED] === 1)
        troubled = true;
      if (this.courier.isLate(request)) troubled = true;
    }
    this.#rows.watch(producer, troubled);
    if (troubled || this.#eager) this.#planEvent(producer, atNs);
  }

  #planEvent(producer: number, atNs: number): void {
    const nowNs = this.#engine.nowNs;
    const at = producer * PRODUCER_FLOATS + EVENT;
    if (atNs === Infinity || atNs >= this.#rows.floats[at]) return;
    const whenNs = Math.max(nowNs, Math.ceil(atNs));
    this.#rows.floats[at] = whenNs;
    this.#engine.schedule(whenNs, this.#producerKind, producer, 0, 0);
  }

  /** Hands over answers that have come, in any order: nothing of this producer waits for one. */
  #settleDue(producer: number, nowNs: number): void {
    const { core } = this;
    for (let request = core.requestHead(producer); request !== NONE; ) {
      const next = core.requests.ints[request * R_INTS + R_NEXT];
      if (this.courier.answerNs(request) <= nowNs) this.courier.settle(request);
      request = next;
    }
  }

  /** Hands over everything of a producer up to now, in the order in which it happened. */
  #catchUpAll(producer: number): void {
    const nowNs = this.#engine.nowNs;
    for (;;) {
      const request = earliestAnswer(this.core, this.courier, producer);
      const answerNs = request === NONE ? Infinity : this.courier.answerNs(request);
      this.#feed.offerAll(producer, Math.min(answerNs, nowNs));
      if (answerNs > nowNs) return;
      this.courier.settle(request);
    }
  }

  #scheduleWake(stream: number): void {
    const nowNs = this.#engine.nowNs;
    const atNs = this.#eager ? this.#arrivals.nextNs(stream) : this.#feed.nextDecisionNs(stream, nowNs);
    if (atNs === Infinity) return;
    invariant(atNs >= nowNs, 'a decision lies ahead');
    this.#engine.schedule(atNs, this.#wakeKind, stream, 0, 0);
  }
}
