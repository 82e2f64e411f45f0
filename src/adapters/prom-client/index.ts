/**
 * A producer's metrics on a prom-client registry. They are read off `producer.snapshot()` when somebody scrapes; between
 * scrapes they cost nothing. prom-client itself is never imported: its registry is handed in.
 */
import type { Metric, Registry } from 'prom-client';
import type { Producer } from '../../producer/producer.ts';
import { BoundedTopics, TOPICS_MAX_DEFAULT } from '../bounded-streams.ts';
import { FAMILIES, type Family, type Reading } from './families.ts';

export interface PromClientMetricsOptions {
  /** Of prom-client 15; its own `register`, or another one. */
  readonly registry: Pick<Registry, 'registerMetric' | 'removeSingleMetric' | 'getSingleMetric'>;
  readonly producer: Pick<Producer, 'snapshot'>;
  /** Label `producer` of every series: tells several producers of a process apart. Default `default`. */
  readonly name?: string;
  /** Topics told by name; further ones together, as `other`. Default 100. */
  readonly topicsMax?: number;
}

export interface PromClientMetrics {
  /** Takes the producer off the registry. Its final counts go with it: scrape before. */
  close(): void;
}

type Registered = PromClientMetricsOptions['registry'];

/** Reads one producer once a scrape: a registry asks all its metrics in one go. */
class Source {
  readonly #producer: Pick<Producer, 'snapshot'>;
  readonly #topics: BoundedTopics;
  #reading: Reading | null = null;

  constructor(producer: Pick<Producer, 'snapshot'>, topicsMax: number) {
    this.#producer = producer;
    this.#topics = new BoundedTopics(topicsMax);
  }

  read(): Reading {
    if (this.#reading !== null) return this.#reading;
    const snapshot = this.#producer.snapshot();
    const reading = { snapshot, streams: this.#topics.streams(snapshot.streams) };
    this.#reading = reading;
    queueMicrotask(() => {
      this.#reading = null;
    });
    return reading;
  }
}

/** What a registry asks of a metric. Not one of prom-client's: those keep counts of their own. */
class ProducerMetric {
  /** The registry takes `_total` off it when it speaks OpenMetrics. */
  name: string;
  readonly help: string;
  readonly type: Family['type'];
  readonly aggregator: Family['aggregator'];
  readonly #family: Family;
  readonly #sources: ReadonlyMap<string, Source>;

  constructor(family: Family, sources: ReadonlyMap<string, Source>) {
    this.name = family.name;
    this.help = family.help;
    this.type = family.type;
    this.aggregator = family.aggregator;
    this.#family = family;
    this.#sources = sources;
  }

  async get(): Promise<object> {
    const { name, help, type, aggregator } = this;
    const values = [...this.#sources].flatMap(([producer, source]) =>
      this.#family.read(source.read()).map(({ value, labels, suffix }) => ({
        value,
        labels: { producer, ...labels },
        ...(suffix !== undefined && { metricName: `${name}${suffix}` }),
      })),
    );
    return { name, help, type, aggregator, values };
  }

  /** The producer's counts are its own: a registry that is reset doesn't make them untrue. */
  reset(): void {}
}

/** Producers of each registry by name, and the metrics that tell of them. */
const REGISTERED = new WeakMap<Registered, { sources: Map<string, Source>; metrics: readonly ProducerMetric[] }>();

/**
 * Puts a producer's metrics on a registry. Several producers share the metrics, by label.
 *
 * Throws when the name is taken, or when the registry has a metric of the same name that isn't spillway's.
 */
export function promClientMetrics(options: PromClientMetricsOptions): PromClientMetrics {
  const { registry, producer, name = 'default', topicsMax = TOPICS_MAX_DEFAULT } = options;
  const source = new Source(producer, topicsMax);
  let registered = REGISTERED.get(registry);
  if (registered === undefined) {
    const sources = new Map<string, Source>();
    registered = { sources, metrics: FAMILIES.map((family) => new ProducerMetric(family, sources)) };
    REGISTERED.set(registry, registered);
  }
  const { sources, metrics } = registered;
  if (sources.has(name)) {
    throw new Error(`name: expected one that no other producer of the registry has, got '${name}'`);
  }
  if (sources.size === 0) register(registry, metrics);
  sources.set(name, source);
  return {
    close: () => {
      if (sources.get(name) !== source) return;
      sources.delete(name);
      if (sources.size === 0) for (const family of FAMILIES) registry.removeSingleMetric(family.name);
    },
  };
}

/** All or none. */
function register(registry: Registered, metrics: readonly ProducerMetric[]): void {
  for (const { name } of FAMILIES) {
    if (registry.getSingleMetric(name) !== undefined) {
      throw new Error(`registry: a metric ${name} is registered already, and not by spillway`);
    }
  }
  // Its type names prom-client's own classes; what the registry calls is `get` and `reset`.
  for (const metric of metrics) registry.registerMetric(metric as unknown as Metric);
}
