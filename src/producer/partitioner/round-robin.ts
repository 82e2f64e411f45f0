import { hash32 } from '../../hash.ts';
import type { LoadView, Partitioner } from '../policy.ts';
import type { TopicView } from '../topic-view.ts';
import { grown } from './column.ts';

/**
 * Records go to the partitions with a leader in turn. Streams begin at different partitions (by a hash of their
 * identity), so that many producers that start together do not march in step.
 */
export function roundRobin(): () => Partitioner {
  return () => new RoundRobinPartitioner();
}

class RoundRobinPartitioner implements Partitioner {
  readonly movesBetweenBatches = false;
  readonly name = 'round-robin';
  #turn = new Float64Array(0);

  addStream(stream: number, identity: number): void {
    this.#turn = grown(this.#turn, stream);
    this.#turn[stream] = hash32(identity, 0);
  }

  peek(stream: number, _keyHash: number, view: TopicView, _load: LoadView): number {
    const list = view.available;
    return list[this.#turn[stream] % list.length];
  }

  appended(stream: number, _partition: number, n: number, _bytes: number): void {
    this.#turn[stream] += n;
  }

  closed(_stream: number, _partition: number): void {}

  promised(_stream: number, _bytesEach: number): number {
    return 1;
  }
}
