/** How a producer stands, in numbers: what telemetry adapters read, and applications without one. */
import type { HistogramSnapshot } from '../histogram.ts';
import type { Fate, RequestMeasures } from './measures.ts';
import type { ReceiptLine, ReceiptTotal } from './receipt.ts';

export interface BufferSnapshot {
  /** Memory in use, overheads included, of `bytesMax`. */
  readonly bytes: number;
  readonly bytesMax: number;
  readonly records: number;
  readonly recordsMax: number;
  /** The larger share of the two, from 0 to 1. */
  readonly fill: number;
  /** Between the `backpressure` event that says high and the one that says it is over. */
  readonly pressed: boolean;
}

export interface ClusterSnapshot {
  readonly name: string;
  readonly connected: boolean;
}

/** Counters run from the producer's start. A copy: it does not change, and may be kept. */
export interface ProducerSnapshot {
  /** What became of the records offered. */
  readonly records: ReceiptTotal;
  /** The same by topic and class: in the order in which they first came, which does not change. */
  readonly streams: readonly ReceiptLine[];
  readonly buffer: BufferSnapshot;
  readonly requests: RequestMeasures;
  /**
   * From `send` until its fate was known, ns, of all records that were admitted: as many as are delivered, unknown or
   * dropped after admission. Taken by batch, its records spread evenly between its first and last.
   */
  readonly timeInBufferNs: Readonly<Record<Fate, HistogramSnapshot>>;
  readonly clusters: readonly ClusterSnapshot[];
}
