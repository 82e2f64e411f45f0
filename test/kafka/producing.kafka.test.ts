import * as platformatic from '@platformatic/kafka';
import { Kafka } from 'kafkajs';
import { afterAll } from 'vitest';
import { kafkaJsProducer } from '../../src/adapters/kafkajs/index.ts';
import { platformaticProducer } from '../../src/adapters/platformatic/index.ts';
import { producingConformance } from '../conformance/producing.ts';
import { kafkaEnvironment } from './environment.ts';
import { producingWorld } from './world.ts';

const environment = kafkaEnvironment();
const world = producingWorld(environment);
/** Nobody listens on port 1. */
const brokers = (away = false) => (away ? ['127.0.0.1:1'] : [...environment.bootstrap]);

afterAll(() => environment.topics.close());

producingConformance(
  'kafkajs',
  ({ away }) =>
    kafkaJsProducer({ Kafka, config: { clientId: 'conformance', brokers: brokers(away) }, silenceMs: 1_000 }),
  () => world,
);

producingConformance(
  '@platformatic/kafka',
  ({ away }) =>
    platformaticProducer({
      kafka: platformatic,
      config: { clientId: 'conformance', bootstrapBrokers: brokers(away) },
      silenceMs: 1_000,
    }),
  () => world,
);
