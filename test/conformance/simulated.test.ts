import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { SimulatedKafka, type SimulatedTopic } from '../../sim/index.ts';
import { type ConsumingWorld, consumingConformance } from './consuming.ts';
import { type ProducingWorld, producingConformance } from './producing.ts';

/** The suites wait by the machine's clock, so virtual time is made to keep up with it. */
class LiveKafka {
  readonly kafka: SimulatedKafka;
  #ended = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(kafka: SimulatedKafka) {
    this.kafka = kafka;
  }

  start(): void {
    const startMs = performance.now() - this.kafka.nowMs;
    this.#loop = (async () => {
      while (!this.#ended) {
        await this.kafka.run({ forMs: Math.max(0, performance.now() - startMs - this.kafka.nowMs) });
        await sleep(1);
      }
    })();
  }

  async end(): Promise<void> {
    this.#ended = true;
    await this.#loop;
  }
}

/** Topics stand from the beginning: each test takes the next of its kind. */
const SPARE = 20;
const KINDS: Readonly<Record<string, SimulatedTopic>> = {
  ...Object.fromEntries([1, 2, 3, 4].map((partitions) => [`of-${partitions}`, { partitions }])),
  small: { batchBytesMax: 10_000 },
};
const kafka = new SimulatedKafka({
  clusters: { main: { brokers: 3 }, away: { brokers: 1 } },
  topics: Object.fromEntries(
    Object.entries(KINDS).flatMap(([kind, topic]) => Array.from({ length: SPARE }, (_, i) => [`${kind}-${i}`, topic])),
  ),
});
const taken = new Map<string, number>();
const next = (kind: string): string => {
  const index = taken.get(kind) ?? 0;
  taken.set(kind, index + 1);
  return `${kind}-${index}`;
};
const live = new LiveKafka(kafka);
const world: ProducingWorld = {
  topic: async ({ partitions = 1, recordBytesMax } = {}) =>
    next(recordBytesMax === undefined ? `of-${partitions}` : 'small'),
  read: async (topic) => {
    // Until followers have it, nobody can read it.
    await sleep(50);
    return kafka.records(topic);
  },
  trouble: {
    // Nobody else is elected: the broker itself is soon back.
    kill: async (topic) => {
      const [leader] = kafka.leaders(topic);
      kafka.stopBroker(leader);
      kafka.at(kafka.nowMs + 1_000, () => kafka.startBroker(leader));
    },
    hang: async (topic) => {
      const [leader] = kafka.leaders(topic);
      kafka.hangBroker(leader);
      kafka.at(kafka.nowMs + 5_000, () => kafka.resumeBroker(leader));
    },
    killAll: async () => {
      for (const broker of [1, 2, 3]) kafka.stopBroker(broker);
    },
    heal: async () => {
      for (const broker of [1, 2, 3]) kafka.startBroker(broker);
    },
  },
};

beforeAll(() => {
  kafka.stopBroker(1, { cluster: 'away' });
  live.start();
});
afterAll(() => live.end());

producingConformance(
  'the simulated world',
  ({ away }) => kafka.producer({ cluster: away ? 'away' : 'main' }),
  () => world,
);

const writer = kafka.producer();

const readable: ConsumingWorld = {
  topic: async ({ partitions = 1 } = {}) => next(`of-${partitions}`),
  write: async (topic, partition, records) => {
    await writer.open();
    await writer.metadata(topic);
    const outcome = await writer.produce({ topic, partition, records }, { acks: 1, timeoutMs: 5_000 });
    if (!outcome.ok) throw new Error(`not written: ${outcome.fate}`);
  },
  trouble: world.trouble,
};

consumingConformance(
  'the simulated world',
  ({ groupId, away }) => kafka.consumer({ groupId, cluster: away ? 'away' : 'main' }),
  () => readable,
);
