/** Which faults struck, and what an automaton did about them, as a person would tell it. */
import type { FaultSpec } from '../scenario/scenario.ts';
import { count, counted, span } from './figures.ts';
import type { HealingReport, StruckReport } from './result.ts';
import { table } from './table.ts';

/** Those that have begun by now. */
export function struckReports(
  faults: readonly FaultSpec[],
  { nowNs, warmupNs }: { nowNs: number; warmupNs: number },
): StruckReport[] {
  return faults
    .filter(({ atNs }) => atNs <= nowNs)
    .sort((one, other) => one.atNs - other.atNs)
    .map((fault) => ({
      kind: fault.kind,
      ...('by' in fault && fault.by !== undefined && { by: fault.by }),
      target: targetOf(fault),
      atSeconds: (fault.atNs - warmupNs) / 1e9,
      forSeconds: 'forNs' in fault ? fault.forNs / 1e9 : 0,
    }));
}

function targetOf(fault: FaultSpec): string {
  if ('broker' in fault) return `${fault.cluster}/${fault.broker}`;
  if ('cluster' in fault) return fault.cluster;
  if ('container' in fault) return `${fault.sink}/${fault.container}`;
  if ('sink' in fault) return fault.sink;
  if (fault.kind === 'surge') return `${fault.topics?.length ?? 'all'} topics × ${fault.factor}`;
  if ('collector' in fault) return `collector ${fault.collector}`;
  return 'host' in fault ? `host ${fault.host}` : '';
}

const SHOWN = 16;

/** The first of them, and how many more there were. */
export function struckLines(struck: readonly StruckReport[], columns: number): string[] {
  const lines = table({
    head: ['fault', 'target', 'at', 'for'],
    rows: struck
      .slice(0, SHOWN)
      .map(({ kind, by, target, atSeconds, forSeconds }) => [
        by === undefined ? kind : `${kind} by ${by}`,
        target,
        atSeconds < 0 ? `${span(-atSeconds)} early` : span(atSeconds),
        forSeconds === 0 ? '–' : span(forSeconds),
      ]),
    columns,
  });
  const more = struck.length - SHOWN;
  if (more > 0) lines.push(`  and ${counted(more, 'other')}; ${count(struck.length)} in all`);
  return lines;
}

/** What it did, and how much of that was right. */
export function healingLines({ checks, detected, replaced }: HealingReport): string[] {
  const of = ({ right, wrong }: HealingReport['detected']): string =>
    `${count(right)} with a fault, ${count(wrong)} without`;
  return [
    `  ${counted(checks, 'check')} of a cluster`,
    `  taken for outliers: ${of(detected)}`,
    `  replaced: ${of(replaced)}`,
  ];
}
