import { setTimeout as sleep } from 'node:timers/promises';
import { outcomeOfCode } from '../../src/adapters/kafka-errors.ts';
import type { ConsumedRecord, PartitionLeader, ProduceOutcome, ProducerPort, WireRecord } from '../../src/ports.ts';
import type { ProducingWorld } from './producing.ts';

interface Topic {
  readonly partitions: ConsumedRecord[][];
  readonly recordBytesMax: number;
  leader: number;
}

/** The least that the conformance suite for producing takes for a cluster, in memory: three brokers that do as they are told. */
export class MemoryCluster implements ProducingWorld {
  readonly #topics = new Map<string, Topic>();
  readonly #killed = new Set<number>();
  readonly #hung = new Set<number>();

  async topic({ partitions = 1, recordBytesMax = Number.POSITIVE_INFINITY } = {}): Promise<string> {
    const name = `topic-${this.#topics.size}`;
    this.#topics.set(name, { partitions: Array.from({ length: partitions }, () => []), recordBytesMax, leader: 1 });
    return name;
  }

  async read(topic: string): Promise<readonly (readonly ConsumedRecord[])[]> {
    return this.#topics.get(topic)!.partitions;
  }

  readonly trouble = {
    kill: async (topic: string): Promise<void> => {
      this.#killed.add(this.#topics.get(topic)!.leader++);
    },
    hang: async (topic: string): Promise<void> => {
      const { leader } = this.#topics.get(topic)!;
      this.#hung.add(leader);
      setTimeout(() => this.#topics.get(topic)!.leader++, 3_000);
    },
    killAll: async (): Promise<void> => {
      for (const broker of [1, 2, 3]) this.#killed.add(broker);
    },
    heal: async (): Promise<void> => {
      this.#killed.clear();
      this.#hung.clear();
    },
  };

  port({ away = false } = {}): ProducerPort {
    let opened = false;
    const view = new Map<string, number>();
    const reach = async (): Promise<void> => {
      if (away || this.#killed.size === 3) throw new Error('connection refused');
    };
    return {
      caps: { acksPerCall: true, idempotent: false, retriesInternally: false },
      open: async () => {
        await reach();
        opened = true;
      },
      metadata: async (name): Promise<readonly PartitionLeader[]> => {
        await reach();
        const topic = this.#topics.get(name);
        if (topic === undefined) throw new Error(`unknown topic ${name}`);
        view.set(name, topic.leader);
        return topic.partitions.map((_, partition) => ({ partition, leader: topic.leader }));
      },
      produce: async ({ topic: name, partition, records }, { acks, timeoutMs }): Promise<ProduceOutcome> => {
        const refused = (code: number) => outcomeOfCode({ code, acks, cause: new Error(`error ${code}`) });
        const topic = this.#topics.get(name);
        const broker = view.get(name) ?? 1;
        if (!opened || this.#killed.has(broker)) {
          return { ok: false, fate: 'not-written', next: 'reconnect', cause: new Error('connection refused') };
        }
        if (this.#hung.has(broker)) {
          await sleep(timeoutMs);
          return { ok: false, fate: 'maybe-written', cause: new Error('no answer') };
        }
        const log = topic?.partitions[partition];
        if (topic === undefined || log === undefined) return refused(3);
        if (broker !== topic.leader) return refused(6);
        if (records.some((record) => bytesOf(record) > topic.recordBytesMax)) return refused(10);
        const baseOffset = BigInt(log.length);
        for (const record of records) log.push({ ...record, offset: BigInt(log.length) });
        return { ok: true, baseOffset: acks === 0 ? null : baseOffset };
      },
      close: async () => {
        opened = false;
      },
    };
  }
}

const bytesOf = ({ key, value }: WireRecord): number => (key?.length ?? 0) + (value?.length ?? 0);
