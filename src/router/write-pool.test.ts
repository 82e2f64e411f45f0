import { describe, expect, it } from 'vitest';
import { WriteList } from './write-list.ts';
import { WritePool } from './write-pool.ts';

const ranges = (pool: WritePool, write: number) => {
  const found: number[][] = [];
  for (let r = pool.firstRange(write); r >= 0; r = pool.next(r)) found.push([pool.slot(r), pool.from(r), pool.to(r)]);
  return found;
};

describe('a pool of writes', () => {
  it('doubles when all are in use, keeps what they hold, and gives each out once', () => {
    const pool = new WritePool();
    expect(pool.capacity).toBe(4);
    const writes: number[] = [];
    for (let i = 0; i < 8; i++) {
      const write = pool.open(i, 1);
      pool.append(write, i, 0, i + 1, 10);
      writes.push(write);
      expect(pool.capacity).toBe(i < 4 ? 4 : 8);
    }
    expect(new Set(writes).size).toBe(8);
    expect(writes.map((write) => pool.openedNs(write))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(writes.map((write) => ranges(pool, write))).toEqual(writes.map((_, i) => [[i, 0, i + 1]]));
    pool.open(8, 1);
    expect(pool.capacity).toBe(16);
  });

  it('takes back what is released and does not grow for it', () => {
    const pool = new WritePool();
    for (let round = 0; round < 20; round++) {
      const writes = [0, 1, 2].map(() => pool.open(round, 2));
      expect(new Set(writes).size).toBe(3);
      for (const write of writes) {
        expect([pool.firstRange(write), pool.records(write), pool.bytes(write)]).toEqual([-1, 0, 0]);
        const range = pool.append(write, 0, round, round + 1, 10);
        expect([pool.acknowledge(write), pool.acknowledge(write)]).toEqual([1, 0]);
        pool.releaseRange(range);
      }
      expect(pool.rangeCount).toBe(0);
      for (const write of writes) pool.release(write);
    }
    expect(pool.capacity).toBe(4);
  });

  it('refuses an acknowledgement of a write that is free', () => {
    const pool = new WritePool();
    const write = pool.open(0, 1);
    expect(() => pool.acknowledge(write + 1)).toThrow('acknowledged once');
    pool.acknowledge(write);
    pool.release(write);
    expect(() => pool.acknowledge(write)).toThrow('acknowledged once');
  });
});

describe('the ranges of a write', () => {
  it('are joined where one goes on where the last ended, and only there', () => {
    const pool = new WritePool();
    const write = pool.open(0, 1);
    expect(pool.append(write, 0, 0, 3, 30)).toBeGreaterThanOrEqual(0);
    expect(pool.append(write, 0, 3, 5, 20)).toBe(-1);
    // Retention took 5 and 6.
    expect(pool.append(write, 0, 7, 9, 20)).toBeGreaterThanOrEqual(0);
    expect(pool.append(write, 1, 9, 10, 10)).toBeGreaterThanOrEqual(0);
    expect(pool.append(write, 1, 10, 11, 10)).toBe(-1);
    expect(pool.append(write, 0, 9, 10, 10)).toBeGreaterThanOrEqual(0);
    expect(ranges(pool, write)).toEqual([
      [0, 0, 5],
      [0, 7, 9],
      [1, 9, 11],
      [0, 9, 10],
    ]);
    expect([pool.records(write), pool.bytes(write), pool.rangeCount]).toEqual([10, 100, 4]);
  });

  it('still say whose they were when their slot is revoked', () => {
    const pool = new WritePool();
    const write = pool.open(0, 1);
    for (const slot of [0, 3]) {
      const range = pool.append(write, slot, 0, 1, 10);
      expect([pool.isOrphan(range), pool.slot(range)]).toEqual([false, slot]);
      pool.orphan(range);
      expect([pool.isOrphan(range), pool.slot(range)]).toEqual([true, slot]);
    }
  });
});

describe('a list of writes', () => {
  it('is first in, first out, and lets any go from the middle', () => {
    const pool = new WritePool();
    const list = new WriteList(pool);
    const [a, b, c, d] = [0, 1, 2, 3].map(() => pool.open(0, 1));
    for (const write of [a, b, c, d]) list.push(write);
    const order = () => {
      const found: number[] = [];
      for (let w = list.first; w >= 0; w = pool.nextWrite(w)) found.push(w);
      return found;
    };
    expect(order()).toEqual([a, b, c, d]);
    list.remove(c);
    expect(order()).toEqual([a, b, d]);
    list.remove(d);
    list.push(c);
    list.remove(a);
    expect(order()).toEqual([b, c]);
    list.remove(b);
    list.remove(c);
    expect(list.first).toBe(-1);
    list.push(d);
    expect(order()).toEqual([d]);
  });
});
