import { describe, expect, it } from 'vitest';
import { Engine, InvariantError } from '../engine/index.ts';
import { FetchWaiters } from './fetch-waiters.ts';
import { MS } from './small-world.fixture.ts';

/** Waiters of four partitions, and who was answered when. */
function world() {
  const engine = new Engine();
  const answered: string[] = [];
  const waiters = new FetchWaiters({
    engine,
    partitions: 4,
    answer: (consumer) => answered.push(`${consumer} at ${engine.nowNs / MS} ms`),
  });
  const wait = (consumer: number, partition: number, enoughBytes: number, deadlineMs: number) => {
    waiters.hold(consumer, partition, 0, 1_000);
    waiters.wait(consumer, enoughBytes, deadlineMs * MS);
  };
  return { engine, waiters, answered, wait };
}

describe('a fetch that waits', () => {
  it('is answered when there is enough, once that can be seen', () => {
    const { engine, waiters, answered, wait } = world();
    wait(1, 0, 500, 100);
    waiters.appended(0, 499, 10 * MS);
    engine.runUntil(20 * MS);
    expect(answered).toEqual([]);
    waiters.appended(0, 500, 30 * MS);
    engine.runUntil(200 * MS);
    expect(answered).toEqual(['1 at 30 ms']);
  });

  it('is answered at its deadline with what there is', () => {
    const { engine, answered, wait } = world();
    wait(1, 0, 500, 100);
    engine.runUntil(200 * MS);
    expect(answered).toEqual(['1 at 100 ms']);
  });

  it('is answered at its deadline when what it waits for is seen only later, and not again then', () => {
    const { engine, waiters, answered, wait } = world();
    wait(1, 0, 500, 100);
    waiters.appended(0, 600, 150 * MS);
    engine.runUntil(300 * MS);
    expect(answered).toEqual(['1 at 100 ms']);
  });

  it('goes on waiting when nobody knows when the append can be seen', () => {
    const { engine, waiters, answered, wait } = world();
    wait(1, 0, 500, 100);
    waiters.appended(0, 600, Infinity);
    expect(waiters.enoughBytes(0)).toBe(500);
    engine.runUntil(50 * MS);
    expect(answered).toEqual([]);
    waiters.appended(0, 600, 50 * MS);
    engine.runUntil(60 * MS);
    expect(answered).toEqual(['1 at 50 ms']);
  });

  it('is answered at once for what could be seen before now', () => {
    const { engine, waiters, answered, wait } = world();
    engine.runUntil(40 * MS);
    wait(1, 0, 500, 100);
    waiters.appended(0, 600, 10 * MS);
    engine.runUntil(40 * MS);
    expect(answered).toEqual(['1 at 40 ms']);
  });

  it('is woken once, by the first append that was enough', () => {
    const { engine, waiters, answered, wait } = world();
    wait(1, 0, 500, 100);
    waiters.appended(0, 600, 30 * MS);
    waiters.appended(0, 900, 20 * MS);
    engine.runUntil(200 * MS);
    expect(answered).toEqual(['1 at 30 ms']);
  });

  it('is not answered by events of an earlier fetch of the same consumer', () => {
    const { engine, waiters, answered, wait } = world();
    wait(1, 0, 500, 100);
    waiters.appended(0, 600, 30 * MS);
    waiters.drop(1);
    wait(1, 2, 500, 300);
    engine.runUntil(200 * MS);
    expect(answered).toEqual([]);
    engine.runUntil(300 * MS);
    expect(answered).toEqual(['1 at 300 ms']);
  });

  it('may be followed by the next one from within its answer', () => {
    const engine = new Engine();
    const times: number[] = [];
    const waiters: FetchWaiters = new FetchWaiters({
      engine,
      partitions: 1,
      answer: (consumer) => {
        times.push(engine.nowNs / MS);
        waiters.hold(consumer, 0, 0, 1_000);
        waiters.wait(consumer, 500, engine.nowNs + 100 * MS);
      },
    });
    waiters.hold(3, 0, 0, 1_000);
    waiters.wait(3, 500, 100 * MS);
    engine.runUntil(350 * MS);
    expect(times).toEqual([100, 200, 300]);
  });
});

describe('the waiters of a partition', () => {
  it('are woken each for its own need, and no other partition’s are', () => {
    const { engine, waiters, answered, wait } = world();
    wait(1, 0, 300, 100);
    wait(2, 0, 700, 100);
    wait(3, 1, 300, 100);
    waiters.appended(0, 400, 10 * MS);
    engine.runUntil(50 * MS);
    expect(answered).toEqual(['1 at 10 ms']);
    waiters.appended(0, 700, 60 * MS);
    engine.runUntil(99 * MS);
    expect(answered).toEqual(['1 at 10 ms', '2 at 60 ms']);
  });

  it('are told apart from nobody: below `enoughBytes` none has enough', () => {
    const { waiters, wait } = world();
    expect(waiters.enoughBytes(0)).toBe(Infinity);
    wait(1, 0, 700, 100);
    wait(2, 0, 300, 100);
    wait(3, 0, 900, 100);
    expect(waiters.enoughBytes(0)).toBe(300);
    expect(waiters.enoughBytes(1)).toBe(Infinity);
    waiters.appended(0, 700, 10 * MS);
    expect(waiters.enoughBytes(0)).toBe(900);
    waiters.appended(0, 900, 10 * MS);
    expect(waiters.enoughBytes(0)).toBe(Infinity);
  });

  it('leave in any order', () => {
    for (const order of [
      [1, 2, 3],
      [3, 2, 1],
      [2, 1, 3],
      [2, 3, 1],
    ]) {
      const { engine, waiters, answered, wait } = world();
      for (const consumer of [1, 2, 3]) wait(consumer, 0, 500, 100);
      const [first, second, last] = order;
      waiters.drop(first);
      waiters.drop(second);
      expect(waiters.head(0)).toBe(last);
      engine.runUntil(200 * MS);
      expect(answered).toEqual([`${last} at 100 ms`]);
      expect(waiters.head(0)).toBe(-1);
    }
  });

  it('may be many: what a consumer asked for is kept beyond the first 64', () => {
    const { engine, waiters, answered } = world();
    for (const consumer of [5, 500]) {
      waiters.hold(consumer, 3, consumer * 10, consumer + 1);
      waiters.wait(consumer, 500, consumer * MS);
    }
    for (const consumer of [5, 500]) {
      expect(waiters.partition(consumer)).toBe(3);
      expect(waiters.from(consumer)).toBe(consumer * 10);
      expect(waiters.bytesMax(consumer)).toBe(consumer + 1);
    }
    engine.runUntil(600 * MS);
    expect(answered).toEqual(['5 at 5 ms', '500 at 500 ms']);
  });
});

describe('a consumer', () => {
  it('has one fetch at a time, and only one that waits is dropped', () => {
    const { waiters, wait } = world();
    wait(1, 0, 500, 100);
    expect(() => waiters.hold(1, 0, 0, 1_000)).toThrow(InvariantError);
    waiters.drop(1);
    expect(() => waiters.drop(1)).toThrow(InvariantError);
  });
});
