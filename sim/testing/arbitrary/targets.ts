/** What a world has that a fault can strike. */
import { hostOfBroker } from '../../model/placement.ts';
import { resolveScenario, type Scenario, type Written } from '../../scenario/index.ts';

export interface Targets {
  readonly clusters: readonly {
    readonly name: string;
    readonly role: 'fronting' | 'consumer' | 'stand-by';
    readonly region: string;
    readonly brokers: number;
    readonly hosts: number;
    /** Of its topics: the fewest and the most. Infinity and 0 without any. */
    readonly copiesMin: number;
    readonly copiesMax: number;
    readonly minInsyncReplicas: number;
  }[];
  readonly topics: readonly { readonly name: string; readonly cluster: string; readonly copies: number }[];
  /** Producers partition by key. */
  readonly keyed: boolean;
  readonly metadataMaxAgeNs: number;
  readonly zookeepers: readonly { readonly name: string; readonly nodes: number }[];
  readonly regions: readonly { readonly name: string; readonly zones: number }[];
  /** Containers are numbered over all topics of the sink. */
  readonly sinks: readonly { readonly name: string; readonly kind: string; readonly containers: number }[];
}

const known = new WeakMap<Written, Scenario>();

/** The world without its faults, resolved; remembered for as long as the written form lives. */
export function worldOf(written: Written): Scenario {
  let scenario = known.get(written);
  if (scenario === undefined) {
    scenario = resolveScenario({ ...written, faults: [] } as Written);
    known.set(written, scenario);
  }
  return scenario;
}

export function targetsOf(written: Written): Targets {
  const { clusters, sinks, regions, topics, producers, zookeepers = [] } = worldOf(written);
  return {
    clusters: clusters.map(({ name, role, brokers, brokersPerHost, region, minInsyncReplicas }) => {
      const { zones } = regions.find((each) => each.name === region)!;
      const hosts = range(brokers).map((broker) => hostOfBroker(broker, zones, brokersPerHost));
      const copies = topics.filter(({ cluster }) => cluster === name).map((topic) => topic.replicationFactor);
      return {
        name,
        role,
        region,
        brokers,
        hosts: Math.max(...hosts) + 1,
        copiesMin: Math.min(...copies),
        copiesMax: Math.max(0, ...copies),
        minInsyncReplicas,
      };
    }),
    topics: topics.map(({ name, cluster, replicationFactor }) => ({ name, cluster, copies: replicationFactor })),
    keyed: producers.policy.partitioner === 'keyed',
    metadataMaxAgeNs: producers.metadataMaxAgeNs,
    zookeepers,
    regions,
    sinks: sinks.map(({ name, kind, router }) => ({ name, kind, containers: router.containers })),
  };
}

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
