import { describe, expect, it } from 'vitest';
import { Progress } from './progress.ts';
import { WritePool } from './write-pool.ts';

/** The progress of three slots that begin at offset 10, commits due at once, and what it is asked and asks. */
function setUp() {
  const pool = new WritePool();
  const waiting: number[] = [];
  const policy = {
    name: 'at once',
    dueNs: (records: number, lastNs: number) => {
      waiting.push(records);
      return lastNs;
    },
  };
  const progress = new Progress(pool, policy, 3, 0);
  for (let slot = 0; slot < 3; slot++) progress.assign(slot, 10);
  /** Fetches up to `to` into a write of its own. */
  const fetch = (slot: number, to: number): number => {
    const from = progress.position(slot);
    progress.fetched(slot, to);
    const range = pool.append(pool.open(0, 1), slot, from, to, 1);
    progress.add(slot, range);
    return range;
  };
  const commits = () => {
    const asked: number[][] = [];
    progress.commitAll(0, (slot, offset) => asked.push([slot, offset]));
    return asked.sort(([a], [b]) => a - b);
  };
  /** How many records the policy is told to wait for a commit; nothing when it isn't asked. */
  const told = () => {
    waiting.length = 0;
    progress.dueNs();
    return waiting[0];
  };
  return { pool, progress, fetch, commits, told };
}

describe('the progress of slots', () => {
  it('is nothing for a slot that was never assigned', () => {
    const progress = new Progress(new WritePool(), { name: 'never', dueNs: () => Infinity }, 2, 0);
    expect([progress.head(0), progress.head(1), progress.position(1), progress.dueNs()]).toEqual([-1, -1, 0, Infinity]);
  });

  it('begins where the slot was committed, with nothing to commit', () => {
    const { progress, fetch, commits, told } = setUp();
    expect(told()).toBeUndefined();
    const range = fetch(1, 14);
    expect(told()).toBeUndefined();
    progress.complete(range);
    expect(told()).toBe(4);
    expect(commits()).toEqual([[1, 14]]);
    expect([0, 1, 2].map((slot) => progress.committed(slot))).toEqual([10, 10, 10]);
    progress.committedUpTo(1, 14);
    expect([0, 1, 2].map((slot) => progress.committed(slot))).toEqual([10, 14, 10]);
  });

  it('has one commit of a slot on its way, and the next as soon as that is answered', () => {
    const { progress, fetch, commits, told } = setUp();
    progress.complete(fetch(2, 12));
    expect(commits()).toEqual([[2, 12]]);
    progress.complete(fetch(2, 15));
    expect([progress.written(2), told(), commits()]).toEqual([15, undefined, []]);
    progress.committedUpTo(2, 12);
    expect(told()).toBe(3);
    expect(commits()).toEqual([[2, 15]]);
  });

  it('counts again what a refused commit was about, from what the store has', () => {
    const { progress, fetch, commits, told } = setUp();
    progress.complete(fetch(1, 12));
    commits();
    progress.committedUpTo(1, 12);
    progress.complete(fetch(1, 17));
    progress.complete(fetch(0, 11));
    commits();
    expect(progress.commitFailed(1)).toBe(1);
    expect(told()).toBe(5);
    expect(commits()).toEqual([[1, 17]]);
    expect(progress.commitFailed(1)).toBe(2);
    // An answer of another slot shows that the store is back.
    progress.committedUpTo(0, 11);
    expect(commits()).toEqual([[1, 17]]);
    expect(progress.commitFailed(1)).toBe(1);
  });

  it('passes what retention took only once all before it is written', () => {
    const { progress, fetch, commits } = setUp();
    const range = fetch(1, 14);
    progress.skip(1, 20);
    progress.skip(2, 15);
    expect([progress.written(1), progress.written(2)]).toEqual([10, 15]);
    expect(commits()).toEqual([[2, 15]]);
    progress.complete(range);
    expect(progress.written(1)).toBe(20);
    expect(commits()).toEqual([[1, 20]]);
  });
});

describe('a slot that is given up', () => {
  it('leaves nothing behind once its writes are through', () => {
    const { pool, progress, fetch } = setUp();
    const [first, second, third] = [12, 14, 16].map((to) => fetch(1, to));
    progress.complete(second);
    expect(pool.rangeCount).toBe(3);
    progress.revoke(1);
    expect(pool.rangeCount).toBe(2);
    expect(progress.head(1)).toBe(-1);
    progress.assign(1, 10);
    const again = fetch(1, 12);
    progress.complete(first);
    progress.complete(third);
    expect(pool.rangeCount).toBe(1);
    expect(progress.written(1)).toBe(10);
    progress.complete(again);
    expect([pool.rangeCount, progress.written(1)]).toEqual([0, 12]);
  });

  it('takes what it had to commit with it, and only that', () => {
    for (const given of [0, 1, 2]) {
      const { progress, fetch, commits, told } = setUp();
      [11, 12, 14].forEach((to, slot) => {
        progress.complete(fetch(slot, to));
      });
      expect(told()).toBe(7);
      progress.revoke(given);
      const left = [
        [0, 11],
        [1, 12],
        [2, 14],
      ].filter(([slot]) => slot !== given);
      expect(told()).toBe(left.reduce((sum, [, to]) => sum + to - 10, 0));
      expect(commits()).toEqual(left);
      progress.assign(given, 20);
      progress.complete(fetch(given, 21));
      expect(commits()).toEqual([[given, 21]]);
    }
  });
});
