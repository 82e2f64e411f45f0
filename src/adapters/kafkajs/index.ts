/** spillway over kafkajs: `import { Kafka } from 'kafkajs'` and hand it in. */

export { type KafkaJsConsumerOptions, kafkaJsConsumer } from './consumer.ts';
export type { KafkaJsOptions } from './options.ts';
export { kafkaJsProducer } from './producer.ts';
