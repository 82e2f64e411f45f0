import type { Consumer, ConsumerConfig, EachBatchPayload } from 'kafkajs';
import type { ConsumedRecord, ConsumerHandler, ConsumerPort, TopicPartition } from '../../ports.ts';
import { endsConsuming } from '../kafka-errors.ts';
import { type KafkaJsOptions, LOG_NOTHING } from './options.ts';
import { codeOf } from './outcome.ts';
import { Sockets } from './sockets.ts';

export interface KafkaJsConsumerOptions extends Omit<KafkaJsOptions, 'silenceMs'> {
  readonly groupId: string;
  /** Where to begin in a partition that the group has committed nothing of. Default `earliest`: rather twice than never. */
  readonly offsetReset?: 'earliest' | 'latest';
  /** As for `kafka.consumer(…)`: time-outs, fetch sizes, assigners. */
  readonly consumer?: Omit<ConsumerConfig, 'groupId' | 'retry'>;
  /** Partitions whose records may be worked on at a time; a batch that is awaited takes one. Default 16, a guess. */
  readonly partitionsAtOnce?: number;
}

/** kafkajs's own. */
const SESSION_MS = 30_000;
const RESTART_MS = 1_000;

/**
 * Consumes with kafkajs 2.2, which joins again by itself after errors that it thinks pass; after others the adapter starts
 * a new client. It leaves a partition to others without waiting for `revoked`: no barrier. Its heart beats while `batch` is
 * awaited, so that slow work costs no membership.
 */
export function kafkaJsConsumer(options: KafkaJsConsumerOptions): ConsumerPort {
  return new KafkaJsConsumer(options);
}

class KafkaJsConsumer implements ConsumerPort {
  readonly caps = { partitionPause: true, revokeBarrier: false };
  readonly #options: KafkaJsConsumerOptions;
  readonly #sockets = new Sockets({ silenceMs: Number.POSITIVE_INFINITY });
  #handler: ConsumerHandler | null = null;
  #consumer: Consumer | null = null;
  #assigned: readonly TopicPartition[] = [];
  #joined = false;
  #closed = false;
  /** Ends the wait for the present client to end. */
  #wake: () => void = () => {};

  constructor(options: KafkaJsConsumerOptions) {
    this.#options = options;
  }

  async run(topics: readonly string[], handler: ConsumerHandler): Promise<void> {
    if (this.#handler !== null) throw new Error('a consumer runs once');
    this.#handler = handler;
    for (let first = true; !this.#closed; first = false) {
      try {
        await this.#consume(topics, handler);
      } catch (cause) {
        await this.#consumer?.disconnect().catch(() => {});
        if (this.#closed) return;
        const fatal = first || endsConsuming(codeOf(cause));
        handler.error({ fatal, cause });
        if (fatal) throw cause;
        await new Promise((resolve) => {
          setTimeout(resolve, RESTART_MS);
        });
      }
    }
  }

  async commit(next: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void> {
    // kafkajs takes a commit of one that has not joined for done.
    if (this.#consumer === null || !this.#joined) throw new Error('not a member of the group');
    await this.#consumer.commitOffsets(next.map((each) => ({ ...each, offset: String(each.offset) })));
  }

  pause(at: readonly TopicPartition[]): void {
    if (this.#joined) this.#consumer?.pause(byTopic(at));
  }

  resume(at: readonly TopicPartition[]): void {
    if (this.#joined) this.#consumer?.resume(byTopic(at));
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    // First, as kafkajs commits nothing once it stops.
    await Promise.race([this.#revoke(), grace]);
    this.#joined = false;
    await Promise.race([this.#consumer?.disconnect().catch(() => {}), grace]);
    clearTimeout(timer);
    this.#sockets.breakAll(new Error('the consumer has closed'));
    this.#wake();
  }

  /** One client, until it has ended: rejects with what ended it. */
  async #consume(topics: readonly string[], handler: ConsumerHandler): Promise<void> {
    const { Kafka, config, groupId, offsetReset = 'earliest', consumer: own, partitionsAtOnce = 16 } = this.#options;
    const kafka = new Kafka({ logLevel: LOG_NOTHING, ...config, socketFactory: this.#sockets.factory });
    const consumer = kafka.consumer({ ...own, groupId });
    this.#consumer = consumer;
    const { REBALANCING, GROUP_JOIN, CRASH } = consumer.events;
    let end: (cause: Error | null) => void = () => {};
    const ended = new Promise<void>((resolve, reject) => {
      end = (cause) => (cause === null ? resolve() : reject(cause));
      this.#wake = resolve;
    });
    ended.catch(() => {});
    consumer.on(REBALANCING, () => void this.#revoke());
    consumer.on(GROUP_JOIN, ({ payload }) => {
      void this.#revoke();
      this.#joined = true;
      this.#assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      handler.assigned(this.#assigned);
    });
    consumer.on(CRASH, ({ payload: { error, restart } }) => {
      this.#joined = false;
      void this.#revoke();
      if (restart) handler.error({ fatal: false, cause: error });
      else end(error);
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: offsetReset === 'earliest' });
    const beatMs = (own?.sessionTimeout ?? SESSION_MS) / 10;
    await consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently: partitionsAtOnce,
      eachBatch: (payload) => deliver(payload, handler, beatMs),
    });
    await ended;
  }

  /** Once for each assignment. */
  async #revoke(): Promise<void> {
    const from = this.#assigned;
    this.#assigned = [];
    if (from.length === 0) return;
    try {
      await this.#handler?.revoked(from);
    } catch (cause) {
      this.#handler?.error({ fatal: false, cause });
    }
  }
}

async function deliver(payload: EachBatchPayload, handler: ConsumerHandler, beatMs: number): Promise<void> {
  const { batch, heartbeat, isRunning, isStale } = payload;
  if (!isRunning() || isStale() || batch.messages.length === 0) return;
  const records = batch.messages.map(
    ({ key, value, headers, timestamp, offset }): ConsumedRecord => ({
      key,
      value,
      headers: headers as Record<string, Buffer>,
      timestampMs: Number(timestamp),
      offset: BigInt(offset),
    }),
  );
  // If the group is rebalancing, kafkajs finds out at its next own heartbeat, after this batch.
  const beat = setInterval(() => heartbeat().catch(() => {}), beatMs);
  try {
    await handler.batch({ topic: batch.topic, partition: batch.partition }, records);
  } finally {
    clearInterval(beat);
  }
}

function byTopic(at: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  return at.map(({ topic, partition }) => ({ topic, partitions: [partition] }));
}
