import { NO_KEY } from '../../record.ts';
import type { LoadView, Partitioner, PartitionerFactory } from '../policy.ts';
import type { TopicView } from '../topic-view.ts';
import { grown } from './column.ts';
import { uniformSticky } from './uniform-sticky.ts';

/**
 * Records with a key go to `keyHash mod partitions`, over all partitions whether they have a leader or not, as in Kafka
 * (AK, `BuiltInPartitioner.partitionForKey`): the key's partition must not depend on who is up. Those without a key go
 * where `unkeyed` says; by default uniform sticky, as in Kafka.
 */
export function keyed(unkeyed: PartitionerFactory = uniformSticky()): PartitionerFactory {
  return (limits) => new KeyedPartitioner(unkeyed(limits));
}

class KeyedPartitioner implements Partitioner {
  readonly name: string;
  readonly movesBetweenBatches: boolean;
  readonly #unkeyed: Partitioner;
  /** 1 if the stream's last `peek` was for a keyed record: the next `appended` is about that one. */
  #peekedKey = new Uint8Array(0);

  constructor(unkeyed: Partitioner) {
    this.#unkeyed = unkeyed;
    this.movesBetweenBatches = unkeyed.movesBetweenBatches;
    this.name = `keyed, else ${unkeyed.name}`;
  }

  addStream(stream: number, identity: number): void {
    this.#peekedKey = grown(this.#peekedKey, stream);
    this.#peekedKey[stream] = 0;
    this.#unkeyed.addStream(stream, identity);
  }

  peek(stream: number, keyHash: number, view: TopicView, load: LoadView): number {
    if (keyHash === NO_KEY) {
      this.#peekedKey[stream] = 0;
      return this.#unkeyed.peek(stream, keyHash, view, load);
    }
    this.#peekedKey[stream] = 1;
    return keyHash % view.leaders.length;
  }

  appended(stream: number, partition: number, n: number, bytes: number): void {
    if (this.#peekedKey[stream] === 0) this.#unkeyed.appended(stream, partition, n, bytes);
  }

  closed(stream: number, partition: number): void {
    this.#unkeyed.closed(stream, partition);
  }

  promised(stream: number, bytesEach: number): number {
    return this.#unkeyed.promised(stream, bytesEach);
  }
}
