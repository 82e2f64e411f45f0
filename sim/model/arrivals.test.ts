import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_KEY } from '../../src/record.ts';
import { RateCurve } from '../traffic/rate-curve.ts';
import { Arrivals, type StreamArrivals } from './arrivals.ts';

const S = 1_000_000_000;
const MS = 1_000_000;

interface Storm {
  readonly process: 'even' | 'poisson';
  readonly curve: RateCurve | null;
  readonly keys: number;
  readonly spreadNs: number;
}

const calm: Storm = { process: 'even', curve: null, keys: 0, spreadNs: 0 };

const stream: StreamArrivals = { identity: 7, recordsPerSecond: 100, bytes: 200, pareto: null };

const one = (changes: Partial<StreamArrivals> = {}, storm: Partial<Storm> = {}): Arrivals =>
  new Arrivals([{ ...stream, ...changes }], { ...calm, ...storm });

/** Times of all records up to the end, taken one by one. */
function timesUntil(arrivals: Arrivals, endNs: number, of = 0): number[] {
  const times: number[] = [];
  while (arrivals.nextNs(of) <= endNs) {
    const nextNs = arrivals.nextNs(of);
    if (arrivals.take(of, nextNs, 1) !== 1 || arrivals.lastNs !== nextNs) throw new Error(`none taken at ${nextNs} ns`);
    times.push(nextNs);
  }
  return times;
}

/** Rates that rise, fall, stop and begin again. */
const curves = fc
  .array(fc.record({ forMs: fc.integer({ min: 1, max: 400 }), factor: fc.constantFrom(0, 0.1, 1, 1 / 3, 7.7) }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((segments) => {
    let atNs = 0;
    const starts = segments.map(({ forMs }) => {
      const startNs = atNs;
      atNs += forMs * MS;
      return startNs;
    });
    return new RateCurve(
      starts,
      segments.map(({ factor }) => factor),
    );
  });

const storms: fc.Arbitrary<Storm> = fc.record({
  process: fc.constantFrom('even' as const, 'poisson' as const),
  curve: fc.option(curves),
  keys: fc.constant(0),
  spreadNs: fc.constantFrom(0, 100 * MS),
});

const streams: fc.Arbitrary<StreamArrivals> = fc.record({
  identity: fc.integer(),
  recordsPerSecond: fc.oneof(fc.constantFrom(1, 3, 1000), fc.double({ min: 0.5, max: 1_000, noNaN: true })),
  bytes: fc.constant(100),
  pareto: fc.constant(null),
});

describe('arrivals', () => {
  it('are the same however they are taken: by the record, by slices of time, some at a time', () => {
    const slices = fc.array(
      fc.record({ forNs: fc.integer({ min: 0, max: 300 * MS }), max: fc.constantFrom(1, 2, 7, Infinity) }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(streams, storms, slices, (spec, storm, cuts) => {
        const times = timesUntil(new Arrivals([spec], storm), S);
        const sliced = new Arrivals([spec], storm);
        let nowNs = 0;
        let taken = 0;
        for (const { forNs, max } of [...cuts, { forNs: S, max: Infinity }]) {
          nowNs = Math.min(S, nowNs + forNs);
          const due = times.filter((ns) => ns <= nowNs).length - taken;
          const n = sliced.take(0, nowNs, max);
          expect(n).toBe(Math.min(due, max));
          taken += n;
          if (n > 0) expect(sliced.lastNs).toBe(times[taken - 1]);
          expect(sliced.taken(0)).toBe(taken);
          if (taken < times.length) expect(sliced.nextNs(0)).toBe(times[taken]);
          else expect(sliced.nextNs(0)).toBeGreaterThan(S);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('come at their nanosecond and not at the one before, however many are taken with them', () => {
    fc.assert(
      fc.property(streams, storms, fc.nat(2_000), (spec, storm, which) => {
        const times = timesUntil(new Arrivals([spec], storm), S);
        fc.pre(times.length > 0);
        const atNs = times[which % times.length];
        for (const untilNs of [atNs - 1, atNs]) {
          const taken = new Arrivals([spec], storm).take(0, untilNs, Infinity);
          expect(taken).toBe(times.filter((ns) => ns <= untilNs).length);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('come at whole nanoseconds and never go back', () => {
    fc.assert(
      fc.property(streams, storms, (spec, storm) => {
        const times = timesUntil(new Arrivals([spec], storm), S);
        const wrong = times.filter((ns, i) => !Number.isSafeInteger(ns) || ns < (i === 0 ? 0 : times[i - 1]));
        expect(wrong).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('seen ahead are those that come, up to the limit', () => {
    fc.assert(
      fc.property(
        streams,
        storms,
        fc.nat(20),
        fc.nat(20),
        fc.integer({ min: 0, max: S }),
        (spec, storm, skip, ahead, limitNs) => {
          const arrivals = new Arrivals([spec], storm);
          arrivals.take(0, 2 * S, skip);
          const before = [arrivals.nextNs(0), arrivals.taken(0)];
          const seenNs = arrivals.aheadNs(0, ahead, limitNs);
          expect([arrivals.nextNs(0), arrivals.taken(0)]).toEqual(before);
          const times = timesUntil(arrivals, limitNs);
          expect(seenNs).toBe(Math.min(limitNs, times[ahead] ?? Infinity));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('an even stream', () => {
  it('keeps its distance', () => {
    const times = timesUntil(one(), S);
    expect(times.length).toBe(100);
    for (let i = 1; i < times.length; i++) expect(Math.abs(times[i] - times[i - 1] - 10 * MS)).toBeLessThanOrEqual(1);
  });

  it('has a phase of its own', () => {
    const phases = new Set([1, 2, 3, 4].map((identity) => one({ identity }).nextNs(0)));
    expect(phases.size).toBe(4);
    for (const ns of phases) expect(ns).toBeLessThan(10 * MS);
  });

  it('begins anywhere within the spread and a gap, so that streams of one rate don’t send together', () => {
    const many = Array.from({ length: 200 }, (_, identity) => ({ ...stream, identity: identity * 77 + 1 }));
    const firsts = (spreadNs: number) => {
      const arrivals = new Arrivals(many, { ...calm, spreadNs });
      return many.map((_, index) => arrivals.nextNs(index));
    };
    for (const ns of firsts(0)) expect(ns).toBeLessThan(10 * MS);
    const spread = firsts(100 * MS);
    for (const ns of spread) expect(ns).toBeLessThan(110 * MS);
    for (const fromMs of [0, 25, 50, 75]) {
      const share = spread.filter((ns) => ns >= fromMs * MS && ns < (fromMs + 25) * MS).length;
      expect(share).toBeGreaterThan(25);
      expect(share).toBeLessThan(75);
    }
  });

  it('follows the curve: as many as its integral says, none while the rate is nothing', () => {
    const curve = new RateCurve([0, S, 2 * S], [1, 0, 3]);
    const times = timesUntil(one({}, { curve }), 3 * S);
    const between = (from: number, to: number) => times.filter((ns) => ns > from * S && ns <= to * S).length;
    expect([between(0, 1), between(1, 2), between(2, 3)]).toEqual([100, 0, 300]);
  });
});

describe('a Poisson stream', () => {
  it('has gaps whose mean and standard deviation are one over the rate', () => {
    const times = timesUntil(one({}, { process: 'poisson' }), 200 * S);
    const gaps = times.slice(1).map((ns, i) => (ns - times[i]) / MS);
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) * (gap - mean), 0) / gaps.length);
    // 20,000 gaps of 10 ms: the mean is within 0.07 ms two times in three.
    expect(Math.abs(mean - 10)).toBeLessThan(0.3);
    expect(Math.abs(deviation - 10)).toBeLessThan(0.5);
  });

  it('is not touched by its neighbours', () => {
    const alone = timesUntil(one({}, { process: 'poisson' }), S);
    const two = new Arrivals([{ ...stream, identity: 8 }, stream], { ...calm, process: 'poisson' });
    two.take(0, S, 17);
    expect(timesUntil(two, S, 1)).toEqual(alone);
  });
});

describe('a stream without a rate', () => {
  it.each(['even', 'poisson'] as const)('never comes (%s)', (process) => {
    const arrivals = one({ recordsPerSecond: 0 }, { process, spreadNs: 100 * MS });
    expect(arrivals.nextNs(0)).toBe(Infinity);
    expect(arrivals.take(0, 1e15, Infinity)).toBe(0);
    expect(arrivals.aheadNs(0, 3, S)).toBe(S);
  });
});

describe('a record', () => {
  it('has the size of its stream, or one of a bounded Pareto distribution', () => {
    expect(one().bytes(0)).toBe(200);
    expect(one().bytesMax(0)).toBe(200);
    expect(one().varies(0)).toBe(false);
    const heavy = one({ pareto: { shape: 1.2, bytesMin: 50, bytesMax: 10_000.5 } });
    expect(heavy.varies(0)).toBe(true);
    expect(heavy.bytesMax(0)).toBe(10_001);
    let large = 0;
    const sizes = new Set<number>();
    for (let i = 0; i < 1_000; i++) {
      const bytes = heavy.bytes(0);
      expect(heavy.bytes(0)).toBe(bytes);
      expect(bytes).toBeGreaterThanOrEqual(50);
      expect(bytes).toBeLessThanOrEqual(heavy.bytesMax(0));
      if (bytes > 500) large++;
      sizes.add(bytes);
      heavy.take(0, heavy.nextNs(0), 1);
    }
    expect(sizes.size).toBeGreaterThan(50);
    // One in 10^1.2 = 16 is larger than ten times the least.
    expect(large).toBeGreaterThan(35);
    expect(large).toBeLessThan(95);
  });

  it('has one of its stream’s keys, a 31-bit hash, if streams have keys', () => {
    expect(one().keyHash(0)).toBe(NO_KEY);
    expect(one().keyed).toBe(false);
    const keyed = one({}, { keys: 5 });
    expect([keyed.keyed, keyed.varies(0)]).toEqual([true, true]);
    const keys = new Map<number, number>();
    for (let i = 0; i < 500; i++) {
      const key = keyed.keyHash(0);
      expect(key).toBeGreaterThanOrEqual(0);
      keys.set(key, (keys.get(key) ?? 0) + 1);
      keyed.take(0, keyed.nextNs(0), 1);
    }
    expect(keys.size).toBe(5);
    for (const n of keys.values()) expect(n).toBeGreaterThan(50);
  });
});
