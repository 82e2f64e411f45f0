/** What was lost and copied on one leg of a topic, by window of event time: what auditors are scored against. */
export interface LegTruth {
  lost: number;
  copies: number;
}

export class WindowTruth {
  readonly #legs = new Map<string, Map<number, LegTruth>>();

  at(leg: string, window: number): LegTruth {
    let windows = this.#legs.get(leg);
    if (windows === undefined) {
      windows = new Map();
      this.#legs.set(leg, windows);
    }
    let truth = windows.get(window);
    if (truth === undefined) {
      truth = { lost: 0, copies: 0 };
      windows.set(window, truth);
    }
    return truth;
  }

  copy(): WindowTruth {
    const copy = new WindowTruth();
    for (const [leg, windows] of this.#legs) {
      for (const [window, truth] of windows) Object.assign(copy.at(leg, window), truth);
    }
    return copy;
  }

  of(leg: string): ReadonlyMap<number, LegTruth> {
    return this.#legs.get(leg) ?? new Map();
  }
}
