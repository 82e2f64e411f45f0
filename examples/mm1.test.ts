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
      const customers = 200_000;
      const load = arrivalsPerSecond / servicesPerSecond;
      const stay = 1 / (servicesPerSecond - arrivalsPerSecond);
      const wait = load * stay;
      const result = simulateMM1({ arrivalsPerSecond, servicesPerSecond, customers, seed: 1 });
      // Waits of customers near each other are alike. The variance of the mean of n waits, times n, tends to
      // ρ (2 + 5 ρ − 4 ρ² + ρ³) / (1 − ρ)⁴ / μ² (D. J. Daley, "The serial correlation coefficients of waiting times in a
      // stationary single server queue", 1968); beside the mean wait, ρ / (1 − ρ) / μ, the standard error is this:
      const variance = (2 + 5 * load - 4 * load ** 2 + load ** 3) / (load * (1 - load) ** 2);
      const tolerance = 3 * Math.sqrt(variance / customers);
      expect(Math.abs(result.meanWaitSeconds / wait - 1)).toBeLessThan(tolerance);
      // The stay is the wait and a service more, so its relative error is smaller.
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
