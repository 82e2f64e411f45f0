/** Fetches that a hung broker has taken and not looked at. */

export interface HeldFetch {
  readonly consumer: number;
  readonly fromOffset: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
  readonly waitNs: number;
}

export class HeldFetches {
  readonly #byPartition = new Map<number, HeldFetch[]>();

  hold(partition: number, fetch: HeldFetch): void {
    const held = this.#byPartition.get(partition);
    if (held === undefined) this.#byPartition.set(partition, [fetch]);
    else held.push(fetch);
  }

  /** Those of a partition, in the order in which they came; they are held no longer. */
  take(partition: number): readonly HeldFetch[] {
    const held = this.#byPartition.get(partition);
    if (held === undefined) return [];
    this.#byPartition.delete(partition);
    return held;
  }
}
