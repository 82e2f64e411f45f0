/** A scenario after parsing: every unit resolved to integer nanoseconds, bytes, per second. The world is built from it. */
import type { OffsetReset } from '../../src/router/policy.ts';
import type { AlertsSpec } from './alerts-spec.ts';
import type { AssertionSpec } from './assertion-spec.ts';
import type { AuditSpec } from './audit-spec.ts';
import type { GroupSpec } from './group-spec.ts';
import type { HazardSpec } from './hazard-spec.ts';
import type { HealingSpec } from './healing-spec.ts';
import type { MigrationSpec } from './migration-spec.ts';
import type { MoveFaultSpec } from './move-spec.ts';
import type { OperationSpec } from './operation-spec.ts';
import type { NetworkFaultSpec } from './place-spec.ts';
import type { TenantQuota } from './tenant-quota.ts';
import type { ZooKeeperFaultSpec, ZooKeeperSpec } from './zookeeper-spec.ts';

export type { AlertsSpec } from './alerts-spec.ts';
export type { AssertionSpec } from './assertion-spec.ts';
export type { AuditSpec } from './audit-spec.ts';
export type { GroupSpec } from './group-spec.ts';
export type { ClockSkewSpec, HazardSpec } from './hazard-spec.ts';
export type { HealingSpec } from './healing-spec.ts';
export type { BranchSpec, MigrationSpec } from './migration-spec.ts';
export type { EvacuationSpec, FailoverSpec, TopicMoveSpec } from './move-spec.ts';
export type { OperationSpec } from './operation-spec.ts';
export type { NetworkQualitySpec, PlaceSpec } from './place-spec.ts';
export type { TenantQuota } from './tenant-quota.ts';

export interface BrokerSpec {
  readonly cores: number;
  readonly ioThreads: number;
  readonly networkThreads: number;
  /** Requests that wait for an I/O thread; beyond it network threads stop reading. */
  readonly requestQueueMax: number;
  /** Each direction. */
  readonly networkBytesPerSecond: number;
  readonly diskBytesPerSecond: number;
  readonly diskSeekNs: number;
  readonly pageCacheBytes: number;
  /** CPU core-nanoseconds: for each request; for each request more at 1,000 requests/s (the convex term); each byte; each fetch. */
  readonly cpu: {
    readonly baseFraction: number;
    readonly perRequestNs: number;
    readonly perRequestPerKiloRequestNs: number;
    readonly perByteNs: number;
    readonly perReplicaByteNs: number;
    readonly perFetchNs: number;
    readonly perFetchByteNs: number;
  };
}

/** Who watches a cluster's brokers and elects leaders, and how fast. */
export interface ControllerSpec {
  /** ZooKeeper: one of the brokers is the controller too. KRaft: controllers are nodes of their own. */
  readonly kind: 'zookeeper' | 'kraft';
  /** A broker that is heard no more is taken for dead after so long. */
  readonly sessionTimeoutNs: number;
  /** Serial work for each partition whose leader or in-sync set changes. */
  readonly electionNs: number;
  /** What a new controller spends on each partition of the cluster before it does anything. */
  readonly loadNs: number;
  /** KRaft: until another controller is active. With ZooKeeper it takes the session time-out. */
  readonly failoverNs: number;
  /** From a decision until brokers tell clients of it. */
  readonly metadataDelayNs: number;
}

export type { ZooKeeperSpec } from './zookeeper-spec.ts';

export interface ClusterSpec {
  readonly name: string;
  readonly region: string;
  /** Fronting clusters hold topics of one class; the consumer tier takes what routers write; stand-bys hold nothing until a failover. */
  readonly role: 'fronting' | 'consumer' | 'stand-by';
  readonly class: 'low' | 'normal' | 'high';
  readonly brokers: number;
  readonly broker: BrokerSpec;
  readonly replicationFactor: number;
  /** What copies of a partition are kept apart by. */
  readonly placement: 'plain' | 'zones' | 'hosts';
  /** Brokers that share a physical host. */
  readonly brokersPerHost: number;
  readonly retentionNs: number;
  readonly retentionBytes: number;
  readonly segmentBytes: number;
  readonly segmentNs: number;
  readonly retentionCheckNs: number;
  /** Follower fetch: time between two fetches of a follower beyond the round trip, ns. */
  readonly replicaFetchProcessNs: number;
  /** A follower that has not caught up for this long leaves the in-sync set. */
  readonly replicaLagTimeMaxNs: number;
  /** Between two checks of that. */
  readonly replicaLagCheckNs: number;
  /** A follower that lacks more records leaves too; the largest exact integer for no bound. */
  readonly replicaLagRecordsMax: number;
  readonly minInsyncReplicas: number;
  /** Whether a replica out of sync may lead when none in sync is left. */
  readonly uncleanElection: boolean;
  /** To what a follower cuts its log when a leader begins: its own high watermark, or where the leader's epoch began. */
  readonly truncation: 'high-watermark' | 'epoch';
  readonly controller: ControllerSpec;
}

export interface ProducerSpec {
  readonly partitioner: 'random' | 'round-robin' | 'keyed' | 'sticky' | 'uniform-sticky';
  /** sticky: batches to stay for before moving on; Infinity for good. */
  readonly stickForBatches: number;
  /** uniform-sticky: weigh partitions by queue length. */
  readonly adaptive: boolean;
  /** keyed: number of distinct keys of a stream. */
  readonly keys: number;
  readonly lingerNs: number;
  readonly batchBytes: number;
  readonly requestBytesMax: number;
  readonly recordBytesMax: number;
  readonly bufferBytes: number;
  readonly bufferRecords: number;
  readonly overheadBytesPerRecord: number;
  readonly overheadBytesPerBatch: number;
  readonly overflow: 'drop-new' | 'drop-oldest' | 'evict-lower';
  /** Of each instance: what it admits of a tenant's records. */
  readonly quotas: readonly TenantQuota[];
  readonly inFlight: number;
  readonly acks: 0 | 1 | -1;
  /** Leaders recognise a batch that they have already. */
  readonly idempotent: boolean;
  readonly requestTimeoutNs: number;
  readonly deliveryTimeoutNs: number;
  readonly retries: number;
  readonly retryBackoffNs: number;
  readonly retryBackoffMaxNs: number;
  readonly reconnectBackoffNs: number;
  readonly reconnectBackoffMaxNs: number;
  /** Compressed ÷ raw bytes, 1 = none; and producer CPU for each raw byte. */
  readonly compressionRatio: number;
  readonly compressionNsPerByte: number;
}

export type TrafficShape =
  | { readonly kind: 'constant' }
  | { readonly kind: 'diurnal'; readonly periodNs: number; readonly peakToMean: number; readonly phaseNs: number }
  | {
      readonly kind: 'surge';
      readonly atNs: number;
      readonly forNs: number;
      readonly factor: number;
      readonly rampNs: number;
    }
  /** Resolved from a CSV file: multiplier of the topics' rate from each time on; and a hash of the whole file. */
  | {
      readonly kind: 'trace';
      readonly file: string;
      readonly fileSha256: string;
      readonly startsNs: readonly number[];
      readonly factors: readonly number[];
    };

export interface TopicSpec {
  readonly name: string;
  readonly class: 'low' | 'normal' | 'high';
  readonly cluster: string;
  readonly partitions: number;
  /** Records a second at factor 1 over all streams. */
  readonly recordsPerSecond: number;
  readonly recordBytes: number;
  /** Heavy tail: bounded Pareto with this shape between recordBytes·(a−1)/a-ish and bytesMax; absent = all equal. */
  readonly sizes:
    | { readonly kind: 'fixed' }
    | { readonly kind: 'pareto'; readonly shape: number; readonly bytesMax: number };
  readonly streams: number;
  /** Of its own; else the producers'. */
  readonly acks?: 0 | 1 | -1 | undefined;
  /** Whose quota its records count against; none: no quota. */
  readonly tenant?: string | undefined;
  readonly routes: readonly string[];
  readonly retentionNs: number;
  readonly replicationFactor: number;
}

export type SinkSpec =
  | {
      readonly name: string;
      readonly kind: 's3';
      readonly fileBytes: number;
      readonly fileAgeNs: number;
      readonly putLatencyNs: number;
      readonly putBytesPerSecond: number;
      readonly visibilityDelayNs: number;
      readonly router: RouterSpec;
    }
  | {
      readonly name: string;
      readonly kind: 'elasticsearch';
      readonly bulkRecords: number;
      readonly bulkBytes: number;
      readonly recordsPerSecond: number;
      readonly queueMax: number;
      readonly latencyNs: number;
      readonly refreshNs: number;
      readonly router: RouterSpec;
    }
  | { readonly name: string; readonly kind: 'kafka'; readonly cluster: string; readonly router: RouterSpec }
  | {
      readonly name: string;
      readonly kind: 'rate-limited';
      readonly recordsPerSecond: number;
      readonly latencyNs: number;
      readonly batchRecords: number;
      readonly router: RouterSpec;
    };

export interface RouterSpec {
  /** Containers over all topics; partitions are packed on them, a container serving one topic. */
  readonly containers: number;
  readonly partitionsPerContainerMax: number;
  readonly fetchBytesMin: number;
  readonly fetchBytesMax: number;
  readonly fetchWaitNs: number;
  readonly writesInFlightMax: number;
  readonly bufferBytes: number;
  readonly commitIntervalNs: number;
  /** See `CommitPolicy.upTo`. */
  readonly commitUpTo: 'written' | 'fetched';
  readonly relaunchNs: number;
  readonly retryBackoffNs: number;
  readonly retryBackoffMaxNs: number;
  /** What becomes of a write that its sink will never take; absent: it is tried for ever. */
  readonly refused?: 'drop' | undefined;
  /** Where a router goes on that retention has overtaken. */
  readonly reset: OffsetReset;
  /** Job shared with other sinks: the counter-example. Names of the sinks that one job writes to together with this one. */
  readonly sharedWith: readonly string[];
  readonly backpressure: 'pause' | 'credit';
  readonly credit: number;
  /** Null: containers have their partitions for good. */
  readonly group: GroupSpec | null;
  readonly scaling: null | {
    readonly containersMin: number;
    readonly containersMax: number;
    readonly lagSecondsUp: number;
    readonly lagSecondsDown: number;
    readonly window: number;
    readonly hits: number;
    readonly sampleNs: number;
    readonly cooldownNs: number;
  };
}

export type FaultSpec =
  | OperationSpec
  | {
      readonly kind: 'broker-kill';
      readonly atNs: number;
      readonly forNs: number;
      readonly cluster: string;
      readonly broker: number;
      /** Whether it returns with what it had written, or replaced: same id, empty disk. */
      readonly disk: 'kept' | 'lost';
      /** The written kind that it comes from, where that is another. */
      readonly by?: string | undefined;
    }
  | {
      readonly kind: 'broker-stop';
      readonly atNs: number;
      readonly forNs: number;
      readonly cluster: string;
      readonly broker: number;
    }
  | {
      readonly kind: 'broker-hang';
      readonly atNs: number;
      readonly forNs: number;
      readonly cluster: string;
      readonly broker: number;
      /** Whether the controller still hears it. */
      readonly session: 'kept' | 'lost';
    }
  | {
      readonly kind: 'broker-slow';
      readonly atNs: number;
      readonly forNs: number;
      readonly cluster: string;
      readonly broker: number;
      /** How many times slower each is. */
      readonly cpu: number;
      readonly disk: number;
      readonly network: number;
      readonly by?: string | undefined;
    }
  | { readonly kind: 'controller-kill'; readonly atNs: number; readonly forNs: number; readonly cluster: string }
  | ZooKeeperFaultSpec
  | { readonly kind: 'rolling-restart'; readonly atNs: number; readonly cluster: string; readonly downNs: number }
  | { readonly kind: 'leader-rebalance'; readonly atNs: number; readonly cluster: string }
  | { readonly kind: 'cluster-unreachable'; readonly atNs: number; readonly forNs: number; readonly cluster: string }
  | MoveFaultSpec
  | NetworkFaultSpec
  | { readonly kind: 'sink-stop'; readonly atNs: number; readonly forNs: number; readonly sink: string }
  | {
      readonly kind: 'router-stuck';
      readonly atNs: number;
      readonly forNs: number;
      readonly sink: string;
      readonly container: number;
    }
  | {
      readonly kind: 'router-crash';
      readonly atNs: number;
      readonly sink: string;
      readonly container: number;
      readonly by?: string | undefined;
    }
  | HazardSpec
  | { readonly kind: 'checkpoint-store-down'; readonly atNs: number; readonly forNs: number }
  | { readonly kind: 'desired-state-store-down'; readonly atNs: number; readonly forNs: number };

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly seed: number;
  readonly fidelity: 'record' | 'request';
  readonly warmupNs: number;
  /** Measured time after the warm-up; the run ends at warmupNs + durationNs. */
  readonly durationNs: number;
  readonly kafkaProfile: '0.8.2' | '0.9' | '4.x';
  readonly regions: readonly { readonly name: string; readonly zones: number }[];
  readonly network: {
    readonly sameZoneNs: number;
    readonly crossZoneNs: number;
    readonly crossRegionNs: number;
    /** Mean of the exponential jitter added to each one-way trip, as a fraction of its base. */
    readonly jitterFraction: number;
  };
  readonly clusters: readonly ClusterSpec[];
  readonly topics: readonly TopicSpec[];
  readonly producers: {
    readonly instances: number;
    readonly arrivals: 'even' | 'poisson';
    readonly shape: TrafficShape;
    /** No record is offered from this time on; absent: to the end of the run. */
    readonly untilNs?: number;
    readonly policy: ProducerSpec;
    /** Within how long of its start a producer has its first metadata answer, if its cluster answers. */
    readonly metadataNs: number;
    /** It asks again after so long, whatever happens (AK `metadata.max.age.ms`). */
    readonly metadataMaxAgeNs: number;
  };
  readonly sinks: readonly SinkSpec[];
  readonly stores: { readonly checkpointLatencyNs: number; readonly desiredStateLatencyNs: number };
  /** The pipeline that is being replaced, if it runs beside this one. */
  readonly migration?: MigrationSpec | undefined;
  /** Of the clusters that have one; without, brokers register with nobody who could fail. */
  readonly zookeepers?: readonly ZooKeeperSpec[];
  readonly faults: readonly FaultSpec[];
  /** Absent: there are no auditors. */
  readonly audit?: AuditSpec;
  /** Absent: nobody watches. */
  readonly alerts?: AlertsSpec;
  /** Absent: nobody replaces a broker by himself. */
  readonly healing?: HealingSpec | undefined;
  readonly assertions: readonly AssertionSpec[];
  readonly guesses: readonly { readonly path: string; readonly note: string }[];
}
