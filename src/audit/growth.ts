/** How much two counters have grown over the last while, from looks at them: bounded, however often one looks. */

/** Looks that are closer together than this part of the window are not kept: it gets longer by so much, at the most. */
const KEPT_PER_WINDOW = 512;
const AT = 0;
const FIRST = 1;
const SECOND = 2;
const WIDTH = 3;

export class Growth {
  /** Growth of each since the youngest look kept that is at least a window old. */
  first = 0;
  second = 0;
  readonly #windowNs: number;
  #samples = new Float64Array(8 * WIDTH);
  #count = 0;

  constructor({ windowNs }: { readonly windowNs: number }) {
    this.#windowNs = windowNs;
  }

  /** A look at both. False until a window has passed since the first look: nothing is known of a window before that. */
  look(first: number, second: number, nowNs: number): boolean {
    const samples = this.#samples;
    let base = -1;
    while (base + 1 < this.#count && samples[(base + 1) * WIDTH + AT] <= nowNs - this.#windowNs) base++;
    if (base >= 0) {
      this.first = first - samples[base * WIDTH + FIRST];
      this.second = second - samples[base * WIDTH + SECOND];
      // What is older than the base is not asked for any more.
      samples.copyWithin(0, base * WIDTH, this.#count * WIDTH);
      this.#count -= base;
    }
    const lastNs = this.#count === 0 ? -Infinity : samples[(this.#count - 1) * WIDTH + AT];
    if (nowNs - lastNs >= this.#windowNs / KEPT_PER_WINDOW) this.#keep(first, second, nowNs);
    return base >= 0;
  }

  #keep(first: number, second: number, nowNs: number): void {
    if (this.#count * WIDTH === this.#samples.length) {
      const samples = new Float64Array(2 * this.#samples.length);
      samples.set(this.#samples);
      this.#samples = samples;
    }
    const at = this.#count++ * WIDTH;
    this.#samples[at + AT] = nowNs;
    this.#samples[at + FIRST] = first;
    this.#samples[at + SECOND] = second;
  }
}
