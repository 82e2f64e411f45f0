/**
 * The producer for applications: drives a `ProducerCore` with Kafka clients and real timers. Never blocks, never
 * throws on `send`, starts without a cluster, and resumes by itself (T15's three rules).
 * All input and output happens in turns of the event loop of its own, never inside `send`.
 */

import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'eventemitter3';
import { systemClock, within } from '../clock.ts';
import { textHash32 } from '../hash.ts';
import type { Clock, WireRecord } from '../ports.ts';
import { CLASSES, DROP_CAUSES, NO_KEY } from '../record.ts';
import { Accounts } from './accounts.ts';
import { BATCH } from './batch-pool.ts';
import type { Confirmation, OnSettled } from './callbacks.ts';
import { ClusterLink } from './cluster-link.ts';
import { ProducerCore } from './core.ts';
import { PRODUCER_DEFAULTS } from './defaults.ts';
import { Detours } from './detours.ts';
import { Dispatcher } from './dispatcher.ts';
import type { ProducerEffects } from './effects.ts';
import { encode, type ProducerRecord, payloadBytes } from './encode.ts';
import type { ProducerEvents } from './news.ts';
import { Observer } from './observer.ts';
import type { CloseOptions, ClusterMap, ProducerOptions } from './options.ts';
import { checkTopicOptions, clustersOf } from './options.ts';
import { FATE_DELIVERED } from './outcome.ts';
import { keyHashOf } from './partitioner/index.ts';
import { type Pressure, PressureGauge } from './pressure.ts';
import { Quiet } from './quiet.ts';
import type { Receipt } from './receipt.ts';
import { Routing } from './routing.ts';
import type { ProducerSnapshot } from './snapshot.ts';
import type { DetourDoor } from './spill-road.ts';
import { type Topic, Topics } from './topics.ts';
import { TurnTimer } from './turn-timer.ts';

const { B_FLOATS, B_INTS, B_SEQUENCE, B_STREAM } = BATCH;

const NS_PER_MS = 1_000_000;
const CAUSE_BUFFER_FULL = DROP_CAUSES.indexOf('buffer-full');
const CAUSE_CLOSED = DROP_CAUSES.indexOf('closed');
const CAUSE_INVALID = DROP_CAUSES.indexOf('invalid');
const NORMAL = CLASSES.indexOf('normal');
/** The core's only producer. */
const SELF = 0;
/** Row and stream for what belongs to no topic: its records never reach the core. */
const NOWHERE = 0;

export function createProducer<V = Uint8Array | string>(options: ProducerOptions<V>): Producer<V> {
  return new Producer(options);
}

/** `V` is what a value may be: bytes or text, or whatever the envelope's codec takes. */
export class Producer<V = Uint8Array | string> extends EventEmitter<ProducerEvents> {
  readonly #core: ProducerCore;
  readonly #clock: Clock;
  readonly #topics: Topics;
  readonly #links = new Map<string, ClusterLink>();
  /** By the core's number of a broker. */
  readonly #linkOfBroker: ClusterLink[] = [];
  readonly #accounts: Accounts;
  readonly #gauge: PressureGauge;
  readonly #observer: Observer;
  readonly #routing: Routing;
  readonly #timer: TurnTimer;
  readonly #quiet: Quiet;
  /** Null without envelope and spill: then records only go straight on. */
  readonly #detours: Detours<V> | null;
  #lastDrop = CAUSE_INVALID;
  /** The core has requests for the clients. */
  #outbox = false;
  #inTurn = false;
  #closing: Promise<Receipt> | null = null;
  /** Time of day less monotonic time. */
  #wallOffsetMs = 0;

  /** Throws a RangeError that names the option, what was expected and what came. */
  constructor(options: ProducerOptions<V>) {
    super();
    const { ports, map } = clustersOf(options);
    checkTopicOptions(options, ports);
    const { port, clusters, clusterOf, clock, classes, acksByTopic, tenants, quotas, pressure, ...others } = options;
    const { envelope, claimCheck, waiting, spill, ...rest } = others;
    const { identity = randomUUID(), streamsMax, metadataMaxAgeNs = 300_000 * NS_PER_MS, ...config } = rest;
    this.#clock = clock ?? systemClock;
    this.#timer = new TurnTimer(this.#clock, () => this.#turn());
    this.#accounts = new Accounts(this, this.#clock);
    this.#quiet = new Quiet(this.#clock);
    const all = { ...PRODUCER_DEFAULTS, ...config, quotas: Object.values(quotas ?? {}) };
    this.#core = new ProducerCore(all, this.#effects());
    this.#gauge = new PressureGauge(all, pressure);
    const { book, news, payloads } = this.#accounts;
    this.#observer = new Observer({
      ...{ core: this.#core, producer: SELF, clock: this.#clock, book, news, gauge: this.#gauge },
    });
    this.#core.addProducer();
    this.#core.addStream(SELF, NORMAL, 0);
    this.#topics = new Topics({
      ...{ classes, acksByTopic, tenants, quotas, streamsMax, identity },
      linkOf: (topic) => this.#routing.linkOf(topic),
      onStream: (topic, serviceClass, streamIdentity) => this.#addStream(topic, serviceClass, streamIdentity),
    });
    const links = this.#links;
    this.#routing = new Routing({ core: this.#core, clock: this.#clock, map, links, contents: payloads });
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
          news.connected(link.name);
          this.#schedule();
        },
        onDisconnected: (link, cause) => {
          news.disconnected({ cluster: link.name, cause });
          this.#schedule();
        },
      });
      this.#links.set(name, link);
    }
    this.#detours = Detours.of({ envelope, claimCheck, waiting, spill, clock: this.#clock, door: this.#door() });
    for (const link of this.#links.values()) link.connection.check();
    this.#detours?.spill?.open();
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
  send(record: ProducerRecord<V>, onSettled?: OnSettled): boolean {
    const nowNs = this.#clock.nowNs();
    if (this.bufferedRecords === 0) this.#readWallClock(nowNs);
    const wallMs = Math.floor(this.#wallOffsetMs + nowNs / NS_PER_MS);
    const detours = this.#detours;
    const what = detours === null ? encode(record as ProducerRecord, wallMs) : detours.encode(record, wallMs);
    if (what === null) return this.#refuse(CAUSE_INVALID, onSettled);
    const stream = this.#topics.streamOf(record.topic, record.class);
    if (stream === -1) return this.#refuse(this.#closing === null ? CAUSE_BUFFER_FULL : CAUSE_CLOSED, onSettled);
    this.#accounts.book.offered(stream);
    // Without detours nothing has to wait.
    const admitted =
      detours?.offer(stream, what, onSettled) ?? this.#enter(stream, what as WireRecord, nowNs, onSettled);
    const core = this.#core;
    if (this.#gauge.check(core.bufferedBytes(SELF), core.bufferedRecords(SELF), nowNs)) this.#tellPressure(nowNs);
    this.#schedule();
    return admitted;
  }

  /**
   * As `send`, and tells what became of the record. Never rejects. A promise for each record costs several times what
   * `send` does: for the few records that somebody waits for. Keeps the process alive until it is known.
   */
  sendAndConfirm(record: ProducerRecord<V>): Promise<Confirmation> {
    return new Promise((resolve) => this.send(record, resolve));
  }

  /**
   * Changes which topic goes to which cluster, at once and for good. New records of a topic that moves go to its new
   * cluster, and so do those that wait: to the partitions of their keys there, in their order. What is in flight goes on
   * by its own rules; what has to be sent again goes to the new cluster, behind younger records, and is there twice or in
   * both if the old cluster has written it after all. Throws a RangeError, and changes nothing, for an unknown cluster.
   */
  route(map: ClusterMap): void {
    for (const news of this.#routing.change(map, this.#topics)) this.#accounts.news.failover(news);
    this.#schedule();
  }

  /** The book as it stands. */
  receipt(): Receipt {
    const buffered = new Array<number>(this.#topics.rows).fill(0);
    this.#accounts.payloads.count((batch, records) => {
      buffered[this.#core.batches.ints[batch * B_INTS + B_STREAM]] += records;
    });
    this.#detours?.count((row) => buffered[row]++);
    return this.#accounts.book.receipt(buffered, this.#detours?.spill?.heldRecords);
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
    const leftNs = (): number => Math.max(0, endNs - clock.nowNs());
    const detours = this.#detours;
    detours?.stop();
    if (detours !== null && detours.waiting > 0) await this.#quiet.until(leftNs(), () => detours.waiting === 0);
    detours?.abandon();
    this.#core.close(SELF, clock.nowNs());
    const emptied = this.#quiet.until(leftNs(), () => this.bufferedRecords === 0);
    this.#turn();
    await emptied;
    this.#core.terminate(SELF, clock.nowNs());
    const links = [...this.#links.values()];
    for (const link of links) link.close();
    this.#timer.disarm();
    const limitNs = leftNs();
    // What a client makes of its own end changes no book.
    const ends = links.map(({ port }) => within({ clock, limitNs }, () => port.close(limitNs / NS_PER_MS)));
    await Promise.allSettled([...ends, detours?.spill?.close()]);
    this.#accounts.tell();
    this.#accounts.holdProcess();
    return this.receipt();
  }

  #effects(): ProducerEffects {
    return {
      send: (request, _producer, broker) => {
        this.#linkOfBroker[broker].dispatcher.add(request);
        this.#outbox = true;
      },
      dropped: (stream, n, cause, batch) => {
        this.#lastDrop = cause;
        // What was never admitted is `admit`'s to book.
        if (batch === -1) return;
        const kept = this.#detours?.spill?.rescue(batch, stream, cause) ?? 0;
        if (kept < n) this.#observer.settled(batch, 'dropped');
        this.#accounts.batchDropped(batch, { row: stream, records: n - kept, cause });
      },
      ended: (batch, stream, n, fate) => {
        const delivered = fate === FATE_DELIVERED;
        this.#detours?.spill?.settled(batch);
        this.#observer.settled(batch, delivered ? 'delivered' : 'unknown');
        this.#accounts.batchEnded(batch, { row: stream, records: n, delivered });
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
      payload: (batch) => this.#accounts.payloads.records(batch),
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

  /** Hands a record to the core: −1 when it was admitted, else why not; nothing is booked then. Positional, as is `offer`. */
  #admit(stream: number, wire: WireRecord, nowNs: number, onSettled: OnSettled | undefined): number {
    const keyHash = wire.key === null ? NO_KEY : keyHashOf(wire.key);
    const admitted = this.#core.offer(stream, 1, payloadBytes(wire), keyHash, nowNs) === 1;
    if (admitted) this.#accounts.admitted(this.#core.lastBatch, wire, onSettled);
    return admitted ? -1 : this.#lastDrop;
  }

  #enter(stream: number, wire: WireRecord, nowNs: number, onSettled: OnSettled | undefined): boolean {
    const cause = this.#admit(stream, wire, nowNs, onSettled);
    if (cause !== -1) this.#accounts.drop(stream, cause, onSettled);
    return cause === -1;
  }

  /** What records on a detour need of the producer. */
  #door(): DetourDoor {
    return {
      accounts: this.#accounts,
      admit: (row, record, onSettled) => this.#admit(row, record, this.#clock.nowNs(), onSettled),
      rowOf: (topic, serviceClass) => {
        const known = this.#topics.meet(topic);
        return known === null ? NOWHERE : Math.max(NOWHERE, this.#topics.stream(known, serviceClass));
      },
      topicOf: (row) => this.#topics.ofStream(row).name,
      classOf: (row) => this.#core.streams.classOf(row),
      sequenceOf: (batch) => this.#core.batches.floats[batch * B_FLOATS + B_SEQUENCE],
      connected: () => [...this.#links.values()].some(({ connection }) => connection.connected),
      changed: () => this.#schedule(),
    };
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
      this.#detours?.spill?.replay(nowNs);
      if (this.#outbox) this.#drain();
      if (this.#gauge.check(this.bufferedBytes, this.bufferedRecords, nowNs)) this.#tellPressure(nowNs);
      this.#accounts.tell();
      this.#quiet.check();
    } finally {
      this.#inTurn = false;
    }
    this.#accounts.holdProcess();
    this.#schedule();
  }

  #drain(): void {
    // An answer of the core to a refusal may add to an outbox: then this comes again.
    this.#outbox = false;
    for (const { dispatcher } of this.#links.values()) dispatcher.drain();
  }

  #tellPressure(nowNs: number): void {
    this.#accounts.news.pressure(this.#gauge.read(this.bufferedBytes, this.bufferedRecords, nowNs));
  }

  /** Sets the timer for what comes next, unless it goes off before that anyway. */
  #schedule(): void {
    const dueNs = Math.min(this.#core.deadlineNs(SELF), this.#detours?.spill?.dueNs ?? Infinity);
    if (this.#accounts.pending || this.#outbox || this.#quiet.due) this.#timer.arm(0);
    else if (dueNs < this.#timer.atNs) this.#timer.arm(dueNs - this.#clock.nowNs());
  }

  /** Reading a clock is the dearest part of `send`, so the time of day is read once a turn and carried on from there. */
  #readWallClock(nowNs: number): void {
    this.#wallOffsetMs = this.#clock.wallMs() - nowNs / NS_PER_MS;
  }

  /** Books a record that the core does not see. */
  #refuse(cause: number, onSettled: OnSettled | undefined): false {
    this.#accounts.book.offered(NOWHERE);
    this.#accounts.drop(NOWHERE, cause, onSettled);
    this.#schedule();
    return false;
  }

  #addStream(topic: Topic, serviceClass: number, identity: number): number {
    const stream = this.#core.addStream(SELF, serviceClass, identity, topic.options);
    this.#accounts.addRow(topic.name, serviceClass);
    if (topic.view !== null) this.#core.onMetadata(stream, topic.view, this.#clock.nowNs());
    return stream;
  }
}
