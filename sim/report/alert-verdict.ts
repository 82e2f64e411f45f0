/** Holds an assertion on an alert against when it was raised. */
import type { AssertionSpec } from '../scenario/scenario.ts';
import type { AlertsReport, RaisedAlert } from './result.ts';

type AlertAssertion = AssertionSpec & { readonly metric: 'alert' };

/** `seconds`: length of the run. What has not come by its end is as late as the end, at the least. */
export function measureAlert(
  { rule, subject, bound }: AlertAssertion,
  alerts: AlertsReport,
  seconds: number,
): { name: string; observed: number; bound: number; ok: boolean } {
  const about = <T extends { readonly rule: string; readonly subject: string }>(all: readonly T[]): T[] =>
    all.filter((each) => each.rule === rule && (subject === null || each.subject === subject));
  const raised = about(alerts.raised);
  const missed = about(alerts.missed);
  const name = `alert ${rule}${subject === null ? '' : ` on ${subject}`}`;
  switch (bound.kind) {
    case 'never':
      return { name: `${name}, times raised`, observed: raised.length, bound: 0, ok: raised.length === 0 };
    case 'raised-within': {
      const late = firstOfEach(raised).map(({ raisedSeconds, truth }) =>
        Math.max(0, raisedSeconds - truth!.fromSeconds),
      );
      for (const { fromSeconds } of missed) late.push(seconds - fromSeconds);
      const observed = late.length === 0 ? seconds : Math.max(...late);
      const within = bound.ns / 1e9;
      const ok = late.length > 0 && missed.length === 0 && observed <= within;
      return { name: `${name}, raised after, s`, observed, bound: within, ok };
    }
    case 'cleared-within': {
      const late = raised.flatMap(({ clearedSeconds, truth }) => {
        if (truth === null || truth.untilSeconds === null) return [];
        return [Math.max(0, (clearedSeconds ?? seconds) - truth.untilSeconds)];
      });
      const stands = raised.some(({ clearedSeconds, truth }) => clearedSeconds === null && truth?.untilSeconds != null);
      const observed = late.length === 0 ? 0 : Math.max(...late);
      const within = bound.ns / 1e9;
      return { name: `${name}, cleared after, s`, observed, bound: within, ok: !stands && observed <= within };
    }
  }
}

/** A time of trouble may raise its alert more than once: the first is what tells. */
function firstOfEach(raised: readonly RaisedAlert[]): RaisedAlert[] {
  const seen = new Set<string>();
  return raised.filter(({ subject, truth }) => {
    if (truth === null) return false;
    const key = `${subject} ${truth.fromSeconds}`;
    return !seen.has(key) && seen.add(key);
  });
}
