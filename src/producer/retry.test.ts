import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponential } from './retry.ts';

const MS = 1_000_000;

describe('exponential back-off', () => {
  it('doubles from 100 ms to 1 s by default, as Kafka does', () => {
    const waits = [1, 2, 3, 4, 5, 6, 1_000_000].map((attempt) => exponential().backoffNs(attempt, 0.5) / MS);
    expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it('spreads waits over 1 ± jitter', () => {
    expect(exponential().backoffNs(1, 0)).toBe(80 * MS);
    expect(exponential().backoffNs(1, 0.75)).toBe(110 * MS);
    expect(exponential({ jitter: 0 }).backoffNs(2, 0.99)).toBe(200 * MS);
  });

  it('is whole nanoseconds, never above the bound, and does not shrink with attempts', () => {
    fc.assert(
      fc.property(
        fc.record({
          retryBackoffNs: fc.nat(10_000 * MS),
          retryBackoffMaxNs: fc.nat(60_000 * MS),
          factor: fc.double({ min: 1, max: 10, noNaN: true }),
          jitter: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
        fc.integer({ min: 1, max: 1_000_000_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (options, attempt, draw) => {
          const policy = exponential(options);
          const waitNs = policy.backoffNs(attempt, draw);
          expect(Number.isSafeInteger(waitNs)).toBe(true);
          expect(waitNs).toBeGreaterThanOrEqual(0);
          expect(waitNs).toBeLessThanOrEqual(options.retryBackoffMaxNs);
          expect(policy.backoffNs(attempt + 1, draw)).toBeGreaterThanOrEqual(waitNs);
        },
      ),
    );
  });

  it('takes each option at its bound', () => {
    const edge = exponential({ retryBackoffNs: 0, retryBackoffMaxNs: 0, factor: 1, jitter: 0 });
    expect([edge.name, edge.backoffNs(9, 0.5)]).toEqual(['exponential', 0]);
    const wide = exponential({ retryBackoffNs: 100, retryBackoffMaxNs: 1_000, jitter: 1 });
    expect([0, 0.5, 1].map((draw) => wide.backoffNs(1, draw))).toEqual([0, 100, 200]);
  });

  it('grows for 64 attempts at most, however small its factor', () => {
    const slow = exponential({ retryBackoffNs: 1_000, retryBackoffMaxNs: 1e9, factor: 1.1, jitter: 0 });
    expect(slow.backoffNs(63, 0)).toBeLessThan(slow.backoffNs(64, 0));
    expect(slow.backoffNs(64, 0)).toBe(slow.backoffNs(1_000_000, 0));
  });

  it.each(['retryBackoffNs', 'retryBackoffMaxNs', 'jitter'] as const)('refuses %s below 0 or without end', (name) => {
    for (const value of [-1, Infinity]) {
      expect(() => exponential({ [name]: value })).toThrow(`${name} must be a finite number ≥ 0, got ${value}`);
    }
  });

  it('names the option it can not use', () => {
    expect(() => exponential({ factor: 0.5 })).toThrow('factor must be a finite number ≥ 1, got 0.5');
    expect(() => exponential({ jitter: 2 })).toThrow('jitter must be at most 1, got 2');
    expect(() => exponential({ retryBackoffNs: Number.NaN })).toThrow('retryBackoffNs');
  });
});
