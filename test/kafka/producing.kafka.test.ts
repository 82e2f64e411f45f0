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
const brokers = [...environment.bootstrap];

afterAll(() => environment.topics.close());

producingConformance(
  'kafkajs',
  () => kafkaJsProducer({ Kafka, config: { clientId: 'conformance', brokers }, silenceMs: 1_000 }),
  () => world,
);

producingConformance(
  '@platformatic/kafka',
  () =>
    platformaticProducer({
      kafka: platformatic,
      config: { clientId: 'conformance', bootstrapBrokers: brokers },
      silenceMs: 1_000,
    }),
  () => world,
);
