import type * as Platformatic from '@platformatic/kafka';

/** What the adapters use of the package: `import * as kafka from '@platformatic/kafka'`. */
export type PlatformaticKafka = Pick<
  typeof Platformatic,
  'Base' | 'ConnectionPool' | 'Consumer' | 'produceV7' | 'produceV8' | 'produceV9' | 'produceV10' | 'produceV11'
>;

export interface PlatformaticOptions {
  readonly kafka: PlatformaticKafka;
  /** As for its clients: clientId, bootstrapBrokers, tls, sasl … Retries and time-outs are the adapter's. */
  readonly config: Omit<
    Platformatic.BaseOptions,
    'retries' | 'retryDelay' | 'requestTimeout' | 'timeout' | 'metadataMaxAge'
  >;
  /**
   * A broker that has not answered a question (metadata; not produce requests) for so long is left, ms. Default 3,000, a
   * guess: above the pauses of a broker that works, and what a hung one may hold up.
   */
  readonly silenceMs?: number;
}

export const SILENCE_MS = 3_000;
