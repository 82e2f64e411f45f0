import { afterAll, it } from 'vitest';
import { confluentConsumer, confluentProducer } from '../../src/adapters/confluent/index.ts';
import { consumingConformance } from '../conformance/consuming.ts';
import { producingConformance } from '../conformance/producing.ts';
import { confluentClient } from './confluent-client.ts';
import { kafkaEnvironment } from './environment.ts';
import { consumingWorld, producingWorld } from './world.ts';

const client = confluentClient();
const environment = kafkaEnvironment();

const bootstrap = { 'bootstrap.servers': environment.bootstrap.join(), 'client.id': 'conformance' };

if (client === null) {
  it.skip('@confluentinc/kafka-javascript is not installed: node scripts/install-confluent.mjs', () => {});
} else {
  const producing = producingWorld(environment);
  const consuming = consumingWorld(environment);

  afterAll(async () => {
    await consuming.close();
    await environment.topics.close();
  });

  producingConformance(
    '@confluentinc/kafka-javascript',
    () => confluentProducer({ client, config: bootstrap, questionTimeoutMs: 1_000 }),
    () => producing,
  );

  consumingConformance(
    '@confluentinc/kafka-javascript',
    ({ groupId }) =>
      confluentConsumer({
        client,
        // Soon found out, as the tests wait for it.
        config: { ...bootstrap, 'group.id': groupId, 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 500 },
        connectTimeoutMs: 3_000,
      }),
    () => consuming,
  );
}
