/** What a controller sees of partitions: which of them a task is about, and who may lead them. */
import { invariant } from '../engine/index.ts';
import type { Clusters } from './clusters.ts';
import type { Task } from './controller.ts';
import { REPLICAS_MAX, type Topology } from './topology.ts';

export interface PartitionViewOptions {
  readonly topology: Topology;
  readonly clusters: Clusters;
  /** By broker: 1 while its controller takes it for alive. */
  readonly live: Uint8Array;
}

export class PartitionView {
  readonly #from: PartitionViewOptions;

  constructor(options: PartitionViewOptions) {
    this.#from = options;
  }

  /** Partitions that a task is about: each is work. An operator says what it asks for. */
  workOf(cluster: number, task: Task): number {
    return task.kind === 'operate' ? task.work : this.affected(cluster, task).length;
  }

  affected(cluster: number, task: Exclude<Task, { kind: 'operate' }>): number[] {
    const { topology, clusters, live } = this.#from;
    const { partitionLeader, replicas } = topology;
    switch (task.kind) {
      case 'elect':
      case 'shut-down':
        return clusters.copies.hosted(task.broker).filter((partition) => partitionLeader[partition] === task.broker);
      case 'shrink':
        return clusters.copies.hosted(task.broker).filter((partition) => {
          const leader = partitionLeader[partition];
          return (
            leader !== task.broker &&
            clusters.copies.isInSync(partition, clusters.copies.copyOf(partition, task.broker))
          );
        });
      case 'join':
        return clusters.copies.hosted(task.broker).filter((partition) => {
          const leader = partitionLeader[partition];
          return leader === task.broker || live[leader] === 0;
        });
      case 'prefer': {
        const moves: number[] = [];
        for (let partition = 0; partition < topology.partitions; partition++) {
          const preferred = replicas[partition * REPLICAS_MAX];
          // A partition that isn't there yet has no copies.
          if (
            preferred < 0 ||
            topology.brokerCluster[preferred] !== cluster ||
            partitionLeader[partition] === preferred
          )
            continue;
          if (live[preferred] === 1 && clusters.copies.isInSync(partition, 0)) moves.push(partition);
        }
        return moves;
      }
    }
  }

  /** Partitions of the cluster. */
  partitions(cluster: number): number {
    const { topics, topicCluster, topicPartitions } = this.#from.topology;
    let partitions = 0;
    for (let topic = 0; topic < topics; topic++) {
      if (topicCluster[topic] === cluster) partitions += topicPartitions[topic];
    }
    return partitions;
  }

  /** True while the broker isn't known to be alive, or copies of its partitions aren't all in sync. */
  isRecovering(broker: number, nowNs: number): boolean {
    const { clusters, live } = this.#from;
    if (live[broker] === 0 || clusters.copies.isDown(broker)) return true;
    return clusters.copies.hosted(broker).some((partition) => {
      const set = clusters.copies.sets[partition];
      return set !== null && set.inSyncAt(nowNs) < set.replicas;
    });
  }

  /** Its replicas in assignment order, as an election sees them. */
  candidates(partition: number) {
    const { topology, clusters, live } = this.#from;
    const { replicas } = topology;
    const row = partition * REPLICAS_MAX;
    let copies = 0;
    while (copies < REPLICAS_MAX && replicas[row + copies] >= 0) copies++;
    invariant(copies > 0, 'a partition has a replica');
    return {
      copies,
      isLive: (copy: number) => live[replicas[row + copy]] === 1,
      isInSync: (copy: number) => clusters.copies.isInSync(partition, copy),
    };
  }
}
