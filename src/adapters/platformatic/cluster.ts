import type { Base, BrokerWithRack, ClusterMetadata } from '@platformatic/kafka';
import type { PartitionLeader } from '../../ports.ts';
import { type PlatformaticOptions, SILENCE_MS } from './options.ts';

/** What is asked of the cluster as a whole: its brokers, the leaders of topics, the versions it speaks. */
export class Cluster {
  readonly #options: PlatformaticOptions;
  readonly #bootstrap: PlatformaticOptions['config']['bootstrapBrokers'];
  #client: Base | null = null;
  #turns = 0;
  #brokers: ReadonlyMap<number, BrokerWithRack> = new Map();

  constructor(options: PlatformaticOptions) {
    this.#options = options;
    this.#bootstrap = options.config.bootstrapBrokers;
  }

  broker(id: number): BrokerWithRack | undefined {
    return this.#brokers.get(id);
  }

  async check(): Promise<void> {
    await this.#ask((client) => client.metadata({ topics: [], forceUpdate: true }));
  }

  /** Highest version of the API that the brokers serve. */
  async versionOf(api: string): Promise<number> {
    const apis = await this.#ask((client) => client.listApis());
    const found = apis.find(({ name }) => name === api);
    if (found === undefined) throw new Error(`the brokers serve no ${api}`);
    return found.maxVersion;
  }

  async leaders(topic: string): Promise<readonly PartitionLeader[]> {
    const { topics, brokers } = await this.#ask(async (client) => {
      try {
        return told(await client.metadata({ topics: [topic], forceUpdate: true }), topic);
      } catch (error) {
        // One partition without a leader fails the whole answer, which is whole nevertheless.
        const { response } = error as { readonly response?: MetadataResponse };
        if (response === undefined || !response.topics.some(({ partitions }) => partitions.length > 0)) throw error;
        return toldDespite(response);
      }
    });
    this.#brokers = brokers;
    return topics;
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.close();
  }

  /** Asks one broker after the other: the client itself always begins with the first, and waits for it if it hangs. */
  async #ask<T>(question: (client: Base) => Promise<T>): Promise<T> {
    let turn = 0;
    for (;;) {
      const client = this.#connected();
      try {
        return await question(client);
      } catch (error) {
        if (this.#client === client) {
          this.#client = null;
          this.#turns++;
          hangUp(client);
        }
        // An answer is an answer, if only of an error.
        if (++turn >= this.#bootstrap.length || !isSilence(error)) throw error;
      }
    }
  }

  #connected(): Base {
    if (this.#client === null) {
      const { kafka, config, silenceMs = SILENCE_MS } = this.#options;
      const first = this.#turns % this.#bootstrap.length;
      const bootstrapBrokers = [...this.#bootstrap.slice(first), ...this.#bootstrap.slice(0, first)] as string[];
      const times = { connectTimeout: silenceMs, requestTimeout: silenceMs };
      this.#client = new kafka.Base({ autocreateTopics: false, ...config, ...times, bootstrapBrokers, retries: 0 });
    }
    return this.#client;
  }
}

/** Of the client's answer to a metadata request, which it also attaches to an error. */
interface MetadataResponse {
  readonly topics: readonly { readonly partitions: readonly { partitionIndex: number; leaderId: number }[] }[];
  readonly brokers: readonly (BrokerWithRack & { readonly nodeId: number })[];
}

interface Told {
  readonly topics: readonly PartitionLeader[];
  readonly brokers: ReadonlyMap<number, BrokerWithRack>;
}

function told({ topics, brokers }: ClusterMetadata, topic: string): Told {
  const partitions = topics.get(topic)?.partitions ?? [];
  return { topics: partitions.map(({ leader }, partition) => ({ partition, leader })), brokers };
}

function toldDespite({ topics, brokers }: MetadataResponse): Told {
  return {
    topics: topics[0].partitions.map(({ partitionIndex, leaderId }) => ({
      partition: partitionIndex,
      leader: leaderId,
    })),
    brokers: new Map(brokers.map(({ nodeId, host, port, rack }) => [nodeId, { host, port, rack }])),
  };
}

function isSilence(error: unknown): boolean {
  return (error as { readonly response?: unknown }).response === undefined && !/Unknown topic/.test(String(error));
}

/** Does not wait for a broker that hangs, as `close` alone does. */
function hangUp(client: Base): void {
  for (const [, connection] of client.connections) connection.socket?.destroy();
  client.close().catch(() => {});
}
