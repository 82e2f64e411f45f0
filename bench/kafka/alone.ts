/**
 * The clients alone, as an application uses them that wants throughput and to know that its events arrived. Events with
 * a key go where the client's own partitioner says. Those without go, batches by hand, one partition a call in turn:
 * the clients would cut each batch into as many parts as there are partitions.
 */
import * as platformatic from '@platformatic/kafka';
import { Kafka, logLevel } from 'kafkajs';
import type { ConfluentClient } from '../../src/adapters/confluent/index.ts';
import { ACKS, type Contender, calls, type Event, PARTITIONS } from './contender.ts';

export interface Calls {
  /** Events a call. */
  readonly size: number;
  readonly atOnce: number;
}

const nameOf = ({ size, atOnce }: Calls): string => `${size} a call, ${atOnce} at once`;

export function kafkaJsAlone(how: Calls): Contender {
  const { size } = how;
  return {
    client: 'kafkajs',
    name: nameOf(how),
    batching: size === 1 ? 'own' : 'hand',
    share: size === 1 ? 0.1 : 1,
    async start(bootstrap, topic) {
      const kafka = new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING });
      const producer = kafka.producer({ allowAutoTopicCreation: false });
      await producer.connect();
      let turn = 0;
      return {
        produce: (n, events) =>
          calls({ n, events, ...how }, (batch) => {
            const partition = turn++ % PARTITIONS;
            const messages = batch.map(({ key, value }) => (key === null ? { value, partition } : { key, value }));
            return producer.send({ topic, acks: ACKS, messages });
          }),
        end: () => producer.disconnect(),
      };
    },
  };
}

type TextMessages = platformatic.MessageToProduce<string, string, string, string>[];

function platformaticTexts(bootstrap: readonly string[]): platformatic.Producer<string, string, string, string> {
  const options = { clientId: 'bench', bootstrapBrokers: [...bootstrap], serializers: platformatic.stringSerializers };
  return new platformatic.Producer(options);
}

export function platformaticAlone(how: Calls): Contender {
  return {
    client: '@platformatic/kafka',
    name: nameOf(how),
    batching: how.size === 1 ? 'own' : 'hand',
    async start(bootstrap, topic) {
      const producer = platformaticTexts(bootstrap);
      let turn = 0;
      return {
        produce: (n, events) =>
          calls({ n, events, ...how }, (batch) => {
            const partition = turn++ % PARTITIONS;
            const messages: TextMessages = batch.map(({ key, value }) =>
              key === null ? { topic, value, partition } : { topic, key, value },
            );
            return producer.send({ acks: ACKS, messages });
          }),
        end: async () => producer.close(),
      };
    },
  };
}

/** Its own batching: a stream. It has one batch in flight. */
export function platformaticStream(batchSize: number): Contender {
  return {
    client: '@platformatic/kafka',
    name: `its stream, batchSize ${batchSize}`,
    batching: 'own',
    async start(bootstrap, topic) {
      const producer = platformaticTexts(bootstrap);
      return {
        async produce(n, events) {
          const stream = producer.asStream({ batchSize, batchTime: 5, acks: ACKS, highWaterMark: 4 * batchSize });
          let partition = 0;
          for (let i = 0; i < n; i++) {
            if (i % batchSize === 0) partition = (partition + 1) % PARTITIONS;
            const { key, value } = events[i % events.length];
            if (!stream.write(key === null ? { topic, value, partition } : { topic, key, value }))
              await new Promise((resolve) => stream.once('drain', resolve));
          }
          await stream.close();
        },
        end: async () => producer.close(true),
      };
    },
  };
}

/** What librdkafka may hold before the application waits: enough for all its connections. */
const QUEUED_MAX = 20_000;

/** Its own batching: librdkafka's queues. A delivery report for each event. */
export function confluentAlone(client: ConfluentClient, lingerMs: number): Contender {
  return {
    client: '@confluentinc/kafka-javascript',
    name: `produce, linger.ms ${lingerMs}`,
    batching: 'own',
    async start(bootstrap, topic) {
      const config = {
        'bootstrap.servers': bootstrap.join(),
        'linger.ms': lingerMs,
        'request.required.acks': ACKS,
        partitioner: 'murmur2_random',
        dr_cb: true,
      };
      const producer = new client.Producer(config as never);
      let queued = 0;
      let wake = (): void => {};
      let failure: unknown = null;
      producer.on('delivery-report', (error) => {
        failure ??= error;
        queued--;
        wake();
      });
      await new Promise<void>((resolve, reject) => {
        producer.connect({ timeout: 10_000 }, (error) => (error ? reject(error) : resolve()));
      });
      producer.setPollInBackground(true);
      const until = async (most: number): Promise<void> => {
        while (queued > most) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (failure !== null) throw failure;
      };
      return {
        async produce(n, events) {
          for (let i = 0; i < n; i++) {
            const { key, value } = events[i % events.length];
            // The client's own types want null where it wants −1 for "its partitioner decides".
            producer.produce(topic, -1, Buffer.from(value), key === null ? null : Buffer.from(key), Date.now(), i);
            if (++queued > QUEUED_MAX) await until(QUEUED_MAX);
          }
          await until(0);
        },
        end: () => new Promise((resolve) => producer.disconnect(5_000, () => resolve())),
      };
    },
  };
}

/** Its other interface, made like kafkajs's: batches by hand go through librdkafka's queues, too. */
export function confluentCalls(client: ConfluentClient, how: Calls & { readonly lingerMs: number }): Contender {
  return {
    client: '@confluentinc/kafka-javascript',
    name: `${nameOf(how)}, linger.ms ${how.lingerMs}`,
    batching: how.size === 1 ? 'own' : 'hand',
    async start(bootstrap, topic) {
      const { KafkaJS } = client as ConfluentClient & {
        readonly KafkaJS: { readonly Kafka: new (config: object) => Promised };
      };
      const producer = new KafkaJS.Kafka({
        kafkaJS: { brokers: [...bootstrap], logLevel: 0 },
      }).producer({ 'linger.ms': how.lingerMs, kafkaJS: { acks: ACKS } });
      await producer.connect();
      let turn = 0;
      return {
        produce: (n, events) =>
          calls({ n, events, ...how }, (batch) => {
            const partition = turn++ % PARTITIONS;
            const messages = batch.map(({ key, value }) => (key === null ? { value, partition } : { key, value }));
            return producer.send({ topic, messages });
          }),
        end: () => producer.disconnect(),
      };
    },
  };
}

interface Promised {
  producer(config: object): {
    connect(): Promise<void>;
    send(records: { readonly topic: string; readonly messages: readonly Partial<Event>[] }): Promise<unknown>;
    disconnect(): Promise<void>;
  };
}
