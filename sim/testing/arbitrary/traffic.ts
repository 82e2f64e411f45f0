/** How records come: rates, sizes, order in time. Laid over the written-out topics of a world. */
import fc from 'fast-check';
import type { WrittenScenario } from '../../scenario/index.ts';
import { msOf, textOfMs } from './duration.ts';
import { lower, StagedArbitrary } from './staged.ts';

export interface Traffic {
  /** Of each topic, over all its streams. */
  readonly recordsPerSecond: number;
  readonly recordBytes: number;
  readonly arrivals: 'even' | 'poisson';
  /** `pareto`: a heavy tail, up to ten times the mean. */
  readonly sizes: 'fixed' | 'pareto';
  /** Times the rate from `at` on, for a while; null for a rate that stays. */
  readonly surge: { readonly at: string; readonly for: string; readonly factor: number } | null;
}

export interface TrafficOptions {
  /** Of each topic. Default 10 to 100. */
  readonly recordsPerSecond?: { readonly min?: number; readonly max?: number };
  /** Surges begin and end within this time, a duration. Default `2s`. */
  readonly within?: string;
}

const PLAIN_BYTES = 100;

/** Any traffic. Shrinks to no surge, equal sizes, even spacing, then to fewer records of 100 bytes. */
export function traffics(options: TrafficOptions = {}): fc.Arbitrary<Traffic> {
  const { min = 10, max = Math.max(100, options.recordsPerSecond?.min ?? 0) } = options.recordsPerSecond ?? {};
  const withinMs = msOf(options.within ?? '2s');
  const surge = fc
    .record({ atMs: fc.integer({ min: 0, max: withinMs - 2 }), lengthMs: fc.integer({ min: 1, max: withinMs }) })
    .chain(({ atMs, lengthMs }) =>
      fc.record({
        at: fc.constant(textOfMs(atMs)),
        for: fc.constant(textOfMs(Math.min(lengthMs, withinMs - atMs - 1))),
        factor: fc.constantFrom(0, 2, 5),
      }),
    );
  const drawn: fc.Arbitrary<Traffic> = fc.record({
    recordsPerSecond: fc.integer({ min, max }),
    recordBytes: fc.constantFrom(PLAIN_BYTES, 50, 500),
    arrivals: fc.constantFrom('even' as const, 'poisson' as const),
    sizes: fc.constantFrom('fixed' as const, 'pareto' as const),
    surge: fc.option(surge, { nil: null }),
  });
  return new StagedArbitrary(drawn, (traffic) => simpler(traffic, min));
}

function* simpler(traffic: Traffic, min: number): IterableIterator<Traffic> {
  if (traffic.surge !== null) yield { ...traffic, surge: null };
  if (traffic.sizes !== 'fixed') yield { ...traffic, sizes: 'fixed' };
  if (traffic.arrivals !== 'even') yield { ...traffic, arrivals: 'even' };
  if (traffic.recordBytes !== PLAIN_BYTES) yield { ...traffic, recordBytes: PLAIN_BYTES };
  for (const recordsPerSecond of lower(traffic.recordsPerSecond, min)) yield { ...traffic, recordsPerSecond };
}

/** The world with this traffic on all its written-out topics. */
export function withTraffic<W extends WrittenScenario>(world: W, traffic: Traffic): W {
  const { recordsPerSecond, recordBytes, arrivals, sizes, surge } = traffic;
  const named = Object.entries(world.topics?.named ?? {}).map(([name, topic]) => [
    name,
    {
      ...topic,
      rate: `${recordsPerSecond}/s`,
      recordBytes: `${recordBytes}B`,
      sizes: sizes === 'fixed' ? { kind: 'fixed' } : { kind: 'pareto', max: `${10 * recordBytes}B` },
    },
  ]);
  return {
    ...world,
    topics: { ...world.topics, named: Object.fromEntries(named) },
    traffic: { ...world.traffic, shape: surge === null ? { kind: 'constant' } : { kind: 'surge', ...surge } },
    producers: { ...world.producers, arrivals },
  };
}
