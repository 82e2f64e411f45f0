/** What auditors said of each window and when: for holding it against what was so. */
import type { Finding } from '../../../src/audit/reconciler.ts';

export interface Word {
  readonly missing: number;
  readonly surplus: number;
  readonly late: number;
  readonly ageMaxMs: number;
  readonly atNs: number;
}

export class Scores {
  readonly windowNs: number;
  /** By topic and pair of tiers, by window: all that was said, in turn. */
  readonly words = new Map<
    string,
    { readonly topic: string; readonly from: string; readonly to: string; readonly windows: Map<number, Word[]> }
  >();
  readonly #routes = new Set<string>();

  constructor(windowNs: number) {
    this.windowNs = windowNs;
  }

  /** The topic goes there: where it doesn't, nothing is missing. */
  route(topic: string, tier: string): void {
    this.#routes.add(`${topic} ${tier}`);
  }

  word({ topic, from, to, window, missing, surplus, late, ageMaxMs }: Finding, atNs: number): void {
    if (to !== 'kafka' && !this.#routes.has(`${topic} ${to}`)) return;
    const key = `${topic}: ${from} → ${to}`;
    let leg = this.words.get(key);
    if (leg === undefined) {
      leg = { topic, from, to, windows: new Map() };
      this.words.set(key, leg);
    }
    const said = leg.windows.get(window) ?? [];
    leg.windows.set(window, said);
    said.push({ missing, surplus, late, ageMaxMs, atNs });
  }
}
