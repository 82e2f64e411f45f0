/** The automaton that replaces brokers, resolved. */
export interface HealingSpec {
  /** Between two checks of a cluster. */
  readonly checkNs: number;
  readonly probeBytes: number;
  readonly timeoutNs: number;
  readonly factor: number;
  readonly floorNs: number;
  readonly window: number;
  readonly hits: number;
  /** From the decision until the broker is killed, and from then until another machine is up. */
  readonly delayNs: number;
  readonly replaceNs: number;
  readonly cooldownNs: number;
  readonly replacedMax: number;
  /** Share of probes that go wrong by themselves. */
  readonly falsePositives: number;
  readonly guard: 'none' | 'in-sync';
}
