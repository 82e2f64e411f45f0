/** From cluster templates to clusters. */
import type { ClusterSpec } from './scenario.ts';
import type { ParsedScenario } from './written.ts';

/** The resolved clusters, in written order, and which of them each template made. */
export interface Clusters {
  readonly all: readonly ClusterSpec[];
  /** By the name of the template; the name of a single cluster also finds it. */
  readonly byName: ReadonlyMap<string, readonly ClusterSpec[]>;
}

/**
 * A template makes `count` clusters in its region, or in every region. One is called by the template's name, several
 * name-1, name-2, …; with several regions and none stated, the region's name comes first: `us-east-1-normal-2`.
 */
export function buildClusters(scenario: ParsedScenario): Clusters {
  const regions = Object.keys(scenario.regions);
  const all: ClusterSpec[] = [];
  const byName = new Map<string, readonly ClusterSpec[]>();
  for (const [template, written] of Object.entries(scenario.clusters)) {
    const made: ClusterSpec[] = [];
    for (const region of written.region === undefined ? regions : [written.region]) {
      const prefix = written.region === undefined && regions.length > 1 ? `${region}-` : '';
      for (let i = 1; i <= written.count; i++) {
        const name = prefix + template + (written.count === 1 ? '' : `-${i}`);
        made.push(clusterOf(name, { region, profile: scenario.kafka.profile, written }));
      }
    }
    all.push(...made);
    byName.set(template, made);
  }
  // A cluster's own name is more exact than a template's; they differ unless the template makes just that one.
  for (const cluster of all) byName.set(cluster.name, [cluster]);
  return { all, byName };
}

function clusterOf(
  name: string,
  how: { region: string; profile: ParsedScenario['kafka']['profile']; written: ParsedScenario['clusters'][string] },
): ClusterSpec {
  const { region, written } = how;
  const { broker, log, controller } = written;
  return {
    name,
    region,
    role: written.role,
    class: written.class,
    brokers: written.brokers,
    broker: {
      cores: broker.cores,
      ioThreads: broker.ioThreads,
      networkThreads: broker.networkThreads,
      requestQueueMax: broker.requestQueue,
      networkBytesPerSecond: broker.network,
      diskBytesPerSecond: broker.disk,
      diskSeekNs: broker.seek,
      pageCacheBytes: broker.pageCache,
      cpu: {
        baseFraction: broker.cpu.base,
        perRequestNs: broker.cpu.perRequest,
        perRequestPerKiloRequestNs: broker.cpu.perRequestPerKiloRequest,
        perByteNs: broker.cpu.perByte,
        perReplicaByteNs: broker.cpu.perReplicaByte,
        perFetchNs: broker.cpu.perFetch,
        perFetchByteNs: broker.cpu.perFetchByte,
      },
    },
    replicationFactor: written.replicationFactor,
    placement: written.placement,
    brokersPerHost: written.brokersPerHost,
    retentionNs: written.retention,
    retentionBytes: written.retentionBytes,
    segmentBytes: log.segment,
    segmentNs: log.segmentAge,
    retentionCheckNs: log.retentionCheck,
    replicaFetchProcessNs: log.replicaFetchPause,
    replicaLagTimeMaxNs: log.replicaLagTimeMax,
    // AK `isr-expiration`: every replica.lag.time.max.ms, since 1.1 every half of it.
    replicaLagCheckNs: how.profile === '4.x' ? Math.ceil(log.replicaLagTimeMax / 2) : log.replicaLagTimeMax,
    replicaLagRecordsMax: log.replicaLagMessages,
    minInsyncReplicas: log.minInsyncReplicas,
    uncleanElection: log.uncleanElection,
    truncation: log.truncation,
    controller: {
      kind: controller.kind,
      sessionTimeoutNs: controller.sessionTimeout,
      electionNs: controller.election,
      loadNs: controller.load,
      failoverNs: controller.failover,
      metadataDelayNs: controller.metadataDelay,
    },
  };
}
