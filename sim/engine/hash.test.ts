import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash32, hashString, uniform } from './hash.ts';

const int32 = fc.integer({ min: -0x80000000, max: 0x7fffffff });

describe('hash32', () => {
  it('gives these numbers on every machine', () => {
    expect([hash32(0, 0, 0), hash32(1, 2, 3), hash32(-1, 0x7fffffff, 42)]).toEqual([696894226, 1548315982, 2450825526]);
  });

  it('changes about half of its bits with any one bit of any argument', () => {
    let flips = 0;
    let tried = 0;
    for (let i = 0; i < 200; i++) {
      const args = [i, i * 977, -i * 31] as const;
      for (let bit = 0; bit < 96; bit++) {
        const [a, b, c] = args.map((x, at) => (bit >> 5 === at ? x ^ (1 << (bit & 31)) : x));
        let difference = hash32(...args) ^ hash32(a, b, c);
        for (; difference !== 0; difference &= difference - 1) flips++;
        tried++;
      }
    }
    // 19,200 × 32 coin tosses: one standard error is 0.0006 of a toss.
    expect(Math.abs(flips / tried / 32 - 0.5)).toBeLessThan(0.005);
  });

  it('tells the order of its arguments', () => {
    expect(new Set([hash32(1, 2, 3), hash32(3, 2, 1), hash32(2, 1, 3), hash32(1, 3, 2)]).size).toBe(4);
  });

  it('collides over a grid of entities and ordinals no more than chance', () => {
    const seen = new Set<number>();
    for (let entity = 0; entity < 400; entity++) {
      for (let ordinal = 0; ordinal < 250; ordinal++) seen.add(hash32(1, entity, ordinal));
    }
    // 10^5 values in 2^32 collide 1.2 times on average; more than 8 times by chance once in 10^5 runs.
    expect(100_000 - seen.size).toBeLessThanOrEqual(8);
  });
});

describe('uniform', () => {
  it('gives these numbers on every machine', () => {
    expect([uniform(0, 0, 0), uniform(1, 2, 3)]).toEqual([0.16225833139210677, 0.3604954068792744]);
  });

  it('lies in [0, 1)', () => {
    fc.assert(
      fc.property(int32, int32, int32, (a, b, c) => {
        const u = uniform(a, b, c);
        return u >= 0 && u < 1;
      }),
    );
  });

  it('is even over consecutive ordinals, and consecutive draws are independent', () => {
    const n = 50_000;
    const draws = Array.from({ length: n }, (_, i) => uniform(9, 3, i));
    const sorted = [...draws].sort((x, y) => x - y);
    // Kolmogorov–Smirnov: over 1.95 / √n once in 1,000 seeds.
    const distance = Math.max(...sorted.map((u, i) => Math.max((i + 1) / n - u, u - i / n)));
    expect(distance).toBeLessThan(1.95 / Math.sqrt(n));
    let product = 0;
    for (let i = 1; i < n; i++) product += (draws[i] - 0.5) * (draws[i - 1] - 0.5);
    // Correlation has standard error 1 / √n.
    expect(Math.abs((product / n) * 12)).toBeLessThan(3.3 / Math.sqrt(n));
  });

  it('uses more than 32 bits', () => {
    const lows = new Set(Array.from({ length: 1000 }, (_, i) => (uniform(1, 2, i) * 2 ** 53) % 2 ** 21));
    expect(lows.size).toBeGreaterThan(990);
  });
});

describe('hashString', () => {
  it('gives these numbers on every machine', () => {
    expect([hashString(''), hashString('topic-1'), hashString('é')]).toEqual([2872998923, 4011762043, 2705881783]);
  });

  it('tells names that differ in a digit or in order apart', () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `producer-${i}`);
    expect(new Set(names.map(hashString)).size).toBe(names.length);
    expect(hashString('ab')).not.toBe(hashString('ba'));
  });
});
