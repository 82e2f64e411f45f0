import type { Kafka, KafkaConfig, logLevel } from 'kafkajs';

export interface KafkaJsOptions {
  /** kafkajs's own class: `import { Kafka } from 'kafkajs'`. */
  readonly Kafka: new (
    config: KafkaConfig,
  ) => Kafka;
  /**
   * As for `new Kafka(…)`: brokers, ssl, sasl, clientId … `retry` and `socketFactory` are the adapter's. It logs nothing
   * unless `logLevel` is given: what goes wrong is told by outcomes.
   */
  readonly config: Omit<KafkaConfig, 'retry' | 'socketFactory'>;
  /**
   * A broker that has not answered a question (metadata, versions; not produce requests) for so long is left, ms. Default
   * 3,000, a guess: above the pauses of a broker that works, and what a hung one may hold up.
   */
  readonly silenceMs?: number;
}

export const SILENCE_MS = 3_000;
/** `logLevel.NOTHING`, which is not imported as kafkajs is not. */
export const LOG_NOTHING = 0 as logLevel;
