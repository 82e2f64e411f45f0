import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS, S, smallWorld } from '../model/small-world.fixture.ts';
import type { FaultSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';
import { type RateSpan, rateCurveOf } from './shape.ts';

const span: fc.Arbitrary<RateSpan> = fc.record({
  atNs: fc.nat(100),
  forNs: fc.integer({ min: 1, max: 60 }),
  factor: fc.constantFrom(0, 0.5, 2, 3),
});

describe('spans of a rate', () => {
  it('multiply whatever the shape is, and each other, and nothing outside of them', () => {
    const surge = { kind: 'surge', atNs: 20, forNs: 30, factor: 4, rampNs: 8 } as const;
    fc.assert(
      fc.property(fc.array(span, { maxLength: 4 }), fc.constantFrom(Infinity, 70), (spans, offNs) => {
        const plain = rateCurveOf(surge, 200, offNs);
        const curve = rateCurveOf(surge, 200, offNs, spans);
        for (let ns = 0; ns < 200; ns++) {
          const factor = spans
            .filter(({ atNs, forNs }) => ns >= atNs && ns < atNs + forNs)
            .reduce((product, each) => product * each.factor, 1);
          expect(curve.factorAt(ns)).toBeCloseTo(plain.factorAt(ns) * factor, 9);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a surge', () => {
  const offered = (faults: readonly FaultSpec[]) => {
    const world = smallWorld({ topics: [{}, {}], durationNs: 2 * S, faults });
    const simulation = new Simulation(world, { check: 'event' });
    simulation.advance();
    return simulation.finish().topics.map((topic) => topic.offered);
  };

  it('adds so many records to the topics that it is about, to the record', () => {
    const surge = { kind: 'surge', atNs: 500 * MS, forNs: S, factor: 3 } as const;
    const calm = offered([]);
    const one = offered([{ ...surge, topics: ['topic-1'] }]);
    expect(one[0]).toBe(calm[0]);
    // 200 records a second, twice more for a second; each of three streams begins somewhere in its gap.
    expect(Math.abs(one[1]! - calm[1]! - 400)).toBeLessThanOrEqual(3);
    expect(offered([{ ...surge, topics: null }])[1]).toBe(one[1]);
    const none = offered([{ ...surge, factor: 0, topics: null }]);
    expect(Math.abs(calm[1]! - none[1]! - 200)).toBeLessThanOrEqual(3);
  });
});
