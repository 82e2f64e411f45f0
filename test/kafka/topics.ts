import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import type { ConsumedRecord } from '../../src/ports.ts';

export interface NewTopic {
  readonly partitions?: number;
  /** Broker ids by partition, its first leader first. Default: the cluster's choice of `replicas` brokers. */
  readonly assignment?: readonly (readonly number[])[];
  /** Default 3, or 1 on a cluster with a single broker. */
  readonly replicas?: number;
  readonly config?: Readonly<Record<string, string>>;
}

let names = 0;
const PATIENCE_MS = 10_000;
/** Followers fetch again within `replica.fetch.wait.max.ms`, 500. */
const SETTLING_MS = 600;

/** Topics as the tests want them: made, deleted, looked at, and read from beginning to end, by a client of its own. */
export class Topics {
  readonly #bootstrap: readonly string[];
  readonly #kafka: Kafka;
  #admin: Promise<Admin> | null = null;

  constructor(bootstrap: readonly string[]) {
    this.#bootstrap = bootstrap;
    this.#kafka = new Kafka({
      clientId: 'spillway-tests',
      brokers: [...bootstrap],
      logLevel: logLevel.NOTHING,
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      retry: { initialRetryTime: 100, maxRetryTime: 300, retries: 20 },
    });
  }

  /** Makes a topic with a name of its own, which begins with `stem`, and resolves when every partition has a leader. */
  async create(stem: string, topic: NewTopic = {}): Promise<string> {
    const name = `${stem}-${process.pid}-${Date.now().toString(36)}-${names++}`;
    await this.createNamed(name, topic);
    return name;
  }

  async createNamed(name: string, { partitions = 1, assignment, replicas, config = {} }: NewTopic = {}): Promise<void> {
    const admin = await this.#connected();
    const configEntries = Object.entries(config).map(([entry, value]) => ({ name: entry, value }));
    const { brokers } = await admin.describeCluster();
    const spread =
      assignment === undefined
        ? { numPartitions: partitions, replicationFactor: replicas ?? Math.min(3, brokers.length) }
        : {
            replicaAssignment: assignment.map((ids, partition) => ({ partition, replicas: [...ids] })),
            numPartitions: -1,
            replicationFactor: -1,
          };
    await admin.createTopics({ topics: [{ topic: name, configEntries, ...spread }], waitForLeaders: false });
    const wanted = assignment?.length ?? partitions;
    await this.until(name, (leaders) => leaders.length === wanted && leaders.every((leader) => leader > 0));
    // Somebody knows who leads; that these know it themselves is another matter.
    await this.#served(name);
  }

  async delete(name: string): Promise<void> {
    const admin = await this.#connected();
    await admin.deleteTopics({ topics: [name], timeout: 10_000 });
  }

  /** Broker id by partition, −1 while there is none; empty if there is no such topic. */
  async leaders(name: string): Promise<number[]> {
    const admin = await this.#connected();
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      const partitions = [...topics[0].partitions].sort((a, b) => a.partitionId - b.partitionId);
      return partitions.map(({ leader }) => leader);
    } catch {
      return [];
    }
  }

  async until(name: string, holds: (leaders: readonly number[]) => boolean, limitMs = 30_000): Promise<void> {
    const endMs = Date.now() + limitMs;
    for (;;) {
      const leaders = await this.leaders(name);
      if (holds(leaders)) return;
      if (Date.now() > endMs) throw new Error(`topic ${name}: leaders are still ${leaders} after ${limitMs} ms`);
      await sleep(100);
    }
  }

  /**
   * Every record of the topic by partition, in order of offsets, up to the high watermarks, once these stand still and
   * there are `recordsMin` below them.
   */
  async readBack(name: string, recordsMin = 0): Promise<ConsumedRecord[][]> {
    const ends = await this.#settledOffsets(name, recordsMin);
    const records: ConsumedRecord[][] = ends.map(() => []);
    const left = new Map(
      ends
        .filter(({ low, high }) => BigInt(high) > BigInt(low))
        .map(({ partition, high }) => [partition, BigInt(high)]),
    );
    if (left.size === 0) return records;
    const consumer = this.#kafka.consumer({
      groupId: `read-back-${name}-${Date.now()}-${names++}`,
      sessionTimeout: 10_000,
      maxWaitTimeInMs: 100,
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [name], fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`topic ${name} was not read within 60 s`)), 60_000);
        void consumer
          .run({
            autoCommit: false,
            eachBatch: async ({ batch }) => {
              for (const message of batch.messages) {
                records[batch.partition].push({
                  key: message.key,
                  value: message.value,
                  headers: (message.headers ?? {}) as Record<string, Buffer>,
                  timestampMs: Number(message.timestamp),
                  offset: BigInt(message.offset),
                });
              }
              const end = left.get(batch.partition);
              if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) left.delete(batch.partition);
              if (left.size === 0) {
                clearTimeout(timer);
                resolve();
              }
            },
          })
          .catch(reject);
      });
    } finally {
      await consumer.disconnect();
    }
    return records;
  }

  async close(): Promise<void> {
    await (await this.#admin)?.disconnect();
    this.#admin = null;
  }

  /** For clients of tests' own. */
  get bootstrap(): readonly string[] {
    return this.#bootstrap;
  }

  async #served(name: string): Promise<void> {
    await this.#offsets(name);
  }

  /** Asked again while a leader is being elected. */
  async #offsets(name: string) {
    const admin = await this.#connected();
    for (const endMs = Date.now() + PATIENCE_MS; ; await sleep(50)) {
      try {
        return await admin.fetchTopicOffsets(name);
      } catch (error) {
        if (Date.now() > endMs) throw error;
      }
    }
  }

  /** What a leader alone acknowledged is shown to readers a little later; of a new topic, seconds later. */
  async #settledOffsets(name: string, recordsMin: number) {
    let ends = await this.#offsets(name);
    for (const endMs = Date.now() + PATIENCE_MS; ; ) {
      await sleep(SETTLING_MS);
      const later = await this.#offsets(name);
      const still = later.every(({ partition, high }) =>
        ends.some((each) => each.partition === partition && each.high === high),
      );
      const records = later.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
      if (still && (records >= recordsMin || Date.now() > endMs)) return later;
      ends = later;
    }
  }

  #connected(): Promise<Admin> {
    this.#admin ??= (async () => {
      const admin = this.#kafka.admin();
      await admin.connect();
      return admin;
    })();
    return this.#admin;
  }
}
