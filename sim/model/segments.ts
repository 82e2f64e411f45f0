/** The segment files of one partition's log: when they roll and what retention deletes. */
import { invariant } from '../engine/invariant.ts';

export interface SegmentPolicy {
  /** A segment rolls before the append that would make it larger (AK `segment.bytes`, 1 GiB). */
  readonly segmentBytes: number;
  /** A segment rolls before an append later than this after its first one (AK `segment.ms`). */
  readonly segmentNs: number;
}

export interface RetentionPolicy {
  /** Segments whose last append is older go. Infinity: kept for ever. */
  readonly retentionNs: number;
  /** Oldest segments go while what remains is at least this much. Infinity or negative: no bound (AK −1). */
  readonly retentionBytes: number;
}

/** The end of the log as its segments must know it. */
export interface LogEnd {
  readonly endOffset: number;
  /** Bytes ever appended, counting only appends up to now. */
  readonly bytesNow: number;
  readonly lastAppendNs: number;
}

/** Fields of a closed segment. Its base is the end of the one before it. */
const END_OFFSET = 0;
const END_BYTES = 1;
const FIRST_NS = 2;
const LAST_NS = 3;
const STRIDE = 4;

/** No bytes fit: the next append opens a segment. */
const NOTHING_OPEN = -1;

/**
 * Closed segments in order, and the active one at the end. Deleting is by whole segments, oldest first (AK
 * `UnifiedLog.deleteOldSegments`); an active segment that has expired as a whole is rolled and deleted too.
 *
 * Deletion does not wait for the high watermark, as Kafka's does: it matters only when replication has stood still for
 * the whole retention.
 */
export class Segments {
  /** First offset still there. */
  startOffset = 0;
  /** Cumulative bytes below it. */
  startBytes = 0;
  /** Cumulative bytes at or above which an append no longer fits the active segment; −1 when none is open. */
  rollAtBytes = NOTHING_OPEN;
  /** An append dated later than this no longer goes into the active segment. */
  rollAtNs = Number.POSITIVE_INFINITY;
  private readonly policy: SegmentPolicy;
  private closed = new Float64Array(0);
  private closedCount = 0;
  private activeFirstNs = 0;

  constructor(policy: SegmentPolicy) {
    invariant(policy.segmentBytes > 0 && policy.segmentNs > 0, 'a segment has a positive size and age');
    this.policy = policy;
  }

  /** Segments on disk, the active one included when it holds anything. */
  get count(): number {
    return this.closedCount + (this.rollAtBytes === NOTHING_OPEN ? 0 : 1);
  }

  /** Closes the active segment, if one is open, at the log's end, and opens the next for an append at `atNs`. */
  roll(endOffset: number, endBytes: number, lastAppendNs: number, atNs: number): void {
    if (this.rollAtBytes !== NOTHING_OPEN) {
      if ((this.closedCount + 1) * STRIDE > this.closed.length) this.growClosed();
      const at = this.closedCount * STRIDE;
      this.closed[at + END_OFFSET] = endOffset;
      this.closed[at + END_BYTES] = endBytes;
      this.closed[at + FIRST_NS] = this.activeFirstNs;
      this.closed[at + LAST_NS] = lastAppendNs;
      this.closedCount++;
    }
    this.open(endBytes, atNs);
  }

  /** Deletes what has expired at `nowNs`; returns the new start offset. */
  retain(nowNs: number, retention: RetentionPolicy, end: LogEnd): number {
    const closed = this.closed;
    let gone = 0;
    while (gone < this.closedCount && nowNs - closed[gone * STRIDE + LAST_NS] > retention.retentionNs) gone++;
    if (
      gone === this.closedCount &&
      nowNs - end.lastAppendNs > retention.retentionNs &&
      end.endOffset > this.startOffset
    ) {
      this.startOffset = end.endOffset;
      this.startBytes = end.bytesNow;
      this.closedCount = 0;
      this.rollAtBytes = NOTHING_OPEN;
      this.rollAtNs = Number.POSITIVE_INFINITY;
      return this.startOffset;
    }
    if (retention.retentionBytes >= 0) {
      while (gone < this.closedCount) {
        if (end.bytesNow - closed[gone * STRIDE + END_BYTES] < retention.retentionBytes) break;
        gone++;
      }
    }
    if (gone > 0) this.dropOldest(gone);
    return this.startOffset;
  }

  /** The log now ends here, its later appends never having happened: segments they opened were never opened. */
  truncate(endOffset: number): void {
    invariant(endOffset >= this.startOffset, 'a log is not truncated below its start');
    while (this.closedCount > 0 && this.closed[(this.closedCount - 1) * STRIDE + END_OFFSET] >= endOffset) {
      this.closedCount--;
      const firstNs = this.closed[this.closedCount * STRIDE + FIRST_NS];
      this.open(
        this.closedCount === 0 ? this.startBytes : this.closed[(this.closedCount - 1) * STRIDE + END_BYTES],
        firstNs,
      );
    }
    if (this.closedCount === 0 && endOffset === this.startOffset) {
      this.rollAtBytes = NOTHING_OPEN;
      this.rollAtNs = Number.POSITIVE_INFINITY;
    }
  }

  /** Calls back for each closed segment, oldest first. */
  visitClosed(each: (baseOffset: number, endOffset: number, bytes: number, lastAppendNs: number) => void): void {
    let base = this.startOffset;
    let baseBytes = this.startBytes;
    for (let at = 0; at < this.closedCount * STRIDE; at += STRIDE) {
      const bytes = this.closed[at + END_BYTES];
      each(base, this.closed[at + END_OFFSET], bytes - baseBytes, this.closed[at + LAST_NS]);
      base = this.closed[at + END_OFFSET];
      baseBytes = bytes;
    }
  }

  private open(baseBytes: number, firstNs: number): void {
    this.activeFirstNs = firstNs;
    this.rollAtBytes = baseBytes + this.policy.segmentBytes;
    this.rollAtNs = firstNs + this.policy.segmentNs;
  }

  private dropOldest(gone: number): void {
    this.startOffset = this.closed[(gone - 1) * STRIDE + END_OFFSET];
    this.startBytes = this.closed[(gone - 1) * STRIDE + END_BYTES];
    this.closed.copyWithin(0, gone * STRIDE, this.closedCount * STRIDE);
    this.closedCount -= gone;
  }

  private growClosed(): void {
    const larger = new Float64Array(Math.max(4 * STRIDE, this.closed.length * 2));
    larger.set(this.closed);
    this.closed = larger;
  }
}
