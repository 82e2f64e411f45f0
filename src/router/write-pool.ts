import { invariant } from '../invariant.ts';

const W_RECORDS = 0;
const W_BYTES = 1;
const W_OPENED = 2;
const W_FIRST = 3;
const W_LAST = 4;
const W_PREVIOUS = 5;
const W_NEXT = 6;
/** Sinks that have not acknowledged it; −1 while it is free. */
const W_LEFT = 7;
const W = 8;

const R_SLOT = 0;
const R_FROM = 1;
const R_TO = 2;
const R_NEXT = 3;
const R_SLOT_NEXT = 4;
const R_WRITTEN = 5;
const R = 8;

/**
 * Writes and the ranges in them, in two arrays that grow by doubling and never shrink: what a core holds is bounded by
 * its buffer, and a core lives as long as its container. A range outlives its write until all before it in its slot is
 * written too.
 */
export class WritePool {
  private writes = new Float64Array(4 * W);
  private ranges = new Float64Array(8 * R);
  private freeWrite = -1;
  private freeRange = -1;
  /** Ranges in use. */
  rangeCount = 0;

  constructor() {
    this.linkWrites(0);
    this.linkRanges(0);
  }

  /** See `RouterCore.foresee`. */
  foresee(): number {
    return this.writes[0] + this.writes[W] + this.ranges[0] + this.ranges[R];
  }

  /** Writes there is room for: columns kept beside the pool must be this long. */
  get capacity(): number {
    return this.writes.length / W;
  }

  open(nowNs: number, sinks: number): number {
    if (this.freeWrite < 0) {
      const from = this.capacity;
      const grown = new Float64Array(this.writes.length * 2);
      grown.set(this.writes);
      this.writes = grown;
      this.linkWrites(from);
    }
    const write = this.freeWrite;
    const at = write * W;
    const w = this.writes;
    this.freeWrite = w[at + W_NEXT];
    w[at + W_RECORDS] = 0;
    w[at + W_BYTES] = 0;
    w[at + W_OPENED] = nowNs;
    w[at + W_FIRST] = -1;
    w[at + W_LAST] = -1;
    w[at + W_LEFT] = sinks;
    return write;
  }

  /** Frees the write, not its ranges. */
  release(write: number): void {
    const at = write * W;
    invariant(this.writes[at + W_LEFT] === 0, 'a write is released when every sink has it');
    this.writes[at + W_LEFT] = -1;
    this.writes[at + W_NEXT] = this.freeWrite;
    this.freeWrite = write;
  }

  /** Adds [from, to) of a slot. Answers the new range, or −1 when it could be joined to the write's last one. */
  append(write: number, slot: number, from: number, to: number, bytes: number): number {
    const w = this.writes;
    const at = write * W;
    w[at + W_RECORDS] += to - from;
    w[at + W_BYTES] += bytes;
    const last = w[at + W_LAST];
    if (last >= 0) {
      const l = last * R;
      if (this.ranges[l + R_SLOT] === slot && this.ranges[l + R_TO] === from) {
        this.ranges[l + R_TO] = to;
        return -1;
      }
    }
    const range = this.takeRange();
    const r = this.ranges;
    const i = range * R;
    r[i + R_SLOT] = slot;
    r[i + R_FROM] = from;
    r[i + R_TO] = to;
    r[i + R_NEXT] = -1;
    r[i + R_SLOT_NEXT] = -1;
    r[i + R_WRITTEN] = 0;
    if (last >= 0) r[last * R + R_NEXT] = range;
    else w[at + W_FIRST] = range;
    w[at + W_LAST] = range;
    return range;
  }

  releaseRange(range: number): void {
    this.ranges[range * R + R_NEXT] = this.freeRange;
    this.freeRange = range;
    this.rangeCount--;
  }

  records(write: number): number {
    return this.writes[write * W + W_RECORDS];
  }
  bytes(write: number): number {
    return this.writes[write * W + W_BYTES];
  }
  openedNs(write: number): number {
    return this.writes[write * W + W_OPENED];
  }
  firstRange(write: number): number {
    return this.writes[write * W + W_FIRST];
  }
  /** One sink has acknowledged the write. Answers how many have not. */
  acknowledge(write: number): number {
    const left = --this.writes[write * W + W_LEFT];
    invariant(left >= 0, 'a write is acknowledged once by each sink');
    return left;
  }

  /** Whose range it is, or was before the slot was revoked. */
  slot(range: number): number {
    const slot = this.ranges[range * R + R_SLOT];
    return slot < 0 ? -1 - slot : slot;
  }
  /** The slot was revoked: the range is still written, but nobody commits it. */
  isOrphan(range: number): boolean {
    return this.ranges[range * R + R_SLOT] < 0;
  }
  from(range: number): number {
    return this.ranges[range * R + R_FROM];
  }
  to(range: number): number {
    return this.ranges[range * R + R_TO];
  }
  /** Next range of the same write, or −1. */
  next(range: number): number {
    return this.ranges[range * R + R_NEXT];
  }
  /** Next range of the same slot, or −1. */
  slotNext(range: number): number {
    return this.ranges[range * R + R_SLOT_NEXT];
  }
  linkSlot(range: number, next: number): void {
    this.ranges[range * R + R_SLOT_NEXT] = next;
  }
  orphan(range: number): void {
    this.ranges[range * R + R_SLOT] = -1 - this.ranges[range * R + R_SLOT];
  }
  isWritten(range: number): boolean {
    return this.ranges[range * R + R_WRITTEN] === 1;
  }
  setWritten(range: number): void {
    this.ranges[range * R + R_WRITTEN] = 1;
  }

  /** Links of whichever list the write is in: the open ones or the ready ones. */
  previousWrite(write: number): number {
    return this.writes[write * W + W_PREVIOUS];
  }
  nextWrite(write: number): number {
    return this.writes[write * W + W_NEXT];
  }
  linkWrite(write: number, previous: number, next: number): void {
    this.writes[write * W + W_PREVIOUS] = previous;
    this.writes[write * W + W_NEXT] = next;
  }

  private takeRange(): number {
    if (this.freeRange < 0) {
      const from = this.ranges.length / R;
      const grown = new Float64Array(this.ranges.length * 2);
      grown.set(this.ranges);
      this.ranges = grown;
      this.linkRanges(from);
    }
    const range = this.freeRange;
    this.freeRange = this.ranges[range * R + R_NEXT];
    this.rangeCount++;
    return range;
  }

  private linkWrites(from: number): void {
    for (let i = this.capacity - 1; i >= from; i--) {
      this.writes[i * W + W_LEFT] = -1;
      this.writes[i * W + W_NEXT] = this.freeWrite;
      this.freeWrite = i;
    }
  }

  private linkRanges(from: number): void {
    for (let i = this.ranges.length / R - 1; i >= from; i--) {
      this.ranges[i * R + R_NEXT] = this.freeRange;
      this.freeRange = i;
    }
  }
}
