import type { PartitionLeader, ProduceOutcome, ProducerPort, TopicPartition, WireRecord } from '../../src/ports.ts';
import type { Acks } from '../../src/record.ts';

/** Digits that a record's value begins with. */
export const ID_DIGITS = 8;
export const idOf = (value: Uint8Array): number => Number(Buffer.from(value.subarray(0, ID_DIGITS)).toString('latin1'));

/** Stands before a port and notes of each record how many copies there may be, by what the port itself said. */
export class Witness implements ProducerPort {
  readonly caps: ProducerPort['caps'];
  readonly #port: ProducerPort;
  /** By record id. */
  readonly copiesMax: number[] = [];
  readonly partitions: number[] = [];
  readonly outcomes: Record<string, number> = {};
  calls = 0;
  records = 0;

  constructor(port: ProducerPort) {
    this.#port = port;
    this.caps = port.caps;
  }

  open(): Promise<void> {
    return this.#port.open();
  }

  metadata(topic: string): Promise<readonly PartitionLeader[]> {
    return this.#port.metadata(topic);
  }

  async produce(
    batch: TopicPartition & { readonly records: readonly WireRecord[] },
    options: { readonly acks: Acks; readonly timeoutMs: number },
  ): Promise<ProduceOutcome> {
    const ids = batch.records.map(({ value }) => idOf(value!));
    this.calls++;
    this.records += ids.length;
    // librdkafka sends again by itself when a leader loses office, which with acks −1 may be after its append.
    const copies = this.caps.retriesInternally && options.acks === -1 ? 2 : 1;
    for (const id of ids) {
      this.copiesMax[id] = (this.copiesMax[id] ?? 0) + copies;
      this.partitions[id] = batch.partition;
    }
    const outcome = await this.#port.produce(batch, options);
    const kind = outcome.ok
      ? 'ok'
      : outcome.fate === 'maybe-written'
        ? outcome.fate
        : `${outcome.fate}, ${outcome.next}`;
    this.outcomes[kind] = (this.outcomes[kind] ?? 0) + 1;
    if (!outcome.ok && outcome.fate === 'not-written') for (const id of ids) this.copiesMax[id] -= copies;
    return outcome;
  }

  close(graceMs: number): Promise<void> {
    return this.#port.close(graceMs);
  }
}
