import type { ConsumedRecord, ConsumerHandler, TopicPartition } from '../../src/ports.ts';
import type { ConsumerSurroundings, SimulatedConsumerOptions } from './consumer-port.ts';
import { OFFSET_OUT_OF_RANGE } from './fetch-desk.ts';

const NS_PER_MS = 1_000_000;
/** After a fetch that brought no answer. */
const BACKOFF_NS = 100 * NS_PER_MS;
/** AK `request.timeout.ms`. */
const LIMIT_NS = 30_000 * NS_PER_MS;

export interface PartitionReaderOptions extends SimulatedConsumerOptions, ConsumerSurroundings {
  readonly at: TopicPartition;
  /** Its number in the world. */
  readonly partition: number;
  readonly handler: ConsumerHandler;
  readonly fromOffset: number;
}

/** Fetches an assigned partition and hands its records to the handler, one fetch and one batch at a time. */
export class PartitionReader {
  readonly #options: PartitionReaderOptions;
  #next: number;
  #ended = false;
  #paused = false;
  #onResume: (() => void) | null = null;

  constructor(options: PartitionReaderOptions) {
    this.#options = options;
    this.#next = options.fromOffset;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#onResume?.();
    this.#onResume = null;
  }

  /** Nothing more is handed over. */
  end(): TopicPartition {
    this.#ended = true;
    return this.#options.at;
  }

  async run(): Promise<void> {
    const { at, handler, batchRecordsMax = 500 } = this.#options;
    while (!this.#ended) {
      const fetched = await this.#fetch();
      for (let from = 0; from < fetched.length; from += batchRecordsMax) {
        await this.#resumed();
        if (this.#ended) return;
        const records = fetched.slice(from, from + batchRecordsMax);
        try {
          await handler.batch(at, records);
        } catch (cause) {
          // Going on would let a later commit pass over records that nobody has handled.
          this.#ended = true;
          handler.error({ fatal: true, cause });
        }
        this.#next = Number(records.at(-1)!.offset) + 1;
      }
    }
  }

  async #resumed(): Promise<void> {
    if (!this.#paused) return;
    await new Promise<void>((resolve) => {
      this.#onResume = resolve;
    });
  }

  async #fetch(): Promise<readonly ConsumedRecord[]> {
    const { wire, desk, link, partition, handler, fetchBytesMax = 1 << 20, fetchWaitMs = 500 } = this.#options;
    await this.#resumed();
    const broker = wire.topology.partitionLeader[partition];
    const reply =
      broker < 0
        ? { kind: 'unreachable' as const }
        : await desk.fetch(link, {
            broker,
            partition,
            fromOffset: this.#next,
            bytesMax: fetchBytesMax,
            waitNs: fetchWaitMs * NS_PER_MS,
            limitNs: LIMIT_NS,
          });
    if (this.#ended) return [];
    if (reply.kind === 'answer' && reply.value.code === 0) return reply.value.records;
    if (reply.kind === 'answer' && reply.value.code === OFFSET_OUT_OF_RANGE) this.#next = reply.value.startOffset;
    if (reply.kind !== 'answer') handler.error({ fatal: false, cause: new Error(`the leader is ${reply.kind}`) });
    await wire.clock.sleep(BACKOFF_NS);
    return [];
  }
}
