/** How slow things are when several faults slow them at once: their factors multiply. */

/** Factors by name, 1 for what is as fast as it should be. */
export type Factors<K extends string> = Readonly<Record<K, number>>;

export class Slowness<K extends string> {
  readonly #names: readonly K[];
  readonly #active = new Map<string, Factors<K>[]>();
  readonly #apply: (target: string, factors: Factors<K>) => void;

  /** `apply` is told the product whenever it has changed. */
  constructor(names: readonly K[], apply: (target: string, factors: Factors<K>) => void) {
    this.#names = names;
    this.#apply = apply;
  }

  begin(target: string, factors: Factors<K>): void {
    const active = this.#active.get(target) ?? [];
    this.#active.set(target, active);
    active.push(factors);
    this.#tell(target, active);
  }

  /** Nothing when it was cleared meanwhile. */
  end(target: string, factors: Factors<K>): void {
    const active = this.#active.get(target);
    const index = active?.indexOf(factors) ?? -1;
    if (index < 0) return;
    active!.splice(index, 1);
    this.#tell(target, active!);
  }

  /** Another machine has taken the target's place: whatever slowed the old one does not slow it. */
  clear(target: string): void {
    const active = this.#active.get(target);
    if (active === undefined || active.length === 0) return;
    active.length = 0;
    this.#tell(target, active);
  }

  #tell(target: string, active: readonly Factors<K>[]): void {
    const product = Object.fromEntries(
      this.#names.map((name) => [name, active.reduce((factor, each) => factor * each[name], 1)]),
    );
    this.#apply(target, product as Factors<K>);
  }
}
