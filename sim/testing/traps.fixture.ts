/** Pipelines with a well-known flaw each, for tests that look for it from scratch. */
import type { WrittenScenario } from '../scenario/index.ts';
import { WORLD_BASE } from './arbitrary/worlds.ts';

type Written = WrittenScenario;
type Part<K extends keyof Written> = NonNullable<Written[K]>;

/** One cluster, one topic, one sink: small enough to see through, and every part of a pipeline is there. */
export function smallPipeline(
  how: {
    readonly brokers?: number;
    readonly copies?: number;
    readonly kafka?: Part<'kafka'>;
    readonly policy?: Part<'producers'>['policy'];
    readonly router?: Part<'router'>;
    readonly topic?: Partial<NonNullable<Part<'topics'>['named']>[string]>;
    readonly log?: Part<'log'>;
    readonly sinks?: Part<'sinks'>;
  } = {},
): Written {
  const { brokers = 1, copies = 1 } = how;
  const sinks = how.sinks ?? { sink: { kind: 'rate-limited', rate: '5000/s' } };
  return {
    name: 'small',
    ...WORLD_BASE,
    ...(how.kafka !== undefined && { kafka: how.kafka }),
    regions: { main: { zones: Math.min(3, brokers) } },
    log: { ...WORLD_BASE.log, ...how.log },
    clusters: { normal: { brokers, replicationFactor: copies } },
    topics: {
      named: { clicks: { rate: '50/s', recordBytes: '100B', partitions: 1, routes: Object.keys(sinks), ...how.topic } },
    },
    producers: { ...WORLD_BASE.producers, instances: 1, policy: { ...WORLD_BASE.producers.policy, ...how.policy } },
    router: { ...WORLD_BASE.router, ...how.router },
    sinks,
  };
}
