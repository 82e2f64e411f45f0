/** The client @confluentinc/kafka-javascript (librdkafka) behind the ports for producing and consuming. */
export type { ConfluentClient, ConfluentConfig } from './client.ts';
export { type ConfluentConsumerOptions, confluentConsumer } from './consumer.ts';
export { type ConfluentProducerOptions, confluentProducer } from './producer.ts';
