/** One schedule, run through both phases, and what it came to. */
import type { RunResult } from '../report/result.ts';
import { resolveScenario, type Scenario, type Written } from '../scenario/index.ts';
import { Simulation } from '../simulation.ts';
import { BufferWatch } from './buffer-watch.ts';
import { oldestOpenNs, whatIsStuck } from './liveness.ts';
import { type Loss, lossesIn, lossesOf } from './losses.ts';
import { type Phases, type PhaseTimes, phaseTimes, withPhases } from './phases.ts';
import { type Policies, simulationPolicies } from './policies.ts';
import { PolicyClock } from './policy-clock.ts';
import { type Disorder, RecordBook, type RecordBookOptions } from './record-book.ts';

export interface RunOptions extends Policies {
  /** Default `record`: each record is followed by itself. `request` is cheaper, and knows sums alone. */
  readonly fidelity?: 'record' | 'request';
  readonly phases?: Phases;
  /** What follows the records, in record fidelity. Default a `RecordBook`. */
  readonly book?: (options: RecordBookOptions) => RecordBook;
}

export interface Duplicates {
  readonly sink: string;
  readonly count: number;
}

/** What a run came to. Times in ns, counted from the start. */
export interface ScheduleRun {
  readonly written: Written;
  readonly scenario: Scenario;
  readonly times: PhaseTimes;
  readonly fidelity: 'record' | 'request';
  /** Of the world's events, and of the run's result: the same for the same schedule. */
  readonly digest: string;
  readonly offered: number;
  readonly offeredOf: Readonly<Record<'low' | 'normal' | 'high', number>>;
  readonly losses: readonly Loss[];
  readonly duplicates: readonly Duplicates[];
  /** Null in request fidelity, where order can't be told. */
  readonly disorders: readonly Disorder[] | null;
  /** Longest from a record's offer until the sink had it, or to the end for what is stored and could still come. */
  readonly staleness: readonly { readonly sink: string; readonly ns: number; readonly record: number | null }[];
  /** Most that a producer held, overhead included: exact in record fidelity, in request fidelity as its decisions saw it. */
  readonly memoryBytes: number;
  /** From healing until nothing offered before it was on its way; `Infinity` when that never came. */
  readonly recoveryNs: number;
  /** What was still held at the end, in words. */
  readonly stuck: readonly string[];
  /** What an invariant or the ledger says is broken, or null. */
  readonly broken: string | null;
  /** Null when an invariant broke. */
  readonly result: RunResult | null;
  /** The records, one by one; null in request fidelity. */
  readonly book: RecordBook | null;
}

const NS_PER_MS = 1_000_000;
/** Between two looks at what is on its way: recovery is known to so much, or to a twentieth of itself. */
const LOOK_NS = 10 * NS_PER_MS;

export function runSchedule(written: Written, options: RunOptions = {}): ScheduleRun {
  const fidelity = options.fidelity ?? 'record';
  const times = phaseTimes(written, options.phases ?? {});
  const scenario = { ...resolveScenario(withPhases(written, times)), fidelity };
  const clock = new PolicyClock();
  const { dedupe } = options;
  const bookOptions = {
    sinks: scenario.sinks.length,
    dedupe: dedupe === undefined ? undefined : () => dedupe({ clock }),
  };
  const book = fidelity === 'record' ? (options.book?.(bookOptions) ?? new RecordBook(bookOptions)) : null;
  const watch = book ?? new BufferWatch();
  const simulation = new Simulation(scenario, { ...simulationPolicies(options, { clock }), observe: watch });
  watch.attach(simulation);
  clock.attach(simulation.engine);

  let recoveryNs = Infinity;
  let result: RunResult | null = null;
  let broken: string | null = null;
  try {
    recoveryNs = driveThrough(simulation, times);
    result = simulation.finish();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'InvariantError') throw error;
    broken = error.message;
  }
  return summed({ written, scenario, times, fidelity, simulation, book, watch, recoveryNs, result, broken });
}

/** Runs to the end, or until all is quiet; answers how long recovery took. */
function driveThrough(simulation: Simulation, { healNs, quietNs, endNs }: PhaseTimes): number {
  simulation.advance({ untilNs: healNs });
  let recoveryNs = Infinity;
  for (;;) {
    const oldestNs = oldestOpenNs(simulation);
    const { nowNs } = simulation;
    if (recoveryNs === Infinity && oldestNs > healNs) recoveryNs = nowNs - healNs;
    if (nowNs >= endNs || (nowNs >= quietNs && oldestNs === Infinity)) return recoveryNs;
    const stepNs = Math.max(LOOK_NS, (nowNs - healNs) / 20);
    const untilNs = nowNs < quietNs ? Math.min(quietNs, nowNs + stepNs) : Math.min(endNs, nowNs + stepNs);
    // Recovered and waiting for the last record: there is nothing to look for before it.
    simulation.advance({ untilNs: recoveryNs < Infinity && nowNs < quietNs ? quietNs : Math.ceil(untilNs) });
  }
}

function summed(run: {
  written: Written;
  scenario: Scenario;
  times: PhaseTimes;
  fidelity: 'record' | 'request';
  simulation: Simulation;
  book: RecordBook | null;
  watch: BufferWatch;
  recoveryNs: number;
  result: RunResult | null;
  broken: string | null;
}): ScheduleRun {
  const { simulation, book, watch, result, fidelity, scenario, ...rest } = run;
  const openNs = oldestOpenNs(simulation);
  const waitingNs = openNs === Infinity ? 0 : simulation.nowNs - openNs;
  const offeredOf = { low: 0, normal: 0, high: 0 };
  const { plan, arrivals } = simulation;
  for (let stream = 0; stream < plan.streams; stream++) {
    offeredOf[scenario.topics[plan.streamTopic[stream]!]!.class] += arrivals.taken(stream);
  }
  return {
    ...rest,
    scenario,
    fidelity,
    digest: `${simulation.engine.digest()}-${simulation.engine.streamsDigest()}`,
    offered: simulation.recordsOffered,
    offeredOf,
    losses: book !== null ? lossesIn(book, simulation) : result !== null ? lossesOf(result) : [],
    duplicates: scenario.sinks.map(({ name }, sink) => ({
      sink: name,
      count: book?.copies.filter((copy) => copy.sink === sink).length ?? copiesAt(result, sink),
    })),
    disorders: book?.disorders ?? null,
    staleness: scenario.sinks.map(({ name }, sink) => {
      const seen = book?.stalest[sink] ?? { ns: (result?.sinks[sink]?.latencyMs.max ?? 0) * NS_PER_MS, record: null };
      const lagNs = simulation.lag.now(sink).ageNs;
      return { sink: name, ...(lagNs > seen.ns ? { ns: lagNs, record: null } : seen) };
    }),
    memoryBytes: watch.memoryBytes,
    stuck: waitingNs > 0 ? whatIsStuck(simulation) : [],
    result,
    book,
  };
}

function copiesAt(result: RunResult | null, sink: number): number {
  const counts = Object.values(result?.ledger.routes[sink]?.duplicates ?? {});
  return counts.reduce((sum: number, n) => sum + (n ?? 0), 0);
}
