/** From what a test says of its Kafka to the scenario that the world's model is built from. */

import type { ScenarioPatch } from '../scenario/index.ts';
import { resolveScenario } from '../scenario/index.ts';
import type { Scenario, TopicSpec } from '../scenario/scenario.ts';

export interface SimulatedTopic {
  /** Default 1. */
  readonly partitions?: number;
  /** Default 3, or as many as the cluster has brokers. */
  readonly replicationFactor?: number;
  /** Largest batch, bytes, header included. Default 1,048,588 (AK `max.message.bytes`). */
  readonly batchBytesMax?: number;
}

export interface SimulatedKafkaOptions {
  /** Topics by name: they are on every cluster. */
  readonly topics: Readonly<Record<string, SimulatedTopic>>;
  /** Brokers by cluster. Default one cluster, `main`, of three. Broker ids go from 1 in each. */
  readonly clusters?: Readonly<Record<string, { readonly brokers: number }>>;
  /** Jitter of trips and phases of followers follow from it. Default 1. */
  readonly seed?: number;
  /** Time of day at the start, ms since 1970. Default 2025-01-01. */
  readonly startMs?: number;
  /** What machines, networks and logs are like, as a scenario says it. Default: a scenario's own defaults. */
  readonly like?: Pick<ScenarioPatch, 'kafka' | 'network' | 'broker' | 'log' | 'regions'>;
}

export const BATCH_BYTES_MAX = 1_048_588;
/** A log remembers for as long as somebody reads it: here the test may, whenever it likes. */
const READER = 'reader';

export function scenarioOf({
  topics,
  clusters = { main: { brokers: 3 } },
  seed = 1,
  like,
}: SimulatedKafkaOptions): Scenario {
  const fronting = Object.entries(clusters).map(([name, { brokers }]) => [
    name,
    { brokers, replicationFactor: Math.min(3, brokers), retention: 'never' },
  ]);
  const base = resolveScenario({
    ...(like as object),
    name: 'ports',
    clusters: Object.fromEntries(fronting),
    // Nobody offers anything but through the ports.
    topics: { count: 1 },
    traffic: { rate: '1/s' },
    producers: { instances: 1, streams: 1 },
  });
  const [template] = base.topics;
  return {
    ...base,
    seed,
    topics: base.clusters.flatMap(({ name: cluster, brokers, retentionNs }) =>
      Object.entries(topics).map(([name, { partitions = 1, replicationFactor = Math.min(3, brokers) }]): TopicSpec => {
        checkCount(`topics.${name}.partitions`, partitions, 100_000);
        checkCount(`topics.${name}.replicationFactor`, replicationFactor, Math.min(5, brokers));
        return { ...template, name, cluster, partitions, replicationFactor, retentionNs, routes: [READER] };
      }),
    ),
  };
}

function checkCount(name: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw new RangeError(`${name}: expected a whole number from 1 to ${most}, got ${value}`);
}
