/**
 * What a log has lost to changes of leader. The new leader's log ends where it had got to; what the old one had beyond is
 * gone. Offsets here are never used again, so that a record's offset stays its identity: Kafka gives them to other records.
 */
import { invariant } from '../engine/invariant.ts';

/** Why a tail was lost. */
export const TAIL_LOST_CAUSES = ['leader-lost', 'unclean-election', 'leader-moved', 'disk-lost'] as const;
export type TailLostCause = (typeof TAIL_LOST_CAUSES)[number];

export interface Tail {
  readonly from: number;
  readonly to: number;
  readonly cause: TailLostCause;
}

/** A stretch of a lost tail whose records were stored once more, as their producer still had them. */
export interface StoredAgain {
  readonly lostFrom: number;
  readonly n: number;
  /** Where they are now, and since when. */
  readonly from: number;
  readonly atNs: number;
}

export class LostTails {
  readonly tails: Tail[] = [];
  storedAgain: StoredAgain[] = [];
  /** Nobody has been told of these. */
  private fresh: Tail[] = [];

  /** [from, to), up to the end of the log, is lost; what of it was lost before keeps its cause. */
  lose(from: number, to: number, cause: TailLostCause): void {
    invariant(to > from, 'a tail is not empty');
    let at = from;
    const add = (end: number): void => {
      const tail: Tail = { from: at, to: end, cause };
      this.tails.push(tail);
      this.fresh.push(tail);
    };
    for (const before of this.tails.filter((tail) => tail.to > from)) {
      if (before.from > at) add(before.from);
      at = before.to;
    }
    if (at < to) add(to);
    this.tails.sort((one, other) => one.from - other.from);
  }

  /** What was lost since this was last asked. */
  takeFresh(): readonly Tail[] {
    const { fresh } = this;
    this.fresh = [];
    return fresh;
  }

  /** The first offset from the given one on that is not lost. */
  skip(offset: number): number {
    let at = offset;
    for (const { from, to } of this.tails) if (at >= from && at < to) at = to;
    return at;
  }

  /** Whether any of [from, to) is lost. */
  overlaps(from: number, to: number): boolean {
    return this.tails.some((tail) => tail.from < to && tail.to > from);
  }

  /** Where a read of [from, end) has to stop: at the first lost tail. */
  clip(from: number, end: number): number {
    for (const tail of this.tails) if (tail.from > from && tail.from < end) return tail.from;
    return end;
  }

  /** The producer still had the records of [lostFrom, lostFrom + n) and has sent them again. */
  again(stored: StoredAgain): void {
    this.storedAgain.push(stored);
  }

  /** Records stored again by the time: each of them is in the log's offsets twice, and counts once. */
  storedAgainAt(nowNs: number): number {
    let n = 0;
    for (const each of this.storedAgain) if (each.atNs <= nowNs) n += each.n;
    return n;
  }

  /** The broker stopped: appends dated later never happened. */
  truncateAfter(atNs: number): void {
    this.storedAgain = this.storedAgain.filter((each) => each.atNs <= atNs);
  }
}
