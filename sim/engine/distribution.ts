/**
 * Distributions as functions of one uniform draw u in [0, 1), by inversion: what a hash draw or a stream draw is turned
 * into. Non-decreasing in u, so two runs that share u are coupled. Same bits everywhere (see math.ts).
 */
import { exp, ln, pow } from './math.ts';
import { normalQuantile } from './normal.ts';

/** Smallest u used where 0 would give an infinity: half a step of a 53-bit uniform. */
const U_MIN = 1 / 18014398509481984;

/** Exponential with this mean. */
export function exponentialFrom(u: number, mean: number): number {
  return -mean * ln(1 - u);
}

/** Standard normal. */
export function normalFrom(u: number): number {
  return normalQuantile(Math.max(u, U_MIN));
}

export interface Lognormal {
  readonly median: number;
  /** Standard deviation of the logarithm. The mean is median · exp(sigma² / 2). */
  readonly sigma: number;
}

export function lognormalFrom(u: number, { median, sigma }: Lognormal): number {
  return median * exp(sigma * normalFrom(u));
}

export interface Pareto {
  readonly min: number;
  /** Tail index: P(X > x) = (min / x)^shape. The mean is finite above 1. */
  readonly shape: number;
}

export function paretoFrom(u: number, { min, shape }: Pareto): number {
  return min * pow(1 - u, -1 / shape);
}

export interface BoundedPareto extends Pareto {
  readonly max: number;
}

/** Pareto conditioned on X ≤ max. */
export function boundedParetoFrom(u: number, { min, max, shape }: BoundedPareto): number {
  const kept = 1 - pow(min / max, shape);
  const x = min * pow(1 - u * kept, -1 / shape);
  // Rounding must not carry a draw over the stated bound.
  return x < max ? x : max;
}

/** Mean of a bounded Pareto. */
export function boundedParetoMean({ min, max, shape }: BoundedPareto): number {
  const ratio = min / max;
  if (shape === 1) return (min * -ln(ratio)) / (1 - ratio);
  return ((min * shape) / (shape - 1)) * ((1 - pow(ratio, shape - 1)) / (1 - pow(ratio, shape)));
}

/** Weights ∝ 1 / rank^exponent for ranks 1 … n, summing to 1. Exponent 0 is uniform. */
export function zipfWeights(n: number, exponent: number): Float64Array {
  const weights = new Float64Array(n);
  let sum = 0;
  // From the smallest up: loses least, and the order of a float sum is part of its bits.
  for (let rank = n; rank >= 1; rank--) {
    weights[rank - 1] = pow(rank, -exponent);
    sum += weights[rank - 1];
  }
  for (let i = 0; i < n; i++) weights[i] /= sum;
  return weights;
}
