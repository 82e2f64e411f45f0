/**
 * What becomes of produce requests once something has happened to brokers or leaders: what a broker refuses, which records
 * a change of leader has taken away, and answers that differ from batch to batch of a request.
 */
import { BATCH } from '../../src/producer/batch-pool.ts';
import type { ProducerCore } from '../../src/producer/core.ts';
import {
  OUTCOME_OK,
  OUTCOME_REFUSED_METADATA,
  OUTCOME_REFUSED_RETRY,
  OUTCOME_UNKNOWN,
  type Outcome,
} from '../../src/producer/outcome.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import type { Clusters } from './clusters.ts';
import type { MovedBatches } from './moved-batches.ts';
import type { ProducerBooks } from './producer-books.ts';
import type { Topology } from './topology.ts';

const { R_BROKER, R_HEAD, R_INTS, R_PRODUCER } = REQUEST;
const { B_INTS, B_N } = BATCH;
const NONE = -1;
/** Looks for a commit come no closer than this, if what they go by was rounded. */
const LOOK_NS = 100_000;

export interface ProduceTroubleOptions {
  readonly topology: Topology;
  readonly clusters: Clusters;
  readonly core: ProducerCore;
  readonly books: ProducerBooks;
  readonly moved: MovedBatches;
  readonly nowNs: () => number;
  readonly failed: (producer: number) => void;
  /** The producer believes in a leader that was deposed, and nobody tells it. */
  readonly misled: (producer: number) => void;
  readonly idempotent: boolean;
}

export class ProduceTrouble {
  readonly #from: ProduceTroubleOptions;
  /** By request: batches whose answer isn't that of the request. */
  readonly #verdicts = new Map<number, Map<number, Outcome>>();
  /** Partitions that have lost a tail since it was last looked which batches were in it. */
  readonly #lossy = new Set<number>();

  constructor(options: ProduceTroubleOptions) {
    this.#from = options;
  }

  /**
   * True when the broker takes itself for the partition's leader and isn't: it writes the batch to a log of its own, which
   * it will cut when it hears of its successor. With acks all it waits for followers that have left it.
   */
  goesAside(request: number, batch: number, partition: number): boolean {
    const { clusters, core, books } = this.#from;
    const broker = core.requests.ints[request * R_INTS + R_BROKER];
    if (!clusters.copies.news.isZombie(broker, partition)) return false;
    if (core.acksOf(request) !== -1) books.storeAside(batch);
    this.#from.misled(core.requests.ints[request * R_INTS + R_PRODUCER]);
    return true;
  }

  /** True when the broker that the request has reached doesn't take the batch: it isn't written. */
  refuses(request: number, batch: number, partition: number): boolean {
    const { topology, clusters, core } = this.#from;
    const broker = core.requests.ints[request * R_INTS + R_BROKER];
    let outcome: Outcome = OUTCOME_OK;
    const unaware = clusters.copies.news.isUnaware(broker, partition);
    if (topology.partitionLeader[partition] !== broker || unaware) outcome = OUTCOME_REFUSED_METADATA;
    else if (core.acksOf(request) === -1 && clusters.copies.lacksCopies(partition)) outcome = OUTCOME_REFUSED_RETRY;
    if (outcome === OUTCOME_OK) return false;
    // With acks 0 the client takes it for sent; the broker closes the connection, and so it asks who leads.
    if (core.acksOf(request) === 0) this.#from.failed(core.requests.ints[request * R_INTS + R_PRODUCER]);
    else this.#judge(request, batch, outcome);
    return true;
  }

  /**
   * True when the leader has the batch already and knows: it keeps the last five of each producer and partition (AK
   * `ProducerStateEntry`), and an idempotent producer has no more than five in flight. A new leader knows what it has;
   * another cluster knows nothing.
   */
  recognises(batch: number, partition: number): boolean {
    const { idempotent, books, moved } = this.#from;
    return idempotent && !books.isLost(batch) && (!moved.any || moved.storedPartition(batch) === partition);
  }

  /** A batch is appended at `atNs` that was stored before: a second copy, or the only one if the first was lost. */
  storedAgain(batch: number, partition: number, atNs: number): void {
    const { books, clusters, core, moved } = this.#from;
    const n = core.batches.ints[batch * B_INTS + B_N];
    const from = clusters.logs[partition].endOffset() - n;
    if (moved.any && moved.storedElsewhere(batch, { partition, offset: from, atNs, n })) return;
    if (!books.isLost(batch)) {
      clusters.markDuplicate(partition, n);
      return;
    }
    clusters.logs[partition].lostTails!.again({ lostFrom: books.offset(batch), n, from, atNs });
    books.storeAgain(batch, atNs, from);
    if (moved.any) moved.storedAgain(batch, from);
  }

  /** True when the commit of some batch of the request can't be told ahead. */
  isUnsettled(request: number): boolean {
    const { clusters, core, moved } = this.#from;
    const broker = core.requests.ints[request * R_INTS + R_BROKER];
    return this.#some(request, (batch) => {
      const partition = moved.partitionAt(batch, broker);
      const set = clusters.copies.sets[partition];
      if (clusters.copies.news.isZombie(broker, partition)) return true;
      return set !== null && !set.isHealthyAt(this.#from.nowNs());
    });
  }

  /**
   * When to look again whether all in-sync replicas have the request's batches: −1 when they have. What no longer can be
   * told, or was written to too few replicas, has its verdict then.
   */
  nextLookNs(request: number): number {
    const { topology, clusters, books, core, moved, nowNs } = this.#from;
    const broker = core.requests.ints[request * R_INTS + R_BROKER];
    let nextNs = -1;
    this.#some(request, (batch) => {
      if (this.#verdicts.get(request)?.has(batch)) return false;
      const partition = moved.partitionAt(batch, broker);
      const set = clusters.copies.sets[partition];
      if (clusters.copies.news.isZombie(broker, partition)) {
        nextNs = Infinity;
        return false;
      }
      const elsewhere = moved.any && moved.storedPartition(batch) !== partition;
      if (topology.partitionLeader[partition] !== broker || books.isLost(batch) || elsewhere) {
        this.#judge(request, batch, OUTCOME_UNKNOWN);
        return false;
      }
      const end = books.offset(batch) + core.batches.ints[batch * B_INTS + B_N];
      const storedNs = books.storedNs(batch);
      if (set === null || set.highWatermarkAt(nowNs()) >= end) {
        // Written, but not to enough: an error after the append.
        if (clusters.copies.lacksCopies(partition)) this.#judge(request, batch, OUTCOME_UNKNOWN);
        return false;
      }
      nextNs = Math.max(nextNs, set.soonestCommitNs(storedNs, nowNs()), nowNs() + LOOK_NS);
      return false;
    });
    return nextNs;
  }

  /** True when some batch of the request has an answer of its own. */
  isMixed(request: number): boolean {
    return this.#verdicts.size > 0 && this.#verdicts.has(request);
  }

  /** Hands the answers of single batches over, before that of the request. True when there were any. */
  tell(request: number, atNs: number): boolean {
    if (this.#verdicts.size === 0) return false;
    const verdicts = this.#verdicts.get(request);
    if (verdicts === undefined) return false;
    this.#verdicts.delete(request);
    for (const [batch, outcome] of verdicts) this.#from.core.onBatchResult(request, batch, outcome, atNs);
    return true;
  }

  forget(request: number): void {
    if (this.#verdicts.size > 0) this.#verdicts.delete(request);
  }

  tailLost(partition: number): void {
    this.#lossy.add(partition);
  }

  /**
   * Leaders have moved: what the old ones weren't done with was never written, what the new ones don't have is lost. Calls
   * back for each batch of the first kind.
   */
  leadersMoved(partitions: readonly number[], undone: (batch: number) => void): void {
    const { topology, clusters, books, core, moved: batches, nowNs } = this.#from;
    const moved = new Set(partitions);
    batches.undone((stay) => moved.has(stay.partition));
    books.loseLeft(
      nowNs(),
      (partition, leader) => moved.has(partition) && topology.partitionLeader[partition] !== leader,
    );
    for (let batch = 0; batch < core.batches.used; batch++) {
      const storedNs = books.storedNs(batch);
      if (storedNs < 0) continue;
      const partition = batches.storedPartition(batch);
      if (storedNs > nowNs() && moved.has(partition)) {
        batches.unstore(batch);
        undone(batch);
      } else if (this.#lossy.has(partition)) {
        const offset = books.offset(batch);
        if (clusters.logs[partition].lostTails!.skip(offset) > offset) books.lose(batch);
      }
    }
    this.#lossy.clear();
  }

  /** The broker refuses what it was at, as it doesn't lead any more: surely not written. */
  depose(request: number, batch: number): void {
    this.#judge(request, batch, OUTCOME_REFUSED_METADATA);
  }

  #judge(request: number, batch: number, outcome: Outcome): void {
    let verdicts = this.#verdicts.get(request);
    if (verdicts === undefined) {
      verdicts = new Map();
      this.#verdicts.set(request, verdicts);
    }
    verdicts.set(batch, outcome);
  }

  #some(request: number, each: (batch: number) => boolean): boolean {
    const { requests } = this.#from.core;
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== NONE; entry = requests.after(entry)) {
      if (each(requests.batchOf(entry))) return true;
    }
    return false;
  }
}
