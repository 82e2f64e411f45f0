/** When something that comes at a rate strikes: a pure function of the seed, so that a run can be replayed and shrunk. */
import { exponentialFrom } from '../engine/distribution.ts';
import { hash32, hashString, uniform } from '../engine/hash.ts';

interface StrikesOptions {
  readonly seed: number;
  /** Tells generators apart: what it says of itself but times, so that others come and go without moving its strikes. */
  readonly identity: string;
  readonly fromNs: number;
  readonly untilNs: number;
  /** Mean of the exponential gaps. */
  readonly everyNs: number;
  readonly downNs: number;
  /** Times of day between which it works, ns; `clockNs` is the time of day at 0. */
  readonly hours?: { readonly opensNs: number; readonly closesNs: number; readonly clockNs: number } | undefined;
}

export interface Strike {
  readonly atNs: number;
  /** Cut short where the generator ends. */
  readonly forNs: number;
  /** Uniform in [0, 1): what it strikes. */
  readonly draw: number;
}

const DAY_NS = 86_400_000_000_000;
/** More in one run is a slip of the pen. */
export const STRIKES_MAX = 10_000;
/** More to choose from, most of which fall out of working hours, is one too: a week has 168 hours. */
export const DRAWS_MAX = 100 * STRIKES_MAX;

/** Strikes in order; null: there are too many. What falls out of working hours is no strike. */
export function strikesOf(options: StrikesOptions): Strike[] | null {
  const { seed, identity, fromNs, untilNs, everyNs, downNs, hours } = options;
  const entity = hash32(seed, hashString(identity), 0xc4a0) | 0;
  const strikes: Strike[] = [];
  let atNs = fromNs;
  for (let ordinal = 0; ; ordinal++) {
    atNs += Math.max(1, Math.round(exponentialFrom(uniform(entity, ordinal, 1), everyNs)));
    if (atNs >= untilNs) return strikes;
    if (ordinal >= DRAWS_MAX) return null;
    if (hours !== undefined && !isWithin(hours, atNs)) continue;
    if (strikes.length >= STRIKES_MAX) return null;
    strikes.push({ atNs, forNs: Math.min(downNs, untilNs - atNs), draw: uniform(entity, ordinal, 2) });
  }
}

/** Hours may go over midnight. */
function isWithin({ opensNs, closesNs, clockNs }: NonNullable<StrikesOptions['hours']>, atNs: number): boolean {
  const time = (atNs + clockNs) % DAY_NS;
  return opensNs <= closesNs ? time >= opensNs && time < closesNs : time >= opensNs || time < closesNs;
}
