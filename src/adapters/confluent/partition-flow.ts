import type { ConsumedRecord, ConsumerHandler, TopicPartition } from '../../ports.ts';

export interface PartitionFlowOptions {
  readonly at: TopicPartition;
  readonly handler: ConsumerHandler;
  readonly batchRecordsMax: number;
  /** Records waiting for the handler above which the client should fetch no more for the partition. */
  readonly waitingRecordsMax: number;
  /** Whether the client should fetch for the partition now; told when that changes. */
  readonly onFetching: (at: TopicPartition, wanted: boolean) => void;
}

/** The records of one assigned partition on their way to the handler: one batch at a time, in order. */
export class PartitionFlow {
  readonly #options: PartitionFlowOptions;
  #waiting: ConsumedRecord[] = [];
  #busy = false;
  #paused = false;
  #ended = false;
  #fetching = true;

  constructor(options: PartitionFlowOptions) {
    this.#options = options;
  }

  push(record: ConsumedRecord): void {
    if (this.#ended) return;
    this.#waiting.push(record);
    this.#tell();
    void this.#run();
  }

  /** By the user: nothing reaches the handler until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#tell();
  }

  resume(): void {
    this.#paused = false;
    this.#tell();
    void this.#run();
  }

  /** The partition is somebody else's: what waits is not handled here. */
  end(): void {
    this.#ended = true;
    this.#waiting = [];
  }

  async #run(): Promise<void> {
    if (this.#busy) return;
    const { at, handler, batchRecordsMax } = this.#options;
    this.#busy = true;
    // Records that are pushed in one go make one batch.
    await Promise.resolve();
    while (this.#waiting.length > 0 && !this.#paused && !this.#ended) {
      const records = this.#waiting.splice(0, batchRecordsMax);
      try {
        await handler.batch(at, records);
      } catch (cause) {
        // Going on would let a later commit pass over records that nobody has handled.
        this.end();
        handler.error({ fatal: true, cause });
      }
      this.#tell();
    }
    this.#busy = false;
  }

  #tell(): void {
    if (this.#ended) return;
    const { at, waitingRecordsMax, onFetching } = this.#options;
    // Half, so that it does not go to and fro with every batch.
    const full = this.#waiting.length > (this.#fetching ? waitingRecordsMax : waitingRecordsMax / 2);
    const wanted = !full && !this.#paused;
    if (wanted === this.#fetching) return;
    this.#fetching = wanted;
    onFetching(at, wanted);
  }
}
