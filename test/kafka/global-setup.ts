import type { TestProject } from 'vitest/node';
import { type ClusterPlace, KafkaCluster, kafkaVersion } from './cluster.ts';

declare module 'vitest' {
  interface ProvidedContext {
    kafkaBootstrap: string[];
    /** Null: the user's own cluster, which no test may harm. */
    kafkaPlace: ClusterPlace | null;
  }
}

/** Brokers for the whole run: started once, ended with it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const own = process.env.SPILLWAY_KAFKA;
  if (own !== undefined && own !== '') {
    console.log(`Kafka: SPILLWAY_KAFKA=${own}; tests that stop brokers are skipped`);
    project.provide('kafkaBootstrap', own.split(','));
    project.provide('kafkaPlace', null);
    return () => Promise.resolve();
  }
  const startMs = Date.now();
  const cluster = await KafkaCluster.start();
  console.log(`Kafka ${kafkaVersion()}: three brokers after ${Date.now() - startMs} ms, ${cluster.bootstrap}`);
  project.provide('kafkaBootstrap', [...cluster.bootstrap]);
  project.provide('kafkaPlace', cluster.place);
  return () => cluster.end();
}
