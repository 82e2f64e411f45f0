/** The score of each failover: how long its steps took, and what was lost in each part of it, by cause. */
import type { FailoverMilestone } from '../../src/healing/cluster-failover.ts';
import { strikesCluster } from '../faults/strikes-cluster.ts';
import type { Counts, FailoverPhase, FailoverReport, LedgerReport } from '../report/result.ts';
import type { FailoverSpec, FaultSpec } from '../scenario/scenario.ts';

const PHASES = [
  ['before detection', 'detected'],
  ['during shift', 'shifted'],
  ['during drain', 'drained'],
  ['after', null],
] as const satisfies readonly (readonly [FailoverPhase['phase'], FailoverMilestone | null])[];

interface Score {
  readonly spec: FailoverSpec;
  readonly reachedNs: Map<FailoverMilestone, number>;
  readonly books: Map<FailoverMilestone, LedgerReport>;
}

export class FailoverScores {
  readonly #faults: readonly FaultSpec[];
  readonly #books: () => LedgerReport;
  readonly #scores: Score[] = [];

  constructor(options: { readonly faults: readonly FaultSpec[]; readonly books: () => LedgerReport }) {
    this.#faults = options.faults;
    this.#books = options.books;
  }

  get count(): number {
    return this.#scores.length;
  }

  begin(spec: FailoverSpec): void {
    this.#scores.push({ spec, reachedNs: new Map(), books: new Map() });
  }

  reach(failover: number, milestone: FailoverMilestone, nowNs: number): void {
    const { reachedNs, books } = this.#scores[failover];
    reachedNs.set(milestone, nowNs);
    if (PHASES.some(([, end]) => end === milestone)) books.set(milestone, this.#books());
  }

  /** `end` is the ledger at the end of the run. */
  report(end: LedgerReport): FailoverReport[] {
    return this.#scores.map((score) => this.#reportOf(score, end));
  }

  #reportOf({ spec, reachedNs, books }: Score, end: LedgerReport): FailoverReport {
    const at = (milestone: FailoverMilestone): number | null => reachedNs.get(milestone) ?? null;
    const faultNs = this.#faultNs(spec, at('detected'));
    return {
      cluster: spec.cluster,
      to: spec.to,
      detect: between(faultNs, at('detected')),
      start: between(at('detected'), at('started')),
      create: between(at('started'), at('created')),
      shift: between(at('created'), at('shifted')),
      drain: between(at('shifted'), at('drained')),
      stay: between(at('drained'), at('returning')),
      shiftBack: between(at('returning'), at('back')),
      drainStandby: between(at('back'), at('standbyDrained')),
      untilShifted: between(faultNs ?? at('detected'), at('shifted')),
      phases: phasesOf(books, end),
    };
  }

  /** When the earliest fault of the cluster began that was under way at the time. */
  #faultNs({ cluster }: FailoverSpec, detectedNs: number | null): number | null {
    if (detectedNs === null) return null;
    const begun = this.#faults
      .filter((fault) => strikesCluster(fault, cluster))
      .filter(({ atNs, forNs }) => atNs <= detectedNs && atNs + forNs > detectedNs)
      .map(({ atNs }) => atNs);
    return begun.length === 0 ? null : Math.min(...begun);
  }
}

function phasesOf(books: ReadonlyMap<FailoverMilestone, LedgerReport>, end: LedgerReport): FailoverPhase[] {
  const phases: FailoverPhase[] = [];
  let before: LedgerReport | null = null;
  for (const [phase, milestone] of PHASES) {
    const after = (milestone === null ? undefined : books.get(milestone)) ?? end;
    phases.push({
      phase,
      dropped: less(after.dropped, before?.dropped),
      unknown: after.unknown - (before?.unknown ?? 0),
      lost: less(after.lost, before?.lost),
      duplicates: less(after.duplicates, before?.duplicates),
    });
    if (after === end) break;
    before = after;
  }
  return phases;
}

/** What has come since, by cause; less than nothing where a loss was made good. */
function less<K extends string>(after: Counts<K>, before: Counts<K> | undefined): Counts<K> {
  const since: Partial<Record<K, number>> = {};
  for (const cause of new Set([...Object.keys(after), ...Object.keys(before ?? {})] as K[])) {
    const n = (after[cause] ?? 0) - (before?.[cause] ?? 0);
    if (n !== 0) since[cause] = n;
  }
  return since;
}

function between(fromNs: number | null, toNs: number | null): number | null {
  return fromNs === null || toNs === null ? null : (toNs - fromNs) / 1e9;
}
