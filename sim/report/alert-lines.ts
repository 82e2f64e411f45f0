/** Alerts for a person: by rule, then one by one beside what the books say of the same time. */
import { count, counted, significant, span } from './figures.ts';
import type { AlertsReport, MissedAlert, RaisedAlert } from './result.ts';
import type { Style } from './style.ts';
import { table, wrap } from './table.ts';

const SHOWN = 12;

export function alertLines(alerts: AlertsReport, page: { readonly columns: number; readonly style: Style }): string[] {
  const { columns, style } = page;
  const asked = alerts.rules.filter(({ evaluated }) => evaluated);
  const lines = table({
    head: ['rule', 'raised', 'false', 'missed'],
    rows: asked.map(({ rule, raised, false: untrue, missed }) => [rule, count(raised), count(untrue), count(missed)]),
    columns,
  });
  const idle = alerts.rules.filter(({ evaluated }) => !evaluated).map(({ rule }) => rule);
  if (idle.length > 0)
    lines.push(...wrap(`never asked, as the run is shorter than the window: ${idle.join(', ')}`, columns, '  '));
  const told = [
    ...together(alerts.missed, (alert) => style.warn(missedLine(alert))),
    ...together(alerts.raised, (alert) => line(alert, style)),
  ];
  for (const each of told.slice(0, SHOWN)) lines.push(...wrap(each, columns, '  '));
  if (told.length > SHOWN) lines.push(`  and ${count(told.length - SHOWN)} more, listed by --json`);
  lines.push(`  ${counted(alerts.looks, 'look')}, one every ${span(alerts.intervalSeconds)}`);
  return lines;
}

/** What differs by its subject alone stands in one line. */
function together<T extends { readonly rule: string; readonly subject: string }>(
  all: readonly T[],
  tell: (each: T) => string,
): string[] {
  const subjects = new Map<string, string[]>();
  for (const each of all) {
    const key = `${each.rule}\n${tell(each)}`;
    subjects.set(key, [...(subjects.get(key) ?? []), each.subject]);
  }
  return [...subjects].map(([key, [first, ...others]]) => {
    const [rule, text] = key.split('\n');
    return `${rule} on ${first}${others.length === 0 ? '' : ` and ${count(others.length)} more`}: ${text}`;
  });
}

function line({ raisedSeconds, clearedSeconds, truth }: RaisedAlert, style: Style): string {
  const over = clearedSeconds === null ? 'still raised at the end' : `cleared at ${at(clearedSeconds)}`;
  const told =
    truth === null
      ? style.warn('FALSE, the books know of nothing')
      : `true, so from ${at(truth.fromSeconds)} to ${until(truth.untilSeconds)}`;
  return `raised at ${at(raisedSeconds)}, ${over}; ${told}`;
}

function missedLine({ fromSeconds, untilSeconds }: MissedAlert): string {
  return `MISSED, so from ${at(fromSeconds)} to ${until(untilSeconds)}`;
}

const until = (seconds: number | null): string => (seconds === null ? 'the end' : at(seconds));

/** A time of the run, s: digits that tell two looks apart. */
const at = (seconds: number): string => `${significant(seconds, 4)} s`;
