import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TrafficShape } from '../scenario/scenario.ts';
import { rateCurveOf } from './shape.ts';

const DAY_NS = 86_400e9;
const HOUR_NS = 3_600e9;

describe('constant', () => {
  it('is 1', () => {
    expect(rateCurveOf({ kind: 'constant' }, DAY_NS).integralNs(12345)).toBe(12345);
  });
});

describe('diurnal', () => {
  const day: TrafficShape = { kind: 'diurnal', periodNs: DAY_NS, peakToMean: 1.7, phaseNs: 0 };

  it('starts at the mean and rises to the peak a quarter later, to the trough at three quarters', () => {
    const curve = rateCurveOf(day, DAY_NS);
    expect(curve.factorAt(0)).toBeCloseTo(1, 1);
    expect(curve.factorAt(6 * HOUR_NS)).toBeCloseTo(1.7, 3);
    expect(curve.factorAt(18 * HOUR_NS)).toBeCloseTo(0.3, 3);
    expect(curve.segments).toBe(288);
  });

  it('has the area of the sine', () => {
    const quarter = rateCurveOf(day, DAY_NS).integralNs(6 * HOUR_NS) / DAY_NS;
    expect(quarter).toBeCloseTo(0.25 + 0.7 / (2 * Math.PI), 5);
  });

  it('starts where its phase says', () => {
    expect(rateCurveOf({ ...day, phaseNs: 6 * HOUR_NS }, DAY_NS).factorAt(0)).toBeCloseTo(1.7, 3);
  });

  it('law: over whole periods the mean is 1, whatever the phase', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: DAY_NS }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.double({ min: 1, max: 2, noNaN: true }),
        (periodNs, at, peakToMean) => {
          const phaseNs = Math.floor(at * periodNs);
          const curve = rateCurveOf({ kind: 'diurnal', periodNs, peakToMean, phaseNs }, 2 * periodNs);
          expect(curve.integralNs(2 * periodNs) / (2 * periodNs)).toBeCloseTo(1, periodNs > 1e6 ? 6 : 0);
          expect(curve.factorAt(0)).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('surge', () => {
  it('steps up and down without a ramp', () => {
    const curve = rateCurveOf({ kind: 'surge', atNs: 10, forNs: 5, factor: 3, rampNs: 0 }, 100);
    expect([0, 9, 10, 14, 15, 99].map((ns) => curve.factorAt(ns))).toEqual([1, 1, 3, 3, 1, 1]);
  });

  it('may begin at once', () => {
    expect(rateCurveOf({ kind: 'surge', atNs: 0, forNs: 5, factor: 0, rampNs: 0 }, 100).factorAt(0)).toBe(0);
  });

  it('ramps with the area of a straight line', () => {
    const curve = rateCurveOf({ kind: 'surge', atNs: 1e9, forNs: 2e9, factor: 5, rampNs: 1e9 }, 10e9);
    expect(curve.integralNs(2e9) - curve.integralNs(1e9)).toBeCloseTo(3e9, 0);
    expect(curve.integralNs(4e9) - curve.integralNs(2e9)).toBe(10e9);
    expect(curve.integralNs(5e9) - curve.integralNs(4e9)).toBeCloseTo(3e9, 0);
    expect(curve.factorAt(5e9)).toBe(1);
  });
});

describe('trace', () => {
  it('is as resolved', () => {
    const shape: TrafficShape = { kind: 'trace', file: 'x', fileSha256: '', startsNs: [0, 10], factors: [0.5, 2] };
    expect(rateCurveOf(shape, 100).integralNs(20)).toBe(25);
  });
});

describe('a rate that ends', () => {
  it('is that of the shape before the end, and 0 from then on', () => {
    const surge = { kind: 'surge', atNs: 100, forNs: 200, factor: 3, rampNs: 0 } as const;
    const curve = rateCurveOf(surge, 1_000, 250);
    expect([0, 99, 100, 249, 250, 299, 300, 999].map((ns) => curve.factorAt(ns))).toEqual([1, 1, 3, 3, 0, 0, 0, 0]);
    expect(curve.timeOf(curve.integralNs(250))).toBe(250);
    expect(curve.timeOf(curve.integralNs(250) + 1)).toBe(Infinity);
    expect(rateCurveOf({ kind: 'constant' }, 1_000, 0).factorAt(0)).toBe(0);
  });
});
