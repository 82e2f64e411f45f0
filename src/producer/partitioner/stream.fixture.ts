/** A stand-in for the core: it tracks open batches and queues, and drives a partitioner as the contract says. */
import { NO_KEY } from '../../record.ts';
import type { BatchLimits, LoadView, Partitioner } from '../policy.ts';
import { TopicView } from '../topic-view.ts';

/** Kafka's own. */
export const LIMITS: BatchLimits = { batchBytesMax: 16_384, compressionRatio: 1 };

export function viewOf(...leaders: number[]): TopicView {
  return new TopicView(leaders);
}

/** `partitions` partitions, each led by a broker of its own. */
export function healthy(partitions: number): TopicView {
  return new TopicView(Array.from({ length: partitions }, (_, broker) => broker));
}

export class StreamFixture {
  readonly partitioner: Partitioner;
  readonly stream: number;
  view: TopicView;
  /** Batches open or waiting, by partition. */
  queued: Int32Array;
  readonly open = new Set<number>();
  readonly load: LoadView = { queuedBatches: () => this.queued };

  constructor(partitioner: Partitioner, view: TopicView, { stream = 0, identity = 12_345 } = {}) {
    this.partitioner = partitioner;
    this.view = view;
    this.stream = stream;
    this.queued = new Int32Array(view.leaders.length);
    partitioner.addStream(stream, identity);
  }

  peek(keyHash = NO_KEY): number {
    return this.partitioner.peek(this.stream, keyHash, this.view, this.load);
  }

  append(n = 1, bytes = n, keyHash = NO_KEY): number {
    const partition = this.peek(keyHash);
    if (!this.open.has(partition)) this.queued[partition]++;
    this.open.add(partition);
    this.partitioner.appended(this.stream, partition, n, bytes);
    return partition;
  }

  /** Seals the open batch of the partition, if there is one; it stays queued. */
  close(partition: number): void {
    if (this.open.delete(partition)) this.partitioner.closed(this.stream, partition);
  }

  /** Appends one record and closes its batch; the batch leaves at once. */
  sendAlone(bytes = 1): number {
    const partition = this.append(1, bytes);
    this.close(partition);
    this.queued[partition]--;
    return partition;
  }
}
