import type { Consumer, Message, MessagesStream } from '@platformatic/kafka';
import type { ConsumedRecord, ConsumerHandler, ConsumerPort, TopicPartition } from '../../ports.ts';
import { endsConsuming } from '../kafka-errors.ts';
import type { PlatformaticOptions } from './options.ts';
import { codeOf } from './outcome.ts';

export interface PlatformaticConsumerOptions extends Omit<PlatformaticOptions, 'silenceMs'> {
  readonly groupId: string;
  /** Where to begin in a partition that the group has committed nothing of. Default `earliest`: rather twice than never. */
  readonly offsetReset?: 'earliest' | 'latest';
  /** As for its `Consumer`: time-outs of the group, fetch sizes. */
  readonly consumer?: {
    readonly sessionTimeout?: number;
    readonly rebalanceTimeout?: number;
    readonly heartbeatInterval?: number;
    readonly maxWaitTime?: number;
    readonly maxBytes?: number;
    /** Records read ahead. */
    readonly highWaterMark?: number;
  };
}

const RESTART_MS = 1_000;

/**
 * Consumes with `@platformatic/kafka` 1.x. One stream carries all partitions: it pauses only as a whole, and a batch that is
 * awaited holds up the others, beyond what is read ahead. A stream is given up after any failed fetch, and at every
 * rebalance, and begins anew at what was committed. Partitions go to others without waiting for `revoked`.
 */
export function platformaticConsumer(options: PlatformaticConsumerOptions): ConsumerPort {
  return new PlatformaticConsumer(options);
}

class PlatformaticConsumer implements ConsumerPort {
  readonly caps = { partitionPause: false, revokeBarrier: false };
  readonly #options: PlatformaticConsumerOptions;
  #handler: ConsumerHandler | null = null;
  #consumer: Consumer | null = null;
  #stream: MessagesStream<Buffer, Buffer, Buffer, Buffer> | null = null;
  #assigned: readonly TopicPartition[] = [];
  /** Assignments so far: a stream belongs to one of them. */
  #joins = 0;
  readonly #paused = new Set<string>();
  #closed = false;
  /** Something has changed that the loop may wait for. */
  #wake: () => void = () => {};

  constructor(options: PlatformaticConsumerOptions) {
    this.#options = options;
  }

  async run(topics: readonly string[], handler: ConsumerHandler): Promise<void> {
    if (this.#handler !== null) throw new Error('a consumer runs once');
    this.#handler = handler;
    for (let first = true; !this.#closed; first = false) {
      const consumer = this.#build();
      this.#consumer = consumer;
      this.#joins = 0;
      try {
        await this.#consume(consumer, topics, handler, () => {
          first = false;
        });
      } catch (cause) {
        this.#consumer = null;
        void this.#revoke();
        void this.#end(consumer);
        if (this.#closed) return;
        const fatal = first || endsConsuming(codeOf(cause));
        handler.error({ fatal, cause });
        if (fatal) throw cause;
        await this.#changed(RESTART_MS);
      }
    }
  }

  async commit(next: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void> {
    if (this.#consumer === null) throw new Error('not a member of the group');
    await this.#consumer.commit({ offsets: next.map((each) => ({ ...each, leaderEpoch: -1 })) });
  }

  pause(at: readonly TopicPartition[]): void {
    for (const { topic, partition } of at) this.#paused.add(`${topic}/${partition}`);
  }

  resume(at: readonly TopicPartition[]): void {
    for (const { topic, partition } of at) this.#paused.delete(`${topic}/${partition}`);
    this.#wake();
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.#revoke(), grace]);
    const consumer = this.#consumer;
    this.#consumer = null;
    this.#stream?.destroy();
    this.#wake();
    if (consumer !== null) await Promise.race([this.#end(consumer), grace]);
    clearTimeout(timer);
  }

  #build(): Consumer {
    const { kafka, config, groupId, consumer: own } = this.#options;
    const consumer = new kafka.Consumer({ autocreateTopics: false, ...config, ...own, groupId, autocommit: false });
    // A client without a listener for errors ends the process.
    consumer.on('error' as never, ((cause: unknown) => this.#handler?.error({ fatal: false, cause })) as never);
    consumer.on('consumer:group:join', ({ assignments }) => {
      if (consumer !== this.#consumer) return;
      void this.#revoke();
      this.#joins++;
      this.#paused.clear();
      this.#assigned = (assignments ?? []).flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      );
      this.#handler?.assigned(this.#assigned);
      this.#wake();
    });
    return consumer;
  }

  /** Streams of one client, one after the other. Rejects with what ended them. */
  async #consume(
    consumer: Consumer,
    topics: readonly string[],
    handler: ConsumerHandler,
    onStarted: () => void,
  ): Promise<void> {
    const { offsetReset = 'earliest' } = this.#options;
    while (!this.#closed) {
      let failure: Error | null = null;
      const joins = this.#joins;
      const stream = await consumer.consume({ topics: [...topics], mode: 'committed', fallbackMode: offsetReset });
      this.#stream = stream;
      stream.on('readable', () => this.#wake());
      stream.on('error', (error) => {
        failure = error;
        this.#wake();
      });
      stream.on('close', () => this.#wake());
      onStarted();
      // The first stream joins as it is made.
      const own = joins === 0 ? this.#joins : joins;
      while (!this.#closed && failure === null && !stream.destroyed && this.#joins === own) {
        const batches = this.#paused.size > 0 ? [] : available(stream);
        if (batches.length === 0) await this.#changed();
        else await Promise.all(batches.map(([at, records]) => handler.batch(at, records)));
      }
      stream.destroy();
      if (failure !== null) throw failure;
    }
  }

  #changed(limitMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = limitMs === undefined ? undefined : setTimeout(resolve, limitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

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

  /** Leaves the group. Does not wait for brokers that are away. */
  async #end(consumer: Consumer): Promise<void> {
    this.#stream?.destroy();
    await Promise.allSettled([consumer.close(true)]);
    for (const [, connection] of consumer.connections) connection.socket?.destroy();
  }
}

type Batch = [TopicPartition, ConsumedRecord[]];

/** What the stream holds, by partition. */
function available(stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>): Batch[] {
  const batches = new Map<string, Batch>();
  for (let message = read(stream); message !== null; message = read(stream)) {
    const { topic, partition } = message;
    const at = `${topic}/${partition}`;
    let batch = batches.get(at);
    if (batch === undefined) {
      batch = [{ topic, partition }, []];
      batches.set(at, batch);
    }
    batch[1].push(recordOf(message));
  }
  return [...batches.values()];
}

function read(stream: MessagesStream<Buffer, Buffer, Buffer, Buffer>): Message<Buffer, Buffer, Buffer, Buffer> | null {
  return stream.read() as Message<Buffer, Buffer, Buffer, Buffer> | null;
}

function recordOf({ key, value, headers, timestamp, offset }: Message<Buffer, Buffer, Buffer, Buffer>): ConsumedRecord {
  const own: Record<string, Uint8Array> = {};
  for (const [name, header] of headers) own[name.toString()] = header;
  return { key: key ?? null, value: value ?? null, headers: own, timestampMs: Number(timestamp), offset };
}
