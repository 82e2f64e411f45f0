/** The way of auditors' reports: a topic in a cluster that suffers outages as any other. */
import type { TierReport } from '../../../src/audit/tier-counter.ts';

export class ReportRoad {
  /** Records counted in reports that were given up. */
  lost = 0;
  readonly #delayNs: number;
  readonly #holdNs: number;
  #waiting: { readonly report: TierReport; readonly sentNs: number }[] = [];

  constructor({ delayNs, holdNs }: { readonly delayNs: number; readonly holdNs: number }) {
    this.#delayNs = delayNs;
    this.#holdNs = holdNs;
  }

  send(report: TierReport, nowNs: number): void {
    this.#waiting.push({ report, sentNs: nowNs });
  }

  /** Hands over what has arrived. While the cluster is away nothing does, and what was held too long is given up. */
  arrive(nowNs: number, isAway: boolean, each: (report: TierReport) => void): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const at of waiting) {
      if (!isAway && nowNs >= at.sentNs + this.#delayNs) each(at.report);
      else if (isAway && nowNs > at.sentNs + this.#holdNs) this.lost += at.report.records;
      else this.#waiting.push(at);
    }
  }
}
