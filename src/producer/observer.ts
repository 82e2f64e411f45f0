/** Sees what the driver does, measures it by call and batch, and says how the producer stands. */
import type { Clock } from '../ports.ts';
import { BATCH } from './batch-pool.ts';
import type { ProducerCore } from './core.ts';
import { type Fate, ProducerMeasures, requestOutcomeOf } from './measures.ts';
import type { News } from './news.ts';
import type { Outcome } from './outcome.ts';
import type { ProducerBook } from './receipt.ts';
import type { ClusterSnapshot, ProducerSnapshot } from './snapshot.ts';

const { B_ATTEMPTS, B_CREATED_AT_NS, B_FLOATS, B_INTS, B_LAST_AT_NS, B_N, B_PARTITION, B_STREAM, B_WIRE_BYTES } = BATCH;

export interface ObserverOptions {
  readonly core: ProducerCore;
  /** Number of the producer in the core. */
  readonly producer: number;
  readonly clock: Clock;
  readonly book: ProducerBook;
  readonly news: News;
  readonly gauge: Readonly<{ high: boolean }>;
}

/** One call of the client. */
export interface ObservedCall {
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
  readonly bytes: number;
  readonly attempts: number;
  readonly atNs: number;
}

export class Observer {
  readonly #options: ObserverOptions;
  readonly #measures = new ProducerMeasures();

  constructor(options: ObserverOptions) {
    this.#options = options;
  }

  /** The client is about to be called with a batch. Its answer goes to `answered`, with what this returns. */
  called(topic: string, batch: number, records: number): ObservedCall {
    const { core, clock } = this.#options;
    const { ints, floats } = core.batches;
    const row = batch * B_INTS;
    const bytes = floats[batch * B_FLOATS + B_WIRE_BYTES];
    const attempts = ints[row + B_ATTEMPTS];
    this.#measures.called({ records, bytes, retry: attempts > 0 });
    return { topic, partition: ints[row + B_PARTITION], records, bytes, attempts, atNs: clock.nowNs() };
  }

  answered({ atNs, ...call }: ObservedCall, result: Outcome): void {
    const { clock, news } = this.#options;
    const outcome = requestOutcomeOf(result);
    const latencyNs = clock.nowNs() - atNs;
    this.#measures.answered(outcome, latencyNs);
    news.request({ ...call, outcome, latencyNs });
  }

  /** A batch is over. */
  settled(batch: number, fate: Fate): void {
    const { core, clock, news } = this.#options;
    const { ints, floats } = core.batches;
    const records = ints[batch * B_INTS + B_N];
    const nowNs = clock.nowNs();
    const oldestNs = nowNs - floats[batch * B_FLOATS + B_CREATED_AT_NS];
    const youngestNs = nowNs - floats[batch * B_FLOATS + B_LAST_AT_NS];
    this.#measures.settled(fate, records, { youngestNs, oldestNs });
    news.batch(ints[batch * B_INTS + B_STREAM], { records, fate, ageNs: oldestNs });
  }

  snapshot(clusters: readonly ClusterSnapshot[]): ProducerSnapshot {
    const { core, producer, book, gauge } = this.#options;
    const { bufferBytesMax: bytesMax, bufferRecordsMax: recordsMax } = core.config;
    const [bytes, records] = [core.bufferedBytes(producer), core.bufferedRecords(producer)];
    const fill = Math.max(bytes / bytesMax, records / recordsMax);
    const { total, lines } = book.standing();
    return Object.freeze({
      records: total,
      streams: lines,
      buffer: Object.freeze({ bytes, bytesMax, records, recordsMax, fill, pressed: gauge.high }),
      requests: this.#measures.requests(),
      timeInBufferNs: this.#measures.timeInBufferNs(),
      clusters: Object.freeze(clusters.map((cluster) => Object.freeze(cluster))),
    });
  }
}
