import * as platformatic from '@platformatic/kafka';
import { Kafka } from 'kafkajs';
import { afterAll } from 'vitest';
import { kafkaJsConsumer } from '../../src/adapters/kafkajs/index.ts';
import { platformaticConsumer } from '../../src/adapters/platformatic/index.ts';
import { consumingConformance } from '../conformance/consuming.ts';
import { kafkaEnvironment } from './environment.ts';
import { consumingWorld } from './world.ts';

const environment = kafkaEnvironment();
const world = consumingWorld(environment);
/** Nobody listens on port 1. */
const brokers = (away = false) => (away ? ['127.0.0.1:1'] : [...environment.bootstrap]);
/** Soon found out, as the tests wait for it. */
const times = { sessionTimeout: 6_000, heartbeatInterval: 500, rebalanceTimeout: 10_000 };

afterAll(async () => {
  await world.close();
  await environment.topics.close();
});

consumingConformance(
  'kafkajs',
  ({ groupId, away }) =>
    kafkaJsConsumer({
      Kafka,
      config: { clientId: 'conformance', brokers: brokers(away) },
      groupId,
      consumer: { ...times, maxWaitTimeInMs: 200 },
    }),
  () => world,
);

consumingConformance(
  '@platformatic/kafka',
  ({ groupId, away }) =>
    platformaticConsumer({
      kafka: platformatic,
      config: { clientId: 'conformance', bootstrapBrokers: brokers(away) },
      groupId,
      consumer: { ...times, maxWaitTime: 200 },
    }),
  () => world,
);
