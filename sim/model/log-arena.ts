/** One array for the entries of many logs, handed out in blocks: what lies side by side costs fewer cache misses. */

export class LogArena {
  doubles: Float64Array;
  #used = 0;
  /** Blocks given back, by size: sizes are few, as rings double. */
  readonly #free = new Map<number, number[]>();

  constructor(capacity = 1024) {
    this.doubles = new Float64Array(capacity);
  }

  /** Start of a block of zeros of so many doubles. `doubles` may be another array afterwards. */
  allocate(size: number): number {
    const reused = this.#free.get(size)?.pop();
    if (reused !== undefined) {
      this.doubles.fill(0, reused, reused + size);
      return reused;
    }
    const start = this.#used;
    this.#used += size;
    if (this.#used > this.doubles.length) {
      const larger = new Float64Array(Math.max(this.#used, Math.ceil(this.doubles.length * 1.5)));
      larger.set(this.doubles);
      this.doubles = larger;
    }
    return start;
  }

  free(start: number, size: number): void {
    const blocks = this.#free.get(size);
    if (blocks === undefined) this.#free.set(size, [start]);
    else blocks.push(start);
  }
}
