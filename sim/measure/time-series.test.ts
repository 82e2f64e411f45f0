import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bin, TimeSeries } from './time-series.ts';

const binsOf = (series: TimeSeries) => {
  const bins: Bin[] = [];
  series.visit((bin) => bins.push(bin));
  return bins;
};

describe('TimeSeries', () => {
  it('halves its resolution when it is full', () => {
    const series = new TimeSeries({ binNs: 10, binsMax: 4 });
    for (const [atNs, value] of [[0, 5], [19, 3], [25, 4], [39, -1], [40, 7]]) series.add(atNs, value); // biome-ignore format: pairs
    expect(series.binNs).toBe(20);
    expect(binsOf(series)).toEqual([
      { fromNs: 0, toNs: 20, count: 2, sum: 8, max: 5, last: 3 },
      { fromNs: 20, toNs: 40, count: 2, sum: 3, max: 4, last: -1 },
      { fromNs: 40, toNs: 60, count: 1, sum: 7, max: 7, last: 7 },
    ]);
  });

  it('has in each bin what was added within it, over any length of time', () => {
    const added = fc.array(fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: -50, max: 50 })), {
      minLength: 1,
    });
    fc.assert(
      fc.property(added, (steps) => {
        const series = new TimeSeries({ binNs: 7, binsMax: 8, startNs: 100 });
        const points: [number, number][] = [];
        let atNs = 100;
        for (const [waitNs, value] of steps) {
          atNs += waitNs;
          points.push([atNs, value]);
          series.add(atNs, value);
        }
        const bins = binsOf(series);
        expect(bins.length).toBeLessThanOrEqual(8);
        expect(bins.at(-1)!.count).toBeGreaterThan(0);
        for (const bin of bins) {
          const values = points.filter(([at]) => at >= bin.fromNs && at < bin.toNs).map(([, value]) => value);
          expect(bin.count).toBe(values.length);
          expect(bin.sum).toBe(values.reduce((sum, value) => sum + value, 0));
          expect(bin.max).toBe(values.length === 0 ? Number.NaN : Math.max(...values));
          expect(bin.last).toBe(values.at(-1) ?? Number.NaN);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('refuses time that goes back', () => {
    const series = new TimeSeries({ binNs: 10 });
    series.add(25, 1);
    expect(() => series.add(19, 1)).toThrow('went back to 19 ns');
  });
});
