import * as platformatic from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { kafkaJsProducer } from '../../src/adapters/kafkajs/index.ts';
import { platformaticProducer } from '../../src/adapters/platformatic/index.ts';
import { createProducer, type ProducerPort } from '../../src/index.ts';

export const PARTITIONS = 12;
export const ACKS = 1;
const KIB = 1_024;

/** One way to bring records into a topic. */
export interface Contender {
  readonly client: string;
  readonly name: string;
  /** The application makes its own batches; a record alone is not what it is handed. */
  readonly batchesByHand: boolean;
  start(bootstrap: readonly string[], topic: string): Promise<Running>;
}

export interface Running {
  /** Brings n records with this value and resolves when all are acknowledged. */
  produce(n: number, value: Buffer): Promise<void>;
  end(): Promise<void>;
}

/** Calls with `size` records each, a number of them at a time. */
async function calls(n: number, size: number, atOnce: number, call: (size: number) => Promise<unknown>): Promise<void> {
  let left = n;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      const now = Math.min(size, left);
      left -= now;
      await call(now);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

function kafkaJsAlone(size: number, atOnce: number): Contender {
  return {
    client: 'kafkajs',
    name: size === 1 ? `alone, a record a call, ${atOnce} at once` : `alone, ${size} a call by hand, ${atOnce} at once`,
    batchesByHand: size > 1,
    async start(bootstrap, topic) {
      const kafka = new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING });
      const producer = kafka.producer({ allowAutoTopicCreation: false });
      await producer.connect();
      let partition = 0;
      return {
        produce: (n, value) =>
          calls(n, size, atOnce, (now) => {
            partition = (partition + 1) % PARTITIONS;
            return producer.send({
              topic,
              acks: ACKS,
              messages: Array.from({ length: now }, () => ({ value, partition })),
            });
          }),
        end: () => producer.disconnect(),
      };
    },
  };
}

function platformaticAlone(size: number, atOnce: number): Contender {
  return {
    client: '@platformatic/kafka',
    name: `alone, ${size} a call by hand, ${atOnce} at once`,
    batchesByHand: true,
    async start(bootstrap, topic) {
      const producer = new platformatic.Producer({ clientId: 'bench', bootstrapBrokers: [...bootstrap] });
      let partition = 0;
      return {
        produce: (n, value) =>
          calls(n, size, atOnce, (now) => {
            partition = (partition + 1) % PARTITIONS;
            return producer.send({
              acks: ACKS,
              messages: Array.from({ length: now }, () => ({ topic, value, partition })),
            });
          }),
        end: async () => {
          await producer.close();
        },
      };
    },
  };
}

/** Its own batching: a stream. */
function platformaticStream(batchSize: number): Contender {
  return {
    client: '@platformatic/kafka',
    name: `alone, its stream, batchSize ${batchSize}`,
    batchesByHand: false,
    async start(bootstrap, topic) {
      const producer = new platformatic.Producer({ clientId: 'bench', bootstrapBrokers: [...bootstrap] });
      return {
        async produce(n, value) {
          const stream = producer.asStream({ batchSize, batchTime: 5, acks: ACKS, highWaterMark: 4 * batchSize });
          let partition = 0;
          for (let i = 0; i < n; i++) {
            if (i % batchSize === 0) partition = (partition + 1) % PARTITIONS;
            if (!stream.write({ topic, value, partition }))
              await new Promise((resolve) => stream.once('drain', resolve));
          }
          await stream.close();
        },
        end: async () => {
          await producer.close(true);
        },
      };
    },
  };
}

function spillway(client: string, port: (bootstrap: readonly string[]) => ProducerPort, batchKib: number): Contender {
  return {
    client,
    name: `spillway, batches of ${batchKib} KiB`,
    batchesByHand: false,
    async start(bootstrap, topic) {
      const producer = createProducer({
        port: port(bootstrap),
        acks: ACKS,
        batchBytesMax: batchKib * KIB,
        identity: 'bench',
      });
      await producer.sendAndConfirm({ topic, value: 'first' });
      return {
        async produce(n, value) {
          const before = producer.receipt().delivered;
          for (let i = 0; i < n; i++) {
            producer.send({ topic, value });
            // An application that can wait: half the buffer is enough.
            while (producer.bufferedRecords > 20_000) await new Promise((resolve) => setImmediate(resolve));
          }
          while (producer.bufferedRecords > 0) await new Promise((resolve) => setImmediate(resolve));
          const delivered = producer.receipt().delivered - before;
          if (delivered !== n) throw new Error(`delivered ${delivered} of ${n}`);
        },
        async end() {
          const { balanced } = await producer.close();
          if (!balanced) throw new Error('the books do not balance');
        },
      };
    },
  };
}

export const viaKafkaJs = (bootstrap: readonly string[]): ProducerPort =>
  kafkaJsProducer({ Kafka, config: { brokers: [...bootstrap] } });
export const viaPlatformatic = (bootstrap: readonly string[]): ProducerPort =>
  platformaticProducer({ kafka: platformatic, config: { clientId: 'bench', bootstrapBrokers: [...bootstrap] } });

export const CONTENDERS: readonly Contender[] = [
  kafkaJsAlone(1, 500),
  kafkaJsAlone(100, 5),
  kafkaJsAlone(500, 5),
  spillway('kafkajs', viaKafkaJs, 16),
  spillway('kafkajs', viaKafkaJs, 64),
  platformaticStream(500),
  platformaticAlone(100, 5),
  platformaticAlone(500, 5),
  spillway('@platformatic/kafka', viaPlatformatic, 16),
  spillway('@platformatic/kafka', viaPlatformatic, 64),
];
