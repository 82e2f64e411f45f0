/** The copies of a partition, as its cluster is set. */
import { hash32 } from '../engine/index.ts';
import type { FollowerWays } from './follower-ways.ts';
import type { PartitionLog } from './log.ts';
import { ReplicaSet } from './replication.ts';
import type { Topology } from './topology.ts';

/** Null for a partition with one copy. */
export function replicaSetOf(
  partition: number,
  log: PartitionLog,
  how: {
    readonly topology: Topology;
    readonly seed: number;
    readonly ways: FollowerWays;
  },
): ReplicaSet | null {
  const { topology, seed, ways } = how;
  const replicas = topology.replicasOf(partition);
  if (replicas.length === 1) return null;
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
