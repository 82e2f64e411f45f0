/** Where topics go: to the emptiest fronting cluster of their class, and to the emptiest of several alike sinks. */
import type { Finding } from './check.ts';
import type { ClusterSpec, TopicSpec } from './scenario.ts';
import type { ParsedScenario } from './written.ts';
import type { CLASS_NAMES } from './written-cluster.ts';
import { acksOf } from './written-producer.ts';

export interface TopicContext {
  readonly scenario: ParsedScenario;
  readonly clusters: readonly ClusterSpec[];
  /** For the name of a sink as written and a region, the names of resolved sinks that share its topics. */
  readonly sinksOf: (written: string, region: string) => readonly string[];
  readonly report: (finding: Finding) => void;
}

/** A topic before it has a place. */
export interface Draft {
  readonly name: string;
  readonly rate: number;
  readonly recordBytes: number;
  readonly class: (typeof CLASS_NAMES)[number];
  readonly streams: number;
  readonly tenant?: string | undefined;
  /** Names of sinks as written. */
  readonly routes: readonly string[];
}

export type NamedTopic = ParsedScenario['topics']['named'][string];

/** Gives each topic a cluster and sinks, balanced by volume. */
export class Placer {
  readonly #context: TopicContext;
  /** Bytes a second that a cluster, or a sink, was given so far. */
  readonly #load = new Map<string, number>();

  constructor(context: TopicContext) {
    this.#context = context;
  }

  place(draft: Draft, region: string, prefix: string, written?: NamedTopic): TopicSpec {
    const { scenario, sinksOf } = this.#context;
    const volume = draft.rate * draft.recordBytes;
    const cluster = this.#cluster(draft, region, volume, written?.cluster);
    const sinks = draft.routes.map((route) => {
      const sink = this.#emptiest(sinksOf(route, region), () => 1, 'sink:');
      return sink === undefined ? route : this.#give(sink, volume, 'sink:');
    });
    const acks = written?.acks ?? scenario.topics.acks[draft.class];
    return {
      name: prefix + draft.name,
      class: draft.class,
      cluster: cluster?.name ?? '',
      partitions: written?.partitions ?? Math.max(1, Math.ceil(volume / scenario.topics.partitionBytesPerSecond)),
      recordsPerSecond: draft.rate,
      recordBytes: draft.recordBytes,
      sizes: sizesOf(written?.sizes ?? scenario.topics.sizes),
      streams: draft.streams,
      ...(acks !== undefined && { acks: acksOf(acks) }),
      ...(draft.tenant !== undefined && { tenant: draft.tenant }),
      routes: sinks,
      retentionNs: written?.retention ?? cluster?.retentionNs ?? 0,
      replicationFactor: written?.replicationFactor ?? cluster?.replicationFactor ?? 1,
    };
  }

  #cluster(draft: Draft, region: string, volume: number, wanted: string | undefined): ClusterSpec | undefined {
    const { clusters, report } = this.#context;
    const fronting = clusters.filter((cluster) => cluster.role === 'fronting' && cluster.region === region);
    const fitting = fronting.filter((cluster) =>
      wanted === undefined ? cluster.class === draft.class : cluster.name === wanted,
    );
    const brokers = new Map(fitting.map((cluster) => [cluster.name, cluster.brokers]));
    const name = this.#emptiest([...brokers.keys()], (cluster) => brokers.get(cluster)!, 'cluster:', volume);
    if (name === undefined) {
      const path =
        wanted === undefined ? ['topics', 'classes', draft.class] : ['topics', 'named', draft.name, 'cluster'];
      const given =
        wanted === undefined ? `topics of class ${draft.class} in region ${region}` : `the cluster ${wanted}`;
      report({
        path,
        given,
        expected: `a fronting cluster for it; there are ${fronting.map((c) => `${c.name} (${c.class})`).join(', ') || 'none'}`,
      });
      return undefined;
    }
    this.#give(name, volume, 'cluster:');
    return fitting.find((cluster) => cluster.name === name);
  }

  /** The one with the least volume for its size, this topic included; the first of several equal ones. */
  #emptiest(names: readonly string[], sizeOf: (name: string) => number, kind: string, volume = 0): string | undefined {
    let best: string | undefined;
    let least = Infinity;
    for (const name of names) {
      const load = ((this.#load.get(kind + name) ?? 0) + volume) / sizeOf(name);
      if (load < least) {
        best = name;
        least = load;
      }
    }
    return best;
  }

  #give(name: string, volume: number, kind: string): string {
    this.#load.set(kind + name, (this.#load.get(kind + name) ?? 0) + volume);
    return name;
  }
}

function sizesOf(sizes: NamedTopic['sizes']): TopicSpec['sizes'] {
  return sizes.kind === 'fixed' ? { kind: 'fixed' } : { kind: 'pareto', shape: sizes.shape, bytesMax: sizes.max };
}
