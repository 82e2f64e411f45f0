import type { PartitionLeader, ProduceOutcome, ProducerPort, TopicPartition, WireRecord } from '../../ports.ts';
import { PRODUCER_DEFAULTS } from '../../producer/defaults.ts';
import type { Acks } from '../../record.ts';
import { BatchSender, FIXED_SETTINGS } from './batch-sender.ts';
import type { ConfluentClient, ConfluentConfig } from './client.ts';

export interface ConfluentProducerOptions {
  /** The package itself: `import client from '@confluentinc/kafka-javascript'`. */
  readonly client: ConfluentClient;
  /**
   * Settings as librdkafka names them, such as `bootstrap.servers`, `security.protocol`, `compression.codec`. Time-outs,
   * acks and retries are the producer's to say; naming them here throws.
   */
  readonly config: ConfluentConfig;
  /** Records that librdkafka holds at the most; beyond it a batch is refused, to come again. Default 100,000, librdkafka's. */
  readonly queueRecordsMax?: number;
  /**
   * How long connecting, or a question about a topic, may take, ms. While it waits it holds one of the four threads on
   * which Node also reads files and looks up names, so they go one at a time. Default 3,000, the client's own.
   */
  readonly questionTimeoutMs?: number;
}

/** Values of acks × time-outs: each is a client with threads of its own. */
const SENDERS_MAX = 8;

/**
 * A `ProducerPort` over librdkafka.
 *
 * - acks and time-out belong to a client: there is one for each pair in use, made at the first batch that asks for it.
 *   Each has about one thread a broker.
 * - Its retries are off, but it has no switch for some: a record that never left, or whose leader says that it no longer
 *   leads, goes back into librdkafka's queue and leaves when there is a leader, until the time-out. Then it is told as
 *   `maybe-written`, as the binding does not say that it never left. Time-outs are looked for once a second. With acks −1 a
 *   leader may lose office after its append: that is a second copy without an attempt of the producer's.
 * - A request whose connection broke, or that was not answered in time, is not sent again by it.
 */
export function confluentProducer(options: ConfluentProducerOptions): ProducerPort {
  return new ConfluentProducer(options);
}

class ConfluentProducer implements ProducerPort {
  readonly caps = { acksPerCall: true, idempotent: false, retriesInternally: true };
  readonly #options: ConfluentProducerOptions;
  readonly #senders = new Map<string, BatchSender>();
  /** By topic: its partitions that had a leader when last asked. */
  readonly #led = new Map<string, ReadonlySet<number>>();
  /** The end of the line of questions. */
  #line: Promise<unknown> = Promise.resolve();
  #opened = false;
  #closed = false;

  constructor(options: ConfluentProducerOptions) {
    for (const [name, reason] of Object.entries(FIXED_SETTINGS)) {
      if (Object.hasOwn(options.config, name)) throw new RangeError(`config: ${name} can not be set: ${reason}`);
    }
    this.#options = options;
  }

  async open(): Promise<void> {
    if (this.#closed) throw new Error('closed');
    if (this.#senders.size === 0) {
      const { acks, requestTimeoutNs } = PRODUCER_DEFAULTS;
      this.#add(acks, requestTimeoutNs / 1_000_000);
    }
    for (const sender of this.#senders.values()) await this.#inLine(() => sender.check());
    this.#opened = true;
  }

  async metadata(topic: string): Promise<readonly PartitionLeader[]> {
    let leaders: readonly PartitionLeader[] = [];
    // All are asked: each client goes by its own view.
    for (const sender of this.#senders.values()) leaders = await this.#inLine(() => sender.metadata(topic));
    this.#led.set(topic, new Set(leaders.filter(({ leader }) => leader >= 0).map(({ partition }) => partition)));
    return leaders;
  }

  async produce(
    batch: TopicPartition & { readonly records: readonly WireRecord[] },
    { acks, timeoutMs }: { readonly acks: Acks; readonly timeoutMs: number },
  ): Promise<ProduceOutcome> {
    if (!this.#opened || this.#closed) {
      return { ok: false, fate: 'not-written', next: 'reconnect', cause: new Error('not open') };
    }
    if (this.#led.get(batch.topic)?.has(batch.partition) !== true) {
      // librdkafka would take the records, and let them wait for a leader.
      const cause = new Error(`no leader is known of ${batch.topic}/${batch.partition}`);
      return { ok: false, fate: 'not-written', next: 'refresh-metadata', cause };
    }
    const sender = this.#senders.get(`${acks}/${timeoutMs}`) ?? this.#add(acks, timeoutMs);
    sender.used = true;
    try {
      await sender.connect();
    } catch (cause) {
      return { ok: false, fate: 'not-written', next: 'reconnect', cause };
    }
    return sender.produce(batch);
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#senders.values()].map((sender) => sender.close(graceMs)));
  }

  #add(acks: Acks, timeoutMs: number): BatchSender {
    if (this.#senders.size === SENDERS_MAX) throw new RangeError(`more than ${SENDERS_MAX} pairs of acks and time-out`);
    for (const [key, sender] of this.#senders) {
      if (sender.used) continue;
      // Opened before anybody knew what batches would ask for.
      this.#senders.delete(key);
      void sender.close(0);
    }
    const { client, config, queueRecordsMax = 100_000, questionTimeoutMs = 3_000 } = this.#options;
    const sender = new BatchSender({ client, config, acks, timeoutMs, queueRecordsMax, questionTimeoutMs });
    this.#senders.set(`${acks}/${timeoutMs}`, sender);
    return sender;
  }

  #inLine<T>(question: () => Promise<T>): Promise<T> {
    const answer = this.#line.then(question);
    this.#line = answer.catch(() => {});
    return answer;
  }
}
