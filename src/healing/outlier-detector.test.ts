import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutlierDetector, type OutlierOptions } from './outlier-detector.ts';

const options: OutlierOptions = { factor: 3, floor: 10, window: 5, hits: 3, cooldownNs: 100, replacedMax: 1 };
/** What each of the checks came to, one check every 10 ns. */
const judged = (how: Partial<OutlierOptions>, checks: readonly (readonly number[])[]) => {
  const detector = new OutlierDetector({ ...options, ...how });
  return checks.map((signals, i) => detector.judge(signals, i * 10));
};
const slow = [5, 5, 50];

describe('an outlier detector', () => {
  it('wants several bad checks before it believes, not in a row', () => {
    const fine = [5, 5, 5];
    const [, , , third, fourth] = judged({}, [slow, fine, slow, slow, slow]);
    expect(third).toEqual({ detected: [2], replace: [2] });
    expect(fourth).toEqual({ detected: [], replace: [] });
    // Three of six are not three of five.
    expect(judged({}, [slow, slow, fine, fine, fine, slow]).every(({ replace }) => replace.length === 0)).toBe(true);
  });

  it('compares with the others, and finds nobody where all are slow, or all quick', () => {
    const none = (signals: number[]) => judged({ hits: 1 }, [signals])[0]!.replace.length === 0;
    expect(none([500, 600, 700])).toBe(true);
    expect(none([1, 1, 9])).toBe(true);
    expect(none([5, Infinity, Infinity])).toBe(true);
    expect(none([5, 5, Infinity])).toBe(false);
    expect(none([5, 50])).toBe(false);
  });

  it('replaces so many at a time, the worst first, and rests in between', () => {
    const two = [5, 5, 5, 40, 50];
    const detector = new OutlierDetector({ ...options, hits: 1 });
    expect(detector.judge(two, 0)).toEqual({ detected: [3, 4], replace: [4] });
    expect(detector.judge(two, 200).replace).toEqual([]);
    detector.returned(4);
    expect(detector.judge(two, 90 + 200).replace).toEqual([4]);
    detector.returned(4);
    expect(detector.judge([5, 5, 5, 40, 5], 300).replace).toEqual([]);
    expect(detector.judge([5, 5, 5, 40, 5], 390).replace).toEqual([3]);
    expect(judged({ hits: 1, replacedMax: 2 }, [two])[0]!.replace).toEqual([4, 3]);
  });

  it('asks what speaks against it, and goes on asking', () => {
    const detector = new OutlierDetector({ ...options, hits: 1 });
    expect(detector.judge(slow, 0, () => false)).toEqual({ detected: [2], replace: [] });
    expect(detector.judge(slow, 10, () => true)).toEqual({ detected: [], replace: [2] });
  });

  it('refuses what can’t be meant', () => {
    expect(() => new OutlierDetector({ ...options, hits: 6 })).toThrow(/6 of 5/);
    expect(() => new OutlierDetector({ ...options, factor: 1 })).toThrow(/above 1/);
    expect(() => new OutlierDetector({ ...options, floor: NaN })).toThrow(RangeError);
    expect(() => new OutlierDetector({ ...options, cooldownNs: NaN })).toThrow(RangeError);
    expect(() => new OutlierDetector(options).returned(0)).toThrow(/being replaced/);
  });

  it('never has more away than it may, whatever it sees, and rests as long as it says', () => {
    const signals = fc.array(fc.constantFrom(1, 20, 100, Infinity), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.record({ hits: fc.integer({ min: 1, max: 3 }), replacedMax: fc.integer({ min: 1, max: 3 }) }),
        fc.array(fc.tuple(signals, fc.nat(80), fc.boolean()), { maxLength: 60 }),
        (how, checks) => {
          const detector = new OutlierDetector({ ...options, ...how });
          let nowNs = 0;
          let lastNs = -Infinity;
          for (const [seen, waitNs, comesBack] of checks) {
            nowNs += waitNs;
            const before = [...detector.replacing];
            const { replace } = detector.judge(seen, nowNs);
            expect(detector.replacing.size).toBeLessThanOrEqual(how.replacedMax);
            if (replace.length > 0) expect(nowNs - lastNs).toBeGreaterThanOrEqual(options.cooldownNs);
            if (replace.length > 0) lastNs = nowNs;
            for (const member of replace) expect(before).not.toContain(member);
            if (comesBack) for (const member of [...detector.replacing]) detector.returned(member);
          }
        },
      ),
    );
  });
});
