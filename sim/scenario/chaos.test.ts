import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveScenario } from './resolve.ts';
import { DRAWS_MAX, STRIKES_MAX, strikesOf } from './strikes.ts';
import type { WrittenScenario } from './written.ts';

const H = 3_600_000_000_000;

describe('what comes at a rate', () => {
  const base = { seed: 1, identity: 'monkey', fromNs: 0, untilNs: 1000 * H, everyNs: H, downNs: H / 2 };

  it('comes so often in the mean, with gaps that are spread exponentially', () => {
    const strikes = strikesOf(base)!;
    expect(Math.abs(strikes.length - 1000)).toBeLessThan(4 * Math.sqrt(1000));
    const gaps = strikes.slice(1).map(({ atNs }, i) => atNs - strikes[i]!.atNs);
    // A share of 1 − 1/e of exponential gaps is shorter than their mean.
    expect(gaps.filter((gap) => gap < H).length / gaps.length).toBeCloseTo(1 - 1 / Math.E, 1.3);
  });

  it('is the same again from a seed, however long it goes on, and another from another', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 100 }), (seed, hours) => {
        const all = strikesOf({ ...base, seed })!;
        const some = strikesOf({ ...base, seed, untilNs: hours * H })!;
        expect(some.map(({ atNs }) => atNs)).toEqual(all.map(({ atNs }) => atNs).filter((atNs) => atNs < hours * H));
        for (const { atNs, forNs } of some) expect(atNs + forNs).toBeLessThanOrEqual(hours * H);
        expect(strikesOf({ ...base, seed: seed + 1 })).not.toEqual(all);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps to working hours, over midnight too', () => {
    const timeOfDay = (clock: number) => (at: { atNs: number }) => ((at.atNs + clock) / H) % 24;
    const day = strikesOf({ ...base, hours: { opensNs: 9 * H, closesNs: 15 * H, clockNs: 7 * H } })!;
    expect(day.length).toBeGreaterThan(150);
    expect(day.map(timeOfDay(7 * H)).every((hour) => hour >= 9 && hour < 15)).toBe(true);
    const night = strikesOf({ ...base, hours: { opensNs: 22 * H, closesNs: 6 * H, clockNs: 0 } })!;
    expect(night.map(timeOfDay(0)).every((hour) => hour >= 22 || hour < 6)).toBe(true);
  });
});

describe('what comes too often', () => {
  it('is no list of strikes, and found out soon, in working hours and out of them', () => {
    const often = { seed: 1, identity: 'monkey', fromNs: 0, everyNs: 1, downNs: 1 };
    expect(strikesOf({ ...often, untilNs: STRIKES_MAX / 2 })!.length).toBeLessThan(STRIKES_MAX);
    expect(strikesOf({ ...often, untilNs: 24 * H })).toBeNull();
    // They open after all that it may draw.
    const hours = { opensNs: 23 * H, closesNs: 24 * H - 1, clockNs: 0 };
    expect(strikesOf({ ...often, untilNs: 24 * H, hours })).toBeNull();
    expect(strikesOf({ ...often, untilNs: DRAWS_MAX / 4, hours })).toEqual([]);
  });
});

describe('a generator of faults', () => {
  const scenario = (faults: WrittenScenario['faults'], more: Partial<WrittenScenario> = {}) =>
    resolveScenario({
      name: 'chaos',
      extends: 'laptop',
      run: { for: '10h' },
      regions: { main: { zones: 3 } },
      faults,
      ...more,
    } as never).faults;
  const monkey = { kind: 'chaos-monkey', at: '0s', every: '10min', down: '1min' } as const;

  it('comes to faults that say where they are from', () => {
    const faults = scenario([{ ...monkey, cluster: 'normal' }]);
    expect(faults.length).toBeGreaterThan(30);
    expect(new Set(faults.map((fault) => ('broker' in fault ? `${fault.cluster}/${fault.broker}` : '')))).toEqual(
      new Set(['normal/0', 'normal/1', 'normal/2']),
    );
    expect(faults[0]).toMatchObject({ kind: 'broker-kill', by: 'chaos-monkey', disk: 'lost', forNs: H / 60 });
    const crashes = scenario([{ ...monkey, prey: 'containers', sink: 's3' }]);
    expect(crashes[0]).toMatchObject({ kind: 'router-crash', by: 'chaos-monkey', sink: 's3' });
  });

  it('is not moved by others that come or go, nor by one that is its like', () => {
    const alone = scenario([monkey]);
    const other = { kind: 'sink-stop', sink: 's3', at: '1h', for: '1h' } as const;
    expect(scenario([other, monkey]).filter(({ kind }) => kind === 'broker-kill')).toEqual(alone);
    const two = scenario([monkey, monkey]);
    expect(two.slice(0, alone.length)).toEqual(alone);
    expect(two.slice(alone.length).map(({ atNs }) => atNs)).not.toEqual(alone.map(({ atNs }) => atNs));
  });

  it('takes all of a zone or a region at once, and nothing when it never strikes', () => {
    const zones = scenario([{ kind: 'chaos-gorilla', at: '0s', every: '2h' }]);
    const first = zones.filter(({ atNs }) => atNs === zones[0]!.atNs);
    // One broker of each cluster of three stands in each of the three zones.
    expect(first).toHaveLength(3);
    const regions = scenario([{ kind: 'chaos-kong', at: '0s', every: '2h' }]);
    expect(regions.filter(({ atNs }) => atNs === regions[0]!.atNs)).toHaveLength(9);
    expect(scenario([{ kind: 'region-kill', at: '1h', for: '1h' }])).toHaveLength(9);
    expect(scenario([{ ...monkey, every: 'never' }])).toEqual([]);
  });

  it('is refused when it can’t be meant', () => {
    expect(() => scenario([{ ...monkey, every: '1ms' }])).toThrow(/faults\[0\]\.every.*10000/s);
    expect(() => scenario([{ ...monkey, every: '1ns', opens: '23h', closes: '23.5h' }])).toThrow(
      /faults\[0\]\.every.*1000000/s,
    );
    expect(() => scenario([{ ...monkey, opens: '24h', closes: '9h' }])).toThrow(/faults\[0\]\.opens.*at most 86399s/s);
    expect(() => scenario([{ ...monkey, opens: '8h', closes: '25h' }])).toThrow(/faults\[0\]\.closes.*at most/s);
    expect(() => scenario([{ ...monkey, clock: '30h' }])).toThrow(/faults\[0\]\.clock.*at most/s);
    expect(() => scenario([{ ...monkey, opens: '9h', closes: '9h' }])).toThrow(/faults\[0\]\.closes.*another time/s);
    expect(() => scenario([{ ...monkey, prey: 'containers', cluster: 'normal' }])).toThrow(
      /faults\[0\]\.cluster.*prey: containers/s,
    );
    expect(() => scenario([{ ...monkey, sink: 's3' }])).toThrow(/faults\[0\]\.sink.*prey: brokers/s);
    expect(() => scenario([{ ...monkey, opens: '9h' }])).toThrow(/faults\[0\]\.opens.*closes/s);
    expect(() => scenario([{ ...monkey, cluster: 'norm' }])).toThrow(/normal/);
    expect(() => scenario([{ kind: 'region-kill', at: '1h', for: '1h', region: 'man' }])).toThrow(/main/);
  });
});
