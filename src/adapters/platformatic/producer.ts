import type { Connection, ConnectionPool, MessageRecord } from '@platformatic/kafka';
import type { PartitionLeader, ProduceOutcome, ProducerPort, TopicPartition, WireRecord } from '../../ports.ts';
import type { Acks } from '../../record.ts';
import { Cluster } from './cluster.ts';
import { type PlatformaticOptions, SILENCE_MS } from './options.ts';
import { outcomeOfError } from './outcome.ts';

/** Of one broker, with acks 0: nobody answers, so nothing else holds back what is written to a broker that hangs. */
const UNSENT_BYTES_MAX = 1 << 20;
/** The core keeps count of what is in flight. The client would queue what is above its own limit, uncancellable. */
const IN_FLIGHT_MAX = 10_000;
/** Longer than any produce call: the adapter has a timer for each, and ends the connection when it goes off. */
const REQUEST_TIMEOUT_MS = 86_400_000;

/** What 31 bits hold: 24 days. */
const REACH_MS = 2_147_483_647;

type Produce = PlatformaticOptions['kafka']['produceV11']['api'];
type Batch = TopicPartition & { readonly records: readonly WireRecord[] };
type ProduceResponse = ReturnType<PlatformaticOptions['kafka']['produceV11']['parseResponse']>;
interface ProduceOptions {
  readonly acks: Acks;
  readonly timeoutMs: number;
}

/**
 * Produces over the connections and protocol functions of `@platformatic/kafka` 1.x (2.x on Node 22 has the same ones),
 * not over its `Producer`: nothing is retried or queued inside, and what has left the process is known. A connection on
 * which a request was not answered in time is closed, as Kafka's own client does.
 */
export function platformaticProducer(options: PlatformaticOptions): ProducerPort {
  return new PlatformaticProducer(options);
}

class PlatformaticProducer implements ProducerPort {
  readonly caps = { acksPerCall: true, idempotent: false, retriesInternally: false };
  readonly #options: PlatformaticOptions;
  readonly #cluster: Cluster;
  readonly #connections: ConnectionPool;
  readonly #leaders = new Map<string, readonly PartitionLeader[]>();
  readonly #inFlight = new Set<Promise<ProduceOutcome>>();
  #produce: Produce | null = null;
  #closed = false;

  constructor(options: PlatformaticOptions) {
    this.#options = options;
    this.#cluster = new Cluster(options);
    const { kafka, config, silenceMs = SILENCE_MS } = options;
    this.#connections = new kafka.ConnectionPool(config.clientId, {
      ...config,
      connectTimeout: silenceMs,
      requestTimeout: REQUEST_TIMEOUT_MS,
      maxInflights: IN_FLIGHT_MAX,
      handleBackPressure: false,
    });
  }

  async open(): Promise<void> {
    if (this.#closed) throw new Error('the producer has closed');
    if (this.#produce === null) this.#produce = this.#produceOf(await this.#cluster.versionOf('Produce'));
    else await this.#cluster.check();
  }

  async metadata(topic: string): Promise<readonly PartitionLeader[]> {
    if (this.#closed) throw new Error('the producer has closed');
    const leaders = await this.#cluster.leaders(topic);
    this.#leaders.set(topic, leaders);
    return leaders;
  }

  produce(batch: Batch, options: ProduceOptions): Promise<ProduceOutcome> {
    const outcome = this.#send(batch, options).catch(
      (cause: unknown): ProduceOutcome => ({ ok: false, fate: 'maybe-written', cause }),
    );
    this.#inFlight.add(outcome);
    return outcome.finally(() => this.#inFlight.delete(outcome));
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([Promise.allSettled(this.#inFlight), grace]);
    clearTimeout(timer);
    // Whatever is still in flight is rejected by that.
    for (const [, connection] of this.#connections) connection.socket?.destroy();
    await Promise.allSettled([this.#connections.close(), this.#cluster.close(), ...this.#inFlight]);
  }

  /** One request, or several for records of very different times. */
  async #send(batch: Batch, options: ProduceOptions): Promise<ProduceOutcome> {
    const endMs = performance.now() + options.timeoutMs;
    let first: ProduceOutcome | null = null;
    for (const records of withinReach(batch.records)) {
      const timeoutMs = Math.max(1, endMs - performance.now());
      const outcome = await this.#request({ ...batch, records }, { ...options, timeoutMs });
      if (!outcome.ok && first !== null) return { ok: false, fate: 'maybe-written', cause: outcome.cause };
      if (!outcome.ok) return outcome;
      first ??= outcome;
    }
    return first ?? { ok: true, baseOffset: null };
  }

  async #request(batch: Batch, { acks, timeoutMs }: ProduceOptions): Promise<ProduceOutcome> {
    const { topic, partition } = batch;
    const refused = { ok: false, fate: 'not-written' } as const;
    const produce = this.#produce;
    if (produce === null || this.#closed) return { ...refused, next: 'reconnect', cause: new Error('not connected') };
    const leader = this.#leaders.get(topic)?.find((each) => each.partition === partition)?.leader;
    const broker = this.#cluster.broker(leader ?? -1);
    if (broker === undefined) {
      return { ...refused, next: 'refresh-metadata', cause: new Error(`no leader known of ${topic}/${partition}`) };
    }
    return new Promise((resolve) => {
      let connection: Connection | null = null;
      const timer = setTimeout(() => {
        const cause = new Error(`no answer within ${timeoutMs} ms`);
        if (connection === null) return settle({ ...refused, next: 'reconnect', cause });
        // Its answers would come in the place of others, and the next request would wait behind this one.
        connection.socket.destroy();
        settle({ ok: false, fate: 'maybe-written', cause });
      }, timeoutMs);
      let settled = false;
      const settle = (outcome: ProduceOutcome): void => {
        settled = true;
        clearTimeout(timer);
        resolve(outcome);
      };
      this.#connections.get(broker, (error, found) => {
        // Too late: it was told that nothing left.
        if (settled) return;
        if (found === undefined || !found.isConnected()) return settle({ ...refused, next: 'reconnect', cause: error });
        connection = found;
        const options = { compression: 'none' as const };
        produce(found, acks, Math.ceil(timeoutMs), messagesOf(batch), options, (failure, answer) => {
          if (failure !== null) return settle(outcomeOfError(failure, acks));
          if (acks !== 0) return settle({ ok: true, baseOffset: offsetOf(answer as ProduceResponse) });
          drained(found, () => settle({ ok: true, baseOffset: null }));
        });
      });
    });
  }

  #produceOf(version: number): Produce {
    const { produceV7, produceV8, produceV9, produceV10, produceV11 } = this.#options.kafka;
    const found = [produceV11, produceV10, produceV9, produceV8, produceV7].find(({ api }) => api.version <= version);
    if (found === undefined) throw new Error(`the brokers serve Produce up to version ${version}, the client from 7`);
    return found.api as Produce;
  }
}

function drained(connection: Connection, done: () => void): void {
  if (connection.socket.writableLength <= UNSENT_BYTES_MAX || connection.socket.destroyed) done();
  else setTimeout(() => drained(connection, done), 10).unref();
}

/** Kafka says −1 where there is none. */
function offsetOf({ responses }: ProduceResponse): bigint | null {
  const offset = responses[0]?.partitionResponses[0]?.baseOffset ?? -1n;
  return offset < 0n ? null : offset;
}

/**
 * The records in runs whose times are near enough to that of the first: the client (1.35) encodes what is further away
 * as another time.
 */
function withinReach(records: readonly WireRecord[]): readonly (readonly WireRecord[])[] {
  const near = (record: WireRecord, first: WireRecord): boolean =>
    Math.abs(record.timestampMs - first.timestampMs) <= REACH_MS;
  if (records.length > 0 && records.every((record) => near(record, records[0]))) return [records];
  const runs: WireRecord[][] = [];
  for (const record of records) {
    const run = runs.at(-1);
    if (run !== undefined && near(record, run[0])) run.push(record);
    else runs.push([record]);
  }
  return runs;
}

function messagesOf({ topic, partition, records }: Batch): MessageRecord[] {
  return records.map(({ key, value, headers, timestampMs }) => {
    const message = {
      key: bufferOf(key),
      value: bufferOf(value),
      topic,
      partition,
      timestamp: BigInt(Math.floor(timestampMs)),
    };
    if (headers === undefined) return message as MessageRecord;
    const own = new Map<Buffer, Buffer>();
    for (const name in headers) {
      const header = headers[name];
      own.set(Buffer.from(name), typeof header === 'string' ? Buffer.from(header) : bufferOf(header)!);
    }
    return { ...message, headers: own } as MessageRecord;
  });
}

/** The same bytes, not copied. */
function bufferOf(bytes: Uint8Array | null): Buffer | null {
  if (bytes === null || Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
