/**
 * Hands arrivals to the producer core: late, but with their own times and in an order that the core can't tell from
 * that in which they came.
 */
import { BATCH } from '../../src/producer/batch-pool.ts';
import type { ProducerCore } from '../../src/producer/core.ts';
import { NO_KEY } from '../../src/record.ts';
import type { Arrivals } from './arrivals.ts';
import { FLEET, type FleetRows } from './fleet-rows.ts';
import type { Observer } from './observer.ts';

const { END, FIRST, PRESSURE_BYTES, PRESSURE_RECORDS, PRODUCER_FLOATS, PRODUCER_INTS } = FLEET;

const { B_CREATED_AT_NS, B_FLOATS, B_INTS, B_OPEN_NEXT } = BATCH;

const NONE = -1;

export class StreamFeed {
  readonly #core: ProducerCore;
  readonly #arrivals: Arrivals;
  readonly #rows: FleetRows;
  readonly #eager: boolean;
  readonly #observer: Observer | null;
  /** True when a stream's target tells where all of its unoffered records will go. */
  readonly #targetsTell: boolean;

  constructor(options: {
    core: ProducerCore;
    arrivals: Arrivals;
    rows: FleetRows;
    eager: boolean;
    observer: Observer | null;
  }) {
    this.#core = options.core;
    this.#arrivals = options.arrivals;
    this.#rows = options.rows;
    this.#eager = options.eager;
    this.#observer = options.observer;
    this.#targetsTell = options.core.partitioner.movesBetweenBatches && !options.arrivals.keyed;
  }

  /** Offers the stream's records up to the time, in runs of at most `runMax` within which the core decides nothing. */
  offerUntil(stream: number, untilNs: number, runMax: number): void {
    const arrivals = this.#arrivals;
    const core = this.#core;
    const varies = arrivals.varies(stream);
    while (arrivals.nextNs(stream) <= untilNs) {
      const bytes = arrivals.bytes(stream);
      const keyHash = arrivals.keyHash(stream);
      let max = 1;
      if (runMax > 1 && !varies) max = Math.min(runMax, Math.max(1, core.room(stream, bytes, keyHash)));
      const n = arrivals.take(stream, untilNs, max);
      const admitted = core.offer(stream, n, bytes, keyHash, arrivals.lastNs);
      if (this.#observer !== null) {
        const { lastNs: atNs } = arrivals;
        this.#observer.offered({ stream, n, admitted, batch: core.lastBatch, bytesEach: bytes, keyHash, atNs });
      }
    }
  }

  /** Offers what other streams of the producer hold for the broker that this one is about to send to. */
  offerSiblings(producer: number, stream: number, nowNs: number): void {
    const arrivals = this.#arrivals;
    const { targets } = this.#core.streams;
    const first = this.#rows.ints[producer * PRODUCER_INTS + FIRST];
    const end = this.#rows.ints[producer * PRODUCER_INTS + END];
    const target = this.#targetOf(stream);
    for (let other = first; other < end; other++) {
      // The usual case: it goes elsewhere, and nothing else of it need be looked at.
      if (this.#targetsTell && targets[other] >= 0 && targets[other] !== target) continue;
      if (other === stream || arrivals.nextNs(other) > nowNs) continue;
      const theirs = this.#targetOf(other);
      // Of two records at the same time the lower stream's comes first; a higher one's is too late for a full batch.
      if (target === NONE || theirs === NONE || theirs === target) {
        this.offerUntil(other, other < stream ? nowNs : nowNs - (this.#fillsAt(stream, nowNs) ? 1 : 0), Infinity);
      }
    }
  }

  /** Offers all streams' records up to the time; one by one across streams when they compete for room. */
  offerAll(producer: number, untilNs: number): void {
    const first = this.#rows.ints[producer * PRODUCER_INTS + FIRST];
    const end = this.#rows.ints[producer * PRODUCER_INTS + END];
    const arrivals = this.#arrivals;
    if (!this.pressed(producer)) {
      for (let stream = first; stream < end; stream++) {
        if (arrivals.nextNs(stream) <= untilNs) this.offerUntil(stream, untilNs, this.#eager ? 1 : Infinity);
      }
      return;
    }
    for (;;) {
      let earliest = first;
      for (let stream = first + 1; stream < end; stream++) {
        if (arrivals.nextNs(stream) < arrivals.nextNs(earliest)) earliest = stream;
      }
      const atNs = arrivals.nextNs(earliest);
      if (atNs > untilNs) return;
      this.offerUntil(earliest, atNs, 1);
    }
  }

  /** When the stream's linger passes or one of its batches fills, whichever is first. */
  nextDecisionNs(stream: number, nowNs: number): number {
    const core = this.#core;
    const arrivals = this.#arrivals;
    const nextNs = arrivals.nextNs(stream);
    const lingerNs = core.config.lingerNs;
    let open = core.openHead(stream);
    if (arrivals.varies(stream)) {
      // Sizes and keys of what comes are not known ahead: any record may fill a batch.
      let atNs = nextNs;
      for (; open !== NONE; open = core.batches.ints[open * B_INTS + B_OPEN_NEXT])
        atNs = Math.min(atNs, this.#dueNs(open, lingerNs, nowNs));
      return atNs;
    }
    const bytes = arrivals.bytes(stream);
    if (open === NONE)
      return lingerNs === 0 ? nextNs : arrivals.aheadNs(stream, core.capacity(bytes), nextNs + lingerNs);
    // A batch that is due and waits may leave before the next record comes, which then begins one of its own.
    let dueNs = nextNs + lingerNs;
    let left = Infinity;
    for (; open !== NONE; open = core.batches.ints[open * B_INTS + B_OPEN_NEXT]) {
      dueNs = Math.min(dueNs, this.#dueNs(open, lingerNs, nowNs));
      left = Math.min(left, core.roomIn(open, bytes));
    }
    return arrivals.aheadNs(stream, Math.max(0, left), dueNs);
  }

  pressed(producer: number): boolean {
    const row = producer * PRODUCER_FLOATS;
    return (
      this.#core.bufferedBytes(producer) > this.#rows.floats[row + PRESSURE_BYTES] ||
      this.#core.bufferedRecords(producer) > this.#rows.floats[row + PRESSURE_RECORDS]
    );
  }

  /** Broker that all of the stream's unoffered records will go to; −1 when that isn't known. */
  #targetOf(stream: number): number {
    return this.#targetsTell ? this.#core.targetBroker(stream, NO_KEY) : NONE;
  }

  /** True when the decision now is a record that no longer fits, not a linger that passed. */
  #fillsAt(stream: number, nowNs: number): boolean {
    const open = this.#core.openHead(stream);
    const startNs =
      open === NONE ? this.#arrivals.nextNs(stream) : this.#core.batches.floats[open * B_FLOATS + B_CREATED_AT_NS];
    return startNs + this.#core.config.lingerNs > nowNs;
  }

  #dueNs(batch: number, lingerNs: number, nowNs: number): number {
    const dueNs = this.#core.batches.floats[batch * B_FLOATS + B_CREATED_AT_NS] + lingerNs;
    // A batch that is due already waits for an answer, which brings its own event.
    return dueNs > nowNs ? dueNs : Infinity;
  }
}
