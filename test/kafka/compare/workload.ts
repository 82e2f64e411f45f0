/** One workload for all ways to run it: a scenario, from which the real run takes its rates, sizes, topics and policies too. */
import { resolveScenario, type Scenario } from '../../../sim/index.ts';
import { arrivalsOf } from '../../../sim/model/stream-arrivals.ts';
import { planStreams } from '../../../sim/model/stream-plan.ts';
import { Topology } from '../../../sim/model/topology.ts';
import type { Clock } from '../../../src/ports.ts';
import { keyHashOf } from '../../../src/producer/partitioner/index.ts';
import type { Producer } from '../../../src/producer/producer.ts';
import { SESSION_MS } from '../cluster.ts';

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
 * seconds; when it is full the lower class gives way. One copy of each partition, so that nobody else takes over what a
 * broker leads. None of the clients in use here is idempotent.
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
  const scenario = resolveScenario({
    name: outage,
    run: { warmup: '0s', for: `${seconds}s` },
    kafka: { profile: '4.x' },
    controller: { sessionTimeout: `${SESSION_MS}ms` },
    network: { sameZone: `${oneWayNs}ns`, crossZone: `${oneWayNs}ns` },
    clusters: { [CLUSTER]: { brokers: BROKERS, replicationFactor: 1 } },
    topics: { named: { [`clicks-${outage}`]: topic(2_400, 300), [`payments-${outage}`]: topic(600, 500) } },
    producers: {
      instances: 1,
      arrivals: 'even',
      policy: {
        partitioner: 'keyed',
        keys: KEYS,
        linger: '20ms',
        bufferRecords: 6_000,
        overflow: 'evict-lower',
        acks: 'all',
        idempotence: 'off',
        requestTimeout: '3s',
        deliveryTimeout: '20s',
      },
    },
    faults: (span === undefined ? [] : hurtBrokers(span.kind)).map((broker) => ({
      kind: span!.kind === 'broker-hang' ? 'broker-hang' : 'broker-kill',
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

/**
 * Offers the very records that the simulator offers, in the same order, by whichever clock: what the buffer takes and what
 * gives way depends on both. A timer comes every few milliseconds, and what is due by then comes at once.
 */
export function offer({ scenario, producer, clock }: { scenario: Scenario; producer: Producer; clock: Clock }) {
  const plan = planStreams(scenario, new Topology(scenario));
  const arrivals = arrivalsOf(scenario, plan);
  const keys = new Keys();
  const startNs = clock.nowNs();
  return new Promise<void>((resolve) => {
    const tick = (): void => {
      const elapsedNs = Math.min(clock.nowNs() - startNs, scenario.durationNs);
      for (;;) {
        let stream = 0;
        for (let other = 1; other < plan.streams; other++) {
          if (arrivals.nextNs(other) < arrivals.nextNs(stream)) stream = other;
        }
        if (arrivals.nextNs(stream) > elapsedNs) break;
        const { name, partitions, class: serviceClass } = scenario.topics[plan.streamTopic[stream]];
        const key = keys.of(arrivals.keyHash(stream), partitions);
        const value = Buffer.alloc(arrivals.bytes(stream) - key.length);
        value.writeUInt32BE(arrivals.taken(stream));
        arrivals.take(stream, elapsedNs, 1);
        producer.send({ topic: name, key, value, class: serviceClass });
      }
      if (elapsedNs === scenario.durationNs) resolve();
      else clock.after(TICK_NS, tick, { keepAlive: true });
    };
    tick();
  });
}

/** The simulator knows of a key no more than its hash: these are keys that Kafka's hash puts into the same partition. */
class Keys {
  readonly #keys = new Map<number, string>();

  of(hash: number, partitions: number): string {
    let key = this.#keys.get(hash);
    for (let i = 0; key === undefined; i++) {
      const candidate = `${hash}-${i}`;
      if (keyHashOf(Buffer.from(candidate)) % partitions === hash % partitions) key = candidate;
    }
    this.#keys.set(hash, key);
    return key;
  }
}
