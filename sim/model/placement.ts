/** On which brokers the copies of a partition are, by the brokers' numbers in their cluster. */
import type { ClusterSpec } from '../scenario/scenario.ts';
import { zoneOfBroker } from './zones.ts';

export interface PlacementOptions {
  readonly brokers: number;
  readonly zones: number;
  readonly placement: ClusterSpec['placement'];
  readonly brokersPerHost: number;
}

/**
 * The physical host of a broker: a zone's brokers fill one host of it after the other. Hosts are numbered like brokers,
 * round the zones.
 */
export function hostOfBroker(broker: number, zones: number, brokersPerHost: number): number {
  return Math.floor(Math.floor(broker / zones) / brokersPerHost) * zones + zoneOfBroker(broker, zones);
}

/**
 * Leaders go round the brokers by turns. Plain: the first follower is a step further away with each round, the others
 * follow it (AK `AdminUtils.assignReplicasToBrokers`). By zones (KIP-36): followers are on the next brokers, shifted by
 * whole rounds of the zones, and no zone has two copies while another has none. By hosts: the same, and no host either.
 */
export function placeReplicas(turn: number, copies: number, options: PlacementOptions): number[] {
  const { brokers, zones, placement } = options;
  const leader = turn % brokers;
  const round = Math.floor(turn / brokers);
  const replicas = [leader];
  for (let copy = 1; copy < copies; copy++) {
    if (placement === 'plain') {
      replicas.push((leader + 1 + ((round + copy - 1) % (brokers - 1))) % brokers);
      continue;
    }
    // A shift by whole turns of the zones keeps each copy in a zone of its own, but where the brokers don't come out even.
    const turns = Math.max(1, Math.floor((brokers - 1) / zones));
    const first = leader + copy + zones * (round % turns);
    replicas.push(nextFit(first, replicas, options));
  }
  return replicas;
}

/** The next broker from the given one on that is apart from all copies, in as many ways as there is one at all. */
function nextFit(first: number, replicas: readonly number[], options: PlacementOptions): number {
  const { brokers, zones, placement, brokersPerHost } = options;
  const zone = (broker: number) => zoneOfBroker(broker, zones);
  const host = (broker: number) => hostOfBroker(broker, zones, brokersPerHost);
  const apart = (broker: number, of: (broker: number) => number) => replicas.every((each) => of(each) !== of(broker));
  const find = (fits: (broker: number) => boolean): number => {
    for (let step = 0; step < brokers; step++) if (fits((first + step) % brokers)) return (first + step) % brokers;
    return -1;
  };
  const inNewZone = find((broker) => apart(broker, zone));
  if (inNewZone >= 0) return inNewZone;
  const onNewHost = placement === 'hosts' ? find((broker) => apart(broker, host)) : -1;
  return onNewHost >= 0 ? onNewHost : find((broker) => !replicas.includes(broker));
}
