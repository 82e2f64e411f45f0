/** A producer's own book: what became of every record offered, by topic and class. Held to a law, not to a hope. */
import { CLASSES, DROP_CAUSES, type DropCause, type ServiceClass } from '../record.ts';

export interface ReceiptTotal {
  readonly offered: number;
  /** Acknowledged as asked for (acks 0: handed to the network). */
  readonly delivered: number;
  /** Known to be in no log. */
  readonly dropped: Readonly<Partial<Record<DropCause, number>>>;
  /** Sent, no answer, given up: it may be in a log or not. */
  readonly unknown: number;
  /** Neither yet. 0 after `close`. */
  readonly buffered: number;
  /** On disk, or on its way there: to be sent later, by this process or the next. */
  readonly spilled: number;
  /** Of those offered: spilled by an earlier process, and sent by this one. */
  readonly replayed: number;
}

export interface ReceiptLine extends ReceiptTotal {
  /** Empty for records whose topic could not be read, or for which there was no more room in the table of streams. */
  readonly topic: string;
  readonly class: ServiceClass;
}

export interface Receipt extends ReceiptTotal {
  readonly lines: readonly ReceiptLine[];
  /**
   * `offered = delivered + dropped + unknown + buffered + spilled` in every line, with `buffered` counted from the buffer
   * itself, and all that is `spilled` by the spill.
   */
  readonly balanced: boolean;
}

const OFFERED = 0;
const DELIVERED = 1;
const UNKNOWN = 2;
const SPILLED = 3;
/** Stands beside the sum. */
const REPLAYED = 4;
const DROPPED = 5;
const WIDTH = DROPPED + DROP_CAUSES.length;

/** Rows are streams. */
export class ProducerBook {
  readonly #names: { readonly topic: string; readonly serviceClass: number }[] = [];
  #counts = new Float64Array(WIDTH * 4);

  /** Rows are numbered from 0 in the order added. */
  addRow(topic: string, serviceClass: number): number {
    const row = this.#names.push({ topic, serviceClass }) - 1;
    if ((row + 1) * WIDTH > this.#counts.length) {
      const counts = new Float64Array(this.#counts.length * 2);
      counts.set(this.#counts);
      this.#counts = counts;
    }
    return row;
  }

  offered(row: number): void {
    this.#counts[row * WIDTH + OFFERED]++;
  }

  delivered(row: number, records: number): void {
    this.#counts[row * WIDTH + DELIVERED] += records;
  }

  unknown(row: number, records: number): void {
    this.#counts[row * WIDTH + UNKNOWN] += records;
  }

  /** So many more are with the spill; fewer, when below 0. */
  spilled(row: number, records: number): void {
    this.#counts[row * WIDTH + SPILLED] += records;
  }

  /** One more was offered to an earlier process. */
  replayed(row: number): void {
    this.#counts[row * WIDTH + OFFERED]++;
    this.#counts[row * WIDTH + REPLAYED]++;
  }

  /** `cause` indexes DROP_CAUSES. Positional, as the core tells it. */
  dropped(row: number, records: number, cause: number): void {
    this.#counts[row * WIDTH + DROPPED + cause] += records;
  }

  /**
   * Total and lines with `buffered` worked out from the rest: for reading often. It proves nothing, which is `receipt`'s
   * part.
   */
  standing(): { total: ReceiptTotal; lines: readonly ReceiptLine[] } {
    const sum = new Float64Array(WIDTH);
    const lines: ReceiptLine[] = [];
    for (const [row, { topic, serviceClass }] of this.#names.entries()) {
      const counts = this.#counts.subarray(row * WIDTH, (row + 1) * WIDTH);
      for (let i = 0; i < WIDTH; i++) sum[i] += counts[i];
      if (counts[OFFERED] === 0) continue;
      lines.push(Object.freeze({ topic, class: CLASSES[serviceClass], ...figures(counts, unsettled(counts)) }));
    }
    return { total: Object.freeze(figures(sum, unsettled(sum))), lines: Object.freeze(lines) };
  }

  /** The book as it stands; `bufferedByRow` and `spilled` are counted by the caller from what is held. */
  receipt(bufferedByRow: readonly number[], spilled = 0): Receipt {
    const total = new Float64Array(WIDTH);
    let buffered = 0;
    let balanced = true;
    const lines: ReceiptLine[] = [];
    for (const [row, { topic, serviceClass }] of this.#names.entries()) {
      const counts = this.#counts.subarray(row * WIDTH, (row + 1) * WIDTH);
      for (let i = 0; i < WIDTH; i++) total[i] += counts[i];
      const here = bufferedByRow[row] ?? 0;
      buffered += here;
      if (unsettled(counts) !== here) balanced = false;
      if (counts[OFFERED] > 0) lines.push({ topic, class: CLASSES[serviceClass], ...figures(counts, here) });
    }
    if (total[SPILLED] !== spilled) balanced = false;
    return { ...figures(total, buffered), lines, balanced };
  }
}

/** Offered, and not heard of since. */
function unsettled(counts: Float64Array): number {
  let left = counts[OFFERED];
  for (let i = 0; i < WIDTH; i++) if (i !== OFFERED && i !== REPLAYED) left -= counts[i];
  return left;
}

function figures(counts: Float64Array, buffered: number): ReceiptTotal {
  const dropped: Partial<Record<DropCause, number>> = {};
  for (const [cause, name] of DROP_CAUSES.entries()) {
    if (counts[DROPPED + cause] > 0) dropped[name] = counts[DROPPED + cause];
  }
  Object.freeze(dropped);
  return {
    offered: counts[OFFERED],
    delivered: counts[DELIVERED],
    dropped,
    unknown: counts[UNKNOWN],
    buffered,
    spilled: counts[SPILLED],
    replayed: counts[REPLAYED],
  };
}
