/** How many partitions have a consumer that does not move although there is something to read. */
export class StuckPartitions {
  readonly #windowNs: number;
  #positions = new Float64Array(0);
  /** Since when each has not moved with something before it; −1 while that isn't so. */
  #sinceNs = new Float64Array(0);

  constructor({ windowNs }: { readonly windowNs: number }) {
    this.#windowNs = windowNs;
  }

  /** A look at all partitions, always in the same order: offsets to read next, and ends of logs. */
  look(positions: ArrayLike<number>, ends: ArrayLike<number>, nowNs: number): number {
    this.#reach(positions.length);
    let stuck = 0;
    for (let i = 0; i < positions.length; i++) {
      if (positions[i] !== this.#positions[i] || positions[i] >= ends[i]) this.#sinceNs[i] = -1;
      if (positions[i] < ends[i]) {
        if (this.#sinceNs[i] < 0) this.#sinceNs[i] = nowNs;
        else if (nowNs - this.#sinceNs[i] >= this.#windowNs) stuck++;
      }
      this.#positions[i] = positions[i];
    }
    return stuck;
  }

  #reach(partitions: number): void {
    if (partitions <= this.#positions.length) return;
    const positions = new Float64Array(partitions).fill(-1);
    const since = new Float64Array(partitions).fill(-1);
    positions.set(this.#positions);
    since.set(this.#sinceNs);
    this.#positions = positions;
    this.#sinceNs = since;
  }
}
