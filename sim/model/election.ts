/** Who leads a partition next. */

export interface Candidates {
  readonly copies: number;
  /** Whether the copy's broker is alive, as far as the controller knows. */
  readonly isLive: (copy: number) => boolean;
  readonly isInSync: (copy: number) => boolean;
}

export interface Choice {
  /** By place in the assignment. */
  readonly copy: number;
  /** False when it was not in sync: what it lacks is lost. */
  readonly clean: boolean;
}

/**
 * The first live replica in the order of the assignment that is in sync; else, if that is allowed, the first live one;
 * else none (AK `OfflinePartitionLeaderSelector`, `PartitionChangeBuilder.electAnyLeader`).
 */
export function chooseLeader(among: Candidates, unclean: boolean): Choice | null {
  for (let copy = 0; copy < among.copies; copy++) {
    if (among.isLive(copy) && among.isInSync(copy)) return { copy, clean: true };
  }
  if (!unclean) return null;
  for (let copy = 0; copy < among.copies; copy++) if (among.isLive(copy)) return { copy, clean: false };
  return null;
}
