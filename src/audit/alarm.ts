/** When a condition that is looked at now and then is worth waking somebody, and when it is over: never on one look. */

export interface AlarmOptions {
  /** The condition holds while the value is above this. */
  readonly above: number;
  /** Raised once it has held at every look for so long, ns; 0: at once. */
  readonly forNs: number;
  /** Cleared once it has not held at any look for so long, ns; 0: at once. */
  readonly clearForNs: number;
}

export type AlarmChange = 'raised' | 'cleared';

/** As Prometheus has it with `for` and `keep_firing_for`: both count from the first look at which things were so. */
export class Alarm {
  raised = false;
  readonly #options: AlarmOptions;
  /** Since when the condition has been at odds with what is told; −1 while it is not. */
  #sinceNs = -1;

  constructor(options: AlarmOptions) {
    this.#options = options;
  }

  /** A look at `nowNs`. `null` for a value that is not known: nothing changes, and what was counted goes on. */
  look(value: number | null, nowNs: number): AlarmChange | null {
    if (value === null) return null;
    const { above, forNs, clearForNs } = this.#options;
    if (value > above === this.raised) {
      this.#sinceNs = -1;
      return null;
    }
    if (this.#sinceNs < 0) this.#sinceNs = nowNs;
    if (nowNs - this.#sinceNs < (this.raised ? clearForNs : forNs)) return null;
    this.#sinceNs = -1;
    this.raised = !this.raised;
    return this.raised ? 'raised' : 'cleared';
  }
}
