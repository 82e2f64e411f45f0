/**
 * The kinds of fault that a schedule is drawn from. A further kind is one entry here: what of a world it can strike, as
 * the settings that name it in a scenario. Changes of retention and of quotas are none: what is lost by them is meant.
 */
import type { WrittenScenario } from '../../scenario/index.ts';
import { range, type Targets } from './targets.ts';

export type WrittenFault = NonNullable<WrittenScenario['faults']>[number];
export type FaultKindName = WrittenFault['kind'];

/** The settings of a fault beside its kind and times. */
export type Strike = Readonly<Record<string, string | number | boolean>>;

export interface FaultKind {
  readonly kind: FaultKindName;
  /** False for what happens at one moment: it has no `for`. */
  readonly lasts: boolean;
  /** True for what only hits those that start: it begins with the run. */
  readonly early?: boolean;
  /** Who causes it: the world, or people who run it. */
  readonly by: 'world' | 'operator';
  /** All that it can strike, the plainest first. None where the world has nothing of the kind. */
  strikes(targets: Targets): readonly Strike[];
}

const eachBroker = ({ clusters }: Targets): Strike[] =>
  clusters.flatMap(({ name, brokers }) => range(brokers).map((broker) => ({ cluster: name, broker })));
/** One after the other with each of the settings, so that the plainest come first. */
const eachBrokerWith =
  (...settings: readonly Strike[]) =>
  (targets: Targets): Strike[] =>
    settings.flatMap((each) => eachBroker(targets).map((broker) => ({ ...broker, ...each })));
const eachZone = ({ regions }: Targets): Strike[] =>
  regions.flatMap(({ name, zones }) => range(zones).map((zone) => ({ region: name, zone })));
const eachHost = ({ clusters }: Targets): Strike[] =>
  clusters.flatMap(({ name, hosts }) => range(hosts).map((host) => ({ cluster: name, host })));
const eachCluster = ({ clusters }: Targets): Strike[] => clusters.map(({ name }) => ({ cluster: name }));
const eachZooKeeper = ({ zookeepers }: Targets): Strike[] => zookeepers.map(({ name }) => ({ zookeeper: name }));
/** Not replaced ones: brokers find their way back to those only when they restart, so that a world need not heal. */
const eachZooKeeperNode = ({ zookeepers }: Targets): Strike[] =>
  zookeepers.flatMap(({ name, nodes }) => range(nodes).map((node) => ({ zookeeper: name, node })));
const eachSink = ({ sinks }: Targets): Strike[] => sinks.map(({ name }) => ({ sink: name }));
const eachContainer = ({ sinks }: Targets): Strike[] =>
  sinks.flatMap(({ name, containers }) => range(containers).map((container) => ({ sink: name, container })));
/** Of seconds instead of minutes, as all else in these worlds. */
const QUICK = { boot: '100ms', create: '50ms', poll: '200ms', stay: '100ms', look: '50ms' } as const;
const eachFailover = ({ clusters }: Targets): Strike[] =>
  clusters
    .filter(({ role }) => role === 'fronting')
    .flatMap(({ name, region }) =>
      clusters
        .filter((other) => other.role === 'stand-by' && other.region === region)
        .map((standby) => ({ cluster: name, to: standby.name, ...QUICK })),
    );
const eachMove = (targets: Targets): Strike[] =>
  eachFailover(targets).flatMap(({ cluster, to }) =>
    targets.topics
      .filter((topic) => topic.cluster === cluster)
      .map(({ name }) => ({ topic: name, to, create: QUICK.create, poll: QUICK.poll })),
  );
const eachEvacuation = ({ regions }: Targets): Strike[] =>
  regions.length > 1 ? regions.map(({ name }) => ({ region: name, over: '1ms' })) : [];
const eachRestart = (targets: Targets): Strike[] => eachCluster(targets).map((at) => ({ ...at, down: '50ms' }));
const eachRegion = ({ regions }: Targets): Strike[] => regions.map(({ name }) => ({ region: name }));
const eachMonkey = ({ sinks }: Targets): Strike[] => [
  { every: '200ms', down: '100ms', disk: 'kept' },
  { every: '200ms', down: '100ms' },
  ...(sinks.length > 0 ? [{ every: '200ms', prey: 'containers' }] : []),
];
const eachRefusal = (targets: Targets): Strike[] =>
  [{}, { manner: 'for-good' }].flatMap((how) => eachSink(targets).map((at) => ({ ...at, share: '50%', ...how })));
const eachSlowSink = ({ sinks }: Targets): Strike[] =>
  sinks.filter(({ kind }) => kind !== 'kafka').map(({ name }) => ({ sink: name, rate: 4, latency: 5 }));
const eachNeighbour = (targets: Targets): Strike[] =>
  eachHost(targets).map((host) => ({ ...host, cpu: '90%', disk: '90%', network: '90%' }));
const eachReader = (targets: Targets): Strike[] => eachBroker(targets).map((at) => ({ ...at, rate: '10MB/s' }));
const theHosts = ({ sinks }: Targets): Strike[] =>
  sinks.length > 0 ? [{ containersPerHost: 10 }, { containersPerHost: 1 }] : [];
/** Between any two places that talk, both ways first. */
const eachCut = ({ clusters, regions, sinks }: Targets): Strike[] => {
  const brokers = clusters.flatMap(({ name, brokers: n }) => range(n).map((broker) => `broker:${name}/${broker}`));
  const zones = regions.flatMap(({ name, zones: n }) => (n > 1 ? range(n).map((zone) => `zone:${name}/${zone}`) : []));
  const pairs = [
    ...brokers.flatMap((broker) => [
      ['applications', broker],
      [broker, 'rest'],
      [broker, `controller:${broker.slice('broker:'.length).split('/')[0]}`],
      ['routers', broker],
    ]),
    ...zones.map((zone) => [zone, 'rest']),
    ...sinks.map(({ name }) => ['routers', `sink:${name}`]),
  ];
  return [false, true].flatMap((oneWay) =>
    pairs.flatMap(([from = '', to = '']) => [
      { from, to, ...(oneWay && { oneWay }) },
      ...(oneWay && to !== 'rest' ? [{ from: to, to: from, oneWay }] : []),
    ]),
  );
};
const eachClock = (targets: Targets): Strike[] =>
  [{ by: '1s' }, { by: '1s', direction: 'behind' }].flatMap((how) => [
    how,
    ...eachZone(targets).map((zone) => ({ ...zone, ...how })),
  ]);
const eachBadWay =
  (...how: readonly Strike[]) =>
  (targets: Targets): Strike[] =>
    how.flatMap((each) => eachCut(targets).map((cut) => ({ ...cut, ...each })));
/** With their disks first; without where no topic has its only copy there. */
const eachReplacement = ({ clusters }: Targets): Strike[] =>
  ['kept', 'lost'].flatMap((disk) =>
    clusters
      .filter(({ copiesMin }) => disk === 'kept' || copiesMin > 1)
      .map(({ name }) => ({ cluster: name, down: '50ms', disk })),
  );
const eachCopiesChange = ({ topics, clusters }: Targets): Strike[] =>
  topics.flatMap(({ name, cluster, copies }) => {
    const { brokers, minInsyncReplicas } = clusters.find((each) => each.name === cluster)!;
    return [copies + 1, copies - 1]
      .filter((count) => count >= Math.max(1, minInsyncReplicas) && count <= Math.min(5, brokers))
      .map((replicationFactor) => ({ topic: name, replicationFactor }));
  });
const eachScaleDown = ({ clusters }: Targets): Strike[] =>
  clusters
    .filter(({ brokers, copiesMax }) => brokers > Math.max(1, copiesMax))
    .map(({ name }) => ({ cluster: name, brokers: 1 }));
const eachGrowth = (targets: Targets): Strike[] => eachCluster(targets).map((at) => ({ ...at, turn: '50ms' }));
/** Routers that ask seldom find new partitions after the run. */
const FOUND_IN_NS = 10_000_000_000;
/** Keys would go to other partitions: that records of one overtake each other is no fault of a policy. */
const eachMorePartitions = ({ topics, keyed, metadataMaxAgeNs }: Targets): Strike[] =>
  keyed || metadataMaxAgeNs > FOUND_IN_NS
    ? []
    : topics.map(({ name }) => ({ topic: name, partitions: 2, on: 'all-brokers', keyed: 'allow' }));
const eachClassChange = ({ topics }: Targets): Strike[] =>
  ['high', 'low'].flatMap((to) => topics.map(({ name }) => ({ topic: name, class: to })));
const theRouters = ({ sinks }: Targets): Strike[] => (sinks.length > 0 ? [{}] : []);

export const FAULT_KINDS: readonly FaultKind[] = [
  { kind: 'broker-kill', lasts: true, by: 'world', strikes: eachBroker },
  { kind: 'broker-stop', lasts: true, by: 'operator', strikes: eachBroker },
  { kind: 'broker-replace', lasts: true, by: 'operator', strikes: eachBroker },
  { kind: 'disk-full', lasts: true, by: 'world', strikes: eachBrokerWith({ restart: '0s' }, { restart: '100ms' }) },
  { kind: 'broker-hang', lasts: true, by: 'world', strikes: eachBrokerWith({}, { session: 'lost' }) },
  { kind: 'broker-slow', lasts: true, by: 'world', strikes: eachBrokerWith({ cpu: 20 }, { network: 30 }) },
  { kind: 'zone-kill', lasts: true, by: 'world', strikes: eachZone },
  { kind: 'host-kill', lasts: true, by: 'world', strikes: eachHost },
  { kind: 'region-kill', lasts: true, by: 'world', strikes: eachRegion },
  { kind: 'chaos-monkey', lasts: true, by: 'world', strikes: eachMonkey },
  { kind: 'chaos-gorilla', lasts: true, by: 'world', strikes: () => [{ every: '500ms', down: '200ms' }] },
  { kind: 'chaos-kong', lasts: true, by: 'world', strikes: () => [{ every: '800ms', down: '100ms' }] },
  { kind: 'controller-kill', lasts: true, by: 'world', strikes: eachCluster },
  { kind: 'zookeeper-node-kill', lasts: true, by: 'world', strikes: eachZooKeeperNode },
  { kind: 'zookeeper-down', lasts: true, by: 'world', strikes: eachZooKeeper },
  { kind: 'zookeeper-election', lasts: false, by: 'world', strikes: eachZooKeeper },
  { kind: 'rolling-restart', lasts: false, by: 'operator', strikes: eachRestart },
  { kind: 'leader-rebalance', lasts: false, by: 'operator', strikes: eachCluster },
  { kind: 'image-replacement', lasts: false, by: 'operator', strikes: eachReplacement },
  { kind: 'zone-out', lasts: true, by: 'operator', strikes: eachZone },
  { kind: 'move-partitions', lasts: false, by: 'operator', strikes: eachCluster },
  { kind: 'copies-change', lasts: false, by: 'operator', strikes: eachCopiesChange },
  { kind: 'scale-down', lasts: false, by: 'operator', strikes: eachScaleDown },
  { kind: 'add-brokers', lasts: false, by: 'operator', strikes: eachGrowth },
  { kind: 'add-partitions', lasts: false, by: 'operator', strikes: eachMorePartitions },
  { kind: 'class-change', lasts: false, by: 'operator', strikes: eachClassChange },
  { kind: 'topic-move', lasts: false, by: 'operator', strikes: eachMove },
  { kind: 'failover', lasts: false, by: 'operator', strikes: eachFailover },
  { kind: 'region-evacuation', lasts: true, by: 'operator', strikes: eachEvacuation },
  { kind: 'cluster-unreachable', lasts: true, by: 'world', strikes: eachCluster },
  { kind: 'network-partition', lasts: true, by: 'world', strikes: eachCut },
  { kind: 'network-loss', lasts: true, by: 'world', strikes: eachBadWay({ loss: '1%' }, { loss: '30%' }) },
  { kind: 'network-delay', lasts: true, by: 'world', strikes: eachBadWay({ delay: '20ms' }, { delay: '1s' }) },
  {
    kind: 'metadata-away',
    lasts: true,
    early: true,
    by: 'world',
    strikes: () => [{ how: 'refused' }, { how: 'silent' }],
  },
  { kind: 'sink-stop', lasts: true, by: 'world', strikes: eachSink },
  { kind: 'sink-reject', lasts: true, by: 'world', strikes: eachRefusal },
  { kind: 'clock-skew', lasts: true, by: 'world', strikes: eachClock },
  { kind: 'surge', lasts: true, by: 'world', strikes: () => [{ factor: 3 }, { factor: 0 }] },
  { kind: 'sink-slow', lasts: true, by: 'world', strikes: eachSlowSink },
  { kind: 'noisy-neighbour', lasts: true, by: 'world', strikes: eachNeighbour },
  { kind: 'cold-reader', lasts: true, by: 'operator', strikes: eachReader },
  { kind: 'router-host-crash', lasts: false, by: 'world', strikes: theHosts },
  { kind: 'router-crash', lasts: false, by: 'world', strikes: eachContainer },
  { kind: 'router-stuck', lasts: true, by: 'world', strikes: eachContainer },
  { kind: 'checkpoint-store-down', lasts: true, by: 'world', strikes: theRouters },
  { kind: 'desired-state-store-down', lasts: true, by: 'world', strikes: theRouters },
];

export function faultKind(name: string): FaultKind {
  const found = FAULT_KINDS.find(({ kind }) => kind === name);
  if (found === undefined) {
    throw new RangeError(
      `fault kind ${JSON.stringify(name)}; expected one of ${FAULT_KINDS.map(({ kind }) => kind).join(', ')}`,
    );
  }
  return found;
}
