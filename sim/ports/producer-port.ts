import { outcomeOfCode } from '../../src/adapters/kafka-errors.ts';
import type { PartitionLeader, ProduceOutcome, ProducerPort, TopicPartition, WireRecord } from '../../src/ports.ts';
import type { Acks } from '../../src/record.ts';
import type { Answering, Reply } from './exchange.ts';
import { Questions } from './questions.ts';
import type { RecordStore } from './record-store.ts';
import type { Link, Wire } from './wire.ts';
import { batchBytes } from './wire-size.ts';

const NS_PER_MS = 1_000_000;
const NOT_LEADER = 6;
const MESSAGE_TOO_LARGE = 10;
const NOT_ENOUGH_REPLICAS = 19;
/** How often a write that waits for followers in trouble looks whether they have it, ns. */
const PURGATORY_NS = 10 * NS_PER_MS;

export interface SimulatedProducerOptions {
  readonly wire: Wire;
  readonly link: Link;
  readonly brokers: readonly number[];
  /** Numbers in the world of the topic's partitions; null if there is no such topic. */
  readonly partitionsOf: (topic: string) => readonly number[] | null;
  readonly batchBytesMax: (topic: string) => number;
  readonly records: (partition: number) => RecordStore;
}

interface Written {
  readonly code: number;
  readonly baseOffset: number;
}

type Batch = TopicPartition & { readonly records: readonly WireRecord[] };

/** A Kafka client with no manners of its own: one request a call, no retries, no queue. */
export class SimulatedProducer implements ProducerPort {
  readonly caps = { acksPerCall: true, idempotent: false, retriesInternally: false };
  readonly #options: SimulatedProducerOptions;
  readonly #questions: Questions;
  readonly #leaders = new Map<string, ReadonlyMap<number, number>>();
  readonly #inFlight = new Set<Promise<ProduceOutcome>>();
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor(options: SimulatedProducerOptions) {
    this.#options = options;
    this.#questions = new Questions(options);
  }

  async open(): Promise<void> {
    if (this.#state === 'closed') throw new Error('closed');
    await this.#questions.connect();
    if (this.#state === 'new') this.#state = 'open';
  }

  async metadata(topic: string): Promise<readonly PartitionLeader[]> {
    const leaders = await this.#questions.leaders(this.#options.partitionsOf(topic));
    this.#leaders.set(topic, new Map(leaders.map(({ partition, leader }) => [partition, leader])));
    return leaders;
  }

  produce(batch: Batch, options: { readonly acks: Acks; readonly timeoutMs: number }): Promise<ProduceOutcome> {
    const outcome = this.#produce(batch, options);
    this.#inFlight.add(outcome);
    return outcome.finally(() => this.#inFlight.delete(outcome));
  }

  async close(graceMs: number): Promise<void> {
    this.#state = 'closed';
    await Promise.race([Promise.all(this.#inFlight), this.#options.wire.clock.sleep(graceMs * NS_PER_MS)]);
  }

  async #produce(
    batch: Batch,
    { acks, timeoutMs }: { readonly acks: Acks; readonly timeoutMs: number },
  ): Promise<ProduceOutcome> {
    const { wire, link, brokers, partitionsOf } = this.#options;
    if (this.#state !== 'open') {
      return { ok: false, fate: 'not-written', next: 'reconnect', cause: new Error(`the port is ${this.#state}`) };
    }
    const leader = this.#leaders.get(batch.topic)?.get(batch.partition) ?? -1;
    const partition = partitionsOf(batch.topic)?.[batch.partition];
    if (leader < 0 || partition === undefined) {
      const cause = new Error(`no leader is known of ${batch.topic}/${batch.partition}`);
      return { ok: false, fate: 'not-written', next: 'refresh-metadata', cause };
    }
    if (batch.records.length === 0) return { ok: true, baseOffset: null };
    const broker = brokers[leader - 1];
    const reply = await wire.ask<Written>(link, { broker, limitNs: timeoutMs * NS_PER_MS }, (to) =>
      this.#write(to, { broker, partition, batch, acks }),
    );
    return outcomeOf(reply, acks);
  }

  /** The request has reached the broker. */
  #write(
    to: Answering<Written>,
    { broker, partition, batch, acks }: { broker: number; partition: number; batch: Batch; acks: Acks },
  ): void {
    const { wire, records } = this.#options;
    const { clusters, clock } = wire;
    const nowNs = clock.nowNs();
    const bytes = batchBytes(batch.records);
    const doneNs = clusters.brokers.produce(broker, bytes, nowNs);
    const code = this.#refusal({ broker, partition, topic: batch.topic, bytes, acks });
    if (code !== 0) {
      to.answer({ code, baseOffset: -1 }, { leavesNs: doneNs });
      return;
    }
    const count = batch.records.length;
    const store = records(partition);
    const atNs = clusters.append(partition, count, bytes, to.sentNs, to.sentNs, doneNs);
    const endOffset = clusters.logs[partition].endOffset();
    store.append(endOffset - count, batch.records);
    const value = { code: 0, baseOffset: endOffset - count };
    if (acks === 0) to.answer(value, { leavesNs: nowNs, doneNs: nowNs });
    else if (acks === 1) to.answer(value, { leavesNs: atNs });
    else this.#answerCommitted(to, { partition, value, endOffset, atNs });
  }

  /** Kafka's error code; 0 when the write is taken. */
  #refusal(about: { broker: number; partition: number; topic: string; bytes: number; acks: Acks }): number {
    const { clusters, clock, topology } = this.#options.wire;
    const { broker, partition, topic, bytes, acks } = about;
    if (topology.partitionLeader[partition] !== broker) return NOT_LEADER;
    if (bytes > this.#options.batchBytesMax(topic)) return MESSAGE_TOO_LARGE;
    const inSync = clusters.copies.sets[partition]?.inSyncAt(clock.nowNs()) ?? 1;
    const { minInsyncReplicas } = topology.clusters[topology.brokerCluster[broker]];
    return acks === -1 && inSync < minInsyncReplicas ? NOT_ENOUGH_REPLICAS : 0;
  }

  /** As soon as the in-sync set has it. When that is can't be told while a follower is in trouble: then by looking. */
  #answerCommitted(
    to: Answering<Written>,
    about: { partition: number; value: Written; endOffset: number; atNs: number },
  ): void {
    const { clusters, clock } = this.#options.wire;
    const { partition, value, endOffset, atNs } = about;
    if (clusters.copies.sets[partition]?.isHealthyAt(clock.nowNs()) ?? true) {
      to.answer(value, { leavesNs: clusters.copies.visibleFromNs(partition, atNs), doneNs: atNs });
      return;
    }
    const look = (): void => {
      const nowNs = clock.nowNs();
      if (!to.awaited || clusters.logs[partition].endOffset() < endOffset) return;
      if (clusters.copies.visibleEnd(partition) >= endOffset) to.answer(value, { leavesNs: nowNs, doneNs: atNs });
      else clock.after(PURGATORY_NS, look);
    };
    clock.after(Math.max(0, atNs - clock.nowNs()), look);
  }
}

function outcomeOf(reply: Reply<Written>, acks: Acks): ProduceOutcome {
  if (reply.kind === 'answer') {
    const { code, baseOffset } = reply.value;
    // With acks 0 nobody says how it went.
    if (acks === 0) return { ok: true, baseOffset: null };
    if (code === 0) return { ok: true, baseOffset: BigInt(baseOffset) };
    return outcomeOfCode({ code, acks, cause: new Error(`the broker refuses with error ${code}`) });
  }
  const cause = new Error(reply.kind);
  if (reply.kind === 'unreachable') return { ok: false, fate: 'not-written', next: 'reconnect', cause };
  return { ok: false, fate: 'maybe-written', cause };
}
