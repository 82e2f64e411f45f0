/** spillway over kafkajs: `import { Kafka } from 'kafkajs'` and hand it in. */
export type { KafkaJsOptions } from './options.ts';
export { kafkaJsProducer } from './producer.ts';
