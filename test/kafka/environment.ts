import { inject } from 'vitest';
import './global-setup.ts';
import { KafkaCluster } from './cluster.ts';
import { Topics } from './topics.ts';

/** The brokers of this run, and a client for what tests need around them. `cluster` is null if it is the user's own. */
export interface KafkaEnvironment {
  readonly bootstrap: readonly string[];
  readonly cluster: KafkaCluster | null;
  readonly topics: Topics;
}

export function kafkaEnvironment(): KafkaEnvironment {
  const bootstrap = inject('kafkaBootstrap');
  const place = inject('kafkaPlace');
  return {
    bootstrap,
    cluster: place === null ? null : KafkaCluster.attach(place),
    topics: new Topics(bootstrap),
  };
}
