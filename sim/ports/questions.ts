import type { PartitionLeader } from '../../src/ports.ts';
import type { Reply } from './exchange.ts';
import type { Link, Wire } from './wire.ts';

/** How long a client waits for a broker's answer to a question before it asks the next, ns. A guess, as clients differ. */
const QUESTION_NS = 3_000_000_000;

/** What a client asks any broker of its cluster: whether it is there, and who leads. */
export class Questions {
  readonly #wire: Wire;
  readonly #link: Link;
  readonly #brokers: readonly number[];
  /** The broker that answered last is asked first. */
  #first = 0;

  constructor({ wire, link, brokers }: { wire: Wire; link: Link; brokers: readonly number[] }) {
    this.#wire = wire;
    this.#link = link;
    this.#brokers = brokers;
  }

  /** Rejects when no broker answers. */
  async connect(): Promise<void> {
    await this.ask(() => null);
  }

  async leaders(partitions: readonly number[] | null): Promise<readonly PartitionLeader[]> {
    const { partitionLeader } = this.#wire.topology;
    return this.ask(() =>
      (partitions ?? []).map((partition, index) => ({
        partition: index,
        leader: partitionLeader[partition] < 0 ? -1 : partitionLeader[partition] - this.#brokers[0] + 1,
      })),
    );
  }

  /** What a broker answers: the first that does, of all. */
  async ask<T>(answer: () => T): Promise<T> {
    const { length } = this.#brokers;
    let last: Reply<T> = { kind: 'unreachable' };
    for (let attempt = 0; attempt < length; attempt++) {
      const index = (this.#first + attempt) % length;
      const broker = this.#brokers[index];
      last = await this.#wire.ask<T>(this.#link, { broker, limitNs: QUESTION_NS }, (to) => {
        const { clusters, clock } = this.#wire;
        // What it costs a broker is not known; a fetch of nothing is of its kind.
        to.answer(answer(), { leavesNs: clusters.brokers.fetch(broker, 0, 0, clock.nowNs()) });
      });
      if (last.kind === 'answer') {
        this.#first = index;
        return last.value;
      }
    }
    throw new Error(`no broker answers: the last was ${last.kind}`);
  }
}
