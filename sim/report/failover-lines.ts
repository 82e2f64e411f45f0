/** The score of failovers for a person, and what of it changes when a step takes twice as long. */
import { count, significant } from './figures.ts';
import type { Counts, FailoverReport, RunResult } from './result.ts';
import { table, wrap } from './table.ts';

const STEPS = [
  ['detect', 'detect'],
  ['start', 'start the stand-by'],
  ['create', 'create topics'],
  ['shift', 'repoint producers'],
  ['drain', 'drain the cluster'],
  ['stay', 'stay'],
  ['shiftBack', 'shift back'],
  ['drainStandby', 'drain the stand-by'],
] as const satisfies readonly (readonly [keyof FailoverReport, string])[];

export function failoverLines(failovers: readonly FailoverReport[], columns: number): string[] {
  return failovers.flatMap((failover) => [
    `  ${failover.cluster} to ${failover.to} and back, without service until shifted: ${seconds(failover.untilShifted)}`,
    ...table({
      head: ['step', 'took'],
      rows: STEPS.map(([key, name]) => [name, seconds(failover[key])]),
      columns,
    }),
    ...failover.phases.flatMap(({ phase, dropped, unknown, lost, duplicates }) => {
      const parts = [
        ...tell('dropped', dropped),
        ...(unknown === 0 ? [] : [`unknown ${count(unknown)}`]),
        ...tell('lost', lost),
        ...tell('stored twice', duplicates),
      ];
      return wrap(`${phase}: ${parts.length === 0 ? 'nothing lost' : parts.join('; ')}`, columns, '  ');
    }),
  ]);
}

/** A drill, and the same one with a step twice as slow. */
export interface DrillRow {
  readonly step: string;
  readonly lost: number;
  readonly untilShifted: number | null;
  readonly untilBack: number | null;
}

/** What a run has lost: by producers, and to each route. */
export function lostRecords({ ledger }: RunResult): number {
  return total(ledger.dropped) + ledger.unknown + total(ledger.lost);
}

export function drillRow(step: string, result: RunResult): DrillRow {
  const failovers = result.failovers ?? [];
  const longest = (times: readonly (number | null)[]): number | null =>
    times.length === 0 || times.includes(null) ? null : Math.max(...(times as number[]));
  const backOf = ({ untilShifted, drain, stay, shiftBack }: FailoverReport): number | null =>
    untilShifted === null || drain === null || stay === null || shiftBack === null
      ? null
      : untilShifted + drain + stay + shiftBack;
  return {
    step,
    lost: lostRecords(result),
    untilShifted: longest(failovers.map(({ untilShifted }) => untilShifted)),
    untilBack: longest(failovers.map(backOf)),
  };
}

/** The first row is the drill as written. */
export function drillLines([as, ...rows]: readonly [DrillRow, ...DrillRow[]], columns: number): string[] {
  const more = (now: number | null, before: number | null): string =>
    now === null || before === null ? '–' : signed(now - before, seconds);
  const worst = rows.reduce<DrillRow | null>((most, row) => (row.lost > (most?.lost ?? as.lost) ? row : most), null);
  return [
    `  as written: ${count(as.lost)} records lost, shifted after ${seconds(as.untilShifted)}, back after ${seconds(as.untilBack)}`,
    ...table({
      head: ['twice as slow', 'lost', 'until shifted', 'until back'],
      rows: rows.map((row) => [
        row.step,
        signed(row.lost - as.lost, count),
        more(row.untilShifted, as.untilShifted),
        more(row.untilBack, as.untilBack),
      ]),
      columns,
    }),
    worst === null ? '  no step costs records' : `  most records hang on: ${worst.step}`,
  ];
}

function seconds(value: number | null): string {
  return value === null ? 'not reached' : `${significant(value)} s`;
}

function signed(value: number, print: (value: number) => string): string {
  return value < 0 ? `−${print(-value)}` : `+${print(value)}`;
}

function tell(what: string, by: Counts): string[] {
  return Object.entries(by)
    .filter(([, records]) => records !== 0)
    .map(([cause, records]) => `${what} ${cause} ${count(records ?? 0)}`);
}

function total(by: Counts): number {
  return Object.values(by).reduce((sum: number, records) => sum + (records ?? 0), 0);
}
