import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import { SimulatedKafka } from '../../sim/index.ts';
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

const SPARE = 30;
const named = (stem: string, topic: object) =>
  Object.fromEntries(Array.from({ length: SPARE }, (_, i) => [`${stem}-${i}`, topic]));
const kafka = new SimulatedKafka({
  topics: {
    ...named('one', {}),
    ...named('three', { partitions: 3 }),
    ...named('small', { batchBytesMax: 10_000 }),
  },
});
const live = new LiveKafka(kafka);
/** Topics stand from the beginning: each test takes the next. */
const taken = { one: 0, three: 0, small: 0 };

const world: ProducingWorld = {
  topic: async ({ partitions = 1, recordBytesMax } = {}) => {
    const stem = recordBytesMax !== undefined ? 'small' : partitions === 3 ? 'three' : 'one';
    return `${stem}-${taken[stem]++}`;
  },
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

beforeAll(() => live.start());
afterAll(() => live.end());

producingConformance(
  'the simulated world',
  () => kafka.producer(),
  () => world,
);
