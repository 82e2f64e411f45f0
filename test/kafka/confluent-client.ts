import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { ConfluentClient } from '../../src/adapters/confluent/index.ts';
import { repositoryRoot } from './jars.ts';

/** @confluentinc/kafka-javascript from its own folder; null when nobody has built it. */
export function confluentClient(): ConfluentClient | null {
  const require = createRequire(join(repositoryRoot(), 'test/kafka/confluent/package.json'));
  try {
    return require('@confluentinc/kafka-javascript') as ConfluentClient;
  } catch (cause) {
    const install = 'node scripts/install-confluent.mjs';
    if (process.env.CI === 'true') throw new Error(`@confluentinc/kafka-javascript is missing: ${install}`, { cause });
    console.log(`@confluentinc/kafka-javascript is not installed, and not tested: ${install}`);
    return null;
  }
}
