/** Which faults are at a cluster, for whoever asks how long it has been sick. */
import type { FaultSpec, PlaceSpec } from '../scenario/scenario.ts';

/** A fault that lasts. */
export type LastingFault = FaultSpec & { readonly forNs: number };

/** True for a fault that lasts and names the cluster: as what it strikes, or as an end of a way that it cuts. */
export function strikesCluster(fault: FaultSpec, cluster: string): fault is LastingFault {
  if (!('forNs' in fault)) return false;
  if ('cluster' in fault) return fault.cluster === cluster;
  return 'from' in fault && (isIn(fault.from, cluster) || isIn(fault.to, cluster));
}

function isIn(place: PlaceSpec, cluster: string): boolean {
  return 'cluster' in place && place.cluster === cluster;
}
