import { describe, expect, it } from 'vitest';
import { boundedParetoMean, normalFrom, zipfWeights } from './distribution.ts';
import { InvariantError } from './invariant.ts';
import { RandomStream } from './random.ts';

const N = 40_000;

function sample(draw: (stream: RandomStream) => number, n = N): Float64Array {
  const stream = new RandomStream(12, 'sample');
  return Float64Array.from({ length: n }, () => draw(stream)).sort();
}

/** Largest distance between the sample's distribution and the one it should have. */
function kolmogorovSmirnov(sorted: Float64Array, cdf: (x: number) => number): number {
  const n = sorted.length;
  let distance = 0;
  sorted.forEach((x, i) => {
    const p = cdf(x);
    distance = Math.max(distance, (i + 1) / n - p, p - i / n);
  });
  return distance;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** Exceeded by chance once in 1,000 seeds. */
const KS_MAX = 1.95 / Math.sqrt(N);

/** Standard normal distribution function, Simpson's rule from 0. */
function normalCdf(x: number): number {
  const steps = 200;
  const h = x / steps;
  let sum = 1 + Math.exp((-x * x) / 2);
  for (let i = 1; i < steps; i++) sum += (i % 2 === 0 ? 2 : 4) * Math.exp((-i * h * (i * h)) / 2);
  return 0.5 + (sum * h) / 3 / Math.sqrt(2 * Math.PI);
}

describe('a stream', () => {
  it('gives these numbers on every machine', () => {
    const stream = new RandomStream(1, 'producer-1');
    expect([stream.next(), stream.next(), stream.uniform(), stream.int(1000)]).toEqual([
      120588937, 3784146696, 0.4090854719502699, 145,
    ]);
    const other = new RandomStream(1, 'others');
    expect([
      other.exponential(2),
      other.normal(),
      other.lognormal({ median: 2, sigma: 0.5 }),
      other.boundedPareto({ min: 1, max: 100, shape: 1.5 }),
      other.poisson(1000),
    ]).toEqual([9.390149996843475, 0.04982750909194274, 7.838499388059132, 1.0937727687550485, 996]);
  });

  it('is told by seed and name, and not moved by another', () => {
    const draws = (seed: number, name: string) => {
      const stream = new RandomStream(seed, name);
      return Array.from({ length: 8 }, () => stream.next()).join();
    };
    expect(draws(1, 'a')).toBe(draws(1, 'a'));
    expect(new Set([draws(1, 'a'), draws(2, 'a'), draws(1, 'b'), draws(1, 'a ')]).size).toBe(4);
  });

  it('tells its position without moving', () => {
    const stream = new RandomStream(1, 'a');
    const before = stream.position();
    expect(stream.position()).toEqual(before);
    stream.next();
    expect(stream.position()).not.toEqual(before);
  });

  it('shuffles: every one of the 6 orders of 3 items as often', () => {
    const stream = new RandomStream(4, 'shuffle');
    const counts = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = stream.shuffle(['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    // 5 degrees of freedom: over 20.5 once in 1,000 seeds.
    expect(chiSquare).toBeLessThan(20.5);
  });

  it.each([0, -1, 1.5, 2 ** 32 + 1, Number.NaN])('refuses int(%d)', (n) => {
    expect(() => new RandomStream(1, 'a').int(n)).toThrow(InvariantError);
  });

  it('draws integers without bias', () => {
    // Just above 2^31: a plain remainder would give the lower half nearly twice as often.
    const n = 2 ** 31 + 2 ** 30;
    const low = sample((stream) => stream.int(n)).filter((x) => x < n / 2).length;
    expect(Math.abs(low / N - 0.5)).toBeLessThan((3.3 * 0.5) / Math.sqrt(N));
  });
});

describe('distributions', () => {
  it.each<[string, (stream: RandomStream) => number, (x: number) => number]>([
    ['uniform', (s) => s.uniform(), (x) => x],
    ['exponential', (s) => s.exponential(3), (x) => 1 - Math.exp(-x / 3)],
    ['normal', (s) => s.normal(2, 3), (x) => normalCdf((x - 2) / 3)],
    ['lognormal', (s) => s.lognormal({ median: 5, sigma: 0.7 }), (x) => normalCdf(Math.log(x / 5) / 0.7)],
    ['Pareto', (s) => s.pareto({ min: 2, shape: 1.5 }), (x) => 1 - (2 / x) ** 1.5],
    [
      'bounded Pareto',
      (s) => s.boundedPareto({ min: 2, max: 50, shape: 1.2 }),
      (x) => (1 - (2 / x) ** 1.2) / (1 - (2 / 50) ** 1.2),
    ],
  ])('%s draws follow their distribution function', (_name, draw, cdf) => {
    expect(kolmogorovSmirnov(sample(draw), cdf)).toBeLessThan(KS_MAX);
  });

  it.each([0.1, 3.5, 40, 700])('Poisson draws of mean %d have this mean and variance', (expected) => {
    const draws = sample((stream) => stream.poisson(expected), 4000);
    const variance = mean(draws.map((x) => (x - expected) ** 2));
    expect(Math.abs(mean(draws) - expected)).toBeLessThan(3.3 * Math.sqrt(expected / 4000));
    // The variance's own standard error: √((μ₄ − σ⁴) / n), and μ₄ = 3 λ² + λ.
    expect(Math.abs(variance - expected)).toBeLessThan(3.3 * Math.sqrt((2 * expected ** 2 + expected) / 4000));
  });

  it('a bounded Pareto keeps its bounds, and its mean is as computed', () => {
    const shape = { min: 1, max: 1000, shape: 1.3 };
    const draws = sample((stream) => stream.boundedPareto(shape));
    expect(draws[0]).toBeGreaterThanOrEqual(1);
    expect(draws[N - 1]).toBeLessThanOrEqual(1000);
    const found = mean(draws);
    const deviation = Math.sqrt(mean(draws.map((x) => (x - found) ** 2)));
    expect(Math.abs(found - boundedParetoMean(shape))).toBeLessThan((3.3 * deviation) / Math.sqrt(N));
    expect(boundedParetoMean({ min: 1, max: Math.E, shape: 1 })).toBeCloseTo(1 / (1 - 1 / Math.E), 12);
  });

  it('the normal quantile hits tabulated values, and is finite at 0', () => {
    expect(normalFrom(0.5)).toBe(0);
    expect(normalFrom(0.975)).toBeCloseTo(1.959963984540054, 14);
    expect(normalFrom(1e-10)).toBeCloseTo(-6.361340902404056, 13);
    expect(normalFrom(0)).toBeLessThan(-8);
    expect(Number.isFinite(normalFrom(0))).toBe(true);
  });

  it('Zipf weights fall by rank and sum to 1', () => {
    const weights = zipfWeights(500, 1.1);
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 14);
    expect(weights[0] / weights[9]).toBeCloseTo(10 ** 1.1, 10);
    expect([...zipfWeights(4, 0)]).toEqual([0.25, 0.25, 0.25, 0.25]);
  });
});
