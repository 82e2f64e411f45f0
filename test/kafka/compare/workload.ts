/** One workload for all ways to run it: a scenario, from which the real run takes its rates, sizes, topics and policies too. */
import { resolveScenario, type Scenario } from '../../../sim/index.ts';
import { producerConfig } from '../../../sim/model/producer-policies.ts';
import type { Clock } from '../../../src/ports.ts';
import type { Producer } from '../../../src/producer/producer.ts';

export const OUTAGES = ['broker-stop', 'broker-hang', 'cluster-away'] as const;
export type Outage = (typeof OUTAGES)[number];

/** When it began and ended, counted from the first record. */
export interface OutageSpan {
  readonly kind: Outage;
  readonly atNs: number;
  readonly forNs: number;
}

export const S = 1_000_000_000;
export const CLUSTER = 'laptop';
const BROKERS = 3;
/** The broker that is hurt when it is one, as the scenario counts; metadata calls it one more. */
export const BROKER = 0;
const KEYS = 1_000;
const TICK_NS = 5_000_000;

/**
 * 3,000 records/s by key, a fifth of them in the high class. The buffer holds what a broker of three misses in some
 * seconds; when it is full the lower class gives way. One copy of each partition, as long as the model elects no leaders.
 * `oneWayNs` is the network's share of what a request takes on these brokers.
 */
export function workload({
  outage,
  oneWayNs = 100_000,
  span,
  seconds,
}: {
  outage: Outage;
  oneWayNs?: number;
  span?: OutageSpan;
  seconds: number;
}): Scenario {
  const topic = (rate: number, bytes: number) => ({
    rate: `${rate}/s`,
    recordBytes: `${bytes}B`,
    partitions: 3,
    streams: 1,
    cluster: CLUSTER,
  });
  // A scenario knows no broker that hangs.
  const stopped = span === undefined || span.kind === 'broker-hang' ? [] : hurtBrokers(span.kind);
  const scenario = resolveScenario({
    name: outage,
    run: { warmup: '0s', for: `${seconds}s` },
    kafka: { profile: '4.x' },
    network: { sameZone: `${oneWayNs}ns`, crossZone: `${oneWayNs}ns` },
    clusters: { [CLUSTER]: { brokers: BROKERS, replicationFactor: 1 } },
    topics: { named: { [`clicks-${outage}`]: topic(2_400, 300), [`payments-${outage}`]: topic(600, 500) } },
    producers: {
      instances: 1,
      arrivals: 'even',
      // Nobody tells a producer who leads while the cluster is away.
      ...(span?.kind === 'cluster-away' ? { metadata: `${span.atNs + span.forNs + 2 * oneWayNs}ns` } : {}),
      policy: {
        partitioner: 'keyed',
        keys: KEYS,
        linger: '20ms',
        bufferRecords: 6_000,
        overflow: 'evict-lower',
        acks: 'all',
        requestTimeout: '3s',
        deliveryTimeout: '20s',
      },
    },
    faults: stopped.map((broker) => ({
      kind: 'broker-stop',
      cluster: CLUSTER,
      broker,
      at: `${span!.atNs}ns`,
      for: `${span!.forNs}ns`,
    })),
  });
  const topics = scenario.topics.map((each) => ({
    ...each,
    class: each.name.startsWith('payments') ? ('high' as const) : ('normal' as const),
  }));
  return { ...scenario, topics };
}

export function hurtBrokers(outage: Outage): readonly number[] {
  return outage === 'cluster-away' ? Array.from({ length: BROKERS }, (_, broker) => broker) : [BROKER];
}

/** The scenario's policies as a producer of an application takes them. */
export function policies({ producers }: Scenario) {
  const { quotas: _, ...config } = producerConfig(producers.policy);
  return config;
}

/** Offers what the scenario says, evenly, by the clock: the same records whichever clock it is. */
export function offer({ scenario, producer, clock }: { scenario: Scenario; producer: Producer; clock: Clock }) {
  const startNs = clock.nowNs();
  const sent = scenario.topics.map(() => 0);
  return new Promise<void>((resolve) => {
    const tick = (): void => {
      const elapsedNs = Math.min(clock.nowNs() - startNs, scenario.durationNs);
      scenario.topics.forEach(({ name, recordsPerSecond, recordBytes, class: serviceClass }, topic) => {
        const due = Math.floor((elapsedNs * recordsPerSecond) / S);
        for (; sent[topic] < due; sent[topic]++) {
          const key = `k${(sent[topic] * 7_919) % KEYS}`;
          const value = Buffer.alloc(recordBytes - key.length);
          value.writeUInt32BE(sent[topic]);
          producer.send({ topic: name, key, value, class: serviceClass });
        }
      });
      if (elapsedNs === scenario.durationNs) resolve();
      else clock.after(TICK_NS, tick, { keepAlive: true });
    };
    tick();
  });
}
