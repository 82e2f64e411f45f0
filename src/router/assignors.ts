/** Who of a group reads which partitions of a topic: pure functions of who is there and of what they have (AK assignors). */
import { invariant } from '../invariant.ts';

/** What a member brings to the assignment: the partitions that it has now. No two members have the same one. */
export interface Assignee {
  readonly owned: readonly number[];
}

/** Deals partitions 0 … n−1 out: each to exactly one member, none to nobody, and no member has two more than another. */
export interface Assignor {
  readonly name: string;
  /** By member, in the order given: its partitions, rising. At least one member. */
  assign(partitions: number, members: readonly Assignee[]): number[][];
}

/** AK `RangeAssignor`: a stretch of partitions for each, the first members one more. */
export const rangeAssignor: Assignor = {
  name: 'range',
  assign(partitions, members) {
    const { least, more } = quotas(partitions, members.length);
    let next = 0;
    return members.map((_, i) => {
      const from = next;
      next += least + (i < more ? 1 : 0);
      return Array.from({ length: next - from }, (_none, p) => from + p);
    });
  },
};

/** AK `RoundRobinAssignor`: one partition each, in turn. */
export const roundRobinAssignor: Assignor = {
  name: 'round-robin',
  assign(partitions, members) {
    invariant(members.length >= 1, 'a group that is dealt partitions has a member');
    const dealt = members.map((): number[] => []);
    for (let p = 0; p < partitions; p++) dealt[p % members.length].push(p);
    return dealt;
  },
};

/**
 * AK `StickyAssignor`, `CooperativeStickyAssignor`, and the server's `UniformAssignor`: balanced first, and then everybody
 * keeps as much as possible of what it has. Kafka's sticky assignors can miss the fewest moves; this one doesn't.
 */
export const stickyAssignor: Assignor = {
  name: 'sticky',
  assign(partitions, members) {
    const { least, more } = quotas(partitions, members.length);
    // Whoever has most keeps one more, where not all can have the same: no other choice keeps more. Of equals the first.
    const byOwned = members.map((_, i) => i).sort((a, b) => members[b].owned.length - members[a].owned.length);
    const quota = new Array<number>(members.length);
    byOwned.forEach((member, rank) => {
      quota[member] = least + (rank < more ? 1 : 0);
    });
    const taken = new Uint8Array(partitions);
    const dealt = members.map(({ owned }, i) => {
      const kept = owned
        .filter((p) => p < partitions)
        .sort((a, b) => a - b)
        .slice(0, quota[i]);
      for (const p of kept) {
        invariant(taken[p] === 0, 'a partition has one owner');
        taken[p] = 1;
      }
      return kept;
    });
    let member = 0;
    for (let p = 0; p < partitions; p++) {
      if (taken[p] === 1) continue;
      while (dealt[member].length >= quota[member]) member++;
      dealt[member].push(p);
    }
    for (const own of dealt) own.sort((a, b) => a - b);
    return dealt;
  },
};

export const ASSIGNORS = { range: rangeAssignor, 'round-robin': roundRobinAssignor, sticky: stickyAssignor } as const;

function quotas(partitions: number, members: number): { readonly least: number; readonly more: number } {
  invariant(members >= 1, 'a group that is dealt partitions has a member');
  const least = Math.floor(partitions / members);
  return { least, more: partitions - least * members };
}
