import { describe, expect, it } from 'vitest';
import type { Partitioner } from '../policy.ts';
import { sticky } from './sticky.ts';
import { healthy, LIMITS, StreamFixture, viewOf } from './stream.fixture.ts';
import { uniformSticky } from './uniform-sticky.ts';

/** How often each of the partitions is chosen while its queue stays as given. */
function choices(adaptive: boolean, queued: number[], rounds: number): Int32Array {
  const world = new StreamFixture(uniformSticky({ batchBytes: 1, adaptive })(LIMITS), healthy(queued.length));
  world.queued.set(queued);
  const chosen = new Int32Array(queued.length);
  for (let i = 0; i < rounds; i++) chosen[world.sendAlone()]++;
  return chosen;
}

/**
 * Bytes of partition 0 ÷ the mean of the others. Behind 0's slow broker, batches close when full, at 32 records of 500
 * bytes; the others' close after 4.
 */
function slowShare(partitioner: Partitioner): number {
  const world = new StreamFixture(partitioner, healthy(8));
  const bytes = new Float64Array(8);
  const inBatch = new Int32Array(8);
  for (let i = 0; i < 200_000; i++) {
    const partition = world.append(1, 500);
    bytes[partition] += 500;
    if (++inBatch[partition] === (partition === 0 ? 32 : 4)) {
      world.close(partition);
      inBatch[partition] = 0;
    }
  }
  const others = bytes.subarray(1).reduce((a, b) => a + b) / 7;
  return bytes[0] / others;
}

describe('uniform sticky', () => {
  it('stays over small batches until its bytes are appended', () => {
    const world = new StreamFixture(uniformSticky({ batchBytes: 100 })(LIMITS), healthy(50));
    const partition = world.sendAlone(40);
    expect(world.sendAlone(40)).toBe(partition);
    expect(world.sendAlone(40)).toBe(partition);
    const next = world.sendAlone(100);
    expect(next).not.toBe(partition);
    expect(world.peek()).not.toBe(next);
  });

  it('a visit is a full batch by default, uncompressed', () => {
    const limits = { batchBytesMax: 1_000, compressionRatio: 0.5 };
    const world = new StreamFixture(uniformSticky()(limits), healthy(50));
    const partition = world.append(1, 1_999);
    world.close(partition);
    expect(world.peek()).toBe(partition);
    world.append(1, 1);
    world.close(partition);
    expect(world.peek()).not.toBe(partition);
  });

  it('past its bytes it waits for the open batch to close, but not past twice its bytes', () => {
    const patient = new StreamFixture(uniformSticky({ batchBytes: 100 })(LIMITS), healthy(50));
    const partition = patient.append(1, 150);
    expect(patient.peek()).toBe(partition);
    patient.close(partition);
    expect(patient.peek()).not.toBe(partition);

    const driven = new StreamFixture(uniformSticky({ batchBytes: 100 })(LIMITS), healthy(50));
    expect(driven.append(1, 199)).toBe(partition);
    expect(driven.append(1, 1)).toBe(partition);
    expect(driven.open.has(partition)).toBe(true);
    expect(driven.peek()).not.toBe(partition);
  });

  it('promises records up to twice its bytes', () => {
    const world = new StreamFixture(uniformSticky({ batchBytes: 100 })(LIMITS), healthy(3));
    expect(world.partitioner.promised(0, 30)).toBe(7);
    world.append(1, 150);
    expect(world.partitioner.promised(0, 30)).toBe(2);
    expect(world.partitioner.promised(0, 0)).toBe(Infinity);
  });

  it('gives a slow partition at most twice the bytes of the others, where sticky gives it eight times', () => {
    expect(slowShare(uniformSticky({ batchBytes: 16_384, adaptive: false })(LIMITS))).toBeLessThan(2.05);
    expect(slowShare(sticky()())).toBeGreaterThan(7.5);
  });

  it('weighs partitions by longest queue + 1 − own queue: 0, 3, 1 queued gives odds of 4 : 1 : 3', () => {
    const chosen = choices(true, [0, 3, 1], 8_000);
    for (const [i, expected] of [4_000, 1_000, 3_000].entries()) {
      expect(Math.abs(chosen[i] - expected)).toBeLessThan(180); // four standard deviations
    }
  });

  it('draws evenly when queues are equal, or when it is not adaptive', () => {
    for (const chosen of [choices(true, [2, 2, 2], 6_000), choices(false, [0, 3, 1], 6_000)]) {
      for (const count of chosen) expect(Math.abs(count - 2_000)).toBeLessThan(150); // four standard deviations
    }
  });

  it('leaves a partition without a leader once no batch is open there', () => {
    const world = new StreamFixture(uniformSticky()(LIMITS), healthy(2));
    const partition = world.append();
    world.view = partition === 0 ? viewOf(-1, 1) : viewOf(0, -1);
    expect(world.peek()).toBe(partition);
    world.close(partition);
    expect(world.peek()).toBe(1 - partition);
  });

  it('names the option it can not use', () => {
    expect(() => uniformSticky({ batchBytes: 0 })).toThrow('batchBytes must be an integer ≥ 1, got 0');
  });
});
