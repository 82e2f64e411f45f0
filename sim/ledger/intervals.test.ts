import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntervalSet } from './intervals.ts';

const listed = (set: IntervalSet) => {
  const intervals: [number, number][] = [];
  set.visit((from, to) => intervals.push([from, to]));
  return intervals;
};

/** What the set must look like, from the numbers in it. */
const coalesced = (numbers: Set<number>) => {
  const intervals: [number, number][] = [];
  for (const n of [...numbers].sort((a, b) => a - b)) {
    const last = intervals.at(-1);
    if (last !== undefined && last[1] === n) last[1] = n + 1;
    else intervals.push([n, n + 1]);
  }
  return intervals;
};

describe('IntervalSet', () => {
  it('coalesces what touches', () => {
    const set = new IntervalSet();
    expect(set.add(0, 10)).toBe(10);
    expect(set.add(10, 15)).toBe(5);
    expect(set.add(20, 30)).toBe(10);
    expect(set.add(12, 22)).toBe(5);
    expect(listed(set)).toEqual([[0, 30]]);
    expect(set.count).toBe(30);
  });

  it('knows how far it is contiguous', () => {
    const set = new IntervalSet();
    set.add(5, 8);
    set.add(9, 12);
    expect([4, 5, 7, 8, 9, 12].map((offset) => set.contiguousFrom(offset))).toEqual([4, 8, 8, 8, 12, 12]);
  });

  it('forgets below an offset, within an interval too', () => {
    const set = new IntervalSet();
    set.add(0, 4);
    set.add(6, 10);
    expect(set.dropBelow(8)).toBe(6);
    expect(set.dropBelow(8)).toBe(0);
    expect(listed(set)).toEqual([[8, 10]]);
  });

  it('refuses an interval that ends before it starts', () => {
    expect(() => new IntervalSet().add(3, 2)).toThrow('does not end before it starts');
  });

  it('equals a set of numbers after any commands', () => {
    const stretch = fc
      .tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 0, max: 15 }))
      .map(([at, n]) => [at, at + n]);
    const command = fc.tuple(fc.constantFrom('add', 'add', 'append', 'remove', 'drop'), stretch);
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), stretch, (commands, [askFrom, askTo]) => {
        const set = new IntervalSet();
        const model = new Set<number>();
        for (const [name, [low, high]] of commands) {
          const from = name === 'append' ? Math.max(-40, ...model) + 1 : name === 'drop' ? -100 : low;
          const to = name === 'append' ? from + high - low : high;
          const before = model.size;
          for (let n = from; n < to; n++) name === 'add' || name === 'append' ? model.add(n) : model.delete(n);
          const changed =
            name === 'drop' ? set.dropBelow(to) : name === 'remove' ? set.remove(from, to) : set.add(from, to);
          expect(changed).toBe(Math.abs(model.size - before));
          expect(set.count).toBe(model.size);
          expect(listed(set)).toEqual(coalesced(model));
          expect(set.intervals).toBe(listed(set).length);
          let covered = 0;
          for (let n = askFrom; n < askTo; n++) covered += model.has(n) ? 1 : 0;
          expect(set.covered(askFrom, askTo)).toBe(covered);
          let end = askFrom;
          while (model.has(end)) end++;
          expect(set.contiguousFrom(askFrom)).toBe(end);
        }
      }),
      { numRuns: 300 },
    );
  });
});
