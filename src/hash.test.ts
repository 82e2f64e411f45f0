import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { below, fraction, hash32, mix32, textHash32 } from './hash.ts';

describe('32-bit draws', () => {
  it('have the same bits everywhere, for ever: recorded values', () => {
    expect([0, 1, 2, -1, 0xffffffff].map(mix32)).toEqual([0, 114555507, 229111015, 3652544131, 3652544131]);
    expect(['', 'playback.start', 'playback.stop'].map(textHash32)).toEqual([2696557840, 389400322, 2726467676]);
  });

  it('mixing loses nothing: different inputs, different outputs', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 100_000; i++) seen.add(mix32(i));
    expect(seen.size).toBe(100_000);
  });

  it('one flipped bit of either input flips about half of the output', () => {
    let flips = 0;
    const rounds = 2_000;
    for (let i = 0; i < rounds; i++) {
      let difference =
        hash32(i, 7 * i) ^ (i % 2 === 0 ? hash32(i ^ (1 << (i % 32)), 7 * i) : hash32(i, (7 * i) ^ (1 << (i % 32))));
      for (; difference !== 0; difference &= difference - 1) flips++;
    }
    expect(flips / rounds).toBeGreaterThan(15.5);
    expect(flips / rounds).toBeLessThan(16.5);
  });

  it('stay in range', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(), fc.integer({ min: 1, max: 1 << 21 }), (identity, ordinal, count) => {
        const hash = hash32(identity, ordinal);
        expect(hash).toBe(hash >>> 0);
        expect(below(hash, count)).toBeLessThan(count);
        expect(below(hash, count)).toBeGreaterThanOrEqual(0);
        expect(fraction(hash)).toBeGreaterThanOrEqual(0);
        expect(fraction(hash)).toBeLessThan(1);
      }),
    );
    expect(below(0xffffffff, 1 << 21)).toBe((1 << 21) - 1);
  });

  it('a hash hears both of its inputs and their order, and the mean of fractions is one half', () => {
    expect(new Set([hash32(1, 2), hash32(2, 2), hash32(1, 3), hash32(2, 1)]).size).toBe(4);
    let sum = 0;
    for (let i = 0; i < 10_000; i++) sum += fraction(hash32(7, i));
    expect(Math.abs(sum / 10_000 - 0.5)).toBeLessThan(0.012); // four standard deviations
  });
});
