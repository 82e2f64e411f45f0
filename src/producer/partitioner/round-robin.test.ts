import { describe, expect, it } from 'vitest';
import { roundRobin } from './round-robin.ts';
import { healthy, StreamFixture, viewOf } from './stream.fixture.ts';

describe('round-robin', () => {
  it('takes the partitions with a leader in turn', () => {
    const world = new StreamFixture(roundRobin()(), viewOf(0, -1, 1, 2));
    const order = [0, 2, 3];
    const start = order.indexOf(world.peek());
    for (let i = 0; i < 12; i++) expect(world.append()).toBe(order[(start + i) % 3]);
  });

  it('only moves when a record is appended: a full batch in between skips nobody', () => {
    const world = new StreamFixture(roundRobin()(), healthy(4));
    const counts = new Int32Array(4);
    for (let i = 0; i < 400; i++) {
      const partition = world.peek();
      world.close(partition);
      counts[world.append()]++;
    }
    expect([...counts]).toEqual([100, 100, 100, 100]);
  });

  it('streams do not all start at the same partition', () => {
    const partitioner = roundRobin()();
    const starts = new Set<number>();
    for (let stream = 0; stream < 50; stream++) {
      starts.add(new StreamFixture(partitioner, healthy(10), { stream, identity: stream }).peek());
    }
    expect(starts.size).toBe(10);
  });
});
