/** When something was so, by name: stretches of time, from looks at it. */
export interface Spell {
  readonly fromNs: number;
  /** Infinity while it lasts. */
  untilNs: number;
}

export class Spells {
  readonly #byName = new Map<string, Spell[]>();

  begin(name: string, atNs: number): void {
    const spells = this.#byName.get(name);
    const spell = { fromNs: atNs, untilNs: Infinity };
    if (spells === undefined) this.#byName.set(name, [spell]);
    else spells.push(spell);
  }

  end(name: string, atNs: number): void {
    const spells = this.#byName.get(name)!;
    spells[spells.length - 1].untilNs = atNs;
  }

  of(name: string): readonly Spell[] {
    return this.#byName.get(name) ?? [];
  }
}
