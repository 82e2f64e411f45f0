import { expect, it } from 'vitest';
import { BatchList } from './batch-list.ts';
import { BATCH, type BatchPool } from './batch-pool.ts';

const { B_INTS, B_PARTITION, B_STREAM } = BATCH;

/** Batches 0, 1, 2 … of these streams and partitions. */
function poolOf(...places: readonly (readonly [stream: number, partition: number])[]): BatchPool {
  const ints = new Int32Array(places.length * B_INTS);
  for (const [batch, [stream, partition]] of places.entries()) {
    ints[batch * B_INTS + B_STREAM] = stream;
    ints[batch * B_INTS + B_PARTITION] = partition;
  }
  return { ints } as BatchPool;
}

it('a list of batches keeps them in order, however many, and is empty when cleared', () => {
  const list = new BatchList();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 100; i++) list.push(3 * i + round);
    expect(list.length).toBe(100);
    for (let i = 0; i < 100; i++) expect(list.at(i)).toBe(3 * i + round);
    list.clear();
    expect(list.length).toBe(0);
  }
});

it('a list of batches knows of which streams and partitions it has one', () => {
  const pool = poolOf([1, 5], [2, 5], [1, 6], [2, 6], [1, 5]);
  const list = new BatchList();
  expect(list.hasPartitionOf(0, pool)).toBe(false);
  list.push(1);
  list.push(0);
  expect([0, 1, 2, 3, 4].map((batch) => list.hasPartitionOf(batch, pool))).toEqual([true, true, false, false, true]);
  list.clear();
  expect(list.hasPartitionOf(4, pool)).toBe(false);
});
