/** From the shape of traffic in a scenario to the curve that arrivals follow. */
import { sin } from '../engine/math.ts';
import type { TrafficShape } from '../scenario/scenario.ts';
import { RateCurve } from './rate-curve.ts';
import { product, type Steps } from './steps.ts';

/** Steps of a cycle: five minutes of a day, within 0.02 % of the sine's slope. */
const STEPS_OF_CYCLE = 288;
const STEPS_OF_RAMP = 32;
const TWO_PI = 6.283185307179586;

/** For a while the rate is so many times that of its shape. */
export interface RateSpan {
  readonly atNs: number;
  readonly forNs: number;
  readonly factor: number;
}

/**
 * The curve of a shape over [0, endNs); what it says beyond is the last factor held. From `offNs` on it is 0. Spans multiply
 * it, and each other, and so do `times`.
 */
export function rateCurveOf(
  shape: TrafficShape,
  endNs: number,
  offNs = Infinity,
  spans: readonly RateSpan[] = [],
  times: Steps | null = null,
): RateCurve {
  const steps = spread(stepsOf(shape, endNs), spans);
  const { startsNs, factors } = times === null ? steps : product(steps, times);
  if (offNs === Infinity) return new RateCurve(startsNs, factors);
  const kept = startsNs.filter((startNs) => startNs < offNs);
  return new RateCurve([...kept, offNs], [...factors.slice(0, kept.length), 0]);
}

/** The steps, cut where a span begins or ends. */
function spread(steps: Steps, spans: readonly RateSpan[]): Steps {
  if (spans.length === 0) return steps;
  const cuts = spans.flatMap(({ atNs, forNs }) => [atNs, atNs + forNs]);
  const startsNs = [...new Set([...steps.startsNs, ...cuts])].sort((one, other) => one - other);
  let step = 0;
  const factors = startsNs.map((startNs) => {
    while (step + 1 < steps.startsNs.length && steps.startsNs[step + 1]! <= startNs) step++;
    return spans.reduce(
      (factor, span) => (startNs >= span.atNs && startNs < span.atNs + span.forNs ? factor * span.factor : factor),
      steps.factors[step]!,
    );
  });
  return { startsNs, factors };
}

function stepsOf(shape: TrafficShape, endNs: number): Steps {
  switch (shape.kind) {
    case 'constant':
      return { startsNs: [0], factors: [1] };
    case 'diurnal':
      return diurnal(shape, endNs);
    case 'surge':
      return surge(shape);
    case 'trace':
      return shape;
  }
}

/** Each step holds the sine at its middle; over a whole period the factors average to 1. */
function diurnal(shape: Extract<TrafficShape, { kind: 'diurnal' }>, untilNs: number): Steps {
  const { periodNs, peakToMean, phaseNs } = shape;
  const steps = Math.min(STEPS_OF_CYCLE, periodNs);
  const startsNs: number[] = [];
  const factors: number[] = [];
  // Step k of the cycle begins at ceil(k · period / steps), so that steps stay put whatever the phase.
  const startOf = (k: number): number => Math.floor(k / steps) * periodNs + Math.ceil(((k % steps) * periodNs) / steps);
  let k = Math.floor((phaseNs / periodNs) * steps);
  while (startOf(k + 1) <= phaseNs) k++;
  while (startOf(k) > phaseNs) k--;
  for (; startOf(k) - phaseNs < untilNs || startsNs.length === 0; k++) {
    startsNs.push(Math.max(0, startOf(k) - phaseNs));
    factors.push(1 + (peakToMean - 1) * sin((TWO_PI * ((k % steps) + 0.5)) / steps));
  }
  return { startsNs, factors };
}

/** Rises from `atNs` over `rampNs`, holds for `forNs`, falls over `rampNs`. Ramps are steps with the ramp's own area. */
function surge(shape: Extract<TrafficShape, { kind: 'surge' }>): Steps {
  const { atNs, forNs, factor, rampNs } = shape;
  const startsNs: number[] = [];
  const factors: number[] = [];
  const push = (startNs: number, value: number): void => {
    startsNs.push(startNs);
    factors.push(value);
  };
  if (atNs > 0) push(0, 1);
  const steps = Math.min(STEPS_OF_RAMP, rampNs);
  const rise = (startNs: number, from: number, to: number): void => {
    for (let i = 0; i < steps; i++)
      push(startNs + Math.floor((i * rampNs) / steps), from + ((to - from) * (i + 0.5)) / steps);
  };
  rise(atNs, 1, factor);
  push(atNs + rampNs, factor);
  rise(atNs + rampNs + forNs, factor, 1);
  push(atNs + forNs + 2 * rampNs, 1);
  return { startsNs, factors };
}
