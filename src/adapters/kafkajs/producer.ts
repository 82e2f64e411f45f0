import type { Admin, Producer } from 'kafkajs';
import type { PartitionLeader, ProduceOutcome, ProducerPort, TopicPartition, WireRecord } from '../../ports.ts';
import type { Acks } from '../../record.ts';
import { type KafkaJsOptions, LOG_NOTHING, SILENCE_MS } from './options.ts';
import { outcomeOfError } from './outcome.ts';
import { asChosen, Send } from './send.ts';
import { Sockets } from './sockets.ts';

/** Of one broker, with acks 0: nobody answers, so nothing else holds back what is written to a broker that hangs. */
const UNSENT_BYTES_MAX = 1 << 20;
/** One broker of three may be away: it is asked first by chance, and kafkajs does not go on to the next. */
const ATTEMPTS = 5;

/** So many calls in a row that their leader did not answer, or could not be reached for: see `open`. */
const FAILURES_MAX = 3;

interface Client {
  readonly producer: Producer;
  readonly admin: Admin;
  readonly sockets: Sockets;
  readonly inFlight: Set<Promise<ProduceOutcome>>;
  /** By leader: calls in a row without an answer. */
  readonly failures: Map<number, number>;
}

/**
 * Produces with kafkajs 2.2. Its own retries are off. It has no queue of its own, so that the core's bounds hold. A
 * connection on which a request was not answered in time is closed, as Kafka's own client does; kafkajs keeps it.
 *
 * What remains kafkajs's: metadata of all topics is one question, so that a partition without a leader anywhere keeps new
 * leaders of all topics from being learnt until it has one; encoding takes several times as long as other clients do.
 */
export function kafkaJsProducer(options: KafkaJsOptions): ProducerPort {
  return new KafkaJsProducer(options);
}

class KafkaJsProducer implements ProducerPort {
  readonly caps = { acksPerCall: true, idempotent: false, retriesInternally: false };
  readonly #options: KafkaJsOptions;
  #client: Client | null = null;
  #opening: Promise<void> | null = null;
  #closed = false;
  /** `host:port` by broker id. Not forgotten: the cluster no longer lists a broker that hangs, and kafkajs still uses it. */
  readonly #addresses = new Map<number, string>();
  /** By partition: the last call, which the next must not overtake. kafkajs keeps no order among calls at a time. */
  readonly #last = new Map<string, Send>();

  constructor(options: KafkaJsOptions) {
    this.#options = options;
  }

  open(): Promise<void> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async metadata(topic: string): Promise<readonly PartitionLeader[]> {
    const { admin } = this.#connected();
    const { topics } = await insist(() => admin.fetchTopicMetadata({ topics: [topic] }));
    const leaders = topics.flatMap(({ name, partitions }) =>
      name === topic ? partitions.map(({ partitionId, leader }) => ({ partition: partitionId, leader })) : [],
    );
    if (leaders.some(({ leader }) => leader >= 0 && !this.#addresses.has(leader))) await this.#learnAddresses(admin);
    return leaders;
  }

  produce(
    batch: TopicPartition & { readonly records: readonly WireRecord[] },
    options: { readonly acks: Acks; readonly timeoutMs: number },
  ): Promise<ProduceOutcome> {
    if (this.#client === null || this.#closed) {
      return Promise.resolve({ ok: false, fate: 'not-written', next: 'reconnect', cause: new Error('not connected') });
    }
    const { inFlight } = this.#client;
    const outcome = this.#produce(this.#client, batch, options);
    inFlight.add(outcome);
    return outcome.finally(() => inFlight.delete(outcome));
  }

  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    const client = this.#client;
    if (client === null) return;
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    // kafkajs's `disconnect` may settle before a send does.
    await Promise.race([Promise.allSettled(client.inFlight), grace]);
    await Promise.race([end(client), grace]);
    clearTimeout(timer);
    client.sockets.breakAll(new Error('the producer has closed'));
    await Promise.allSettled(client.inFlight);
  }

  async #open(): Promise<void> {
    if (this.#closed) throw new Error('the producer has closed');
    const before = this.#client;
    if (before !== null) {
      try {
        await this.#learnAddresses(before.admin);
        // kafkajs may stay with a leader that hangs long after the cluster has another: then a new client, too.
        if (![...before.failures.values()].some((failures) => failures >= FAILURES_MAX)) return;
      } catch {
        // A client that failed to connect, or whose brokers all went away, is not trusted to come back: a new one.
        this.#client = null;
        void end(before);
      }
    }
    const client = this.#build();
    try {
      await insist(() => client.producer.connect());
      await insist(() => client.admin.connect());
      await this.#learnAddresses(client.admin);
      if (this.#closed) throw new Error('the producer has closed');
    } catch (cause) {
      void end(client);
      throw cause;
    }
    const replaced = this.#client;
    this.#client = client;
    if (replaced !== null) void Promise.allSettled(replaced.inFlight).then(() => end(replaced));
  }

  #build(): Client {
    const { Kafka, config, silenceMs = SILENCE_MS } = this.#options;
    const sockets = new Sockets({ silenceMs });
    const kafka = new Kafka({
      logLevel: LOG_NOTHING,
      ...config,
      retry: { retries: 0 },
      socketFactory: sockets.factory,
    });
    return {
      producer: kafka.producer({ allowAutoTopicCreation: false, createPartitioner: asChosen, retry: { retries: 0 } }),
      admin: kafka.admin({ retry: { retries: 0 } }),
      sockets,
      inFlight: new Set(),
      failures: new Map(),
    };
  }

  async #produce(
    { producer, sockets, failures }: Client,
    batch: TopicPartition & { readonly records: readonly WireRecord[] },
    { acks, timeoutMs }: { readonly acks: Acks; readonly timeoutMs: number },
  ): Promise<ProduceOutcome> {
    const { topic, partition } = batch;
    if (batch.records.length === 0) return { ok: true, baseOffset: null };
    const send = new Send(batch);
    const breaks = sockets.breaks;
    const at = `${topic}/${partition}`;
    const before = this.#last.get(at);
    this.#last.set(at, send);
    const address = (): string => this.#addresses.get(send.leader ?? -1) ?? '';
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<ProduceOutcome>((resolve) => {
      timer = setTimeout(() => {
        const cause = new Error(`no answer within ${timeoutMs} ms`);
        if (send.cancel()) return resolve({ ok: false, fate: 'not-written', next: 'reconnect', cause });
        sockets.breakOff(address(), cause);
        resolve({ ok: false, fate: 'maybe-written', cause });
      }, timeoutMs);
    });
    const sent = async (): Promise<ProduceOutcome> => {
      await before?.departed;
      try {
        const messages = [...send.messages];
        const answers = await producer.send({ topic, acks, timeout: timeoutMs, messages });
        if (acks === 0) {
          await drained(() => sockets.bufferedBytes(address()));
          return { ok: true, baseOffset: null };
        }
        const answer = answers.find((each) => each.partition === partition);
        if (answer === undefined) throw new Error('the answer does not tell of the partition');
        return { ok: true, baseOffset: offsetOf(answer.baseOffset) };
      } catch (error) {
        return outcomeOfError({ error, acks, left: send.left, unbroken: breaks === sockets.breaks });
      }
    };
    try {
      const outcome = await Promise.race([sent(), late]);
      if (send.leader !== null) {
        if (answered(outcome)) failures.delete(send.leader);
        else failures.set(send.leader, (failures.get(send.leader) ?? 0) + 1);
      }
      return outcome;
    } finally {
      clearTimeout(timer);
      send.end();
      if (this.#last.get(at) === send) this.#last.delete(at);
    }
  }

  async #learnAddresses(admin: Admin): Promise<void> {
    const { brokers } = await insist(() => admin.describeCluster());
    for (const { nodeId, host, port } of brokers) this.#addresses.set(nodeId, `${host}:${port}`);
  }

  #connected(): Client {
    if (this.#client === null || this.#closed) throw new Error('not connected');
    return this.#client;
  }
}

async function end({ producer, admin, sockets }: Client): Promise<void> {
  await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
  sockets.breakAll(new Error('closed'));
}

/** Whether a broker said so. */
function answered(outcome: ProduceOutcome): boolean {
  return outcome.ok || outcome.code !== undefined;
}

async function insist<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS || typeof (error as { code?: unknown }).code === 'number') throw error;
    }
  }
}

/** Waits while too much stands in this process's memory. */
async function drained(bufferedBytes: () => number): Promise<void> {
  while (bufferedBytes() > UNSENT_BYTES_MAX) await new Promise((resolve) => setTimeout(resolve, 10).unref());
}

/** Kafka says −1 where there is none. */
function offsetOf(text: string | undefined): bigint | null {
  const offset = BigInt(text ?? -1);
  return offset < 0n ? null : offset;
}
