/**
 * Where followers that have healed stood while they were in trouble: the high watermark hung on those very positions, so a
 * log that merges its past as of before must not blur them.
 */
export class HealedFollowers {
  private healed: { readonly untilNs: number; readonly position: number }[] = [];

  /** The high watermark hung on the position until then. */
  add(untilNs: number, position: number): void {
    this.healed.push({ untilNs, position });
  }

  /** Lowest position that counts for what merges up to the time, which never goes back. Infinity when there is none. */
  lowestAt(nowNs: number): number {
    let lowest = Number.POSITIVE_INFINITY;
    if (this.healed.length === 0) return lowest;
    this.healed = this.healed.filter(({ untilNs }) => untilNs > nowNs);
    for (const { position } of this.healed) if (position < lowest) lowest = position;
    return lowest;
  }
}
