/** Leaders that a controller chooses and moves: what a task of it comes to, partition by partition. */
import type { Clusters } from './clusters.ts';
import { chooseLeader } from './election.ts';
import type { PartitionView } from './partition-view.ts';
import type { Topology } from './topology.ts';

export interface LeaderMovesOptions {
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly view: PartitionView;
  /** By broker: 1 while its controller takes it for alive. */
  readonly live: Uint8Array;
  /** The partitions have new leaders. */
  readonly moved: (partitions: readonly number[]) => void;
  /** Clients are to hear of the topic's leaders after so long. */
  readonly spread: (topic: number, delayNs: number) => void;
}

export class LeaderMoves {
  readonly #from: LeaderMovesOptions;

  constructor(options: LeaderMovesOptions) {
    this.#from = options;
  }

  /** A leader for each of the partitions that can have one. */
  elect(partitions: readonly number[]): void {
    const { topology, view } = this.#from;
    const moved: number[] = [];
    for (const partition of partitions) {
      const { uncleanElection } = topology.clusters[topology.topicCluster[topology.partitionTopic[partition]]];
      const choice = chooseLeader(view.candidates(partition), uncleanElection);
      topology.partitionOffline[partition] = choice === null ? 1 : 0;
      if (choice !== null && this.#lead(partition, choice)) moved.push(partition);
    }
    this.#tell(moved, partitions);
  }

  /** Preferred replicas lead again. */
  prefer(partitions: readonly number[]): void {
    const moved = partitions.filter((partition) => this.#lead(partition, { copy: 0, clean: true }));
    this.#tell(moved, moved);
  }

  /** Partitions that the broker leads are led by others, before it stops. */
  leave(broker: number, partitions: readonly number[]): void {
    const { topology, clusters, view } = this.#from;
    const moved: number[] = [];
    for (const partition of partitions) {
      const all = view.candidates(partition);
      const leaving = clusters.copies.copyOf(partition, broker);
      const choice = chooseLeader({ ...all, isLive: (copy) => copy !== leaving && all.isLive(copy) }, false);
      if (choice === null) topology.partitionOffline[partition] = 1;
      else if (this.#lead(partition, choice)) moved.push(partition);
    }
    this.#tell(moved, clusters.copies.hosted(broker));
  }

  /** A copy leads the partition that is in sync, alive and one of these brokers'. False when there is none. */
  leadOneOf(partition: number, brokers: readonly number[]): boolean {
    const { copies, isLive, isInSync } = this.#from.view.candidates(partition);
    const replicas = this.#from.topology.replicasOf(partition);
    const among = (copy: number) => brokers.includes(replicas[copy]) && isLive(copy);
    const choice = chooseLeader({ copies, isLive: among, isInSync }, false);
    if (choice === null) return false;
    this.#lead(partition, choice);
    return true;
  }

  /** An operator has changed something about partitions, and of some the leader has moved. */
  changed(touched: readonly number[], moved: readonly number[] = []): void {
    this.#tell(moved, touched);
  }

  #tell(moved: readonly number[], touched: readonly number[]): void {
    const { topology, spread } = this.#from;
    const topics = new Set(touched.map((partition) => topology.partitionTopic[partition]));
    this.#from.moved(moved);
    for (const topic of topics)
      spread(topic, topology.clusters[topology.topicCluster[topic]].controller.metadataDelayNs);
  }

  /** False when it leads already. */
  #lead(partition: number, { copy, clean }: { copy: number; clean: boolean }): boolean {
    const { topology, clusters, view, live } = this.#from;
    const { isLive } = view.candidates(partition);
    const alive = live[topology.partitionLeader[partition]] === 1;
    return clusters.copies.lead(partition, copy, {
      keeps: (each) => clean && isLive(each),
      cause: !clean ? 'unclean-election' : alive ? 'leader-moved' : 'leader-lost',
    });
  }
}
