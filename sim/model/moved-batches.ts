/**
 * Batches of topics that have gone to another cluster: where each was stored, when that is not where its stream sends
 * now, and which are in the logs of several clusters, as their producer did not hear that the first one had them.
 *
 * A record counts where it was first (`stays[0]`); further copies are marked as duplicates in their logs.
 */
import { BATCH } from '../../src/producer/batch-pool.ts';
import type { ProducerCore } from '../../src/producer/core.ts';
import type { Engine } from '../engine/index.ts';
import { type Clusters, DUPLICATE_MOVED } from './clusters.ts';
import type { ProducerBooks } from './producer-books.ts';
import type { StreamPlaces } from './stream-places.ts';
import type { Topology } from './topology.ts';

const { B_CREATED_AT_NS, B_FLOATS, B_INTS, B_PARTITION, B_STATE, B_STREAM } = BATCH;

/** Records of a batch in a log. */
export interface Stay {
  readonly partition: number;
  offset: number;
  readonly atNs: number;
}

/** The logs that a batch is in, in the order in which they took it. */
export interface Stays {
  readonly n: number;
  readonly stays: Stay[];
}

export interface MovedBatchesOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly core: ProducerCore;
  readonly books: ProducerBooks;
  readonly places: StreamPlaces;
  /** Where the batch goes as its stream sends now. */
  readonly partitionOf: (batch: number) => number;
}

export class MovedBatches {
  /** True once a stream has gone elsewhere: until then nobody needs to ask. */
  any = false;
  readonly #from: MovedBatchesOptions;
  readonly #storedIn = new Map<number, number>();

  constructor(options: MovedBatchesOptions) {
    this.#from = options;
  }

  /** The partition whose log has the batch. */
  storedPartition(batch: number): number {
    return (this.any ? this.#storedIn.get(batch) : undefined) ?? this.#from.partitionOf(batch);
  }

  /** Where a request to the broker brings the batch: its stream may have gone to another cluster meanwhile. */
  partitionAt(batch: number, broker: number): number {
    if (!this.any) return this.#from.partitionOf(batch);
    const { core, places, topology } = this.#from;
    const { ints } = core.batches;
    const place = places.placeIn(ints[batch * B_INTS + B_STREAM], topology.brokerCluster[broker]);
    return topology.topicFirstPartition[place] + ints[batch * B_INTS + B_PARTITION];
  }

  /** A stream is about to send elsewhere: what logs have of it stays where it is. */
  leave(stream: number): void {
    const { core, books } = this.#from;
    const { ints, used } = core.batches;
    this.any = true;
    for (let batch = 0; batch < used; batch++) {
      if (ints[batch * B_INTS + B_STREAM] !== stream || books.storedNs(batch) < 0) continue;
      if (!this.#storedIn.has(batch)) this.#storedIn.set(batch, this.#from.partitionOf(batch));
    }
  }

  /** True while a request may be under way that was sent for one of the streams up to the time. */
  underWay(isOf: (stream: number) => boolean, untilNs: number): boolean {
    const { ints, floats, used } = this.#from.core.batches;
    for (let batch = 0; batch < used; batch++) {
      if (ints[batch * B_INTS + B_STATE] === 0 || floats[batch * B_FLOATS + B_CREATED_AT_NS] > untilNs) continue;
      if (isOf(ints[batch * B_INTS + B_STREAM])) return true;
    }
    return false;
  }

  /** A log has taken the batch for the first time. */
  store(batch: number, partition: number, atNs: number, offset: number): void {
    this.#from.books.store(batch, atNs, offset);
    if (this.any) this.#stored(batch, partition);
  }

  #stored(batch: number, partition: number): void {
    if (partition === this.#from.partitionOf(batch)) this.#storedIn.delete(batch);
    else this.#storedIn.set(batch, partition);
  }

  /** True when the batch, stored before, was stored in another log than this one: by now it is in both. */
  storedElsewhere(batch: number, stay: Stay & { readonly n: number }): boolean {
    if (!this.any) return false;
    const before = this.storedPartition(batch);
    const { partition, offset, atNs, n } = stay;
    if (before === partition) return false;
    const { books, clusters } = this.#from;
    let all = books.stays.get(batch);
    if (all === undefined) {
      all = { n, stays: [{ partition: before, offset: books.offset(batch), atNs: books.storedNs(batch) }] };
      books.addStays(batch, all);
    }
    all.stays.push({ partition, offset, atNs });
    clusters.markDuplicate(partition, n, DUPLICATE_MOVED);
    books.store(batch, atNs, offset);
    books.find(batch);
    this.#stored(batch, partition);
    return true;
  }

  /** A batch that a change of leader had taken from its log is in it again, at another offset. */
  storedAgain(batch: number, offset: number): void {
    const last = this.#from.books.stays.get(batch)?.stays.at(-1);
    if (last !== undefined) last.offset = offset;
  }

  /** The append of the batch was undone. What other logs have of it counts from now on. */
  unstore(batch: number): void {
    const { books, clusters } = this.#from;
    books.unstore(batch);
    const all = this.any ? books.stays.get(batch) : undefined;
    if (all === undefined) {
      if (this.any && books.storedNs(batch) < 0) this.#storedIn.delete(batch);
      return;
    }
    if (books.storedNs(batch) >= 0) {
      this.storedAgain(batch, books.offset(batch));
      return;
    }
    all.stays.pop();
    const { partition, offset, atNs } = all.stays.at(-1)!;
    books.store(batch, atNs, offset);
    const { lostTails } = clusters.logs[partition];
    if (lostTails !== null && lostTails.skip(offset) > offset) books.lose(batch);
    this.#stored(batch, partition);
    if (all.stays.length === 1) books.dropStays(batch, all);
  }

  /** Appends that lay ahead were undone in some partitions: copies elsewhere count in their stead. */
  undone(undone: (stay: Stay) => boolean): void {
    if (!this.any) return;
    const { books, clusters, engine } = this.#from;
    for (const [batch, all] of [...books.eachStays()]) {
      // The last stay of a batch that is alive is its own row's affair.
      for (let i = all.stays.length - (batch < 0 ? 1 : 2); i >= 0; i--) {
        if (all.stays[i].atNs <= engine.nowNs || !undone(all.stays[i])) continue;
        all.stays.splice(i, 1);
        if (i > 0 || all.stays.length === 0) continue;
        const { partition, offset } = all.stays[0];
        clusters.unmarkDuplicate(partition, offset, offset + all.n);
      }
      if (all.stays.length === 1) books.dropStays(batch, all);
    }
  }

  freed(batch: number): void {
    if (this.any) this.#storedIn.delete(batch);
  }
}
