/** From what the watch saw to what is reported: each alert beside what the books say of the same time. */
import { ALERT_RULES, type AlertRuleName } from '../../src/audit/alert-rules.ts';
import type { AlertWatch } from '../measure/alert-watch.ts';
import type { Spell } from '../measure/spells.ts';
import type { AlertsReport, MissedAlert, RaisedAlert } from './result.ts';

export function alertsReport(
  watch: Pick<AlertWatch, 'spec' | 'looks' | 'subjects' | 'spells'>,
  { warmupNs, nowNs }: { warmupNs: number; nowNs: number },
): AlertsReport {
  const seconds = (ns: number): number => (ns - warmupNs) / 1e9;
  const until = (ns: number): number | null => (ns === Infinity ? null : seconds(ns));
  const raised: RaisedAlert[] = [];
  const missed: MissedAlert[] = [];
  const { rules, intervalNs } = watch.spec;
  for (const rule of ALERT_RULES) {
    for (const subject of watch.subjects(rule)) {
      const spells = watch.spells(rule, subject);
      const truths = new Set<Spell>();
      for (const alert of spells.raised) {
        const overlaps = spells.truth.filter((each) => meet(alert, each));
        for (const each of overlaps) truths.add(each);
        // One that spans several times of trouble was right from the first to the last of them.
        const [first] = overlaps;
        const last = overlaps.at(-1);
        raised.push({
          rule,
          subject,
          raisedSeconds: seconds(alert.fromNs),
          clearedSeconds: until(alert.untilNs),
          truth:
            first === undefined || last === undefined
              ? null
              : { fromSeconds: seconds(first.fromNs), untilSeconds: until(last.untilNs) },
        });
      }
      for (const each of spells.truth) {
        const lastedNs = Math.min(each.untilNs, nowNs) - each.fromNs;
        // One that had no time to be raised is not missed.
        if (truths.has(each) || lastedNs <= rules[rule].forNs) continue;
        missed.push({ rule, subject, fromSeconds: seconds(each.fromNs), untilSeconds: until(each.untilNs) });
      }
    }
  }
  raised.sort((a, b) => a.raisedSeconds - b.raisedSeconds);
  missed.sort((a, b) => a.fromSeconds - b.fromSeconds);
  const of = <T extends { readonly rule: AlertRuleName }>(all: readonly T[], rule: AlertRuleName): T[] =>
    all.filter((each) => each.rule === rule);
  return {
    intervalSeconds: intervalNs / 1e9,
    looks: watch.looks,
    rules: ALERT_RULES.map((rule) => ({
      rule,
      above: rules[rule].above,
      evaluated: nowNs - warmupNs >= rules[rule].windowNs,
      raised: of(raised, rule).length,
      false: of(raised, rule).filter(({ truth }) => truth === null).length,
      missed: of(missed, rule).length,
    })),
    raised,
    missed,
  };
}

const meet = (a: Spell, b: Spell): boolean => a.fromNs <= b.untilNs && b.fromNs <= a.untilNs;
