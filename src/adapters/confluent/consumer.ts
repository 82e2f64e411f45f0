import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumedRecord, ConsumerHandler, ConsumerPort, TopicPartition } from '../../ports.ts';
import type {
  ConfluentClient,
  ConfluentConfig,
  NativeConsumer,
  NativeError,
  NativeMessage,
  NativePartition,
  RebalancingConsumer,
} from './client.ts';
import { CommitLedger, type NextOffset } from './commit-ledger.ts';
import { PartitionFlow } from './partition-flow.ts';

export interface ConfluentConsumerOptions {
  /** The package itself: `import client from '@confluentinc/kafka-javascript'`. */
  readonly client: ConfluentClient;
  /** Settings as librdkafka names them: at least `bootstrap.servers` and `group.id`. */
  readonly config: ConfluentConfig;
  /** Records a batch at the most. Default 500, AK `max.poll.records`; the client's own `eachBatch` gives 32. */
  readonly batchRecordsMax?: number;
  /** Wait after a poll that found nothing, ms: what an idle consumer costs against how soon it hears. Default 10, a guess. */
  readonly pollIdleMs?: number;
  /** Longest wait for the first broker, ms. Default 10,000, a guess. */
  readonly connectTimeoutMs?: number;
}

const ASSIGN_PARTITIONS = -175;
/** Batches that wait for the handler before the client is told to fetch no more for the partition. */
const WAITING_BATCHES_MAX = 2;
/** After a poll that failed: the client says the same again at once. */
const FAILED_POLL_MS = 200;

/**
 * A `ConsumerPort` over librdkafka, with commits by hand.
 *
 * - It goes on polling while the handler is busy, so a slow handler never costs the membership; the partitions whose
 *   records wait are paused.
 * - A rebalance waits for `revoked` to settle, as long as `max.poll.interval.ms` allows.
 */
export function confluentConsumer(options: ConfluentConsumerOptions): ConsumerPort {
  return new ConfluentConsumer(options);
}

class ConfluentConsumer implements ConsumerPort {
  readonly caps = { partitionPause: true, revokeBarrier: true };
  readonly #options: ConfluentConsumerOptions;
  readonly #flows = new Map<string, { readonly at: TopicPartition; readonly flow: PartitionFlow }>();
  readonly #commits = new CommitLedger();
  #native: NativeConsumer | null = null;
  #handler: ConsumerHandler | null = null;
  #polling: Promise<void> = Promise.resolve();
  /** The handler's last words on partitions that go elsewhere; settled when there are none. */
  #revoking: Promise<void> = Promise.resolve();
  #closing = false;
  #stopped = false;
  #onStopped: () => void = () => {};
  readonly #untilStopped = new Promise<void>((resolve) => {
    this.#onStopped = resolve;
  });

  constructor(options: ConfluentConsumerOptions) {
    this.#options = options;
  }

  async run(topics: readonly string[], handler: ConsumerHandler): Promise<void> {
    if (this.#handler !== null) throw new Error('this port runs already');
    this.#handler = handler;
    const { client, config, connectTimeoutMs: timeout = 10_000 } = this.#options;
    const native = new client.KafkaConsumer(
      {
        // librdkafka fetches ahead by as much; its default is 64 MiB.
        'queued.max.messages.kbytes': 16_384,
        ...config,
        'enable.auto.commit': false,
        'enable.auto.offset.store': false,
        rebalance_cb: (error: NativeError | undefined, partitions: NativePartition[]) =>
          void this.#rebalance(native, error, partitions),
        offset_commit_cb: (error: NativeError | null, next: readonly NextOffset[]) =>
          this.#commits.answered(error, next),
      } as never,
      // Records from before the first start count as well: at least once.
      { 'auto.offset.reset': config['auto.offset.reset'] ?? 'earliest' } as never,
    ) as RebalancingConsumer;
    native.on('event.error', (cause) => {
      if (!this.#stopped) handler.error({ fatal: cause.isFatal === true, cause });
    });
    try {
      await connected(native, timeout);
      if (this.#closing) throw new Error('the port was closed');
    } catch (cause) {
      this.#stopped = true;
      handler.error({ fatal: true, cause });
      if (native.isConnected()) await disconnected(native);
      throw cause;
    }
    this.#native = native;
    // What is there is taken, and nothing waited for: a poll that waits holds one of Node's four worker threads.
    native.setDefaultConsumeTimeout(0);
    native.subscribe([...topics]);
    this.#polling = this.#poll(native, handler);
    await this.#polling;
  }

  commit(next: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void> {
    const native = this.#native;
    if (native === null) return Promise.reject(new Error('not connected'));
    if (next.length === 0) return Promise.resolve();
    const list = next.map(({ topic, partition, offset }) => ({ topic, partition, offset: Number(offset) }));
    return this.#commits.ask(list, () => native.commit(list));
  }

  pause(at: readonly TopicPartition[]): void {
    for (const each of at) this.#flows.get(keyOf(each))?.flow.pause();
  }

  resume(at: readonly TopicPartition[]): void {
    for (const each of at) this.#flows.get(keyOf(each))?.flow.resume();
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    const native = this.#native;
    if (native === null) return;
    const ended = new AbortController();
    const grace = sleep(graceMs, undefined, { signal: ended.signal }).catch(() => {});
    // Here and not as librdkafka closes: by then it commits no more.
    await Promise.race([grace, this.#farewell()]);
    this.#stop();
    await Promise.race([grace, this.#end(native)]);
    ended.abort();
  }

  async #farewell(): Promise<void> {
    await this.#revoke([...this.#flows.values()].map(({ at }) => at));
    while (this.#commits.open > 0 && !this.#stopped) await sleep(1);
  }

  /** From here on the handler is neither told nor waited for. */
  #stop(): void {
    this.#stopped = true;
    this.#onStopped();
    this.#commits.abandon(new Error('the consumer was closed'));
  }

  async #end(native: NativeConsumer): Promise<void> {
    await this.#polling;
    this.#native = null;
    await disconnected(native);
  }

  async #poll(native: NativeConsumer, handler: ConsumerHandler): Promise<void> {
    const { batchRecordsMax = 500, pollIdleMs = 10 } = this.#options;
    while (!this.#stopped) {
      try {
        const messages = await polled(native, batchRecordsMax);
        for (const message of messages) this.#flows.get(keyOf(message))?.flow.push(recordOf(message));
        if (messages.length === 0) await sleep(pollIdleMs);
      } catch (cause) {
        handler.error({ fatal: (cause as NativeError).isFatal === true, cause });
        await sleep(FAILED_POLL_MS);
      }
    }
  }

  async #rebalance(
    native: RebalancingConsumer,
    error: NativeError | undefined,
    partitions: NativePartition[],
  ): Promise<void> {
    const incremental = native.rebalanceProtocol() === 'COOPERATIVE';
    try {
      if (error?.code === ASSIGN_PARTITIONS) {
        this.#assign(native, partitions);
        if (incremental) native.incrementalAssign(partitions);
        else native.assign(partitions);
      } else {
        await this.#revoke(partitions.map(({ topic, partition }) => ({ topic, partition })));
        if (incremental) native.incrementalUnassign(partitions);
        else native.unassign();
      }
    } catch (cause) {
      // A client that is closing refuses what it has done by itself.
      if (!this.#closing) this.#handler?.error({ fatal: false, cause });
    }
  }

  #assign(native: NativeConsumer, partitions: NativePartition[]): void {
    if (this.#closing || this.#handler === null) return;
    const { batchRecordsMax = 500 } = this.#options;
    const to = partitions.map(({ topic, partition }) => ({ topic, partition }));
    for (const at of to) {
      const flow = new PartitionFlow({
        at,
        handler: this.#handler,
        batchRecordsMax,
        waitingRecordsMax: WAITING_BATCHES_MAX * batchRecordsMax,
        onFetching: (_, wanted) => {
          try {
            if (wanted) native.resume([at]);
            else native.pause([at]);
          } catch (cause) {
            this.#handler?.error({ fatal: false, cause });
          }
        },
      });
      this.#flows.set(keyOf(at), { at, flow });
    }
    this.#handler.assigned(to);
  }

  async #revoke(from: readonly TopicPartition[]): Promise<void> {
    const known = from.filter((at) => this.#flows.has(keyOf(at)));
    for (const at of known) {
      this.#flows.get(keyOf(at))!.flow.end();
      this.#flows.delete(keyOf(at));
    }
    const handler = this.#handler;
    if (known.length > 0 && handler !== null) {
      const before = this.#revoking;
      const told = async (): Promise<void> => handler.revoked(known);
      this.#revoking = told().then(
        () => before,
        (cause) => handler.error({ fatal: false, cause }),
      );
    }
    // librdkafka ends only when its partitions are given back, whatever the handler does.
    await Promise.race([this.#revoking, this.#untilStopped]);
  }
}

function keyOf({ topic, partition }: NativePartition): string {
  return `${topic}/${partition}`;
}

function recordOf({ key, value, timestamp, headers, offset }: NativeMessage): ConsumedRecord {
  return {
    key: typeof key === 'string' ? Buffer.from(key) : (key ?? null),
    value,
    timestampMs: timestamp ?? 0,
    offset: BigInt(offset),
    ...(headers === undefined ? {} : { headers: Object.assign({}, ...headers) as Record<string, Uint8Array> }),
  };
}

function connected(native: NativeConsumer, timeout: number): Promise<void> {
  return new Promise((resolve, reject) => {
    native.connect({ timeout }, (error) => (error ? reject(error) : resolve()));
  });
}

function polled(native: NativeConsumer, records: number): Promise<readonly NativeMessage[]> {
  return new Promise((resolve, reject) => {
    native.consume(records, (error, messages) => (error ? reject(error) : resolve(messages)));
  });
}

/** However it ends: nobody can mend that. */
function disconnected(native: NativeConsumer): Promise<void> {
  return new Promise((resolve) => {
    native.disconnect(() => resolve());
  });
}
