import { describe, expect, it } from 'vitest';
import { sticky } from './sticky.ts';
import { healthy, StreamFixture, viewOf } from './stream.fixture.ts';

describe('sticky', () => {
  it('stays until its batch closes, then goes to another partition', () => {
    const world = new StreamFixture(sticky()(), healthy(5));
    for (let batch = 0; batch < 100; batch++) {
      const partition = world.append();
      for (let i = 0; i < 10; i++) expect(world.append()).toBe(partition);
      world.close(partition);
      expect(world.peek()).not.toBe(partition);
    }
  });

  it('draws the others with equal odds', () => {
    const world = new StreamFixture(sticky()(), healthy(4));
    const moves = new Int32Array(16);
    let from = world.sendAlone();
    for (let i = 0; i < 12_000; i++) {
      const to = world.sendAlone();
      moves[from * 4 + to]++;
      from = to;
    }
    for (let i = 0; i < 16; i++) {
      if (i % 5 === 0) expect(moves[i]).toBe(0);
      else expect(Math.abs(moves[i] - 1_000)).toBeLessThan(130); // four standard deviations
    }
  });

  it('sticks for the batches it is told', () => {
    const world = new StreamFixture(sticky({ stickForBatches: 3 })(), healthy(4));
    for (let round = 0; round < 20; round++) {
      const partition = world.sendAlone();
      expect(world.sendAlone()).toBe(partition);
      expect(world.sendAlone()).toBe(partition);
      expect(world.peek()).not.toBe(partition);
    }
  });

  it('for ever lasts until the leader is lost', () => {
    const world = new StreamFixture(sticky({ stickForBatches: Infinity })(), healthy(3));
    const partition = world.sendAlone();
    for (let i = 0; i < 50; i++) expect(world.sendAlone()).toBe(partition);
    const leaders = [0, 1, 2];
    leaders[partition] = -1;
    world.view = viewOf(...leaders);
    expect(world.peek()).not.toBe(partition);
  });

  it('stays where it is when there is nowhere else', () => {
    const world = new StreamFixture(sticky()(), viewOf(-1, 7, -1));
    for (let i = 0; i < 10; i++) expect(world.sendAlone()).toBe(1);
  });

  it('is not moved by the closing of a batch it has no records in', () => {
    const world = new StreamFixture(sticky()(), healthy(4));
    const partition = world.peek();
    world.partitioner.closed(world.stream, partition);
    world.partitioner.closed(world.stream, (partition + 1) % 4);
    expect(world.peek()).toBe(partition);
  });

  it('names the option it can not use', () => {
    expect(() => sticky({ stickForBatches: 0 })).toThrow('stickForBatches must be an integer ≥ 1 or Infinity, got 0');
    expect(() => sticky({ stickForBatches: 1.5 })).toThrow('got 1.5');
  });
});
