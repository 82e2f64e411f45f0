/** spillway over `@platformatic/kafka`: `import * as kafka from '@platformatic/kafka'` and hand it in. */

export { type PlatformaticConsumerOptions, platformaticConsumer } from './consumer.ts';
export type { PlatformaticKafka, PlatformaticOptions } from './options.ts';
export { platformaticProducer } from './producer.ts';
