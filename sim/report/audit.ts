/** Auditors' words beside the truth: how much they missed, how late they were right, how often they were wrong. */
import type { AuditWatch } from '../measure/audit/audit-watch.ts';
import { KAFKA, legName, toKafka } from '../measure/audit/legs.ts';
import type { LegTruth } from '../measure/audit/window-truth.ts';
import type { AuditReport, AuditScore } from './result.ts';

const SECOND = 1e9;

export function auditReport(watch: AuditWatch, nowNs: number): AuditReport {
  const whole = watch.truthNow();
  const { windowNs, settleNs } = watch.spec;
  const scores: AuditScore[] = watch.sends().map(({ topic, lost, reported }) => ({
    auditor: 'sends',
    topic,
    to: KAFKA,
    reportedLost: reported,
    trueLost: lost,
    reportedCopies: 0,
    trueCopies: sum(whole.of(legName(toKafka(topic))), 'copies'),
    windows: 0,
    falseWindows: 0,
    neverRight: 0,
    late: 0,
    firstRightMeanSeconds: null,
  }));
  for (const [name, { leg, windows }] of watch.scores.words) {
    const truth = whole.of(name);
    let [reportedLost, reportedCopies, late, scored, falseWindows, neverRight, right, rightNs] = [
      0, 0, 0, 0, 0, 0, 0, 0,
    ];
    for (const window of new Set([...windows.keys(), ...truth.keys()])) {
      const endNs = (window + 1) * windowNs;
      const said = windows.get(window) ?? [];
      const last = said.at(-1);
      reportedLost += last?.missing ?? 0;
      reportedCopies += last?.surplus ?? 0;
      late += last?.late ?? 0;
      // Of a window that was not due for a word by the end, nobody can be wrong.
      if (endNs + settleNs > nowNs) continue;
      scored++;
      const { lost, copies } = truth.get(window) ?? { lost: 0, copies: 0 };
      if (said.some(({ missing, surplus }) => missing > lost || surplus > copies)) falseWindows++;
      const first = said.find(({ missing, surplus }) => missing === lost && surplus === copies);
      if (first === undefined) {
        // Silence is right about nothing.
        if (lost > 0 || copies > 0 || said.length > 0) neverRight++;
        continue;
      }
      right++;
      rightNs += first.atNs - endNs;
    }
    scores.push({
      auditor: 'tiers',
      topic: leg.topic,
      to: leg.to,
      reportedLost,
      trueLost: sum(truth, 'lost'),
      reportedCopies,
      trueCopies: sum(truth, 'copies'),
      windows: scored,
      falseWindows,
      neverRight,
      late,
      firstRightMeanSeconds: right === 0 ? null : rightNs / right / SECOND,
    });
  }
  return { windowSeconds: windowNs / SECOND, reportsLost: watch.road.lost, scores };
}

function sum(truth: ReadonlyMap<number, LegTruth>, of: keyof LegTruth): number {
  let total = 0;
  for (const each of truth.values()) total += each[of];
  return total;
}
