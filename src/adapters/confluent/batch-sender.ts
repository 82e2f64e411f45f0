import type { PartitionLeader, ProduceOutcome, TopicPartition, WireRecord } from '../../ports.ts';
import type { Acks } from '../../record.ts';
import type { ConfluentClient, ConfluentConfig, NativeError, NativeMetadata, NativeProducer } from './client.ts';
import { meansThatAllAreAway, outcomeOfRefusal, outcomeOfReport, tellsThatAllAreAway } from './outcome.ts';

/** librdkafka looks for what timed out once a second: so much later may it tell. */
const TIMEOUT_SCAN_MS = 1_000;

/** Set by the adapter, and why nobody else may. */
export const FIXED_SETTINGS: Readonly<Record<string, string>> = {
  acks: 'the producer decides it',
  'request.required.acks': 'the producer decides it',
  'message.timeout.ms': 'it follows from the producer’s requestTimeoutNs',
  'delivery.timeout.ms': 'it follows from the producer’s requestTimeoutNs',
  'request.timeout.ms': 'it follows from the producer’s requestTimeoutNs',
  retries: 'the producer retries',
  'message.send.max.retries': 'the producer retries',
  'enable.idempotence': 'the producer retries, and its retries would carry new sequence numbers',
  'transactional.id': 'the producer begins and ends no transactions',
  dr_cb: 'the adapter hears the reports',
  dr_msg_cb: 'the adapter hears the reports',
};

/** The binding takes an empty array for null if it has no memory of its own. */
const EMPTY = Buffer.alloc(1).subarray(0, 0);

export interface BatchSenderOptions {
  readonly client: ConfluentClient;
  readonly config: ConfluentConfig;
  readonly acks: Acks;
  /** A record settles within this, about. */
  readonly timeoutMs: number;
  readonly questionTimeoutMs: number;
  readonly queueRecordsMax: number;
}

type Failed = Extract<ProduceOutcome, { ok: false }>;

/** A batch handed to librdkafka, which reports on each of its records. */
interface Call {
  recordsLeft: number;
  written: number;
  firstOffset: number;
  /** Of the first record that failed, unless a later one is in doubt. */
  failed: Failed | null;
  readonly resolve: (outcome: ProduceOutcome) => void;
}

/** One librdkafka client, for one value of acks and one time-out: both are fixed when it is made. */
export class BatchSender {
  /** True once a batch was meant for it. */
  used = false;
  readonly #options: BatchSenderOptions;
  readonly #calls = new Map<number, Call>();
  #native: NativeProducer | null = null;
  #connecting: Promise<void> | null = null;
  #lastCall = 0;
  /** Records without a report. */
  #queued = 0;
  /** Set while no broker can be reached: what is handed over then would only wait, and be told as maybe written. */
  #away: unknown = null;
  #closed = false;

  constructor(options: BatchSenderOptions) {
    this.#options = options;
  }

  /** Connects if it is not connected, else asks the cluster something. Rejects while no broker answers. */
  async check(): Promise<void> {
    if (this.#native?.isConnected() === true) await this.#question(this.#native, { allTopics: false });
    else await this.connect();
  }

  /** Does nothing to a client that has connected: it sees to its connections by itself from then on. */
  connect(): Promise<void> {
    if (this.#native?.isConnected() === true) return Promise.resolve();
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  async metadata(topic: string): Promise<readonly PartitionLeader[]> {
    if (this.#native === null) throw new Error('not connected');
    const { topics } = await this.#question(this.#native, { topic });
    const partitions = topics.find(({ name }) => name === topic)?.partitions ?? [];
    return partitions.map(({ id, leader }) => ({ partition: id, leader }));
  }

  produce(batch: TopicPartition & { readonly records: readonly WireRecord[] }): Promise<ProduceOutcome> {
    const native = this.#native;
    const { acks, queueRecordsMax } = this.#options;
    if (native === null || this.#closed || this.#away !== null) {
      return Promise.resolve(outcomeOfRefusal(this.#away ?? new Error('not connected'), acks));
    }
    const { records } = batch;
    if (this.#queued > 0 && this.#queued + records.length > queueRecordsMax) {
      const cause = new Error(
        `${this.#queued} records are in librdkafka’s queue; queueRecordsMax is ${queueRecordsMax}`,
      );
      return Promise.resolve({ ok: false, fate: 'not-written', next: 'backoff', cause });
    }
    const id = ++this.#lastCall;
    let taken = 0;
    let failed: ProduceOutcome | null = null;
    for (const { key, value, timestampMs, headers } of records) {
      const list = headers && headerList(headers);
      try {
        native.produce(batch.topic, batch.partition, bufferOf(value), bufferOf(key), timestampMs, id, list);
      } catch (cause) {
        failed = outcomeOfRefusal(cause, acks);
        break;
      }
      taken++;
    }
    if (taken === 0) return Promise.resolve(failed ?? { ok: true, baseOffset: null });
    this.#queued += taken;
    return new Promise((resolve) => {
      this.#calls.set(id, {
        recordsLeft: taken,
        written: 0,
        firstOffset: Infinity,
        failed: failureOf(failed),
        resolve,
      });
    });
  }

  /** Lets librdkafka send what it has, then ends it. What it has not reported by then may be written. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    const native = this.#native;
    this.#native = null;
    // One that is connecting ends itself when it has.
    if (native !== null) await disconnected(native, graceMs);
    this.#abandon(new Error('the client was closed'));
  }

  async #connect(): Promise<void> {
    const { client, questionTimeoutMs: timeout } = this.#options;
    if (this.#closed) throw new Error('closed');
    if (this.#native !== null) this.#abandon(new Error('the client has lost its handle'));
    this.#native = null;
    const native = new client.Producer(this.#config() as never);
    native.on('event.error', (error) => {
      if (this.#native !== native) return;
      if (tellsThatAllAreAway(error)) this.#away = error;
      if (error.isFatal === true) void this.#replace(native, error);
    });
    native.on('delivery-report', (error, { offset, opaque }) => this.#report(opaque, error ?? null, offset));
    await new Promise<void>((resolve, reject) => {
      native.connect({ timeout }, (error) => (error ? reject(error) : resolve()));
    });
    // On a thread of librdkafka's own, so that nothing has to poll on the event loop.
    native.setPollInBackground(true);
    this.#away = null;
    if (this.#closed) await disconnected(native, 0);
    else this.#native = native;
  }

  /** A fatal error is for good: the next `check` makes another client. */
  async #replace(native: NativeProducer, error: NativeError): Promise<void> {
    this.#native = null;
    this.#abandon(error);
    await disconnected(native, 0);
  }

  #config(): ConfluentConfig {
    const { config, acks, timeoutMs } = this.#options;
    const limitMs = Math.max(100, timeoutMs - Math.min(TIMEOUT_SCAN_MS, timeoutMs / 20));
    return {
      // The queue is bounded by `queueRecordsMax`, before a batch is split over its end.
      'queue.buffering.max.messages': 0,
      'queue.buffering.max.kbytes': 2_147_483_647,
      // Records are handed over one by one while librdkafka's threads send already: with 0 a batch of 75 leaves in four
      // requests, one of 500 in a dozen (measured on its mock brokers).
      'linger.ms': 1,
      // Batches come ready, and must not be cut.
      'batch.num.messages': 1_000_000,
      'batch.size': 2_147_483_647,
      // The broker's own default; librdkafka's is a little less.
      'message.max.bytes': 1_048_588,
      // A broker that hangs is noticed by the requests to it that time out.
      'socket.timeout.ms': Math.min(300_000, Math.floor(limitMs)),
      ...config,
      acks,
      retries: 0,
      'message.timeout.ms': Math.floor(limitMs),
      'request.timeout.ms': Math.min(900_000, Math.floor(limitMs)),
      dr_cb: true,
    };
  }

  #question(native: NativeProducer, about: { topic?: string; allTopics?: boolean }): Promise<NativeMetadata> {
    const { questionTimeoutMs: timeout } = this.#options;
    return new Promise((resolve, reject) => {
      native.getMetadata({ ...about, timeout }, (error, metadata) => {
        if (error) {
          if (meansThatAllAreAway(error)) this.#away = error;
          reject(error);
        } else {
          this.#away = null;
          resolve(metadata);
        }
      });
    });
  }

  #report(id: unknown, error: NativeError | null, offset: number): void {
    const call = this.#calls.get(id as number);
    if (call === undefined) return;
    this.#queued--;
    if (error === null) {
      this.#away = null;
      call.written++;
      if (offset >= 0 && offset < call.firstOffset) call.firstOffset = offset;
    } else {
      const failed = failureOf(outcomeOfReport(error, this.#options.acks));
      if (failed === null) call.written++;
      else if (call.failed === null || failed.fate === 'maybe-written') call.failed = failed;
    }
    if (--call.recordsLeft > 0) return;
    this.#calls.delete(id as number);
    call.resolve(outcomeOf(call));
  }

  /** Nothing will be reported any more. */
  #abandon(cause: unknown): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    this.#queued = 0;
    for (const { resolve } of calls) resolve({ ok: false, fate: 'maybe-written', cause });
  }
}

/** The same bytes, not copied. */
function bufferOf(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null) return null;
  if (bytes.length === 0) return EMPTY;
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function headerList(headers: NonNullable<WireRecord['headers']>): Record<string, Buffer | string>[] {
  return Object.entries(headers).map(([name, each]) => ({ [name]: typeof each === 'string' ? each : bufferOf(each)! }));
}

function failureOf(outcome: ProduceOutcome | null): Failed | null {
  return outcome === null || outcome.ok ? null : outcome;
}

function outcomeOf({ failed, written, firstOffset }: Call): ProduceOutcome {
  if (failed === null) return { ok: true, baseOffset: firstOffset === Infinity ? null : BigInt(firstOffset) };
  if (written === 0) return failed;
  // Part of the batch is in the log.
  const { code, cause } = failed;
  return { ok: false, fate: 'maybe-written', ...(code === undefined ? {} : { code }), cause };
}

/** Resolves within about `graceMs`, however librdkafka ends. */
function disconnected(native: NativeProducer, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, graceMs);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    try {
      native.disconnect(Math.floor(graceMs), end);
    } catch {
      // It had ended before.
      end();
    }
  });
}
