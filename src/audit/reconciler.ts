/**
 * Compares what tiers counted, window by window: what passed one and not the next is missing, what passed the next and not
 * the one is surplus. Counts are all that it has: in one window, a record missing and another one twice look like nothing.
 */
import type { TierReport } from './tier-counter.ts';

export interface Finding {
  readonly topic: string;
  readonly window: number;
  readonly from: string;
  readonly to: string;
  /** What each has counted so far, scaled up from the sample. */
  readonly upstream: number;
  readonly downstream: number;
  /** Lost, or not there yet. */
  readonly missing: number;
  /** Duplicated, or not counted before. */
  readonly surplus: number;
  /** Of `downstream`: passed after the window was closed. */
  readonly late: number;
  /** Standard error of `missing` and `surplus` by sampling: √(m · (1 − s)) ÷ s for m in a sample of share s. 0 without. */
  readonly standardError: number;
  /** Largest age at which a record of the window passed downstream, ms; how far behind that tier is. −Infinity: none did. */
  readonly ageMaxMs: number;
  /** 0 for the first word on a window, counted up as reports come in after that. */
  readonly revision: number;
}

export interface ReconcilerOptions {
  /** Upstream and downstream, by name of tier. */
  readonly pairs: readonly (readonly [from: string, to: string])[];
  readonly windowMs: number;
  /** From a window's end until the first word on it: more than the tiers' grace and the way of their reports. */
  readonly settleMs: number;
  /** From a window's end until it is forgotten, and what is reported of it ignored. */
  readonly keepMs: number;
  readonly onFinding: (finding: Finding) => void;
}

interface Counts {
  records: number;
  late: number;
  ageMaxMs: number;
}

interface Row {
  readonly topic: string;
  readonly window: number;
  readonly tiers: Map<string, Counts>;
  share: number;
  /** By pair: words given so far. */
  readonly revisions: Int32Array;
  settled: boolean;
}

const NONE: Counts = { records: 0, late: 0, ageMaxMs: -Infinity };

export class Reconciler {
  /** Records reported of windows that were forgotten. */
  ignored = 0;
  readonly #options: ReconcilerOptions;
  readonly #rows = new Map<string, Row>();

  constructor(options: ReconcilerOptions) {
    const { windowMs, settleMs, keepMs } = options;
    if (!(windowMs > 0)) throw new RangeError(`windowMs: expected a time above 0, got ${windowMs}`);
    if (!(settleMs >= 0)) throw new RangeError(`settleMs: expected a time of 0 or more, got ${settleMs}`);
    if (!(keepMs >= settleMs)) throw new RangeError(`keepMs: expected settleMs or more, ${settleMs}, got ${keepMs}`);
    this.#options = options;
  }

  report(report: TierReport, nowMs: number): void {
    const { windowMs, keepMs, settleMs, pairs } = this.#options;
    const { topic, window, tier } = report;
    const endMs = (window + 1) * windowMs;
    if (nowMs >= endMs + keepMs) {
      this.ignored += report.records;
      return;
    }
    const key = `${window} ${topic}`;
    let row = this.#rows.get(key);
    if (row === undefined) {
      const revisions = new Int32Array(pairs.length);
      row = { topic, window, tiers: new Map(), share: report.share, revisions, settled: nowMs >= endMs + settleMs };
      this.#rows.set(key, row);
    }
    row.share = report.share;
    const counts = row.tiers.get(tier) ?? { ...NONE };
    row.tiers.set(tier, counts);
    counts.records += report.records;
    if (report.late) counts.late += report.records;
    if (report.ageMaxMs > counts.ageMaxMs) counts.ageMaxMs = report.ageMaxMs;
    if (!row.settled) return;
    pairs.forEach(([from, to], pair) => {
      if (from === tier || to === tier) this.#tell(row, pair);
    });
  }

  deadlineMs(): number {
    const { windowMs, settleMs, keepMs } = this.#options;
    let dueMs = Infinity;
    for (const { window, settled } of this.#rows.values()) {
      dueMs = Math.min(dueMs, (window + 1) * windowMs + (settled ? keepMs : settleMs));
    }
    return dueMs;
  }

  /** Gives the first word on windows that are due, and forgets old ones. */
  onTime(nowMs: number): void {
    const { windowMs, settleMs, keepMs, pairs } = this.#options;
    for (const [key, row] of this.#rows) {
      const endMs = (row.window + 1) * windowMs;
      if (!row.settled && nowMs >= endMs + settleMs) {
        row.settled = true;
        for (let pair = 0; pair < pairs.length; pair++) this.#tell(row, pair);
      }
      if (nowMs >= endMs + keepMs) this.#rows.delete(key);
    }
  }

  #tell(row: Row, pair: number): void {
    const [from, to] = this.#options.pairs[pair];
    const before = row.tiers.get(from) ?? NONE;
    const after = row.tiers.get(to) ?? NONE;
    // Neither end of this pair has to do with the topic.
    if (before.records === 0 && after.records === 0) return;
    const { share } = row;
    const sampled = after.records - before.records;
    this.#options.onFinding({
      topic: row.topic,
      window: row.window,
      from,
      to,
      upstream: before.records / share,
      downstream: after.records / share,
      missing: Math.max(0, -sampled) / share,
      surplus: Math.max(0, sampled) / share,
      late: after.late / share,
      standardError: Math.sqrt(Math.abs(sampled) * (1 - share)) / share,
      ageMaxMs: after.ageMaxMs,
      revision: row.revisions[pair]++,
    });
  }
}
