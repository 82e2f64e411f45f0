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
    read: (topic) => topics.readBack(topic),
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
