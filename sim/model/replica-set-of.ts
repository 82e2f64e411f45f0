/** The copies of a partition, as its cluster is set. */
import { hash32, invariant } from '../engine/index.ts';
import type { FollowerWays } from './follower-ways.ts';
import type { PartitionLog } from './log.ts';
import { ReplicaSet } from './replication.ts';
import type { Topology } from './topology.ts';

export interface ReplicaSetHow {
  readonly topology: Topology;
  readonly seed: number;
  readonly ways: FollowerWays;
}

/** At the start, when no way is slow yet. Null for a partition with one copy, or none yet. */
export function replicaSetOf(partition: number, log: PartitionLog, how: ReplicaSetHow): ReplicaSet | null {
  const { topology, ways } = how;
  const replicas = topology.replicasOf(partition);
  if (replicas.length < 2) return null;
  const [leader] = replicas;
  const spec = topology.clusters[topology.topicCluster[topology.partitionTopic[partition]]];
  for (const follower of replicas.slice(1)) {
    invariant(ways.keepsUp(follower, leader, spec), 'a healthy follower is never too far behind');
  }
  return replicaSet(partition, log, how);
}

/** The same for one with any number of copies. */
export function replicaSet(partition: number, log: PartitionLog, how: ReplicaSetHow): ReplicaSet {
  const { topology, seed, ways } = how;
  const replicas = topology.replicasOf(partition);
  const spec = topology.clusters[topology.topicCluster[topology.partitionTopic[partition]]];
  return new ReplicaSet(log, {
    phasesNs: Array.from(replicas, (_, copy) => hash32(seed, partition, copy)),
    tripNs: (from, to) => ways.tripNs(replicas[from], replicas[to]),
    processNs: spec.replicaFetchProcessNs,
    lagMaxNs: spec.replicaLagTimeMaxNs,
    checkNs: spec.replicaLagCheckNs,
    lagRecordsMax: spec.replicaLagRecordsMax === Number.MAX_SAFE_INTEGER ? Infinity : spec.replicaLagRecordsMax,
    truncation: spec.truncation,
  });
}
