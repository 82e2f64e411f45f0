/**
 * The two phases of a check. In the first anything may go wrong and only safety is asked for. Then everything is healed:
 * records go on coming for a while, end, and all of them must get where they belong.
 */
import { runTimesOf, type Written } from '../scenario/index.ts';
import { nsOf, textOfMs } from './arbitrary/duration.ts';

export interface Phases {
  /** How long records still come once all is healed, a duration. Default `1s`. */
  readonly resume?: string;
  /** How long it may then take until nothing is on its way, a duration. Default `30s`: it costs nothing when unused. */
  readonly settle?: string;
}

export interface PhaseTimes {
  readonly warmupNs: number;
  /** All faults have ended. */
  readonly healNs: number;
  /** The last record has been offered. */
  readonly quietNs: number;
  readonly endNs: number;
}

const NS_PER_MS = 1_000_000;

/** The first phase is the scenario as it is written: its `run.for`. */
export function phaseTimes(written: Written, { resume = '1s', settle = '30s' }: Phases): PhaseTimes {
  const { warmupNs, durationNs } = runTimesOf(written);
  const healNs = warmupNs + durationNs;
  const quietNs = healNs + nsOf(resume);
  return { warmupNs, healNs, quietNs, endNs: quietNs + nsOf(settle) };
}

/** The scenario with its second phase. Written times count from the end of the warm-up. */
export function withPhases(written: Written, times: PhaseTimes): Written {
  const text = (ns: number): string => textOfMs(Math.floor((ns - times.warmupNs) / NS_PER_MS));
  return {
    ...written,
    run: { ...written.run, for: text(times.endNs) },
    traffic: { ...written.traffic, until: text(times.quietNs) },
  } as Written;
}
