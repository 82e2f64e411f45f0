/** Worlds to try policies in: small enough to run hundreds a second, with every part that a pipeline has. */
import fc from 'fast-check';
import type { WrittenScenario } from '../../scenario/index.ts';
import { lower, StagedArbitrary } from './staged.ts';

type SinkKind = 'rate-limited' | 's3' | 'elasticsearch' | 'kafka';
type ServiceClass = 'low' | 'normal' | 'high';

export interface Range {
  readonly min?: number;
  readonly max?: number;
}

export interface WorldOptions {
  /** Availability zones. Default 1 to 3. */
  readonly zones?: Range;
  /** Brokers of each fronting cluster; there is one for each class in use. Default 1 to 4. */
  readonly brokers?: Range;
  /** Copies of each partition, as far as there are brokers. Default 1 to 3. */
  readonly copies?: Range;
  /** Default 1 to 3. */
  readonly topics?: Range;
  /** Partitions of each topic. Default 1 to 3. */
  readonly partitions?: Range;
  /** Application instances. Default 1 to 3. */
  readonly instances?: Range;
  /** Sinks, of different kinds, each of which gets every topic. Default 1 to 2. */
  readonly sinks?: Range;
  readonly sinkKinds?: readonly SinkKind[];
  /** Containers of each topic to each sink. Default 1 to 2. */
  readonly containers?: Range;
  /** Classes of service to draw from. Default all. */
  readonly classes?: readonly ServiceClass[];
}

/** What a world is drawn as. The entities that it comes to fall with each of these. */
interface Parts {
  readonly zones: number;
  readonly brokers: number;
  readonly copies: number;
  readonly minInsync: number;
  readonly topics: readonly ServiceClass[];
  readonly partitions: number;
  readonly instances: number;
  readonly streams: number;
  readonly sinks: readonly SinkKind[];
  readonly containers: number;
  /** Brokers register with ZooKeeper, as they did before KRaft. */
  readonly zookeeper: boolean;
}

type Least = Readonly<
  Record<'zones' | 'brokers' | 'copies' | 'topics' | 'partitions' | 'instances' | 'sinks' | 'containers', number>
>;

const CLASSES: readonly ServiceClass[] = ['normal', 'high', 'low'];
const SINKS: readonly SinkKind[] = ['rate-limited', 's3', 'elasticsearch', 'kafka'];

/**
 * Times of seconds instead of minutes: outages of a second then matter, and a run of a few seconds sees their end. What
 * is not said here is the schema's own default.
 */
export const WORLD_BASE = {
  run: { warmup: '0s', for: '2s', fidelity: 'record' },
  log: { retentionCheck: '100ms', replicaLagTimeMax: '500ms' },
  controller: { sessionTimeout: '200ms', failover: '100ms' },
  producers: {
    metadata: '20ms',
    metadataMaxAge: '300ms',
    policy: {
      requestTimeout: '200ms',
      deliveryTimeout: '2s',
      retryBackoff: '10ms',
      retryBackoffMax: '100ms',
      reconnectBackoff: '10ms',
      reconnectBackoffMax: '100ms',
    },
  },
  router: {
    fetchWait: '50ms',
    commitInterval: '100ms',
    relaunch: '200ms',
    retryBackoff: '20ms',
    retryBackoffMax: '200ms',
  },
} as const satisfies Partial<WrittenScenario>;

/** Any small world, without faults. Shrinks to fewer entities: sinks, topics, brokers, copies, and so on. */
export function worlds(options: WorldOptions = {}): fc.Arbitrary<WrittenScenario> {
  const of = (range: Range | undefined, min: number, max: number): Required<Range> => {
    const least = range?.min ?? min;
    return { min: least, max: Math.max(least, range?.max ?? max) };
  };
  const zones = of(options.zones, 1, 3);
  const brokers = of(options.brokers, 1, 4);
  const copies = of(options.copies, 1, 3);
  const topics = of(options.topics, 1, 3);
  const partitions = of(options.partitions, 1, 3);
  const instances = of(options.instances, 1, 3);
  const kinds = options.sinkKinds ?? SINKS;
  const sinks = of(options.sinks, Math.min(1, kinds.length), Math.min(2, kinds.length));
  const containers = of(options.containers, 1, 2);
  const classes = options.classes ?? CLASSES;
  if (copies.min > brokers.max) throw new RangeError(`copies at least ${copies.min}; expected at most the brokers`);
  if (sinks.min > kinds.length) throw new RangeError(`sinks at least ${sinks.min}; there are ${kinds.length} kinds`);
  const drawn = fc.record({
    zones: fc.integer(zones),
    brokers: fc.integer({ min: Math.max(brokers.min, copies.min), max: Math.max(brokers.max, copies.min) }),
    copies: fc.integer(copies),
    minInsync: fc.integer({ min: 1, max: 2 }),
    topics: fc.array(fc.constantFrom(...classes), { minLength: topics.min, maxLength: topics.max, size: 'max' }),
    partitions: fc.integer(partitions),
    instances: fc.integer(instances),
    streams: fc.integer(instances),
    sinks: fc.shuffledSubarray([...kinds], { minLength: sinks.min, maxLength: Math.min(sinks.max, kinds.length) }),
    containers: fc.integer(containers),
    zookeeper: fc.boolean(),
  });
  const least: Least = {
    zones: zones.min,
    brokers: brokers.min,
    copies: copies.min,
    topics: topics.min,
    partitions: partitions.min,
    instances: instances.min,
    sinks: sinks.min,
    containers: containers.min,
  };
  return new StagedArbitrary(drawn.map(fitted), (parts) => simpler(parts, least)).map(write);
}

/** Parts that go together: no more copies than brokers, no more streams of a topic than instances. */
function fitted(parts: Parts): Parts {
  const copies = Math.min(parts.copies, parts.brokers);
  return {
    ...parts,
    copies,
    minInsync: Math.min(parts.minInsync, copies),
    streams: Math.min(parts.streams, parts.instances),
    containers: Math.min(parts.containers, parts.partitions),
  };
}

function* simpler(parts: Parts, least: Least): IterableIterator<Parts> {
  for (const length of lower(parts.sinks.length, least.sinks)) yield { ...parts, sinks: parts.sinks.slice(0, length) };
  if (parts.sinks.length > least.sinks) yield { ...parts, sinks: parts.sinks.slice(1) };
  for (const length of lower(parts.topics.length, Math.max(1, least.topics))) {
    yield { ...parts, topics: parts.topics.slice(0, length) };
  }
  if (parts.topics.length > Math.max(1, least.topics)) yield { ...parts, topics: parts.topics.slice(1) };
  // Topics of one class share a cluster.
  if (new Set(parts.topics).size > 1) yield { ...parts, topics: parts.topics.map(() => parts.topics[0]!) };
  for (const zones of lower(parts.zones, least.zones)) yield { ...parts, zones };
  for (const brokers of lower(parts.brokers, Math.max(least.brokers, least.copies)))
    yield fitted({ ...parts, brokers });
  for (const copies of lower(parts.copies, least.copies)) yield fitted({ ...parts, copies });
  for (const partitions of lower(parts.partitions, least.partitions)) yield fitted({ ...parts, partitions });
  for (const streams of lower(parts.streams, least.instances)) yield { ...parts, streams };
  for (const instances of lower(parts.instances, Math.max(least.instances, 1))) yield fitted({ ...parts, instances });
  for (const containers of lower(parts.containers, least.containers)) yield fitted({ ...parts, containers });
  if (parts.minInsync > 1) yield { ...parts, minInsync: 1 };
}

function write(parts: Parts): WrittenScenario {
  const { zones, brokers, copies, minInsync, topics, partitions, instances, streams, sinks, containers, zookeeper } =
    parts;
  const classes = [...new Set(topics)];
  const cluster = { brokers, replicationFactor: copies, log: { minInsyncReplicas: minInsync } };
  const fronting = Object.fromEntries(classes.map((each) => [each, { class: each, ...cluster }]));
  const consumer = sinks.includes('kafka')
    ? { consumer: { role: 'consumer', brokers, replicationFactor: copies } as const }
    : {};
  const router = { containers: topics.length * containers };
  return {
    name: 'generated',
    ...WORLD_BASE,
    ...(zookeeper && { controller: { ...WORLD_BASE.controller, kind: 'zookeeper' as const } }),
    regions: { main: { zones } },
    clusters: { ...fronting, ...consumer },
    topics: {
      named: Object.fromEntries(
        topics.map((each, i) => [
          `topic-${i + 1}`,
          { class: each, rate: '50/s', recordBytes: '100B', streams, partitions, routes: sinks.map(nameOf) },
        ]),
      ),
    },
    producers: { ...WORLD_BASE.producers, instances },
    sinks: Object.fromEntries(sinks.map((kind) => [nameOf(kind), { ...SINK[kind], router }])),
  };
}

const nameOf = (kind: SinkKind): string => (kind === 'rate-limited' ? 'sink' : kind);

const SINK = {
  'rate-limited': { kind: 'rate-limited', rate: '5000/s' },
  s3: { kind: 's3', file: '10kB', fileAge: '100ms', putLatency: '20ms' },
  elasticsearch: { kind: 'elasticsearch', rate: '5000/s', latency: '10ms', refresh: '100ms' },
  kafka: { kind: 'kafka', cluster: 'consumer' },
} as const;
