/**
 * The producer for applications: drives a `ProducerCore` with a Kafka client and real timers. Never blocks, never
 * throws on `send`, starts without a cluster, and resumes by itself (T15's three rules).
 * All input and output happens in turns of the event loop of its own, never inside `send`.
 */

import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'eventemitter3';
import { systemClock, within } from '../clock.ts';
import { textHash32 } from '../hash.ts';
import type { Clock, PartitionLeader, ProducerPort, Timer } from '../ports.ts';
import { CLASSES, DROP_CAUSES, type DropCause, NO_KEY, type ServiceClass } from '../record.ts';
import { BATCH } from './batch-pool.ts';
import type { ProducerConfig } from './config.ts';
import { ConnectionLoop } from './connection-loop.ts';
import { ProducerCore } from './core.ts';
import { PRODUCER_DEFAULTS } from './defaults.ts';
import { Dispatcher } from './dispatcher.ts';
import type { ProducerEffects } from './effects.ts';
import { encode, type ProducerRecord, payloadBytes } from './encode.ts';
import { MetadataLoop } from './metadata-loop.ts';
import { News, type ProducerEvents } from './news.ts';
import { FATE_DELIVERED } from './outcome.ts';
import { keyHashOf } from './partitioner/index.ts';
import { type Confirmation, PayloadStore } from './payload-store.ts';
import { ProducerBook, type Receipt } from './receipt.ts';
import { TopicView } from './topic-view.ts';

const { B_INTS, B_STREAM } = BATCH;

const NS_PER_MS = 1_000_000;
const CAUSE_BUFFER_FULL = DROP_CAUSES.indexOf('buffer-full');
const CAUSE_CLOSED = DROP_CAUSES.indexOf('closed');
const CAUSE_INVALID = DROP_CAUSES.indexOf('invalid');
const NORMAL = CLASSES.indexOf('normal');
/** Longer than any record waits; about the most that a timer of Node takes. */
const HOLD_NS = 24 * 86_400_000 * NS_PER_MS;
/** The core's only producer. */
const SELF = 0;
/** Row and stream for what belongs to no topic: its records never reach the core. */
const NOWHERE = 0;

/** Every setting of `ProducerConfig` may be given; `PRODUCER_DEFAULTS` says what it is otherwise, and why. */
export interface ProducerOptions extends Partial<ProducerConfig> {
  /** The Kafka client, behind its adapter. The producer owns it from here: it opens and closes it. */
  readonly port: ProducerPort;
  /** Default: the process's own. */
  readonly clock?: Clock;
  /** Class of service by topic, for records that do not name theirs. Default `normal`. */
  readonly classes?: Readonly<Record<string, ServiceClass>>;
  /**
   * Says which producer this is: its draws (partitions, jitter) follow from it, so that instances differ. Default: drawn
   * at random. Give one to make a run repeatable.
   */
  readonly identity?: string;
  /** Pairs of topic and class it keeps state for; records of further ones drop as `buffer-full`. Default 10,000, a guess. */
  readonly streamsMax?: number;
  /** What is known of topics is asked again after so long, ns. Default 5 min (AK `metadata.max.age.ms`). */
  readonly metadataMaxAgeNs?: number;
}

export interface CloseOptions {
  /** Time to send what is buffered, ms; what is left then drops as `closed` or is unknown. Default 5,000, a guess. */
  readonly graceMs?: number;
}

interface Topic {
  readonly name: string;
  readonly defaultClass: number;
  /** Stream by class, −1 while it has none. */
  readonly streams: Int32Array;
  view: TopicView | null;
}

export function createProducer(options: ProducerOptions): Producer {
  return new Producer(options);
}

export class Producer extends EventEmitter<ProducerEvents> {
  readonly #core: ProducerCore;
  readonly #port: ProducerPort;
  readonly #clock: Clock;
  readonly #classes: Readonly<Record<string, ServiceClass>>;
  readonly #identity: string;
  readonly #streamsMax: number;
  readonly #topics = new Map<string, Topic>();
  readonly #topicOfStream: Topic[] = [];
  /** Broker ids as small consecutive integers. */
  readonly #brokers = new Map<number, number>();
  readonly #book = new ProducerBook();
  readonly #payloads = new PayloadStore();
  readonly #news: News;
  readonly #connection: ConnectionLoop;
  readonly #metadata: MetadataLoop;
  readonly #dispatcher: Dispatcher;
  #lastDrop: DropCause = 'invalid';
  #timer: Timer | null = null;
  #timerAtNs = Infinity;
  #inTurn = false;
  #closing: Promise<Receipt> | null = null;
  #onEmpty: (() => void) | null = null;
  #hold: Timer | null = null;
  /** Time of day less monotonic time. */
  #wallOffsetMs = 0;

  constructor(options: ProducerOptions) {
    super();
    const { port, clock, classes, identity, streamsMax, metadataMaxAgeNs, ...config } = options;
    this.#port = port;
    this.#clock = clock ?? systemClock;
    this.#classes = classes ?? {};
    this.#identity = identity ?? randomUUID();
    this.#streamsMax = streamsMax ?? 10_000;
    this.#core = new ProducerCore({ ...PRODUCER_DEFAULTS, ...config }, this.#effects());
    this.#core.addProducer();
    this.#core.addStream(SELF, NORMAL, 0);
    this.#book.addRow('', NORMAL);
    this.#topicOfStream.push({ name: '', defaultClass: NORMAL, streams: new Int32Array(0), view: null });
    this.#news = new News(this, {
      bufferBytesMax: this.#core.config.bufferBytesMax,
      bufferRecordsMax: this.#core.config.bufferRecordsMax,
    });
    const common = { port, clock: this.#clock, identity: textHash32(this.#identity) };
    this.#metadata = new MetadataLoop({
      ...common,
      retry: this.#core.config.retry,
      timeoutNs: this.#core.config.requestTimeoutNs,
      maxAgeNs: metadataMaxAgeNs ?? 300_000 * NS_PER_MS,
      onLeaders: (topic, leaders) => this.#learn(topic, leaders),
      onFailure: () => this.#connection.check(),
    });
    this.#connection = new ConnectionLoop({
      ...common,
      retry: this.#core.config.reconnect,
      openTimeoutNs: this.#core.config.requestTimeoutNs,
      onConnected: () => {
        this.#metadata.start();
        this.#news.connected();
        this.#schedule();
      },
      onDisconnected: (cause) => {
        this.#metadata.pause();
        this.#news.disconnected(cause);
        this.#schedule();
      },
    });
    this.#dispatcher = new Dispatcher({
      core: this.#core,
      port,
      clock: this.#clock,
      payload: (batch) => this.#payloads.records(batch),
      topicOf: (stream) => this.#topicOfStream[stream].name,
      onAnswer: () => this.#turn(),
      onDoubt: (topic) => {
        this.#connection.check();
        this.#metadata.want(topic);
      },
    });
    this.#connection.check();
  }

  get connected(): boolean {
    return this.#connection.connected;
  }

  /** Memory in use of `bufferBytesMax`, overheads included. */
  get bufferedBytes(): number {
    return this.#core.bufferedBytes(SELF);
  }

  get bufferedRecords(): number {
    return this.#core.bufferedRecords(SELF);
  }

  /**
   * Offers a record and returns at once: true when it was admitted, false when it was dropped. Never throws, never waits,
   * never does input or output. What becomes of it is told by events and the receipt.
   */
  send(record: ProducerRecord): boolean {
    const nowNs = this.#clock.nowNs();
    if (this.bufferedRecords === 0) this.#readWallClock(nowNs);
    const wire = encode(record, Math.floor(this.#wallOffsetMs + nowNs / NS_PER_MS));
    if (wire === null) return this.#refuse(NOWHERE, CAUSE_INVALID);
    const topic = this.#topics.get(record.topic) ?? this.#addTopic(record.topic);
    if (topic === null) return this.#refuse(NOWHERE, this.#closing === null ? CAUSE_BUFFER_FULL : CAUSE_CLOSED);
    const serviceClass = record.class === undefined ? topic.defaultClass : CLASSES.indexOf(record.class);
    let stream = topic.streams[serviceClass];
    if (stream === -1) {
      stream = this.#addStream(topic, serviceClass);
      if (stream === -1) return this.#refuse(NOWHERE, CAUSE_BUFFER_FULL);
    }
    const keyHash = wire.key === null ? NO_KEY : keyHashOf(wire.key);
    this.#book.offered(stream);
    const core = this.#core;
    const admitted = core.offer(stream, 1, payloadBytes(wire), keyHash, nowNs) === 1;
    if (admitted) this.#payloads.add(core.lastBatch, wire);
    this.#news.pressure(core.bufferedBytes(SELF), core.bufferedRecords(SELF));
    this.#schedule();
    return admitted;
  }

  /**
   * As `send`, and tells what became of the record. Never rejects. A promise for each record costs several times what
   * `send` does: for the few records that somebody waits for. Keeps the process alive until it is known.
   */
  sendAndConfirm(record: ProducerRecord): Promise<Confirmation> {
    if (!this.send(record)) return Promise.resolve({ fate: 'dropped', cause: this.#lastDrop });
    const confirmation = this.#payloads.confirmationOfLast(this.#core.lastBatch);
    this.#holdProcess();
    return confirmation;
  }

  /** The book as it stands. */
  receipt(): Receipt {
    const buffered = new Array<number>(this.#topicOfStream.length).fill(0);
    this.#payloads.count((batch, records) => {
      buffered[this.#core.batches.ints[batch * B_INTS + B_STREAM]] += records;
    });
    return this.#book.receipt(buffered);
  }

  /**
   * Admits no more, sends what is buffered for at most `graceMs`, closes the port and hands over the final receipt. Never
   * rejects; a second call gets the first one's answer. Keeps the process alive until then.
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
    this.#metadata.close();
    this.#connection.close();
    this.#timer?.cancel();
    const leftNs = Math.max(0, endNs - clock.nowNs());
    // What the port makes of its own end changes no book.
    await within({ clock, limitNs: leftNs }, () => this.#port.close(leftNs / NS_PER_MS)).catch(() => {});
    this.#holdProcess();
    this.#news.tell();
    return this.receipt();
  }

  #effects(): ProducerEffects {
    return {
      send: (request) => this.#dispatcher.add(request),
      dropped: (stream, n, cause, batch) => {
        this.#book.dropped(stream, n, cause);
        this.#news.dropped(stream, n, cause);
        this.#lastDrop = DROP_CAUSES[cause];
        if (batch !== -1) this.#payloads.settle(batch, { fate: 'dropped', cause: DROP_CAUSES[cause] });
      },
      ended: (batch, stream, n, fate) => {
        const delivered = fate === FATE_DELIVERED;
        if (delivered) this.#book.delivered(stream, n);
        else this.#book.unknown(stream, n);
        this.#news.ended(stream, n, delivered);
        this.#payloads.settle(batch, { fate: delivered ? 'delivered' : 'unknown' });
      },
      freed: () => {},
      refreshMetadata: (_producer, stream) => this.#metadata.want(this.#topicOfStream[stream].name),
    };
  }

  /** Whatever is due: inputs to the core, then its requests to the port, then news to listeners. */
  #turn(): void {
    if (this.#inTurn) return;
    this.#inTurn = true;
    try {
      const core = this.#core;
      const nowNs = this.#clock.nowNs();
      this.#readWallClock(nowNs);
      if (core.deadlineNs(SELF) <= nowNs) core.onTime(SELF, nowNs);
      this.#dispatcher.drain();
      this.#news.pressure(core.bufferedBytes(SELF), core.bufferedRecords(SELF));
      this.#news.tell();
      if (core.bufferedRecords(SELF) === 0) this.#onEmpty?.();
    } finally {
      this.#inTurn = false;
    }
    this.#holdProcess();
    this.#schedule();
  }

  /** Sets the timer for what comes next, unless it goes off before that anyway. */
  #schedule(): void {
    const dueNs = this.#core.deadlineNs(SELF);
    const left =
      this.#news.pending || this.#dispatcher.pending || (this.#onEmpty !== null && this.bufferedRecords === 0);
    if (left) this.#arm(0);
    else if (dueNs < this.#timerAtNs) this.#arm(dueNs - this.#clock.nowNs());
  }

  /** Reading a clock is the dearest part of `send`, so the time of day is read once a turn and carried on from there. */
  #readWallClock(nowNs: number): void {
    this.#wallOffsetMs = this.#clock.wallMs() - nowNs / NS_PER_MS;
  }

  /** A process must not end while somebody awaits a confirmation. */
  #holdProcess(): void {
    if (this.#payloads.awaited) {
      this.#hold ??= this.#clock.after(HOLD_NS, () => {}, { keepAlive: true });
    } else if (this.#hold !== null) {
      this.#hold.cancel();
      this.#hold = null;
    }
  }

  #arm(delayNs: number): void {
    const atNs = this.#clock.nowNs() + Math.max(0, delayNs);
    if (this.#timer !== null && this.#timerAtNs <= atNs) return;
    this.#timer?.cancel();
    if (delayNs === Infinity) return;
    this.#timerAtNs = atNs;
    this.#timer = this.#clock.after(delayNs, () => {
      this.#timer = null;
      this.#timerAtNs = Infinity;
      this.#turn();
    });
  }

  /** Books a record that the core does not see. */
  #refuse(row: number, cause: number): false {
    this.#book.offered(row);
    this.#book.dropped(row, 1, cause);
    this.#news.dropped(row, 1, cause);
    this.#lastDrop = DROP_CAUSES[cause];
    this.#schedule();
    return false;
  }

  #addTopic(name: string): Topic | null {
    if (this.#topicOfStream.length > this.#streamsMax) return null;
    // Own keys only: a topic may be called "constructor".
    const given = Object.hasOwn(this.#classes, name) ? this.#classes[name] : 'normal';
    const topic: Topic = {
      name,
      defaultClass: Math.max(0, CLASSES.indexOf(given)),
      streams: new Int32Array(CLASSES.length).fill(-1),
      view: null,
    };
    this.#topics.set(name, topic);
    return topic;
  }

  #addStream(topic: Topic, serviceClass: number): number {
    // One is NOWHERE.
    if (this.#topicOfStream.length > this.#streamsMax) return -1;
    const identity = textHash32(`${this.#identity}/${topic.name}/${serviceClass}`) | 0;
    const stream = this.#core.addStream(SELF, serviceClass, identity);
    this.#book.addRow(topic.name, serviceClass);
    this.#news.addRow(topic.name, serviceClass);
    this.#topicOfStream.push(topic);
    topic.streams[serviceClass] = stream;
    if (topic.view !== null) this.#core.onMetadata(stream, topic.view, this.#clock.nowNs());
    return stream;
  }

  #learn(name: string, partitions: readonly PartitionLeader[]): void {
    const topic = this.#topics.get(name);
    if (topic === undefined) return;
    const view = this.#viewOf(partitions, topic.view?.leaders.length ?? 0);
    // The same view as before stays the same object: policies keep what they worked out from it.
    if (topic.view === null || !topic.view.equals(view)) topic.view = view;
    for (const stream of topic.streams) {
      if (stream !== -1) this.#core.onMetadata(stream, topic.view, this.#clock.nowNs());
    }
    this.#turn();
  }

  /** Partitions never go away while records wait for them; one that is no longer told of has no leader. */
  #viewOf(partitions: readonly PartitionLeader[], partitionsMin: number): TopicView {
    let count = partitionsMin;
    for (const { partition } of partitions) count = Math.max(count, partition + 1);
    const leaders = new Int32Array(count).fill(-1);
    for (const { partition, leader } of partitions) {
      if (leader < 0) continue;
      let broker = this.#brokers.get(leader);
      if (broker === undefined) {
        broker = this.#brokers.size;
        this.#brokers.set(leader, broker);
      }
      leaders[partition] = broker;
    }
    return new TopicView(leaders);
  }
}
