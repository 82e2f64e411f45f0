import type {
  Clock,
  PartitionLeader,
  ProduceOutcome,
  ProducerPort,
  TopicPartition,
  WireRecord,
} from '../../../src/ports.ts';
import type { Acks } from '../../../src/record.ts';

export interface Call extends TopicPartition {
  readonly records: number;
  readonly sentNs: number;
  readonly endNs: number;
  readonly ok: boolean;
}

/** A port, and a note of each call. */
export class WatchedPort implements ProducerPort {
  readonly calls: Call[] = [];
  /** Batches for one broker that were handed over in one turn: the core's requests. Those that never left do not count. */
  requests = 0;
  recordsSent = 0;
  readonly #port: ProducerPort;
  readonly #clock: Clock;
  readonly #leaders = new Map<string, number>();
  readonly #thisTurn = new Map<number, boolean>();

  constructor({ port, clock }: { port: ProducerPort; clock: Clock }) {
    this.#port = port;
    this.#clock = clock;
  }

  get caps(): ProducerPort['caps'] {
    return this.#port.caps;
  }

  open(): Promise<void> {
    return this.#port.open();
  }

  async metadata(topic: string): Promise<readonly PartitionLeader[]> {
    const leaders = await this.#port.metadata(topic);
    for (const { partition, leader } of leaders) this.#leaders.set(`${topic}/${partition}`, leader);
    return leaders;
  }

  async produce(
    batch: TopicPartition & { readonly records: readonly WireRecord[] },
    options: { readonly acks: Acks; readonly timeoutMs: number },
  ): Promise<ProduceOutcome> {
    const { topic, partition, records } = batch;
    const sentNs = this.#clock.nowNs();
    const broker = this.#leaders.get(`${topic}/${partition}`) ?? -1;
    if (this.#thisTurn.size === 0) setImmediate(() => this.#thisTurn.clear());
    const first = !this.#thisTurn.has(broker);
    this.#thisTurn.set(broker, true);
    const outcome = await this.#port.produce(batch, options);
    const left = outcome.ok || outcome.fate === 'maybe-written';
    if (left) {
      if (first) this.requests++;
      this.recordsSent += records.length;
    }
    this.calls.push({ topic, partition, records: records.length, sentNs, endNs: this.#clock.nowNs(), ok: outcome.ok });
    return outcome;
  }

  close(graceMs: number): Promise<void> {
    return this.#port.close(graceMs);
  }
}
