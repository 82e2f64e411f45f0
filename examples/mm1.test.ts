import { describe, expect, it } from 'vitest';
import { simulateMM1 } from './mm1.ts';

describe('an M/M/1 queue', () => {
  it.each([
    { arrivalsPerSecond: 300, servicesPerSecond: 1000 },
    { arrivalsPerSecond: 500, servicesPerSecond: 1000 },
    { arrivalsPerSecond: 800, servicesPerSecond: 1000 },
  ])(
    'waits as theory says at λ = $arrivalsPerSecond, μ = $servicesPerSecond',
    ({ arrivalsPerSecond, servicesPerSecond }) => {
      const customers = 400_000;
      const load = arrivalsPerSecond / servicesPerSecond;
      const stay = 1 / (servicesPerSecond - arrivalsPerSecond);
      const wait = load * stay;
      const result = simulateMM1({ arrivalsPerSecond, servicesPerSecond, customers, seed: 20 });
      // Waits in a queue are alike for about (1 + √ρ)² / (1 − √ρ)² customers in a row; the mean of n of them has a relative
      // standard error near √(2 (1 + ρ)(2 + …) / (ρ n)) / (1 − ρ) ≈ √(20 / n) / (1 − ρ), an upper bound for these loads.
      const standardError = Math.sqrt(20 / customers) / (1 - load);
      const tolerance = 3 * standardError;
      expect(Math.abs(result.meanWaitSeconds / wait - 1)).toBeLessThan(tolerance);
      expect(Math.abs(result.meanStaySeconds / stay - 1)).toBeLessThan(tolerance);
      // Independent draws: relative standard error √(2 / n).
      expect(Math.abs(result.utilisation / load - 1)).toBeLessThan(3 * Math.sqrt(2 / customers));
    },
  );

  it('is the same for the same seed and another for another', () => {
    const run = (seed: number) =>
      simulateMM1({ arrivalsPerSecond: 500, servicesPerSecond: 1000, customers: 1000, seed });
    expect(run(1)).toEqual(run(1));
    expect(run(1).digest).not.toBe(run(2).digest);
  });
});
