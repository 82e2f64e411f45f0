import { invariant } from '../invariant.ts';
import type { CommitPolicy } from './policy.ts';
import type { WritePool } from './write-pool.ts';

const HEAD = 0;
const TAIL = 1;
/** Next offset to fetch. */
const POSITION = 2;
/** Everything below is written to every sink, or lost. */
const WRITTEN = 3;
/** Offset that was last asked to be committed. */
const ASKED = 4;
const COMMITTED = 5;
/** A commit is on its way. */
const BUSY = 6;
const LISTED = 7;
/** Element i of the stack of slots with something to commit and no commit on its way: here, to share a cache line. */
const STACK = 8;
const S = 9;

/**
 * How far each slot has come: fetched ≥ written, and what may be committed ≥ asked ≥ committed. The written prefix may be
 * committed; under a policy that commits ahead, all that is fetched.
 */
export class Progress {
  private readonly pool: WritePool;
  private readonly policy: CommitPolicy;
  /** Column of what may be committed. */
  private readonly upTo: typeof WRITTEN | typeof POSITION;
  private readonly slots: Float64Array;
  private dirtyCount = 0;
  private unaskedRecords = 0;
  private lastNs: number;
  private holdUntilNs = 0;
  private failures = 0;

  constructor(pool: WritePool, policy: CommitPolicy, slots: number, nowNs: number) {
    this.pool = pool;
    this.policy = policy;
    this.upTo = policy.upTo === 'fetched' ? POSITION : WRITTEN;
    this.slots = new Float64Array(slots * S);
    this.lastNs = nowNs;
    for (let i = 0; i < slots; i++) this.assign(i, 0);
  }

  assign(slot: number, offset: number): void {
    const at = slot * S;
    const s = this.slots;
    s[at + HEAD] = -1;
    s[at + TAIL] = -1;
    s[at + POSITION] = offset;
    s[at + WRITTEN] = offset;
    s[at + ASKED] = offset;
    s[at + COMMITTED] = offset;
    s[at + BUSY] = 0;
  }

  /** See `RouterCore.foresee`. */
  foresee(): number {
    return this.slots[0] + this.slots[this.slots.length - 1] + this.lastNs;
  }

  position(slot: number): number {
    return this.slots[slot * S + POSITION];
  }
  written(slot: number): number {
    return this.slots[slot * S + WRITTEN];
  }
  committed(slot: number): number {
    return this.slots[slot * S + COMMITTED];
  }
  /** Everything below it may be committed. */
  committable(slot: number): number {
    return this.slots[slot * S + this.upTo];
  }
  /** Oldest range of the slot that is not yet passed, or −1. */
  head(slot: number): number {
    return this.slots[slot * S + HEAD];
  }

  /** [position, to) has arrived. */
  fetched(slot: number, to: number): void {
    this.move(slot, to);
  }

  /** A range was added behind the others of its slot. */
  add(slot: number, range: number): void {
    const at = slot * S;
    const tail = this.slots[at + TAIL];
    if (tail < 0) this.slots[at + HEAD] = range;
    else this.pool.linkSlot(tail, range);
    this.slots[at + TAIL] = range;
  }

  /** Everything below `to` that was not fetched is gone for good. */
  skip(slot: number, to: number): void {
    this.move(slot, to);
    if (this.slots[slot * S + HEAD] < 0) this.advance(slot, to);
  }

  /** Every sink has this range. */
  complete(range: number): void {
    const slot = this.pool.slot(range);
    if (this.pool.isOrphan(range)) {
      this.pool.releaseRange(range);
      return;
    }
    this.pool.setWritten(range);
    const at = slot * S;
    let head = this.slots[at + HEAD];
    if (head !== range) return;
    let to = 0;
    while (head >= 0 && this.pool.isWritten(head)) {
      to = this.pool.to(head);
      const next = this.pool.slotNext(head);
      this.pool.releaseRange(head);
      head = next;
    }
    this.slots[at + HEAD] = head;
    if (head < 0) {
      this.slots[at + TAIL] = -1;
      to = this.slots[at + POSITION];
    }
    this.advance(slot, to);
  }

  /** The slot goes to somebody else: what it still has in writes is nobody's to commit. */
  revoke(slot: number): void {
    const at = slot * S;
    let range = this.slots[at + HEAD];
    while (range >= 0) {
      const next = this.pool.slotNext(range);
      if (this.pool.isWritten(range)) this.pool.releaseRange(range);
      else this.pool.orphan(range);
      range = next;
    }
    this.unaskedRecords -= this.slots[at + this.upTo] - this.slots[at + ASKED];
    if (this.slots[at + LISTED] === 1) {
      this.slots[at + LISTED] = 0;
      let i = 0;
      while (this.slots[i * S + STACK] !== slot) i++;
      this.slots[i * S + STACK] = this.slots[--this.dirtyCount * S + STACK];
    }
    this.assign(slot, 0);
  }

  /** When the next round of commits is due, ns. */
  dueNs(): number {
    if (this.dirtyCount === 0) return Infinity;
    const due = this.policy.dueNs(this.unaskedRecords, this.lastNs);
    return Math.max(due, this.holdUntilNs);
  }

  /** Asks for a commit of every slot that has got on. */
  commitAll(nowNs: number, commit: (slot: number, offset: number) => void): void {
    this.lastNs = nowNs;
    while (this.dirtyCount > 0) {
      const slot = this.slots[--this.dirtyCount * S + STACK];
      const at = slot * S;
      const s = this.slots;
      invariant(s[at + BUSY] === 0, 'one commit of a slot at a time');
      s[at + LISTED] = 0;
      s[at + BUSY] = 1;
      const to = s[at + this.upTo];
      this.unaskedRecords -= to - s[at + ASKED];
      s[at + ASKED] = to;
      commit(slot, to);
    }
  }

  /** The answer to a commit. */
  committedUpTo(slot: number, offset: number): void {
    const at = slot * S;
    const s = this.slots;
    invariant(s[at + BUSY] === 1 && s[at + ASKED] === offset, 'the answer fits the commit that was asked');
    s[at + BUSY] = 0;
    s[at + COMMITTED] = offset;
    this.failures = 0;
    this.list(slot);
  }

  /** The store refused. Answers how many rounds have failed in a row; the caller says until when to hold back. */
  commitFailed(slot: number): number {
    const at = slot * S;
    const s = this.slots;
    invariant(s[at + BUSY] === 1, 'a commit fails that was asked');
    s[at + BUSY] = 0;
    this.unaskedRecords += s[at + ASKED] - s[at + COMMITTED];
    s[at + ASKED] = s[at + COMMITTED];
    this.list(slot);
    return ++this.failures;
  }

  holdUntil(ns: number): void {
    this.holdUntilNs = ns;
  }

  private move(slot: number, to: number): void {
    const at = slot * S;
    const from = this.slots[at + POSITION];
    this.slots[at + POSITION] = to;
    if (this.upTo !== POSITION) return;
    this.unaskedRecords += to - from;
    this.list(slot);
  }

  private advance(slot: number, to: number): void {
    const at = slot * S;
    const s = this.slots;
    invariant(to >= s[at + WRITTEN] && to <= s[at + POSITION], 'the written prefix grows and ends where fetching is');
    if (this.upTo === WRITTEN) this.unaskedRecords += to - s[at + WRITTEN];
    s[at + WRITTEN] = to;
    this.list(slot);
  }

  private list(slot: number): void {
    const at = slot * S;
    const s = this.slots;
    if (s[at + LISTED] === 1 || s[at + BUSY] === 1 || s[at + this.upTo] === s[at + ASKED]) return;
    s[at + LISTED] = 1;
    s[this.dirtyCount++ * S + STACK] = slot;
  }
}
