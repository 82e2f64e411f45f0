/** What an application tells its producer, and the checks of it that are not the core's. */
import type { ClaimCheckOptions } from '../envelope/claim-check.ts';
import type { EnvelopeOptions } from '../envelope/sealing.ts';
import type { WaitingOptions } from '../envelope/waiting-room.ts';
import type { Clock, ProducerPort } from '../ports.ts';
import { type Acks, CLASSES, type ServiceClass } from '../record.ts';
import type { Spill } from '../spill/spill.ts';
import type { ProducerConfig } from './config.ts';
import { PRODUCER_DEFAULTS } from './defaults.ts';
import type { PressureOptions } from './pressure.ts';
import { limitsOf, type Quota } from './quotas.ts';

/** Which cluster each topic goes to. */
export interface ClusterMap {
  /** Cluster of the topics that are not named. */
  readonly default: string;
  readonly topics?: Readonly<Record<string, string>>;
}

/** Every setting of `ProducerConfig` may be given; `PRODUCER_DEFAULTS` says what it is otherwise, and why. */
export interface ProducerOptions<V = Uint8Array | string> extends Partial<Omit<ProducerConfig, 'quotas'>> {
  /** The Kafka client, behind its adapter. The producer owns it from here: it opens and closes it. */
  readonly port?: ProducerPort;
  /**
   * Instead of `port`: clients of several clusters by a name of yours. They share one buffer. A cluster that is away takes
   * no time from the others, but what waits for it takes room: size the buffer for it, or give what must not suffer a
   * higher class and an overflow policy that evicts.
   */
  readonly clusters?: Readonly<Record<string, ProducerPort>>;
  /** Which topic goes to which of them; `Producer.route` changes it. Not needed where there is only one. */
  readonly clusterOf?: ClusterMap;
  /** Default: the process's own. */
  readonly clock?: Clock;
  /** Class of service by topic, for records that do not name theirs. Default `normal`. */
  readonly classes?: Readonly<Record<string, ServiceClass>>;
  /**
   * Acknowledgements by topic. Default: `acks`. Kafka has them by request, so topics that differ share none. A client that
   * takes one number for all its calls (`caps.acksPerCall` is false) can not do it: then the constructor throws.
   */
  readonly acksByTopic?: Readonly<Record<string, Acks>>;
  /** Whose a topic is, for quotas. Default: nobody's, and no quota. */
  readonly tenants?: Readonly<Record<string, string>>;
  /** What this instance admits of a tenant's records; beyond it they drop as `over-quota`. Default: no bound. */
  readonly quotas?: Readonly<Record<string, Quota>>;
  /** Gives every record an id, a time and an origin, and its value a form. Default: none, values are bytes or text. */
  readonly envelope?: EnvelopeOptions<V>;
  /** Large values go to an object store, a reference in their place. Needs an envelope. Default: they drop as `too-large`. */
  readonly claimCheck?: ClaimCheckOptions;
  /** Bounds what waits for an upload, or for a schema's id; beyond them records drop as `buffer-full`. */
  readonly waiting?: WaitingOptions;
  /** Takes records that the buffer has no room for. The producer owns it from here. Default: they drop. */
  readonly spill?: Spill;
  /** When the application hears of back-pressure. */
  readonly pressure?: PressureOptions;
  /**
   * Says which producer this is: its draws (partitions, jitter) follow from it, so that instances differ. Default: drawn
   * at random. Give one to make a run repeatable.
   */
  readonly identity?: string;
  /** Pairs of topic and class it keeps state for; records of further ones drop as `buffer-full`. Default 10,000, a guess. */
  readonly streamsMax?: number;
  /** What is known of topics is asked again after so long, ns. Default 5 min (AK `metadata.max.age.ms`). */
  readonly metadataMaxAgeNs?: number;
}

export interface CloseOptions {
  /**
   * Time to send what is buffered, ms; what is left is then spilled, drops as `closed` or is unknown. A spill has 2 s more
   * at most, to write it down. Default 5,000, a guess.
   */
  readonly graceMs?: number;
}

/** Name of the only cluster of a producer with a `port`. */
const ONLY = 'default';

/** Ports by cluster, and where topics go. Throws a RangeError that names the option, what was expected and what came. */
export function clustersOf({ port, clusters, clusterOf }: Pick<ProducerOptions, 'port' | 'clusters' | 'clusterOf'>): {
  readonly ports: ReadonlyMap<string, ProducerPort>;
  readonly map: ClusterMap;
} {
  if ((port === undefined) === (clusters === undefined)) {
    throw new RangeError(`port, clusters: expected one of the two, got ${port === undefined ? 'neither' : 'both'}`);
  }
  const ports = new Map(Object.entries(clusters ?? { [ONLY]: port! }));
  if (ports.size === 0) throw new RangeError('clusters: expected at least one, got none');
  const [first] = ports.keys();
  if (clusterOf === undefined && ports.size > 1) {
    throw new RangeError('clusterOf: expected, as there are several clusters, such as { default: "…" }; got none');
  }
  const map = clusterOf ?? { default: first };
  checkClusterMap(map, [...ports.keys()]);
  return { ports, map };
}

export function checkClusterMap(map: ClusterMap, clusters: readonly string[]): void {
  const check = (path: string, name: string): void => oneOf(path, name, clusters);
  check('clusterOf.default', map.default);
  for (const [topic, name] of Object.entries(map.topics ?? {})) check(`clusterOf.topics.${topic}`, name);
}

/** Throws as `clustersOf` does. */
export function checkTopicOptions(
  options: Omit<ProducerOptions, 'envelope'>,
  ports: ReadonlyMap<string, ProducerPort>,
): void {
  const { classes = {}, acksByTopic = {}, tenants = {}, quotas = {} } = options;
  const acksByDefault = options.acks ?? PRODUCER_DEFAULTS.acks;
  const recordBytesMax = options.recordBytesMax ?? PRODUCER_DEFAULTS.recordBytesMax;
  for (const [topic, name] of Object.entries(classes)) oneOf(`classes.${topic}`, name, CLASSES);
  for (const [topic, tenant] of Object.entries(tenants)) oneOf(`tenants.${topic}`, tenant, Object.keys(quotas));
  for (const [tenant, quota] of Object.entries(quotas)) limitsOf(quota, { recordBytesMax, path: `quotas.${tenant}` });
  for (const [topic, acks] of Object.entries(acksByTopic)) {
    oneOf(`acksByTopic.${topic}`, acks, [0, 1, -1]);
    if (acks === acksByDefault) continue;
    for (const [cluster, { caps }] of ports) {
      if (caps.acksPerCall) continue;
      throw new RangeError(
        `acksByTopic.${topic}: expected ${acksByDefault} as for all topics, got ${acks}: the client of cluster ${cluster} has one number of acknowledgements for all its calls; give the topic a producer of its own`,
      );
    }
  }
}

function oneOf(path: string, value: unknown, known: readonly unknown[]): void {
  if (known.includes(value)) return;
  throw new RangeError(`${path}: expected one of ${known.join(', ') || '(none)'}, got ${String(value)}`);
}
