/** `spillway run`: simulates a scenario in slices, so that progress shows and Ctrl-C is heard, and prints what came out. */
import { type RunRequest, replayCommand } from '../report/command.ts';
import { toJson } from '../report/json.ts';
import type { RunResult } from '../report/result.ts';
import { COLOURED, PLAIN } from '../report/style.ts';
import { renderSummary } from '../report/terminal.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { EXIT_ASSERTION, EXIT_INTERRUPTED, EXIT_INVARIANT, EXIT_OK } from './exit.ts';
import type { Io } from './io.ts';
import { JsonFile } from './json-file.ts';
import { ProgressBar } from './progress.ts';
import { packageVersion } from './version.ts';
import type { RunningSimulation, World } from './world.ts';

export interface RunArguments extends RunRequest {
  readonly seed?: number | undefined;
  readonly fidelity?: 'record' | 'request' | undefined;
  /** A file to write to, or true for standard output. */
  readonly json?: string | true | undefined;
  readonly quiet?: boolean | undefined;
}

export interface RunDoors {
  readonly io: Io;
  readonly world: World;
  /** For tests: sees the simulation between two slices. */
  readonly onSlice?: ((simulation: RunningSimulation) => void) | undefined;
}

/** Wall time that a slice aims at: short enough for a bar that moves and a Ctrl-C that is heard. */
const SLICE_MS = 80;
const BUDGET_FIRST = 20_000;
const BUDGET_MIN = 1_000;
const BUDGET_MAX = 50_000_000;

/** Answers the exit code. Throws ScenarioError or InputError before anything is simulated or written. */
export async function runCommand(args: RunArguments, doors: RunDoors): Promise<number> {
  const { io, world } = doors;
  const scenario = world.load(args.source, overridesOf(args));
  const file = typeof args.json === 'string' ? new JsonFile(args.json) : null;
  const command = replayCommand(args, scenario.seed);

  let outcome: { result: RunResult; interrupted: boolean };
  try {
    outcome = await simulate(scenario, args, doors);
  } catch (error) {
    io.err(brokenInvariant(error, command));
    return EXIT_INVARIANT;
  }
  const { result, interrupted } = outcome;

  // The file first: should it fail, nothing has been printed that says otherwise.
  file?.write(toJson(result));
  if (args.json === true) io.out(toJson(result));
  else if (args.quiet !== true) {
    io.out(renderSummary(result, { command, columns: io.columns, style: io.colour ? COLOURED : PLAIN }));
  }
  return verdict(result, { interrupted, summaryShown: args.json !== true && args.quiet !== true, command, io });
}

function overridesOf(args: RunArguments): Parameters<World['load']>[1] {
  return {
    sets: args.sets,
    ...(args.seed !== undefined && { seed: args.seed }),
    ...(args.for !== undefined && { for: args.for }),
    ...(args.fidelity !== undefined && { fidelity: args.fidelity }),
  };
}

export async function simulate(
  scenario: Scenario,
  args: Pick<RunArguments, 'quiet'>,
  { io, world, onSlice }: RunDoors,
): Promise<{ result: RunResult; interrupted: boolean }> {
  const bar = new ProgressBar(io, { quiet: args.quiet === true });
  let interrupted = false;
  const forget = io.onInterrupt(() => {
    interrupted = true;
  });
  try {
    const startMs = io.nowMs();
    const simulation = world.simulation(scenario, { version: packageVersion() });
    let budgetEvents = BUDGET_FIRST;
    let ended = false;
    while (!ended && !interrupted) {
      const before = { nowNs: simulation.nowNs, events: simulation.events, ms: io.nowMs() };
      ended = simulation.advance({ budgetEvents });
      const ms = io.nowMs();
      if (!ended && simulation.nowNs === before.nowNs && simulation.events === before.events) {
        throw new Error(`the simulation stands still at ${simulation.nowNs} ns`);
      }
      budgetEvents = nextBudget(budgetEvents, ms - before.ms);
      onSlice?.(simulation);
      const { nowNs, endNs, events } = simulation;
      bar.show({ nowNs, endNs, events, warmupNs: scenario.warmupNs, wallMs: ms - startMs });
      await io.turn();
    }
    const unfinished = interrupted && !ended;
    const books = simulation.finish();
    const seconds = (io.nowMs() - startMs) / 1000;
    const wall = {
      seconds,
      realTimeFactor: seconds > 0 ? simulation.nowNs / 1e9 / seconds : 0,
      peakRssBytes: io.peakRssBytes(),
    };
    return { result: { ...books, complete: books.complete && !unfinished, wall }, interrupted: unfinished };
  } finally {
    forget();
    bar.clear();
  }
}

/** Half to twice the last budget, towards the wall time that a slice should take. What is simulated doesn't depend on it. */
export function nextBudget(budgetEvents: number, tookMs: number): number {
  const ratio = tookMs > 0 ? Math.min(2, Math.max(0.5, SLICE_MS / tookMs)) : 2;
  return Math.min(BUDGET_MAX, Math.max(BUDGET_MIN, Math.round(budgetEvents * ratio)));
}

function verdict(
  result: RunResult,
  { interrupted, summaryShown, command, io }: { interrupted: boolean; summaryShown: boolean; command: string; io: Io },
): number {
  if (!result.ledger.balanced) {
    io.err(brokenInvariant(new Error('the books do not balance'), command));
    return EXIT_INVARIANT;
  }
  if (interrupted) {
    io.err(
      `spillway: stopped after ${(result.warmupSeconds + result.simulatedSeconds).toFixed(3)} simulated seconds\n`,
    );
    return EXIT_INTERRUPTED;
  }
  const broken = result.assertions.filter((each) => !each.ok);
  if (broken.length === 0) return EXIT_OK;
  if (!summaryShown) {
    for (const each of broken) {
      io.err(`spillway: assertion does not hold: ${each.name}: observed ${each.observed}, bound ${each.bound}\n`);
    }
  }
  return EXIT_ASSERTION;
}

function brokenInvariant(error: unknown, command: string): string {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const where = stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 6)
    .join('\n');
  return [
    `spillway: an invariant of spillway itself is broken: ${name}: ${message}`,
    where,
    'This is a bug of ours, not of your scenario. It happens again with',
    `  ${command}`,
    '',
  ]
    .filter((line, index, all) => line !== '' || index === all.length - 1)
    .join('\n');
}
