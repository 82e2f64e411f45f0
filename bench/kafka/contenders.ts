import * as platformatic from '@platformatic/kafka';
import { Kafka } from 'kafkajs';
import { confluentProducer } from '../../src/adapters/confluent/index.ts';
import { kafkaJsProducer } from '../../src/adapters/kafkajs/index.ts';
import { platformaticProducer } from '../../src/adapters/platformatic/index.ts';
import { createProducer, type ProducerPort } from '../../src/index.ts';
import { confluentClient } from '../../test/kafka/confluent-client.ts';
import { confluentAlone, confluentCalls, kafkaJsAlone, platformaticAlone, platformaticStream } from './alone.ts';
import { ACKS, type Contender } from './contender.ts';

const KIB = 1_024;
/** An application that can wait does so above it: enough for all connections. */
const BUFFERED_MAX = 20_000;

export type Via = (bootstrap: readonly string[]) => ProducerPort;

function spillway(client: string, port: Via, batchKib: number): Contender {
  return {
    client,
    name: `batchBytesMax ${batchKib} KiB`,
    batching: 'spillway',
    async start(bootstrap, topic) {
      const producer = createProducer({
        port: port(bootstrap),
        acks: ACKS,
        batchBytesMax: batchKib * KIB,
        identity: 'bench',
      });
      await producer.sendAndConfirm({ topic, value: 'first' });
      const until = async (most: number): Promise<void> => {
        while (producer.bufferedRecords > most)
          await new Promise<unknown>((resolve) => producer.once('delivered', resolve));
      };
      return {
        async produce(n, events) {
          const before = producer.receipt().delivered;
          for (let i = 0; i < n; i++) {
            const { key, value } = events[i % events.length];
            producer.send({ topic, key, value });
            if (producer.bufferedRecords > BUFFERED_MAX) await until(BUFFERED_MAX);
          }
          await until(0);
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

export const viaKafkaJs: Via = (bootstrap) => kafkaJsProducer({ Kafka, config: { brokers: [...bootstrap] } });
export const viaPlatformatic: Via = (bootstrap) =>
  platformaticProducer({ kafka: platformatic, config: { clientId: 'bench', bootstrapBrokers: [...bootstrap] } });

function ofKafkaJs(): Contender[] {
  return [
    kafkaJsAlone({ size: 1, atOnce: 500 }),
    kafkaJsAlone({ size: 500, atOnce: 5 }),
    kafkaJsAlone({ size: 500, atOnce: 15 }),
    spillway('kafkajs', viaKafkaJs, 16),
    spillway('kafkajs', viaKafkaJs, 128),
    spillway('kafkajs', viaKafkaJs, 512),
  ];
}

function ofPlatformatic(): Contender[] {
  return [
    platformaticStream(500),
    platformaticStream(2_000),
    platformaticAlone({ size: 500, atOnce: 5 }),
    platformaticAlone({ size: 500, atOnce: 15 }),
    spillway('@platformatic/kafka', viaPlatformatic, 16),
    spillway('@platformatic/kafka', viaPlatformatic, 128),
    spillway('@platformatic/kafka', viaPlatformatic, 512),
  ];
}

function ofConfluent(): Contender[] {
  const client = confluentClient();
  if (client === null) return [];
  // As alone: enough for librdkafka to find a batch whole, which it is handed record by record.
  const via: Via = (bootstrap) =>
    confluentProducer({ client, config: { 'bootstrap.servers': bootstrap.join(), 'linger.ms': 5 } });
  return [
    confluentAlone(client, 5),
    confluentAlone(client, 50),
    confluentCalls(client, { size: 500, atOnce: 15, lingerMs: 0 }),
    spillway('@confluentinc/kafka-javascript', via, 16),
    spillway('@confluentinc/kafka-javascript', via, 128),
    spillway('@confluentinc/kafka-javascript', via, 512),
  ];
}

/** Those of clients whose name contains `client`. */
export function contendersOf(client: string): readonly Contender[] {
  return [...ofKafkaJs(), ...ofPlatformatic(), ...ofConfluent()].filter((each) => each.client.includes(client));
}
