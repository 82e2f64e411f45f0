/** A cluster in memory behind a ProducerPort, with the bad manners of real clients on request. */
import type { PartitionLeader, ProduceOutcome, ProducerPort, TopicPartition, WireRecord } from '../ports.ts';
import type { Acks } from '../record.ts';

export type Manner =
  /** Writes and answers. */
  | 'fine'
  /** Refuses connections: `open` and `metadata` reject, nothing leaves. */
  | 'down'
  /** Accepts everything and never answers. */
  | 'hang'
  /** Writes, then loses the answer. */
  | 'lose-answer'
  /** Rejects, though a port should not. */
  | 'reject'
  /** Throws before it returns a promise. */
  | 'throw'
  /** Refuses for now, surely not written. */
  | 'refuse'
  /** Refuses because the leader is elsewhere. */
  | 'not-leader'
  /** Refuses for good. */
  | 'forbid';

export type ProduceBatch = TopicPartition & { readonly records: readonly WireRecord[] };

export class MemoryPort implements ProducerPort {
  caps = { acksPerCall: true, idempotent: false, retriesInternally: false };
  /** How `open`, `metadata` and `produce` behave; `produce` asks `mannerOf` first. */
  manner: Manner = 'fine';
  mannerOf: ((batch: ProduceBatch) => Manner) | null = null;
  /** Leaders by topic; other topics have `partitionsByDefault` partitions, led by brokers 1001, 1002, … */
  readonly leaders = new Map<string, PartitionLeader[]>();
  partitionsByDefault = 3;
  /** Everything written, in order, with copies. */
  readonly log: { readonly topic: string; readonly partition: number; readonly record: WireRecord }[] = [];
  readonly calls: (ProduceBatch & { readonly acks: Acks })[] = [];
  opens = 0;
  metadataCalls = 0;
  /** Calls without an answer now, and the most there ever were. */
  unanswered = 0;
  unansweredMax = 0;
  closedWith: number | null = null;

  async open(): Promise<void> {
    this.opens++;
    await this.#behave('open');
  }

  async metadata(topic: string): Promise<readonly PartitionLeader[]> {
    this.metadataCalls++;
    await this.#behave('metadata');
    const known = this.leaders.get(topic);
    if (known !== undefined) return known;
    return Array.from({ length: this.partitionsByDefault }, (_, partition) => ({
      partition,
      leader: 1001 + partition,
    }));
  }

  produce(batch: ProduceBatch, { acks }: { readonly acks: Acks }): Promise<ProduceOutcome> {
    this.calls.push({ ...batch, acks });
    const manner = this.mannerOf?.(batch) ?? this.manner;
    if (manner === 'throw') throw new Error('the port throws');
    this.unanswered++;
    this.unansweredMax = Math.max(this.unansweredMax, this.unanswered);
    return this.#answer(batch, manner).finally(() => this.unanswered--);
  }

  async close(graceMs: number): Promise<void> {
    this.closedWith = graceMs;
    await this.#behave('close');
  }

  async #answer(batch: ProduceBatch, manner: Manner): Promise<ProduceOutcome> {
    const refused = { ok: false, fate: 'not-written', cause: manner } as const;
    switch (manner) {
      case 'fine':
        return this.#write(batch);
      case 'lose-answer':
        this.#write(batch);
        return { ok: false, fate: 'maybe-written', cause: manner };
      case 'down':
        return { ...refused, next: 'reconnect' };
      case 'refuse':
        return { ...refused, next: 'backoff', code: 7 };
      case 'not-leader':
        return { ...refused, next: 'refresh-metadata', code: 6 };
      case 'forbid':
        return { ...refused, next: 'never', code: 29 };
      case 'hang':
        return new Promise(() => {});
      default:
        throw new Error('the port rejects');
    }
  }

  #write(batch: ProduceBatch): ProduceOutcome {
    const baseOffset = BigInt(this.log.length);
    for (const record of batch.records) this.log.push({ topic: batch.topic, partition: batch.partition, record });
    return { ok: true, baseOffset };
  }

  async #behave(what: string): Promise<void> {
    if (this.manner === 'hang') await new Promise(() => {});
    if (this.manner === 'down' || this.manner === 'throw') throw new Error(`${what}: connection refused`);
  }
}
