import type { ConsumerHandler, ConsumerPort, TopicPartition } from '../../src/ports.ts';
import type { Assignment, ConsumerGroup } from './consumer-group.ts';
import type { FetchDesk } from './fetch-desk.ts';
import { PartitionReader } from './partition-reader.ts';
import { Questions } from './questions.ts';
import type { Link, Wire } from './wire.ts';

const NS_PER_MS = 1_000_000;
/** A question to the coordinator that nobody answers is asked again, ns. */
const BACKOFF_NS = 100 * NS_PER_MS;
const COMMIT_NS = 30_000 * NS_PER_MS;
/** About what a commit of a few partitions weighs. */
const COMMIT_BYTES = 200;

export interface SimulatedConsumerOptions {
  readonly groupId: string;
  /** Records a batch at the most. Default 500 (AK `max.poll.records`). */
  readonly batchRecordsMax?: number;
  /** Of one fetch of one partition, bytes. Default 1 MiB (AK `max.partition.fetch.bytes`). */
  readonly fetchBytesMax?: number;
  /** How long a fetch waits for something to read, ms. Default 500 (AK `fetch.max.wait.ms`). */
  readonly fetchWaitMs?: number;
}

export interface ConsumerSurroundings {
  readonly wire: Wire;
  readonly desk: FetchDesk;
  readonly link: Link;
  readonly brokers: readonly number[];
  readonly group: ConsumerGroup;
  readonly partitionsOf: (topic: string) => readonly number[] | null;
}

/** A member of a consumer group with commits by hand. A partition without a committed offset is read from its beginning. */
export class SimulatedConsumer implements ConsumerPort {
  readonly caps = { partitionPause: true, revokeBarrier: true };
  readonly #options: SimulatedConsumerOptions & ConsumerSurroundings;
  readonly #questions: Questions;
  readonly #readers = new Map<string, PartitionReader>();
  readonly #id: number;
  #generation = -1;
  #handler: ConsumerHandler | null = null;
  #closing = false;
  #onClosed: () => void = () => {};
  readonly #closed = new Promise<void>((resolve) => {
    this.#onClosed = resolve;
  });

  constructor(options: SimulatedConsumerOptions & ConsumerSurroundings) {
    this.#options = options;
    this.#questions = new Questions(options);
    this.#id = options.group.nextMember();
  }

  async run(topics: readonly string[], handler: ConsumerHandler): Promise<void> {
    if (this.#handler !== null) throw new Error('this port runs already');
    this.#handler = handler;
    try {
      await this.#questions.connect();
    } catch (cause) {
      handler.error({ fatal: true, cause });
      throw cause;
    }
    void this.#member(topics, handler);
    await this.#closed;
  }

  async commit(next: readonly (TopicPartition & { readonly offset: bigint })[]): Promise<void> {
    const { wire, link, group } = this.#options;
    if (this.#handler === null) throw new Error('not connected');
    const at = { id: this.#id, generation: this.#generation };
    const broker = this.#coordinator();
    const reply = await wire.ask<boolean>(link, { broker, limitNs: COMMIT_NS }, (to) => {
      const leavesNs = wire.clusters.brokers.produce(broker, COMMIT_BYTES, wire.clock.nowNs());
      to.answer(group.commit(at, next), { leavesNs });
    });
    if (reply.kind !== 'answer') throw new Error(`the commit is ${reply.kind}`);
    if (!reply.value) throw new Error('the commit is refused: the group has rebalanced');
  }

  pause(at: readonly TopicPartition[]): void {
    for (const each of at) this.#readers.get(keyOf(each))?.pause();
  }

  resume(at: readonly TopicPartition[]): void {
    for (const each of at) this.#readers.get(keyOf(each))?.resume();
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    if (this.#handler === null) return;
    await Promise.race([this.#revoke(this.#handler), this.#options.wire.clock.sleep(graceMs * NS_PER_MS)]);
    this.#options.group.leave(this.#id);
    this.#onClosed();
  }

  /** Joins, and joins again after each rebalance. */
  async #member(topics: readonly string[], handler: ConsumerHandler): Promise<void> {
    const { group, wire, link, partitionsOf } = this.#options;
    while (!this.#closing) {
      let rebalances: () => void = () => {};
      const rebalance = new Promise<void>((resolve) => {
        rebalances = resolve;
      });
      const membership = {
        topics,
        partitionsOf: (topic: string) => partitionsOf(topic)?.length ?? 0,
        onRebalance: () => rebalances(),
      };
      const broker = this.#coordinator();
      const reply = await wire.ask<Assignment>(link, { broker, limitNs: Infinity }, (to) => {
        if (this.#closing) return;
        group.join(this.#id, membership, (assignment) => to.answer(assignment, { leavesNs: wire.clock.nowNs() }));
      });
      if (this.#closing) return;
      if (reply.kind !== 'answer') {
        handler.error({ fatal: false, cause: new Error(`the coordinator is ${reply.kind}`) });
        await wire.clock.sleep(BACKOFF_NS);
        continue;
      }
      this.#generation = reply.value.generation;
      this.#assign(reply.value.partitions, handler);
      await rebalance;
      if (!this.#closing) await this.#revoke(handler);
    }
  }

  #assign(to: readonly TopicPartition[], handler: ConsumerHandler): void {
    const { group, partitionsOf } = this.#options;
    for (const at of to) {
      const partition = partitionsOf(at.topic)![at.partition];
      const reader = new PartitionReader({
        ...this.#options,
        at,
        partition,
        handler,
        fromOffset: Number(group.committed(at) ?? 0n),
      });
      this.#readers.set(keyOf(at), reader);
    }
    handler.assigned(to);
    for (const at of to) void this.#readers.get(keyOf(at))?.run();
  }

  async #revoke(handler: ConsumerHandler): Promise<void> {
    const from = [...this.#readers.values()].map((reader) => reader.end());
    this.#readers.clear();
    if (from.length === 0) return;
    try {
      await handler.revoked(from);
    } catch (cause) {
      handler.error({ fatal: false, cause });
    }
  }

  /** The broker that coordinates the group; another takes over, with all it knew, while that one is away. */
  #coordinator(): number {
    const { brokers, group, wire } = this.#options;
    const first = group.identity % brokers.length;
    const inTurn = brokers.map((_, index) => brokers[(first + index) % brokers.length]);
    return inTurn.find((broker) => !wire.clusters.copies.isDown(broker)) ?? inTurn[0];
  }
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
