/**
 * The producer for applications: drives a `ProducerCore` with Kafka clients and real timers. Never blocks, never
 * throws on `send`, starts without a cluster, and resumes by itself (T15's three rules).
 * All input and output happens in turns of the event loop of its own, never inside `send`.
 */

import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'eventemitter3';
import { systemClock, within } from '../clock.ts';
import { textHash32 } from '../hash.ts';
import type { Clock } from '../ports.ts';
import { CLASSES, DROP_CAUSES, NO_KEY } from '../record.ts';
import { BATCH } from './batch-pool.ts';
import {
  Callbacks,
  CONFIRMED_DELIVERED,
  CONFIRMED_DROPPED,
  CONFIRMED_UNKNOWN,
  type Confirmation,
  type OnSettled,
} from './callbacks.ts';
import { ClusterLink } from './cluster-link.ts';
import { ProducerCore } from './core.ts';
import { PRODUCER_DEFAULTS } from './defaults.ts';
import { Dispatcher } from './dispatcher.ts';
import type { ProducerEffects } from './effects.ts';
import { encode, type ProducerRecord, payloadBytes } from './encode.ts';
import { News, type ProducerEvents } from './news.ts';
import { Observer } from './observer.ts';
import type { CloseOptions, ClusterMap, ProducerOptions } from './options.ts';
import { checkTopicOptions, clustersOf } from './options.ts';
import { FATE_DELIVERED } from './outcome.ts';
import { keyHashOf } from './partitioner/index.ts';
import { PayloadStore } from './payload-store.ts';
import { type Pressure, PressureGauge } from './pressure.ts';
import { ProcessHold } from './process-hold.ts';
import { ProducerBook, type Receipt } from './receipt.ts';
import { Routing } from './routing.ts';
import type { ProducerSnapshot } from './snapshot.ts';
import { type Topic, Topics } from './topics.ts';
import { TurnTimer } from './turn-timer.ts';

const { B_INTS, B_STREAM } = BATCH;

const NS_PER_MS = 1_000_000;
const CAUSE_BUFFER_FULL = DROP_CAUSES.indexOf('buffer-full');
const CAUSE_CLOSED = DROP_CAUSES.indexOf('closed');
const CAUSE_INVALID = DROP_CAUSES.indexOf('invalid');
const NORMAL = CLASSES.indexOf('normal');
/** The core's only producer. */
const SELF = 0;
/** Row and stream for what belongs to no topic: its records never reach the core. */
const NOWHERE = 0;

export function createProducer(options: ProducerOptions): Producer {
  return new Producer(options);
}

export class Producer extends EventEmitter<ProducerEvents> {
  readonly #core: ProducerCore;
  readonly #clock: Clock;
  readonly #topics: Topics;
  readonly #links = new Map<string, ClusterLink>();
  /** By the core's number of a broker. */
  readonly #linkOfBroker: ClusterLink[] = [];
  readonly #book = new ProducerBook();
  readonly #payloads = new PayloadStore();
  readonly #callbacks = new Callbacks();
  readonly #news = new News(this);
  readonly #gauge: PressureGauge;
  readonly #observer: Observer;
  readonly #routing: Routing;
  readonly #timer: TurnTimer;
  readonly #hold: ProcessHold;
  #lastDrop = CAUSE_INVALID;
  /** The core has requests for the clients. */
  #outbox = false;
  #inTurn = false;
  #closing: Promise<Receipt> | null = null;
  #onEmpty: (() => void) | null = null;
  /** Time of day less monotonic time. */
  #wallOffsetMs = 0;

  /** Throws a RangeError that names the option, what was expected and what came. */
  constructor(options: ProducerOptions) {
    super();
    const { ports, map } = clustersOf(options);
    checkTopicOptions(options, ports);
    const { port, clusters, clusterOf, clock, classes, acksByTopic, tenants, quotas, pressure, ...rest } = options;
    const { identity = randomUUID(), streamsMax, metadataMaxAgeNs = 300_000 * NS_PER_MS, ...config } = rest;
    this.#clock = clock ?? systemClock;
    this.#timer = new TurnTimer(this.#clock, () => this.#turn());
    this.#hold = new ProcessHold(this.#clock);
    const all = { ...PRODUCER_DEFAULTS, ...config, quotas: Object.values(quotas ?? {}) };
    this.#core = new ProducerCore(all, this.#effects());
    this.#gauge = new PressureGauge(all, pressure);
    this.#observer = new Observer({
      ...{
        core: this.#core,
        producer: SELF,
        clock: this.#clock,
        book: this.#book,
        news: this.#news,
        gauge: this.#gauge,
      },
    });
    this.#core.addProducer();
    this.#core.addStream(SELF, NORMAL, 0);
    this.#book.addRow('', NORMAL);
    this.#topics = new Topics({
      ...{ classes, acksByTopic, tenants, quotas, streamsMax, identity },
      linkOf: (topic) => this.#routing.linkOf(topic),
      onStream: (topic, serviceClass, streamIdentity) => this.#addStream(topic, serviceClass, streamIdentity),
    });
    const links = this.#links;
    this.#routing = new Routing({ core: this.#core, clock: this.#clock, map, links, contents: this.#payloads });
    for (const [name, port] of ports) {
      const link = new ClusterLink({
        ...{ name, port, clock: this.#clock, config: all, metadataMaxAgeNs },
        identity: textHash32(ports.size === 1 ? identity : `${identity}/${name}`),
        nextBroker: (link) => this.#linkOfBroker.push(link) - 1,
        dispatcher: (link) => this.#dispatcherTo(link),
        onLeaders: (name, leaders) => {
          this.#routing.learn(this.#topics.get(name)!, leaders);
          this.#turn();
        },
        onConnected: (link) => {
          this.#news.connected(link.name);
          this.#schedule();
        },
        onDisconnected: (link, cause) => {
          this.#news.disconnected({ cluster: link.name, cause });
          this.#schedule();
        },
      });
      this.#links.set(name, link);
      link.connection.check();
    }
  }

  /** True while all clusters are connected. */
  get connected(): boolean {
    return [...this.#links.values()].every(({ connection }) => connection.connected);
  }

  /** Whether each cluster is connected, by name; a producer with a `port` calls it `default`. */
  get connections(): Readonly<Record<string, boolean>> {
    return Object.fromEntries([...this.#links].map(([name, { connection }]) => [name, connection.connected]));
  }

  /** Memory in use of `bufferBytesMax`, overheads included. */
  get bufferedBytes(): number {
    return this.#core.bufferedBytes(SELF);
  }

  get bufferedRecords(): number {
    return this.#core.bufferedRecords(SELF);
  }

  /** How full the buffer is and what it means for the next record: to retry, spill or shed before anything drops. */
  get pressure(): Pressure {
    const { bufferedBytes, bufferedRecords } = this;
    const { overheadBytesPerRecord } = this.#core.config;
    const eachBytes = bufferedRecords === 0 ? overheadBytesPerRecord : Math.ceil(bufferedBytes / bufferedRecords);
    const [low, normal, high] = CLASSES.map((_, serviceClass) => this.#core.outlook(SELF, serviceClass, eachBytes));
    return {
      ...this.#gauge.read(bufferedBytes, bufferedRecords, this.#clock.nowNs()),
      outlook: { low, normal, high },
    };
  }

  /**
   * Offers a record and returns at once: true when it was admitted, false when it was dropped. Never throws, never waits,
   * never does input or output. What becomes of it is told by events and the receipt, and to `onSettled` if there is one:
   * once, for any record, in a later turn of the event loop and before `close` is done. What it throws becomes an `error`
   * event. A callback costs a closure and its place in a list; it keeps the process alive until it was called.
   */
  send(record: ProducerRecord, onSettled?: OnSettled): boolean {
    const nowNs = this.#clock.nowNs();
    if (this.bufferedRecords === 0) this.#readWallClock(nowNs);
    const wire = encode(record, Math.floor(this.#wallOffsetMs + nowNs / NS_PER_MS));
    if (wire === null) return this.#refuse(CAUSE_INVALID, onSettled);
    const stream = this.#topics.streamOf(record.topic, record.class);
    if (stream === -1) return this.#refuse(this.#closing === null ? CAUSE_BUFFER_FULL : CAUSE_CLOSED, onSettled);
    const keyHash = wire.key === null ? NO_KEY : keyHashOf(wire.key);
    this.#book.offered(stream);
    const core = this.#core;
    const admitted = core.offer(stream, 1, payloadBytes(wire), keyHash, nowNs) === 1;
    if (admitted) this.#payloads.add(core.lastBatch, wire);
    if (onSettled !== undefined) this.#await(admitted, onSettled);
    if (this.#gauge.check(core.bufferedBytes(SELF), core.bufferedRecords(SELF), nowNs)) this.#tellPressure(nowNs);
    this.#schedule();
    return admitted;
  }

  /**
   * As `send`, and tells what became of the record. Never rejects. A promise for each record costs several times what
   * `send` does: for the few records that somebody waits for. Keeps the process alive until it is known.
   */
  sendAndConfirm(record: ProducerRecord): Promise<Confirmation> {
    return new Promise((resolve) => this.send(record, resolve));
  }

  /**
   * Changes which topic goes to which cluster, at once and for good. New records of a topic that moves go to its new
   * cluster, and so do those that wait: to the partitions of their keys there, in their order. What is in flight goes on
   * by its own rules; what has to be sent again goes to the new cluster, behind younger records, and is there twice or in
   * both if the old cluster has written it after all. Throws a RangeError, and changes nothing, for an unknown cluster.
   */
  route(map: ClusterMap): void {
    for (const news of this.#routing.change(map, this.#topics)) this.#news.failover(news);
    this.#schedule();
  }

  /** The book as it stands. */
  receipt(): Receipt {
    const buffered = new Array<number>(this.#topics.rows).fill(0);
    this.#payloads.count((batch, records) => {
      buffered[this.#core.batches.ints[batch * B_INTS + B_STREAM]] += records;
    });
    return this.#book.receipt(buffered);
  }

  /** Counters, gauges and histograms as they stand: for telemetry, see `spillway/adapters/…`. Cheap, but not for every send. */
  snapshot(): ProducerSnapshot {
    const links = [...this.#links.values()];
    return this.#observer.snapshot(links.map(({ name, connection }) => ({ name, connected: connection.connected })));
  }

  /**
   * Admits no more, sends what is buffered for at most `graceMs`, closes its clients and hands over the final receipt.
   * Never rejects; a second call gets the first one's answer. Keeps the process alive until then.
   */
  close(options: CloseOptions = {}): Promise<Receipt> {
    this.#closing ??= this.#close(options.graceMs ?? 5_000);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<Receipt> {
    const clock = this.#clock;
    const endNs = clock.nowNs() + graceMs * NS_PER_MS;
    this.#core.close(SELF, clock.nowNs());
    await new Promise<void>((resolve) => {
      const grace = clock.after(graceMs * NS_PER_MS, resolve, { keepAlive: true });
      this.#onEmpty = () => {
        grace.cancel();
        resolve();
      };
      this.#turn();
    });
    this.#onEmpty = null;
    this.#core.terminate(SELF, clock.nowNs());
    const links = [...this.#links.values()];
    for (const link of links) link.close();
    this.#timer.disarm();
    const leftNs = Math.max(0, endNs - clock.nowNs());
    // What a client makes of its own end changes no book.
    const ends = links.map(({ port }) => within({ clock, limitNs: leftNs }, () => port.close(leftNs / NS_PER_MS)));
    await Promise.allSettled(ends);
    this.#tell();
    this.#holdProcess();
    return this.receipt();
  }

  #effects(): ProducerEffects {
    return {
      send: (request, _producer, broker) => {
        this.#linkOfBroker[broker].dispatcher.add(request);
        this.#outbox = true;
      },
      dropped: (stream, n, cause, batch) => {
        this.#book.dropped(stream, n, cause);
        this.#news.dropped(stream, n, cause);
        this.#lastDrop = cause;
        if (batch !== -1) this.#settle(batch, CONFIRMED_DROPPED[cause]);
      },
      ended: (batch, stream, n, fate) => {
        const delivered = fate === FATE_DELIVERED;
        if (delivered) this.#book.delivered(stream, n);
        else this.#book.unknown(stream, n);
        this.#news.ended(stream, n, delivered);
        this.#settle(batch, delivered ? CONFIRMED_DELIVERED : CONFIRMED_UNKNOWN);
      },
      freed: () => {},
      refreshMetadata: (_producer, stream) => {
        const { link, name } = this.#topics.ofStream(stream);
        link.metadata.want(name);
      },
    };
  }

  #dispatcherTo(link: ClusterLink): Dispatcher {
    return new Dispatcher({
      core: this.#core,
      port: link.port,
      clock: this.#clock,
      payload: (batch) => this.#payloads.records(batch),
      topicOf: (stream) => this.#topics.ofStream(stream).name,
      observer: this.#observer,
      onAnswer: () => this.#turn(),
      onDoubt: (topic) => {
        link.connection.check();
        // A topic that has moved since is no longer this cluster's to tell of.
        if (this.#topics.get(topic)?.link === link) link.metadata.want(topic);
      },
    });
  }

  #settle(batch: number, confirmation: Confirmation): void {
    this.#observer.settled(batch, confirmation.fate);
    this.#payloads.settle(batch, (onSettled) => this.#callbacks.add(onSettled, confirmation));
  }

  #await(admitted: boolean, onSettled: OnSettled): void {
    if (admitted) this.#payloads.waitFor(this.#core.lastBatch, onSettled);
    else this.#callbacks.add(onSettled, CONFIRMED_DROPPED[this.#lastDrop]);
    this.#holdProcess();
  }

  /** Whatever is due: inputs to the core, then its requests to the clients, then news to the application. */
  #turn(): void {
    if (this.#inTurn) return;
    this.#inTurn = true;
    try {
      const core = this.#core;
      const nowNs = this.#clock.nowNs();
      this.#readWallClock(nowNs);
      if (core.deadlineNs(SELF) <= nowNs) core.onTime(SELF, nowNs);
      if (this.#outbox) this.#drain();
      if (this.#gauge.check(this.bufferedBytes, this.bufferedRecords, nowNs)) this.#tellPressure(nowNs);
      this.#tell();
      if (core.bufferedRecords(SELF) === 0) this.#onEmpty?.();
    } finally {
      this.#inTurn = false;
    }
    this.#holdProcess();
    this.#schedule();
  }

  #drain(): void {
    // An answer of the core to a refusal may add to an outbox: then this comes again.
    this.#outbox = false;
    for (const { dispatcher } of this.#links.values()) dispatcher.drain();
  }

  #tell(): void {
    this.#news.tell();
    this.#callbacks.tell((call) => this.#news.safely(call));
  }

  #tellPressure(nowNs: number): void {
    this.#news.pressure(this.#gauge.read(this.bufferedBytes, this.bufferedRecords, nowNs));
  }

  /** Sets the timer for what comes next, unless it goes off before that anyway. */
  #schedule(): void {
    const dueNs = this.#core.deadlineNs(SELF);
    const empty = this.#onEmpty !== null && this.bufferedRecords === 0;
    if (this.#news.pending || this.#callbacks.pending || this.#outbox || empty) this.#timer.arm(0);
    else if (dueNs < this.#timer.atNs) this.#timer.arm(dueNs - this.#clock.nowNs());
  }

  /** Reading a clock is the dearest part of `send`, so the time of day is read once a turn and carried on from there. */
  #readWallClock(nowNs: number): void {
    this.#wallOffsetMs = this.#clock.wallMs() - nowNs / NS_PER_MS;
  }

  /** A process must not end while somebody waits to hear of a record. */
  #holdProcess(): void {
    this.#hold.hold(this.#payloads.awaited || this.#callbacks.pending);
  }

  /** Books a record that the core does not see. */
  #refuse(cause: number, onSettled: OnSettled | undefined): false {
    this.#book.offered(NOWHERE);
    this.#book.dropped(NOWHERE, 1, cause);
    this.#news.dropped(NOWHERE, 1, cause);
    this.#lastDrop = cause;
    if (onSettled !== undefined) this.#await(false, onSettled);
    this.#schedule();
    return false;
  }

  #addStream(topic: Topic, serviceClass: number, identity: number): number {
    const stream = this.#core.addStream(SELF, serviceClass, identity, topic.options);
    this.#book.addRow(topic.name, serviceClass);
    this.#news.addRow(topic.name, serviceClass);
    if (topic.view !== null) this.#core.onMetadata(stream, topic.view, this.#clock.nowNs());
    return stream;
  }
}
