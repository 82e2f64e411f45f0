/** Auditors' scores for a person: by auditor and leg over all topics; topics stand in the JSON. */
import { tierTitle } from '../measure/audit/legs.ts';
import { count, counted, significant, span } from './figures.ts';
import type { AuditReport, AuditScore } from './result.ts';
import { table } from './table.ts';

export function auditLines(audit: AuditReport, { columns }: { readonly columns: number }): string[] {
  const legs = new Map<string, AuditScore[]>();
  for (const score of audit.scores) {
    const leg = score.auditor === 'sends' ? 'sends' : `tiers, ${tierTitle(score.to)}`;
    legs.set(leg, [...(legs.get(leg) ?? []), score]);
  }
  const total = (all: readonly AuditScore[], of: (score: AuditScore) => number) =>
    count(Math.round(all.reduce((sum, each) => sum + of(each), 0)));
  const lines = table({
    head: ['auditor', 'lost', 'true', 'twice', 'true', 'false', 'never right', 'right after'],
    rows: [...legs].map(([leg, all]) => [
      leg,
      total(all, ({ reportedLost }) => reportedLost),
      total(all, ({ trueLost }) => trueLost),
      total(all, ({ reportedCopies }) => reportedCopies),
      total(all, ({ trueCopies }) => trueCopies),
      total(all, ({ falseWindows }) => falseWindows),
      total(all, ({ neverRight }) => neverRight),
      rightAfter(all),
    ]),
    columns,
  });
  const windows = audit.scores.reduce((sum, each) => sum + each.windows, 0);
  lines.push(`  ${counted(windows, 'window')} of ${span(audit.windowSeconds)} scored, a topic and leg each`);
  if (audit.reportsLost > 0) lines.push(`  reports on ${count(audit.reportsLost)} records were lost on their way`);
  return lines;
}

function rightAfter(all: readonly AuditScore[]): string {
  const told = all.flatMap(({ firstRightMeanSeconds }) => firstRightMeanSeconds ?? []);
  return told.length === 0 ? '–' : `${significant(told.reduce((sum, each) => sum + each, 0) / told.length)} s`;
}
