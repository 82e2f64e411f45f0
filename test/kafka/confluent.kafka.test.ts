import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { confluentConsumer, confluentProducer } from '../../src/adapters/confluent/index.ts';
import { consumingConformance } from '../conformance/consuming.ts';
import { producingConformance } from '../conformance/producing.ts';
import { confluentClient } from './confluent-client.ts';
import { kafkaEnvironment } from './environment.ts';
import { repositoryRoot } from './jars.ts';
import { consumingWorld, producingWorld } from './world.ts';

const client = confluentClient();
const environment = kafkaEnvironment();

/** Nobody listens on port 1. */
const bootstrap = (away = false) => ({
  'bootstrap.servers': away ? '127.0.0.1:1' : environment.bootstrap.join(),
  'client.id': 'conformance',
});

if (client === null) {
  it.skip('@confluentinc/kafka-javascript is not installed: node scripts/install-confluent.mjs', () => {});
} else {
  it('@confluentinc/kafka-javascript: its own types fit what the adapter asks for', () => {
    const root = repositoryRoot();
    // Written here, as the type check of the repository does without the package.
    const file = join(root, 'test/kafka/confluent/node_modules/fit.ts');
    const lines = [
      "import client from '@confluentinc/kafka-javascript';",
      `import { confluentConsumer, confluentProducer } from '${root}/src/adapters/confluent/index.ts';`,
      'export const ports = [confluentProducer({ client, config: {} }), confluentConsumer({ client, config: {} })];',
    ];
    writeFileSync(file, lines.join('\n'));
    const flags = '--ignoreConfig --noEmit --strict --skipLibCheck --module nodenext --target es2023 --types node';
    const tsc = [join(root, 'node_modules/.bin/tsc'), ...flags.split(' '), '--allowImportingTsExtensions', file];
    const { stdout, status } = spawnSync(process.execPath, tsc, { cwd: root, encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, '']);
  });

  const producing = producingWorld(environment);
  const consuming = consumingWorld(environment);

  afterAll(async () => {
    await consuming.close();
    await environment.topics.close();
  });

  producingConformance(
    '@confluentinc/kafka-javascript',
    ({ away }) => confluentProducer({ client, config: bootstrap(away), questionTimeoutMs: 1_000 }),
    () => producing,
  );

  consumingConformance(
    '@confluentinc/kafka-javascript',
    ({ groupId, away }) =>
      confluentConsumer({
        client,
        // Soon found out, as the tests wait for it.
        config: { ...bootstrap(away), 'group.id': groupId, 'session.timeout.ms': 6_000, 'heartbeat.interval.ms': 500 },
        connectTimeoutMs: 3_000,
      }),
    () => consuming,
  );
}
