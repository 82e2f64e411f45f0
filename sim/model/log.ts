/** A partition's log on its leader: appends, what a fetch may read, segments and retention. */
import { InvariantError, invariant } from '../engine/invariant.ts';
import type { LogView } from './doors.ts';
import { DuplicateRanges } from './duplicate-ranges.ts';
import { ENTRY, EntryRing, type EntryRingOptions } from './entry-ring.ts';
import { LostTails, type TailLostCause } from './lost-tails.ts';
import { type RetentionPolicy, type SegmentPolicy, Segments } from './segments.ts';

const {
  APPEND_NS,
  END_BYTES,
  END_OFFSET,
  FIRST_CREATED_NS,
  HEAD,
  HEADER,
  LAST_APPEND_NS,
  LAST_CREATED_NS,
  LOG_END_BYTES,
  LOG_END_OFFSET,
  MASK,
  ROLL_AT_BYTES,
  ROLL_AT_NS,
  SIZE,
  STRIDE,
} = ENTRY;

export interface PartitionLogOptions extends SegmentPolicy, EntryRingOptions {}

export class PartitionLog extends EntryRing implements LogView {
  /** End of the last read. A field, and not returned, because reads are hot and must not allocate. */
  readEnd = 0;
  /** Bytes of the last read. */
  readBytes = 0;
  /** Null while no leader was lost with records that only it had. */
  lostTails: LostTails | null = null;
  private readonly segments: Segments;
  private duplicateRanges: DuplicateRanges | null = null;

  constructor(options: PartitionLogOptions) {
    super(options);
    this.segments = new Segments(options);
    this.adoptSegmentBounds();
  }

  /**
   * Appends one batch at `atNs`: when the broker will be done with it, so after the present, and never before the append
   * before it. Created times are at or before the present. Returns the base offset. Hot path: positional on purpose.
   */
  append(atNs: number, records: number, bytes: number, firstCreatedNs: number, lastCreatedNs: number): number {
    let ring = this.arena.doubles;
    let base = this.base;
    if (ring[base + SIZE] > ring[base + MASK]) {
      this.makeRoom();
      ring = this.arena.doubles;
      base = this.base;
    }
    const baseOffset = ring[base + LOG_END_OFFSET];
    const baseBytes = ring[base + LOG_END_BYTES];
    const lastNs = ring[base + LAST_APPEND_NS];
    if (!(atNs >= lastNs && records > 0 && bytes >= 0)) {
      throw new InvariantError(`append of ${records} records, ${bytes} bytes at ${atNs} ns after ${lastNs} ns`);
    }
    const endBytes = baseBytes + bytes;
    if (endBytes > ring[base + ROLL_AT_BYTES] || atNs > ring[base + ROLL_AT_NS]) {
      this.segments.roll(baseOffset, baseBytes, lastNs, atNs);
      this.adoptSegmentBounds();
    }
    const at = base + HEADER + ((ring[base + HEAD] + ring[base + SIZE]) & ring[base + MASK]) * STRIDE;
    ring[at + END_OFFSET] = baseOffset + records;
    ring[at + APPEND_NS] = atNs;
    ring[at + END_BYTES] = endBytes;
    ring[at + FIRST_CREATED_NS] = firstCreatedNs;
    ring[at + LAST_CREATED_NS] = lastCreatedNs;
    ring[base + LOG_END_OFFSET] = baseOffset + records;
    ring[base + LOG_END_BYTES] = endBytes;
    ring[base + LAST_APPEND_NS] = atNs;
    ring[base + SIZE]++;
    return baseOffset;
  }

  foresee(): number {
    const { ring, base } = this;
    const end = base + HEADER + (ring[base + MASK] + 1) * STRIDE;
    let read = 0;
    for (let line = base; line < end; line += 8) read += ring[line];
    return read;
  }

  /** When the last append is done; −Infinity before the first. */
  get lastAppendNs(): number {
    return this.arena.doubles[this.base + LAST_APPEND_NS];
  }

  /** Bytes ever appended, all appends counted. */
  get endBytes(): number {
    return this.arena.doubles[this.base + LOG_END_BYTES];
  }

  startOffset(): number {
    return this.segments.startOffset;
  }

  /** Bytes ever appended below the start offset. */
  get startBytes(): number {
    return this.segments.startBytes;
  }

  /** End of the log with all appends, those dated after the present included. */
  endOffset(): number {
    return this.ring[this.base + LOG_END_OFFSET];
  }

  /** End of the log at the time, appends dated after it not counted. Exact for the last `exactNs`, else to a merged entry. */
  endOffsetAt(atNs: number): number {
    return this.ring[this.at(this.lastBy(atNs)) + END_OFFSET];
  }

  /** Bytes ever appended by the time. */
  endBytesAt(atNs: number): number {
    return this.ring[this.at(this.lastBy(atNs)) + END_BYTES];
  }

  /** Lowest offset that may still be asked about: below it everything is forgotten. */
  knownFromOffset(): number {
    return this.ring[this.at(0) + END_OFFSET];
  }

  /** Entries held: what bounds the log's memory. */
  get entries(): number {
    return this.size - 1;
  }

  get segmentCount(): number {
    return this.segments.count;
  }

  /** When the record at the offset was appended (of a merged entry: its last append). Below what is known: at the latest then. */
  appendTimeOf(offset: number): number {
    return this.ring[this.at(offset < this.knownFromOffset() ? 0 : this.holding(offset)) + APPEND_NS];
  }

  /** Bytes ever appended below the offset. */
  bytesAt(offset: number): number {
    if (offset === this.endOffset()) return this.endBytes;
    return this.bytesWithin(this.holding(offset), offset);
  }

  /** End of the last whole batch within the first `bytes` bytes ever appended; what is known at least. */
  offsetAtBytes(bytes: number): number {
    return this.wholeWithin(bytes, this.firstBeyondBytes(bytes, 1));
  }

  /**
   * How far a fetch of at most `bytesMax` gets from `fromOffset` (whole batches, one at least, none at or beyond
   * `visibleOffset`), into `readEnd` and `readBytes`. Hot path: positional on purpose.
   */
  offsetForBytes(fromOffset: number, bytesMax: number, visibleOffset: number): void {
    if (visibleOffset <= fromOffset) {
      this.readEnd = fromOffset;
      this.readBytes = 0;
      return;
    }
    const first = this.holding(fromOffset);
    const fromBytes = this.bytesWithin(first, fromOffset);
    const visibleBytes = this.bytesWithin(this.holding(visibleOffset - 1), visibleOffset);
    if (visibleBytes - fromBytes <= bytesMax) {
      this.readEnd = visibleOffset;
      this.readBytes = visibleBytes - fromBytes;
      return;
    }
    const beyond = this.firstBeyondBytes(fromBytes + bytesMax, first);
    let end = this.wholeWithin(fromBytes + bytesMax, beyond);
    if (end <= fromOffset) end = beyond > this.merged ? this.ring[this.at(beyond) + END_OFFSET] : fromOffset + 1;
    if (end > visibleOffset) end = visibleOffset;
    this.readEnd = end;
    this.readBytes = this.bytesWithin(this.holding(end - 1), end) - fromBytes;
  }

  /** See `LogView`. Of a stretch cut short, created times are those of its own first and last record. */
  visit(
    from: number,
    to: number,
    each: (records: number, firstCreatedNs: number, lastCreatedNs: number) => void,
  ): void {
    if (to <= from) return;
    const ring = this.ring;
    let i = this.holding(from);
    let base = ring[this.at(i - 1) + END_OFFSET];
    while (base < to) {
      if (i >= this.size) throw new InvariantError(`visit to ${to} beyond the log's end at ${base}`);
      const at = this.at(i++);
      const end = ring[at + END_OFFSET];
      const first = ring[at + FIRST_CREATED_NS];
      const last = ring[at + LAST_CREATED_NS];
      if (from <= base && end <= to) {
        each(end - base, first, last);
      } else {
        const low = Math.max(from, base);
        const high = Math.min(to, end);
        const step = end - base > 1 ? (last - first) / (end - base - 1) : 0;
        each(high - low, first + Math.floor(step * (low - base)), first + Math.floor(step * (high - 1 - base)));
      }
      base = end;
    }
  }

  /** Entries wholly below the offset may be forgotten: no route and no follower still needs them. */
  release(belowOffset: number): void {
    while (this.size > 1 && this.ring[this.at(1) + END_OFFSET] <= belowOffset) {
      this.head = (this.head + 1) & this.mask;
      this.size--;
      if (this.merged > 0) this.merged--;
    }
    if (this.duplicateRanges === null) return;
    // Whether what was lost with a tail was a copy is asked for ever.
    const { lostTails } = this;
    this.duplicateRanges.forgetBelow(this.knownFromOffset(), (from, to) => lostTails?.overlaps(from, to) ?? false);
  }

  /** The broker stopped at `atNs`: appends dated later never happened. Returns the records removed. */
  truncateAfter(atNs: number): number {
    const before = this.endOffset();
    while (this.ring[this.at(this.size - 1) + APPEND_NS] > atNs) {
      invariant(this.size - 1 > this.merged, 'an append dated after the present was merged or released');
      this.size--;
    }
    const end = this.endOffset();
    if (end < before) {
      this.segments.truncate(end);
      this.adoptSegmentBounds();
      this.duplicateRanges?.truncate(end);
    }
    this.lostTails?.truncateAfter(atNs);
    return before - end;
  }

  /**
   * A new leader's log ends at the offset (at the log's start, if that lies beyond): what is there from it on is lost.
   * Returns the offset at which the log goes on. Nothing dated after `atNs` may be there any more.
   */
  cutTail(fromOffset: number, atNs: number, cause: TailLostCause): number {
    invariant(this.lastAppendNs <= atNs, 'what had not been appended is taken back before a tail is cut');
    const end = this.endOffset();
    const from = Math.max(fromOffset, this.startOffset(), this.knownFromOffset());
    if (from >= end) return end;
    this.cutEntries(from, atNs);
    this.segments.truncate(from);
    this.adoptSegmentBounds();
    this.lostTails ??= new LostTails();
    this.lostTails.lose(from, end, cause);
    return end;
  }

  /** Deletes the segments that have expired; returns the new start offset. Forgets no entry: reads may be under way. */
  retain(nowNs: number, retention: RetentionPolicy): number {
    const start = this.segments.retain(nowNs, retention, {
      endOffset: this.endOffset(),
      bytesNow: this.endBytesAt(nowNs),
      lastAppendNs: this.lastAppendNs,
    });
    this.adoptSegmentBounds();
    return start;
  }

  /** [from, to) holds second copies of records stored before. Ranges are marked in rising order. */
  markDuplicate(from: number, to: number, cause: number): void {
    invariant(to <= this.endOffset(), 'only records in the log are duplicates');
    this.duplicateRanges ??= new DuplicateRanges();
    this.duplicateRanges.mark(from, to, cause);
  }

  /** [from, to) was marked so, and is no copy after all. */
  unmarkDuplicate(from: number, to: number): void {
    this.duplicateRanges?.unmark(from, to);
  }

  duplicatesIn(from: number, to: number): number {
    return this.duplicateRanges === null ? 0 : this.duplicateRanges.countIn(from, to);
  }

  /** Second copies ever appended, by cause index. */
  get duplicates(): readonly number[] {
    return this.duplicateRanges === null ? [] : this.duplicateRanges.totals;
  }

  private adoptSegmentBounds(): void {
    this.ring[this.base + ROLL_AT_BYTES] = this.segments.rollAtBytes;
    this.ring[this.base + ROLL_AT_NS] = this.segments.rollAtNs;
  }
}
