import { Kafka, logLevel } from 'kafkajs';
import { kafkaJsProducer } from '../../src/adapters/kafkajs/index.ts';
import type { ConsumingWorld } from '../conformance/consuming.ts';
import type { ProducingWorld } from '../conformance/producing.ts';
import type { KafkaEnvironment } from './environment.ts';

/** Real brokers as the conformance suites want them. */
export function producingWorld({ cluster, topics }: KafkaEnvironment): ProducingWorld {
  const leaderOf = async (topic: string): Promise<number> => (await topics.leaders(topic))[0];
  return {
    topic: ({ partitions = 1, recordBytesMax } = {}) => {
      const config: Record<string, string> =
        recordBytesMax === undefined ? {} : { 'max.message.bytes': String(recordBytesMax) };
      return topics.create('conformance', { partitions, config });
    },
    read: (topic, recordsMin) => topics.readBack(topic, recordsMin),
    trouble:
      cluster === null
        ? null
        : {
            kill: async (topic) => cluster.broker(await leaderOf(topic)).kill9(),
            hang: async (topic) => cluster.broker(await leaderOf(topic)).sigstop(),
            killAll: async () => {
              await Promise.all(cluster.brokers.map((broker) => broker.kill9()));
            },
            heal: () => cluster.heal(),
          },
  };
}

export function consumingWorld(environment: KafkaEnvironment): ConsumingWorld & { close(): Promise<void> } {
  const { topic, trouble } = producingWorld(environment);
  const config = { clientId: 'world', brokers: [...environment.bootstrap], logLevel: logLevel.NOTHING };
  const port = kafkaJsProducer({ Kafka, config });
  return {
    topic,
    trouble,
    async write(to, partition, records) {
      for (const endMs = Date.now() + 30_000; ; ) {
        await port.open().catch(() => {});
        const outcome = await port.produce({ topic: to, partition, records }, { acks: -1, timeoutMs: 5_000 });
        if (outcome.ok) return;
        if (Date.now() > endMs) throw new Error(`${to}/${partition} was not written`, { cause: outcome.cause });
      }
    },
    close: () => port.close(1_000),
  };
}
