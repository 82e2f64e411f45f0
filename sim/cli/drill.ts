/** `spillway drill`: a scenario with a failover as it is written, and again with each of its steps twice as slow. */
import { type DrillRow, drillLines, drillRow, failoverLines } from '../report/failover-lines.ts';
import { DRILL_STEPS, withSlower } from '../scenario/slower-steps.ts';
import { EXIT_INTERRUPTED, EXIT_OK, InputError } from './exit.ts';
import { type RunDoors, simulate } from './run.ts';

const COLUMNS_MIN = 40;

export interface DrillArguments {
  readonly source: string;
  readonly sets: readonly string[];
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
}

/** Answers the exit code. Throws ScenarioError or InputError before anything is simulated. */
export async function drillCommand({ source, sets, json, quiet }: DrillArguments, doors: RunDoors): Promise<number> {
  const { io, world } = doors;
  const scenario = world.load(source, { sets });
  if (!scenario.faults.some(({ kind }) => kind === 'failover')) {
    throw new InputError(`${source} has no failover among its faults; see \`spillway explain faults\``);
  }
  const first = await simulate(scenario, { quiet }, doors);
  if (first.interrupted) return EXIT_INTERRUPTED;
  const rows: [DrillRow, ...DrillRow[]] = [drillRow('as written', first.result)];
  for (const step of DRILL_STEPS) {
    const { result, interrupted } = await simulate(withSlower(scenario, step), { quiet }, doors);
    if (interrupted) return EXIT_INTERRUPTED;
    rows.push(drillRow(step, result));
  }
  const failovers = first.result.failovers ?? [];
  const columns = Math.max(COLUMNS_MIN, io.columns);
  if (json === true) io.out(`${JSON.stringify({ failovers, steps: rows }, null, 2)}\n`);
  else io.out(`${[...failoverLines(failovers, columns), '', ...drillLines(rows, columns)].join('\n')}\n`);
  return EXIT_OK;
}
