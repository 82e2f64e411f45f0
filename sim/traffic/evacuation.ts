/** How the traffic of each region moves while one is evacuated: factors by which the shape of all traffic is multiplied. */
import type { EvacuationSpec, Scenario } from '../scenario/scenario.ts';
import type { Steps } from './steps.ts';

/** Steps of a shift: traffic is moved by weights that are set anew. */
const STEPS_OF_SHIFT = 32;

/**
 * The factors of a region, or null when none is ever evacuated. What leaves a region comes to the others in proportion to
 * what they have, so that the sum of all is what it was.
 */
export function evacuationSteps(scenario: Scenario, region: string): Steps | null {
  const evacuations = scenario.faults.filter((fault): fault is EvacuationSpec => fault.kind === 'region-evacuation');
  if (evacuations.length === 0) return null;
  const rates = ratesByRegion(scenario);
  const startsNs: number[] = [0];
  const factors: number[] = [1];
  const push = (startNs: number, factor: number): void => {
    if (startNs === startsNs.at(-1)) factors[factors.length - 1] = factor;
    else {
      startsNs.push(startNs);
      factors.push(factor);
    }
  };
  for (const { atNs, forNs, overNs, region: left } of [...evacuations].sort((a, b) => a.atNs - b.atNs)) {
    const leaving = rates.get(left) ?? 0;
    const others = [...rates].reduce((sum, [name, rate]) => sum + (name === left ? 0 : rate), 0);
    // Where nobody takes it, it stays.
    const factorOf = (moved: number): number => {
      if (others === 0) return 1;
      return region === left ? 1 - moved : 1 + (moved * leaving) / others;
    };
    const steps = Math.min(STEPS_OF_SHIFT, overNs);
    const shift = (fromNs: number, movedBy: (share: number) => number): void => {
      for (let i = 0; i < steps; i++)
        push(fromNs + Math.floor((i * overNs) / steps), factorOf(movedBy((i + 0.5) / steps)));
    };
    shift(atNs, (share) => share);
    push(atNs + overNs, factorOf(1));
    shift(atNs + forNs, (share) => 1 - share);
    push(atNs + forNs + overNs, 1);
  }
  return { startsNs, factors };
}

function ratesByRegion({ regions, clusters, topics }: Scenario): Map<string, number> {
  const rates = new Map(regions.map(({ name }) => [name, 0]));
  for (const topic of topics) {
    const { region } = clusters.find(({ name }) => name === topic.cluster)!;
    rates.set(region, rates.get(region)! + topic.recordsPerSecond);
  }
  return rates;
}
