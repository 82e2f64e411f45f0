/** What auditors said of each window and when: for holding it against what was so. */
import type { Finding } from '../../../src/audit/reconciler.ts';
import { type Leg, legName } from './legs.ts';

interface Word {
  readonly missing: number;
  readonly surplus: number;
  readonly late: number;
  readonly ageMaxMs: number;
  readonly atNs: number;
}

export class Scores {
  /** By name of the leg, also of one of which nobody says a word: by window, all that was said, in turn. */
  readonly words: ReadonlyMap<string, { readonly leg: Leg; readonly windows: Map<number, Word[]> }>;

  constructor(legs: readonly Leg[]) {
    this.words = new Map(legs.map((leg) => [legName(leg), { leg, windows: new Map<number, Word[]>() }]));
  }

  /** A word on a leg that there isn't is passed over: the topic doesn't go there. */
  word({ topic, from, to, window, missing, surplus, late, ageMaxMs }: Finding, atNs: number): void {
    const windows = this.words.get(legName({ topic, from, to }))?.windows;
    if (windows === undefined) return;
    const said = windows.get(window) ?? [];
    windows.set(window, said);
    said.push({ missing, surplus, late, ageMaxMs, atNs });
  }
}
