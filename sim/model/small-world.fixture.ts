/** Worlds small enough to run by the hundred: one in particular, and any at all. */
import fc from 'fast-check';
import type {
  ClusterSpec,
  FaultSpec,
  GroupSpec,
  HealingSpec,
  ProducerSpec,
  RouterSpec,
  Scenario,
  SinkSpec,
  TopicSpec,
  TrafficShape,
  ZooKeeperSpec,
} from '../scenario/scenario.ts';
import { networkFaults } from './network-faults.fixture.ts';
import { operationsOf } from './operations/operations.fixture.ts';
import { movesWithin } from './small-moves.fixture.ts';
import { policies } from './small-policies.fixture.ts';

export const MS = 1_000_000;
export const S = 1_000_000_000;

export const fronting: ClusterSpec = {
  name: 'fronting',
  region: 'main',
  role: 'fronting',
  class: 'normal',
  brokers: 2,
  broker: {
    cores: 2,
    ioThreads: 4,
    networkThreads: 2,
    requestQueueMax: 100,
    networkBytesPerSecond: 100e6,
    diskBytesPerSecond: 100e6,
    diskSeekNs: 5 * MS,
    pageCacheBytes: 1e9,
    cpu: {
      baseFraction: 0,
      perRequestNs: 20_000,
      perRequestPerKiloRequestNs: 20_000,
      perByteNs: 50,
      perReplicaByteNs: 20,
      perFetchNs: 20_000,
      perFetchByteNs: 5,
    },
  },
  replicationFactor: 2,
  placement: 'zones',
  brokersPerHost: 1,
  retentionNs: 3600 * S,
  retentionBytes: Number.MAX_SAFE_INTEGER,
  segmentBytes: 1e9,
  segmentNs: 3600 * S,
  retentionCheckNs: 300 * S,
  replicaFetchProcessNs: MS,
  replicaLagTimeMaxNs: 10 * S,
  replicaLagCheckNs: 5 * S,
  replicaLagRecordsMax: Number.MAX_SAFE_INTEGER,
  minInsyncReplicas: 1,
  uncleanElection: false,
  truncation: 'epoch',
  controller: {
    kind: 'kraft',
    sessionTimeoutNs: 150 * MS,
    electionNs: 5 * MS,
    loadNs: 2 * MS,
    failoverNs: 100 * MS,
    metadataDelayNs: 5 * MS,
  },
};

export const topic: TopicSpec = {
  name: 'play',
  class: 'normal',
  cluster: 'fronting',
  partitions: 3,
  recordsPerSecond: 200,
  recordBytes: 100,
  sizes: { kind: 'fixed' },
  streams: 3,
  routes: [],
  retentionNs: 3600 * S,
  replicationFactor: 2,
};

export const policy: ProducerSpec = {
  partitioner: 'sticky',
  stickForBatches: 1,
  adaptive: true,
  keys: 5,
  lingerNs: 20 * MS,
  batchBytes: 1_000,
  requestBytesMax: 4_000,
  recordBytesMax: 10_000,
  bufferBytes: 100_000,
  bufferRecords: 10_000,
  overheadBytesPerRecord: 10,
  overheadBytesPerBatch: 60,
  overflow: 'drop-new',
  inFlight: 1,
  acks: 1,
  idempotent: false,
  requestTimeoutNs: 300 * MS,
  deliveryTimeoutNs: 1_000 * MS,
  retries: 3,
  retryBackoffNs: 20 * MS,
  retryBackoffMaxNs: 100 * MS,
  reconnectBackoffNs: 10 * MS,
  reconnectBackoffMaxNs: 100 * MS,
  compressionRatio: 1,
  compressionNsPerByte: 0,
  quotas: [],
};

const router: RouterSpec = {
  containers: 2,
  partitionsPerContainerMax: 12,
  fetchBytesMin: 1,
  fetchBytesMax: 10_000,
  fetchWaitNs: 100 * MS,
  writesInFlightMax: 2,
  bufferBytes: 50_000,
  commitIntervalNs: 200 * MS,
  commitUpTo: 'written',
  relaunchNs: 300 * MS,
  retryBackoffNs: 50 * MS,
  retryBackoffMaxNs: 500 * MS,
  reset: 'earliest',
  sharedWith: [],
  backpressure: 'pause',
  credit: 0,
  group: null,
  scaling: null,
};

/** A group in which much happens in a second. */
export const eager: GroupSpec = {
  protocol: 'eager',
  assignor: 'range',
  sessionTimeoutNs: 100 * MS,
  heartbeatNs: 20 * MS,
  maxPollIntervalNs: 200 * MS,
  heartbeatThread: true,
  staticMembership: false,
};

export const generic: SinkSpec = {
  name: 'generic',
  kind: 'rate-limited',
  recordsPerSecond: 5_000,
  latencyNs: 10 * MS,
  batchRecords: 50,
  router,
};

export interface SmallWorld {
  readonly seed?: number;
  readonly fidelity?: 'record' | 'request';
  readonly durationNs?: number;
  readonly brokers?: number;
  readonly instances?: number;
  readonly arrivals?: 'even' | 'poisson';
  readonly metadataNs?: number;
  readonly metadataMaxAgeNs?: number;
  readonly policy?: Partial<ProducerSpec>;
  readonly topics?: readonly Partial<TopicSpec>[];
  readonly sinks?: readonly SinkSpec[];
  readonly faults?: readonly FaultSpec[];
  readonly jitterFraction?: number;
  /** CPU of a produce request, core-ns. */
  readonly perRequestNs?: number;
  readonly log?: Partial<Pick<ClusterSpec, 'segmentBytes' | 'segmentNs' | 'retentionCheckNs'>>;
  /** Of the fronting cluster, and of the consumer cluster too. */
  readonly cluster?: Partial<ClusterSpec>;
  readonly zones?: number;
  readonly retentionNs?: number;
  readonly shape?: TrafficShape;
  readonly router?: Partial<RouterSpec>;
  readonly healing?: HealingSpec | undefined;
}

/** Of both clusters: so slow that sessions end now and then although their brokers live. */
const keeper: ZooKeeperSpec = {
  name: 'keeper',
  clusters: ['fronting', 'consumer'],
  nodes: 3,
  electionNs: 40 * MS,
  readNs: MS,
  writeNs: 5 * MS,
  reconnectNs: 10 * MS,
  sessionsPerReplica: 0.25,
};

/** A scenario as it is after parsing: one cluster of two brokers, one topic, 200 records/s, unless told otherwise. */
export function smallWorld(how: SmallWorld = {}): Scenario {
  const { seed = 1, fidelity = 'request', durationNs = 2 * S, brokers = 2, instances = 2 } = how;
  const sinks = (how.sinks ?? []).map((sink) => ({ ...sink, router: { ...sink.router, ...how.router } }));
  const cpu = { ...fronting.broker.cpu, perRequestNs: how.perRequestNs ?? fronting.broker.cpu.perRequestNs };
  const cluster: ClusterSpec = {
    ...fronting,
    ...how.log,
    ...how.cluster,
    broker: { ...(how.cluster?.broker ?? fronting.broker), cpu },
  };
  return {
    name: 'small',
    description: '',
    seed,
    fidelity,
    warmupNs: 100 * MS,
    durationNs,
    kafkaProfile: '4.x',
    regions: [{ name: 'main', zones: how.zones ?? 2 }],
    network: {
      sameZoneNs: 150_000,
      crossZoneNs: 500_000,
      crossRegionNs: 35 * MS,
      jitterFraction: how.jitterFraction ?? 0.2,
    },
    clusters: [
      { ...cluster, brokers, replicationFactor: Math.min(cluster.replicationFactor, brokers) },
      { ...cluster, name: 'consumer', role: 'consumer', brokers: 1, replicationFactor: 1 },
      ...((how.faults ?? []).some(({ kind }) => kind === 'failover' || kind === 'topic-move')
        ? [{ ...cluster, name: 'spare', role: 'stand-by' as const, brokers, replicationFactor: 1 }]
        : []),
    ],
    topics: (how.topics ?? [{}]).map((each, index) => ({
      ...topic,
      name: `topic-${index}`,
      routes: sinks.map((sink) => sink.name),
      ...(how.retentionNs !== undefined && { retentionNs: how.retentionNs }),
      ...each,
      replicationFactor: Math.min(each.replicationFactor ?? 2, brokers),
    })),
    producers: {
      instances,
      arrivals: how.arrivals ?? 'even',
      shape: how.shape ?? { kind: 'constant' },
      policy: { ...policy, ...how.policy },
      metadataNs: how.metadataNs ?? 30 * MS,
      metadataMaxAgeNs: how.metadataMaxAgeNs ?? 300 * S,
    },
    sinks,
    stores: { checkpointLatencyNs: 2 * MS, desiredStateLatencyNs: 5 * MS },
    ...(how.healing !== undefined && { healing: how.healing }),
    // Only where it may fail: it is so slow that in other worlds sessions would end by the load alone.
    ...(cluster.controller.kind === 'zookeeper' &&
      how.faults?.some((fault) => 'zookeeper' in fault) && { zookeepers: [keeper] }),
    // A cluster with KRaft has no ZooKeeper that could fail.
    faults: (how.faults ?? []).filter((fault) => cluster.controller.kind === 'zookeeper' || !('zookeeper' in fault)),
    assertions: [],
    guesses: [],
  };
}

const sinkKinds: fc.Arbitrary<SinkSpec> = fc.constantFrom<SinkSpec>(
  generic,
  { name: 'mirror', kind: 'kafka', cluster: 'consumer', router },
  {
    name: 's3',
    kind: 's3',
    fileBytes: 5_000,
    fileAgeNs: 200 * MS,
    putLatencyNs: 20 * MS,
    putBytesPerSecond: 1e7,
    visibilityDelayNs: 0,
    router,
  },
  {
    name: 'elastic',
    kind: 'elasticsearch',
    bulkRecords: 50,
    bulkBytes: 1e6,
    recordsPerSecond: 1_500,
    queueMax: 4,
    latencyNs: 5 * MS,
    refreshNs: 0,
    router,
  },
);

const topics: fc.Arbitrary<Partial<TopicSpec>> = fc.record({
  class: fc.constantFrom('low', 'normal', 'high'),
  partitions: fc.integer({ min: 1, max: 5 }),
  recordsPerSecond: fc.integer({ min: 5, max: 400 }),
  recordBytes: fc.integer({ min: 20, max: 300 }),
  sizes: fc.constantFrom<TopicSpec['sizes']>({ kind: 'fixed' }, { kind: 'pareto', shape: 1.5, bytesMax: 1_000 }),
  streams: fc.integer({ min: 1, max: 4 }),
  acks: fc.constantFrom(undefined, undefined, 0, 1, -1),
  tenant: fc.constantFrom(undefined, undefined, 'slow', 'small'),
  replicationFactor: fc.integer({ min: 1, max: 3 }),
});

const spans = { atNs: fc.integer({ min: 0, max: 1_500 * MS }), forNs: fc.integer({ min: 1 * MS, max: 900 * MS }) };

const faultsOf = (
  brokers: number,
  sinks: readonly SinkSpec[],
  tenants: readonly string[],
): fc.Arbitrary<FaultSpec[]> => {
  const each: fc.Arbitrary<FaultSpec>[] = [
    operationsOf(brokers, tenants),
    operationsOf(brokers, tenants),
    operationsOf(brokers, tenants),
    fc.record({
      kind: fc.constant('broker-kill' as const),
      ...spans,
      cluster: fc.constant('fronting'),
      broker: fc.nat(brokers - 1),
      disk: fc.constantFrom('kept' as const, 'lost' as const),
    }),
    fc.record({
      kind: fc.constant('broker-stop' as const),
      ...spans,
      cluster: fc.constant('fronting'),
      broker: fc.nat(brokers - 1),
    }),
    fc.record({
      kind: fc.constant('broker-hang' as const),
      ...spans,
      cluster: fc.constant('fronting'),
      broker: fc.nat(brokers - 1),
      session: fc.constantFrom('kept' as const, 'lost' as const),
    }),
    fc.record({
      kind: fc.constant('broker-slow' as const),
      ...spans,
      cluster: fc.constant('fronting'),
      broker: fc.nat(brokers - 1),
      cpu: fc.constantFrom(1, 10),
      disk: fc.constantFrom(1, 1000),
      network: fc.constantFrom(1, 1000),
    }),
    fc.record({ kind: fc.constant('controller-kill' as const), ...spans, cluster: fc.constant('fronting') }),
    fc.record({
      kind: fc.constant('clock-skew' as const),
      ...spans,
      region: fc.constant('main'),
      zone: fc.constantFrom(null, 0),
      aheadNs: fc.constantFrom(-700 * MS, -50 * MS, 300 * MS, 5_000 * MS),
    }),
    fc.record({
      kind: fc.constant('surge' as const),
      ...spans,
      factor: fc.constantFrom(0, 0.3, 4),
      topics: fc.constantFrom(null, ['topic-0']),
    }),
    fc.record({
      kind: fc.constant('rolling-restart' as const),
      atNs: spans.atNs,
      cluster: fc.constant('fronting'),
      downNs: spans.forNs,
    }),
    fc.oneof(
      fc.record({
        kind: fc.constant('zookeeper-node-kill' as const),
        ...spans,
        zookeeper: fc.constant('keeper'),
        node: fc.nat(2),
        replaced: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('zookeeper-down' as const), ...spans, zookeeper: fc.constant('keeper') }),
      fc.record({
        kind: fc.constant('zookeeper-election' as const),
        atNs: spans.atNs,
        zookeeper: fc.constant('keeper'),
      }),
    ),
    fc.record({ kind: fc.constant('leader-rebalance' as const), atNs: spans.atNs, cluster: fc.constant('fronting') }),
    fc.record({ kind: fc.constant('cluster-unreachable' as const), ...spans, cluster: fc.constant('fronting') }),
    ...movesWithin(spans.atNs),
  ];
  each.push(networkFaults(brokers, sinks, spans));
  if (sinks.length > 0) {
    const sink = fc.constantFrom(...sinks.map(({ name }) => name));
    const reject = fc.record({
      kind: fc.constant('sink-reject' as const),
      ...spans,
      sink,
      share: fc.constantFrom(0.3, 1),
      manner: fc.constantFrom('retriable' as const, 'for-good' as const, 'for-good' as const),
    });
    each.push(
      fc.record({ kind: fc.constant('sink-stop' as const), ...spans, sink }),
      fc.record({ kind: fc.constant('router-crash' as const), atNs: spans.atNs, sink, container: fc.nat(1) }),
      fc.record({ kind: fc.constant('router-stuck' as const), ...spans, sink, container: fc.nat(1) }),
      // Twice: a record is refused for good only where routers drop what is.
      reject,
      reject,
      fc.record({
        kind: fc.constant('router-host-crash' as const),
        atNs: spans.atNs,
        host: fc.nat(1),
        containersPerHost: fc.constantFrom(2, 10),
      }),
      fc.record({
        kind: fc.constantFrom('checkpoint-store-down' as const, 'desired-state-store-down' as const),
        ...spans,
      }),
    );
  }
  const slowable = sinks.filter(({ kind }) => kind !== 'kafka').map(({ name }) => name);
  if (slowable.length > 0) {
    each.push(
      fc.record({
        kind: fc.constant('sink-slow' as const),
        ...spans,
        sink: fc.constantFrom(...slowable),
        rate: fc.constantFrom(1, 50),
        latency: fc.constantFrom(1, 10),
      }),
    );
  }
  return fc.array(fc.oneof(...each), { maxLength: 4 });
};

/** An automaton that replaces brokers, quick and jumpy. */
const healings: fc.Arbitrary<HealingSpec | undefined> = fc.option(
  fc.record({
    checkNs: fc.constantFrom(50 * MS, 130 * MS),
    probeBytes: fc.constant(100),
    timeoutNs: fc.constantFrom(100 * MS, 10 * S),
    factor: fc.constantFrom(1.5, 5),
    floorNs: fc.constantFrom(0, 5 * MS),
    window: fc.constant(3),
    hits: fc.integer({ min: 1, max: 3 }),
    delayNs: fc.constantFrom(0, 20 * MS),
    replaceNs: fc.constantFrom(1, 200 * MS),
    cooldownNs: fc.constantFrom(0, 300 * MS),
    replacedMax: fc.integer({ min: 1, max: 2 }),
    falsePositives: fc.constantFrom(0, 0.3),
    guard: fc.constantFrom('none' as const, 'in-sync' as const),
  }),
  { nil: undefined, freq: 2 },
);

/** How clusters keep copies and elect: quick ones, so that much happens in a second. */
const replications: fc.Arbitrary<Partial<ClusterSpec>> = fc
  .record({
    replicaLagTimeMaxNs: fc.constantFrom(60 * MS, 10 * S),
    replicaLagRecordsMax: fc.constantFrom(30, Number.MAX_SAFE_INTEGER),
    minInsyncReplicas: fc.integer({ min: 1, max: 2 }),
    uncleanElection: fc.boolean(),
    truncation: fc.constantFrom('high-watermark' as const, 'epoch' as const),
    controller: fc.record({
      kind: fc.constantFrom('zookeeper' as const, 'kraft' as const),
      sessionTimeoutNs: fc.constantFrom(20 * MS, 150 * MS),
      electionNs: fc.constantFrom(0, 5 * MS),
      loadNs: fc.constantFrom(0, 2 * MS),
      failoverNs: fc.constant(100 * MS),
      metadataDelayNs: fc.constantFrom(0, 5 * MS),
    }),
  })
  .map((spec) => ({ ...spec, replicaLagCheckNs: Math.ceil(spec.replicaLagTimeMaxNs / 2) }));

/** Any small world: every partitioner and overflow policy, tight buffers, time-outs that strike, and up to four faults. */
export const anyWorld: fc.Arbitrary<SmallWorld> = fc
  .record({
    seed: fc.nat(1_000_000),
    durationNs: fc.constantFrom(500 * MS, 2 * S),
    brokers: fc.integer({ min: 1, max: 3 }),
    instances: fc.integer({ min: 1, max: 3 }),
    arrivals: fc.constantFrom('even' as const, 'poisson' as const),
    metadataNs: fc.constantFrom(0, 30 * MS, 400 * MS),
    metadataMaxAgeNs: fc.constantFrom(100 * MS, 300 * S),
    jitterFraction: fc.constantFrom(0, 0.2, 2),
    policy: policies,
    perRequestNs: fc.constantFrom(20_000, 3 * MS, 20 * MS),
    log: fc.constantFrom({}, { segmentBytes: 3_000, segmentNs: 100 * MS, retentionCheckNs: 150 * MS }),
    retentionNs: fc.constantFrom(3600 * S, 300 * MS),
    shape: fc.constantFrom<TrafficShape>(
      { kind: 'constant' },
      { kind: 'surge', atNs: 300 * MS, forNs: 400 * MS, factor: 4, rampNs: 100 * MS },
    ),
    router: fc.constantFrom<Partial<RouterSpec>>(
      {},
      { backpressure: 'credit', credit: 20, refused: 'drop' },
      { commitUpTo: 'fetched', commitIntervalNs: 20 * MS, relaunchNs: 50 * MS },
      { refused: 'drop' },
      { reset: 'latest', refused: 'drop' },
      { reset: 'none' },
      { group: eager },
      { group: { ...eager, protocol: 'cooperative', assignor: 'sticky', staticMembership: true } },
      { group: { ...eager, protocol: 'kip-848', assignor: 'sticky' } },
    ),
    cluster: replications,
    healing: healings,
    topics: fc.array(topics, { minLength: 1, maxLength: 4 }),
    sinks: fc.uniqueArray(sinkKinds, { maxLength: 2, selector: ({ name }) => name }),
  })
  .chain((world) => {
    const tenants = (world.policy.quotas ?? []).map(({ tenant }) => tenant);
    return faultsOf(world.brokers, world.sinks, tenants).map((faults) => ({ ...world, faults }));
  });
