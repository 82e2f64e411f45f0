/** `spillway check`: searches for faults under which a scenario breaks what it asserts, on all cores. */
import { count } from '../report/figures.ts';
import type { FaultKindName } from '../testing/arbitrary/fault-kinds.ts';
import type { FoundFailure, SearchTask } from '../testing/search-task.ts';
import { Corpus } from './corpus.ts';
import { EXIT_ASSERTION, EXIT_INTERRUPTED, EXIT_OK } from './exit.ts';
import type { Io } from './io.ts';
import type { Kit, World } from './world.ts';

export interface CheckArguments {
  readonly source: string;
  readonly sets: readonly string[];
  /** Wall time to search for, ms. */
  readonly timeMs: number;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly corpus?: string | undefined;
  readonly kinds?: readonly FaultKindName[] | undefined;
  readonly faultsMax?: number | undefined;
  readonly apart?: string | undefined;
  readonly forMax?: string | undefined;
  readonly fidelity?: 'record' | 'request' | undefined;
  readonly settle?: string | undefined;
  readonly quiet?: boolean | undefined;
}

const CLEAR = '\r\u001b[2K';

/** Answers the exit code. Throws ScenarioError, RangeError or InputError for bad input, before anything is searched. */
export async function checkCommand(
  args: CheckArguments,
  { io, world, kit }: { io: Io; world: World; kit: Kit },
): Promise<number> {
  const scenario = world.load(args.source, { sets: args.sets });
  const task = taskOf(args, world, scenario.name);
  const corpus = new Corpus(args.corpus ?? `.spillway/${scenario.name}`);
  const former = corpus.read();
  const again = kit.corpus(task, former);
  let schedules = again.schedules;
  let { failure } = again;
  let interrupted = false;
  if (failure === null) {
    const forget = io.onInterrupt(() => {
      interrupted = true;
    });
    const search = kit.search(task, { threads: args.threads ?? kit.threadsMax(), turn: () => io.turn() });
    const startMs = io.nowMs();
    try {
      while (failure === null && !interrupted && io.nowMs() - startMs < args.timeMs) {
        const news = await search.next();
        if (news === null) break;
        schedules += news.schedules;
        failure = news.failure;
        const seconds = (io.nowMs() - startMs) / 1000;
        if (io.errIsTerminal && args.quiet !== true) io.err(`${CLEAR}${progress(schedules, seconds)}`);
      }
    } finally {
      forget();
      await search.stop();
      if (io.errIsTerminal && args.quiet !== true) io.err(CLEAR);
    }
  }
  if (failure !== null) return tell(failure, { corpus, schedules, io });
  const tried = `${count(schedules)} schedules, seed ${task.seed}`;
  if (interrupted) {
    io.err(`spillway: stopped after ${tried}; no promise was broken\n`);
    return EXIT_INTERRUPTED;
  }
  if (args.quiet !== true) {
    const { length } = scenario.assertions;
    const former_ = former.length > 0 ? `, ${former.length} of them failures of former times` : '';
    io.out(`HOLDS: ${length} assertion${length === 1 ? '' : 's'}, books and recovery, over ${tried}${former_}\n`);
  }
  return EXIT_OK;
}

function taskOf(args: CheckArguments, world: World, name: string): SearchTask {
  const { kinds, faultsMax, apart, forMax, settle } = args;
  return {
    world: world.written(args.source, { sets: args.sets }),
    check: name,
    seed: args.seed ?? 1,
    fidelity: args.fidelity ?? 'record',
    phases: settle === undefined ? {} : { settle },
    faults: {
      ...(kinds !== undefined && { kinds }),
      ...(faultsMax !== undefined && { faultsMax }),
      ...(apart !== undefined && { apart }),
      ...(forMax !== undefined && { forMax }),
    },
  };
}

function tell(
  { saved, text }: FoundFailure,
  { corpus, schedules, io }: { corpus: Corpus; schedules: number; io: Io },
): number {
  const file = corpus.add(saved);
  io.out(`${text}\n`);
  io.err(`spillway: broken after ${count(schedules)} schedules; kept in ${file}\n`);
  return EXIT_ASSERTION;
}

const progress = (schedules: number, seconds: number): string =>
  `${count(schedules)} schedules  ${seconds.toFixed(0)} s  ${(schedules / Math.max(0.001, seconds)).toFixed(0)}/s`;
