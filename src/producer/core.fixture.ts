import { DROP_CAUSES, NO_KEY } from '../record.ts';
import { BATCH } from './batch-pool.ts';
import type { ProducerConfig } from './config.ts';
import { ProducerCore } from './core.ts';
import type { ProducerEffects } from './effects.ts';
import { FATE_DELIVERED, type Outcome } from './outcome.ts';
import { dropNew } from './overflow.ts';
import { sticky } from './partitioner/index.ts';
import { REQUEST } from './request-pool.ts';
import { exponential } from './retry.ts';
import type { StreamOptions } from './stream-traits.ts';
import { TopicView } from './topic-view.ts';

const { R_HEAD, R_INTS } = REQUEST;

const { B_CHARGED_BYTES, B_FLOATS, B_INTS, B_N, B_PARTITION, B_SEQUENCE, B_STATE, B_STREAM, GONE, LINGERING } = BATCH;

export const MS = 1_000_000;

/** 10 ms of linger, batches of ten 100-byte records, one request in flight, back-offs of 20 ms sharp. */
export const config: ProducerConfig = {
  lingerNs: 10 * MS,
  batchBytesMax: 1_000,
  requestBytesMax: 10_000,
  recordBytesMax: 1_000,
  bufferBytesMax: 100_000,
  bufferRecordsMax: 1_000,
  overheadBytesPerRecord: 0,
  overheadBytesPerBatch: 0,
  compressionRatio: 1,
  inFlightMax: 1,
  acks: 1,
  requestTimeoutNs: 100 * MS,
  deliveryTimeoutNs: 1_000 * MS,
  retriesMax: 3,
  retry: exponential({ retryBackoffNs: 20 * MS, retryBackoffMaxNs: 20 * MS, jitter: 0 }),
  reconnect: exponential({ retryBackoffNs: 5 * MS, retryBackoffMaxNs: 50 * MS, jitter: 0 }),
  partitioner: sticky({ stickForBatches: Infinity }),
  overflow: dropNew,
  quotas: [],
};

export interface Sent {
  readonly request: number;
  readonly atNs: number;
  readonly producer: number;
  readonly broker: number;
  /** What it carries, such as `0/2:10`: ten records of stream 0 for partition 2. */
  readonly what: string;
  readonly batches: readonly { readonly stream: number; readonly partition: number; readonly sequence: number }[];
}

/** A core with a clock, whose driver answers nothing by itself and remembers everything. */
export class CoreWorld implements ProducerEffects {
  readonly core: ProducerCore;
  readonly sent: Sent[] = [];
  readonly drops: Record<string, number> = {};
  delivered = 0;
  unknown = 0;
  offered = 0;
  refreshes = 0;
  nowNs = 0;

  constructor(changes: Partial<ProducerConfig> = {}) {
    this.core = new ProducerCore({ ...config, ...changes }, this);
  }

  /**
   * One producer with a stream of each class given; the streams' topics have these leaders, unless they are to wait for
   * metadata. Streams have the options given, by stream.
   */
  start({
    classes = [1],
    leaders = [0] as readonly number[] | null,
    options = [] as readonly StreamOptions[],
  } = {}): this {
    const producer = this.core.addProducer();
    for (const [stream, serviceClass] of classes.entries()) {
      this.core.addStream(producer, serviceClass, stream + 1, options[stream]);
    }
    if (leaders !== null) this.learn(leaders);
    return this;
  }

  learn(leaders: readonly number[]): void {
    const view = new TopicView(leaders);
    for (let stream = 0; stream < this.core.streams.count; stream++) this.core.onMetadata(stream, view, this.nowNs);
    this.turn();
  }

  offer(n: number, { stream = 0, bytes = 100, key = NO_KEY } = {}): number {
    this.offered += n;
    const admitted = this.core.offer(stream, n, bytes, key, this.nowNs);
    this.turn();
    return admitted;
  }

  /** Answers a request; without a number, the oldest without an answer. */
  answer(outcome: Outcome, request = this.core.requestHead(0)): void {
    this.core.onResult(request, outcome, this.nowNs);
    this.turn();
  }

  /** Lets time pass, stopping at each deadline as a driver does. */
  pass(ns: number): void {
    const untilNs = this.nowNs + ns;
    for (let dueNs = this.core.deadlineNs(0); dueNs <= untilNs; dueNs = this.core.deadlineNs(0)) {
      this.nowNs = Math.max(this.nowNs, Math.ceil(dueNs));
      this.core.onTime(0, this.nowNs);
      if (this.core.deadlineNs(0) <= this.nowNs) throw new Error('a deadline stays after onTime');
    }
    this.nowNs = untilNs;
  }

  /** Does what is due at once. */
  turn(): void {
    if (this.core.deadlineNs(0) <= this.nowNs) this.core.onTime(0, this.nowNs);
  }

  /** What was sent, by time in ms. */
  get log(): string[] {
    return this.sent.map(({ atNs, broker, what }) => `${atNs / MS} ms, broker ${broker}: ${what}`);
  }

  get droppedRecords(): number {
    return Object.values(this.drops).reduce((a, b) => a + b, 0);
  }

  /** Records in live batches that have not ended, counted from the slots. */
  held(): { records: number; bytes: number } {
    const { batches } = this.core;
    let records = 0;
    let bytes = 0;
    for (let batch = 0; batch < batches.used; batch++) {
      if (batches.ints[batch * B_INTS + B_STATE] < LINGERING || batches.ints[batch * B_INTS + B_STATE] === GONE)
        continue;
      records += batches.ints[batch * B_INTS + B_N];
      bytes += batches.floats[batch * B_FLOATS + B_CHARGED_BYTES];
    }
    return { records, bytes };
  }

  send(request: number, producer: number, broker: number): void {
    const { requests, batches } = this.core;
    const what: string[] = [];
    const carried: Sent['batches'][number][] = [];
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== -1; entry = requests.after(entry)) {
      const batch = requests.batchOf(entry);
      const stream = batches.ints[batch * B_INTS + B_STREAM];
      const partition = batches.ints[batch * B_INTS + B_PARTITION];
      what.push(`${stream}/${partition}:${batches.ints[batch * B_INTS + B_N]}`);
      carried.push({ stream, partition, sequence: batches.floats[batch * B_FLOATS + B_SEQUENCE] });
    }
    this.sent.push({ request, atNs: this.nowNs, producer, broker, what: what.join(' '), batches: carried });
  }

  dropped(_stream: number, n: number, cause: number, _batch: number): void {
    const name = DROP_CAUSES[cause];
    this.drops[name] = (this.drops[name] ?? 0) + n;
  }

  ended(_batch: number, _stream: number, n: number, fate: number): void {
    if (fate === FATE_DELIVERED) this.delivered += n;
    else this.unknown += n;
  }

  freed(): void {}

  refreshMetadata(): void {
    this.refreshes++;
  }
}
