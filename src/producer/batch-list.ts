/** A list of batches that is filled and emptied for each request, and so keeps its array: an Array would give it up. */
import { BATCH, type BatchPool } from './batch-pool.ts';

const { B_INTS, B_PARTITION, B_STREAM } = BATCH;

export class BatchList {
  length = 0;
  #batches = new Int32Array(16);

  clear(): void {
    this.length = 0;
  }

  push(batch: number): void {
    if (this.length === this.#batches.length) {
      const longer = new Int32Array(this.length * 2);
      longer.set(this.#batches);
      this.#batches = longer;
    }
    this.#batches[this.length++] = batch;
  }

  at(index: number): number {
    return this.#batches[index];
  }

  /** True when one of them is of the same stream and partition. */
  hasPartitionOf(batch: number, { ints }: BatchPool): boolean {
    const row = batch * B_INTS;
    for (let i = 0; i < this.length; i++) {
      const other = this.#batches[i] * B_INTS;
      if (ints[other + B_PARTITION] === ints[row + B_PARTITION] && ints[other + B_STREAM] === ints[row + B_STREAM])
        return true;
    }
    return false;
  }
}
