import { afterAll, it } from 'vitest';
import { confluentProducer } from '../../src/adapters/confluent/index.ts';
import { producingConformance } from '../conformance/producing.ts';
import { confluentClient } from './confluent-client.ts';
import { kafkaEnvironment } from './environment.ts';
import { producingWorld } from './world.ts';

const client = confluentClient();
const environment = kafkaEnvironment();

afterAll(() => environment.topics.close());

if (client === null) {
  it.skip('@confluentinc/kafka-javascript is not installed: node scripts/install-confluent.mjs', () => {});
} else {
  const world = producingWorld(environment);
  producingConformance(
    '@confluentinc/kafka-javascript',
    () =>
      confluentProducer({
        client,
        config: { 'bootstrap.servers': environment.bootstrap.join(), 'client.id': 'conformance' },
        questionTimeoutMs: 1_000,
      }),
    () => world,
  );
}
