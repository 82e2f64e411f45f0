/** Partitions that lack copies or a leader: as the cluster itself tells it, and as it is. */
import type { Engine } from '../engine/index.ts';
import type { Clusters } from '../model/clusters.ts';
import type { Topology } from '../model/topology.ts';

interface PartitionHealth {
  readonly underReplicated: number;
  readonly offline: number;
}

const WELL: PartitionHealth = { underReplicated: 0, offline: 0 };

export class ClusterHealth {
  readonly #world: { readonly engine: Engine; readonly clusters: Clusters; readonly topology: Topology };

  constructor(world: { readonly engine: Engine; readonly clusters: Clusters; readonly topology: Topology }) {
    this.#world = world;
  }

  /**
   * `told`: leaders tell how many of their partitions lack copies in sync, if they run and answer (AK
   * UnderReplicatedPartitions, which counts no copies that a reassignment adds since KIP-352, AK 2.5); controllers tell for how many they found no leader (AK OfflinePartitionsCount).
   * `truth`: a copy counts as lacking from the moment its broker stops or stands still, a leader likewise.
   */
  look(cluster: number): { readonly told: PartitionHealth; readonly truth: PartitionHealth } {
    const { clusters, topology } = this.#world;
    if (!clusters.copies.disturbed) return { told: WELL, truth: WELL };
    const told = { underReplicated: 0, offline: 0 };
    const truth = { underReplicated: 0, offline: 0 };
    for (let topic = 0; topic < topology.topics; topic++) {
      if (topology.topicCluster[topic] !== cluster) continue;
      const first = topology.topicFirstPartition[topic];
      for (let partition = first; partition < first + topology.topicPartitions[topic]; partition++) {
        const lacks = this.#lacks(partition);
        const leads = this.#answers(topology.partitionLeader[partition]) && topology.partitionOffline[partition] === 0;
        if (leads && lacks.inSync) told.underReplicated++;
        if (topology.partitionOffline[partition] === 1) told.offline++;
        if (lacks.inSync || lacks.copies) truth.underReplicated++;
        if (!leads) truth.offline++;
      }
    }
    return { told, truth };
  }

  #answers(broker: number): boolean {
    const { copies } = this.#world.clusters;
    return !copies.isDown(broker) && !copies.isHung(broker);
  }

  /** A copy that an operator adds, and that isn't in sync yet, isn't lacking: it comes on top of those that are wanted. */
  #lacks(partition: number): { readonly inSync: boolean; readonly copies: boolean } {
    const { engine, clusters, topology } = this.#world;
    const set = clusters.copies.sets[partition];
    let copies = false;
    let wanted = 0;
    for (const broker of topology.replicasOf(partition)) {
      if (clusters.copies.isPaced(partition, broker)) continue;
      wanted++;
      if (!this.#answers(broker)) copies = true;
    }
    return { inSync: set !== null && set.inSyncAt(engine.nowNs) < wanted, copies };
  }
}
