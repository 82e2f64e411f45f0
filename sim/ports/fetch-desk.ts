import type { ConsumedRecord } from '../../src/ports.ts';
import { FETCH_DISCONNECTED, type FetchListener } from '../model/doors.ts';
import type { Answering, Reply } from './exchange.ts';
import type { RecordStore } from './record-store.ts';
import type { Link, Wire } from './wire.ts';

export interface Fetch {
  readonly broker: number;
  readonly partition: number;
  readonly fromOffset: number;
  readonly bytesMax: number;
  readonly waitNs: number;
  readonly limitNs: number;
}

export interface Fetched {
  readonly code: number;
  readonly records: readonly ConsumedRecord[];
  /** Where the log begins. */
  readonly startOffset: number;
}

export const OFFSET_OUT_OF_RANGE = 1;
export const NOT_LEADER = 6;

/** Fetches through the model's door, which knows consumers by number and offsets alone. */
export class FetchDesk implements FetchListener {
  readonly #wire: Wire;
  readonly #records: (partition: number) => RecordStore;
  /** By number: who waits for the answer of the door, and from which partition. */
  readonly #waiting: ({ readonly to: Answering<Fetched>; readonly partition: number } | null)[] = [];
  readonly #free: number[] = [];

  constructor({ wire, records }: { wire: Wire; records: (partition: number) => RecordStore }) {
    this.#wire = wire;
    this.#records = records;
    wire.clusters.fetchListener = this;
  }

  fetch(link: Link, fetch: Fetch): Promise<Reply<Fetched>> {
    const { broker, partition, fromOffset, bytesMax, waitNs, limitNs } = fetch;
    const { clusters, clock, topology } = this.#wire;
    return this.#wire.ask<Fetched>(link, { broker, limitNs }, (to) => {
      if (topology.partitionLeader[partition] !== broker) {
        const leavesNs = clusters.brokers.fetch(broker, 0, 0, clock.nowNs());
        to.answer({ code: NOT_LEADER, records: [], startOffset: 0 }, { leavesNs });
        return;
      }
      const consumer = this.#free.pop() ?? this.#waiting.length;
      this.#waiting[consumer] = { to, partition };
      clusters.fetch(consumer, partition, fromOffset, 1, bytesMax, waitNs);
    });
  }

  onFetched(
    consumer: number,
    status: number,
    fromOffset: number,
    toOffset: number,
    _bytes: number,
    departNs: number,
  ): void {
    const { to, partition } = this.#take(consumer);
    if (status === FETCH_DISCONNECTED) {
      to.drop();
      return;
    }
    const startOffset = this.#wire.clusters.logs[partition].startOffset();
    const records = this.#records(partition).read(fromOffset, toOffset);
    to.answer({ code: 0, records, startOffset }, { leavesNs: departNs });
  }

  onOutOfRange(consumer: number, _fromOffset: number, _logStart: number, _logEnd: number, departNs: number): void {
    const { to, partition } = this.#take(consumer);
    const startOffset = this.#wire.clusters.logs[partition].startOffset();
    to.answer({ code: OFFSET_OUT_OF_RANGE, records: [], startOffset }, { leavesNs: departNs });
  }

  #take(consumer: number): { readonly to: Answering<Fetched>; readonly partition: number } {
    const waiting = this.#waiting[consumer]!;
    this.#waiting[consumer] = null;
    this.#free.push(consumer);
    return waiting;
  }
}
