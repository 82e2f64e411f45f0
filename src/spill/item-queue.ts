import { encodeFrame, type FramedRecord, frameBytes } from './frame.ts';
import { HEAD_BYTES } from './segment.ts';
import type { SpillItem } from './spill.ts';

/** Heap of a record beside its bytes: the producer's default of `overheadBytesPerRecord`. */
const OVERHEAD_BYTES = 280;
/** Of one write: what is encoded in one go, without a pause for others. */
const WRITE_BYTES = 1_048_576;

/** Records on their way to disk. */
export class ItemQueue {
  #items: SpillItem[] = [];
  /** On disk and in memory. */
  #frameBytes = 0;

  get records(): number {
    return this.#items.length;
  }

  /** What they will take of the disk. */
  get diskBytes(): number {
    return this.#frameBytes;
  }

  /** What they take of the heap. */
  get heapBytes(): number {
    return this.#frameBytes + this.#items.length * OVERHEAD_BYTES;
  }

  push(items: readonly SpillItem[]): void {
    for (const item of items) {
      this.#items.push(item);
      this.#frameBytes += frameBytes(framed(item, 0));
    }
  }

  /** The oldest, about as many as one write should have. */
  take(): SpillItem[] {
    let bytes = 0;
    let n = 0;
    while (n < this.#items.length && (n === 0 || bytes < WRITE_BYTES)) bytes += frameBytes(framed(this.#items[n++], 0));
    this.#frameBytes -= bytes;
    return this.#items.splice(0, n);
  }

  takeAll(): SpillItem[] {
    this.#frameBytes = 0;
    return this.#items.splice(0);
  }
}

export function framesOf(items: readonly SpillItem[], nowMs: number): Buffer[] {
  return items.map((item) => encodeFrame(framed(item, nowMs)));
}

/** What these would add to a queue: on disk, and in memory. */
export function sizesOf(items: readonly SpillItem[]): { readonly diskBytes: number; readonly heapBytes: number } {
  // A segment of their own at worst.
  let diskBytes = HEAD_BYTES;
  for (const item of items) diskBytes += frameBytes(framed(item, 0));
  return { diskBytes, heapBytes: diskBytes + items.length * OVERHEAD_BYTES };
}

function framed({ topic, class: serviceClass, record }: SpillItem, spilledAtMs: number): FramedRecord {
  return { topic, class: serviceClass, record, spilledAtMs };
}
