/** How sick a cluster is for its applications, as a probe in each of their zones would tell. */
import type { Copies } from './copies.ts';
import type { Topology } from './topology.ts';
import type { Ways } from './ways.ts';

export interface SickWorld {
  readonly topology: Topology;
  readonly copies: Copies;
  readonly ways: Ways;
  readonly isCutOff: (cluster: number) => boolean;
}

/**
 * Share of the cluster's partitions of fronting topics that nobody can write to: without a leader, with one that doesn't
 * answer, or with one that no zone of its region reaches. 1 when the whole cluster is out of reach.
 */
export function sickFraction({ topology, copies, ways, isCutOff }: SickWorld, cluster: number): number {
  if (isCutOff(cluster)) return 1;
  const { topics, topicHome, topicCluster, topicFirstPartition, topicPartitions, partitionLeader } = topology;
  let partitions = 0;
  let without = 0;
  for (let topic = 0; topic < topics; topic++) {
    if (topicCluster[topic] !== cluster || topicHome[topic] < 0) continue;
    const first = topicFirstPartition[topic];
    partitions += topicPartitions[topic];
    for (let partition = first; partition < first + topicPartitions[topic]; partition++) {
      const leader = partitionLeader[partition];
      const away = copies.isDown(leader) || copies.isHung(leader) || !isReached(leader, topology, ways);
      if (away || topology.partitionOffline[partition] === 1) without++;
    }
  }
  return partitions === 0 ? 0 : without / partitions;
}

function isReached(broker: number, topology: Topology, ways: Ways): boolean {
  if (!ways.troubled) return true;
  const region = topology.zoneRegion[topology.brokerZone[broker]];
  return topology.zoneRegion.some(
    (each, zone) => each === region && !ways.isBroken(ways.applications(zone), ways.broker(broker)),
  );
}
