/** A partition's log on its leader: appends, what a fetch may read, segments and retention. */
import { InvariantError, invariant } from '../engine/invariant.ts';
import type { LogView } from './doors.ts';
import { LogArena } from './log-arena.ts';
import { DuplicateRanges } from './duplicate-ranges.ts';
import { type RetentionPolicy, type SegmentPolicy, Segments } from './segments.ts';

export interface PartitionLogOptions extends SegmentPolicy {
  /** Entries kept before old ones are merged; a power of two. Default 256: about 10 KB a log, 2 s of 100 appends/s. */
  readonly entriesMax?: number;
  /**
   * Appends younger than this are never merged, so that questions about the recent past have exact answers. Must cover
   * two fetch periods of a follower. Default 50 ms: many times what a follower in the same region takes.
   */
  readonly exactNs?: number;
  /** Where its entries lie, shared with other logs; default one of its own. */
  readonly arena?: LogArena;
}

/** Stands by when the log merges: its own questions must have the same answers before and after. */
export interface MergeWatcher {
  /** What was appended by the time, which is past, may be about to merge; returns the offset from which all must stay single. */
  beforeMerge(pastNs: number): number;
}

/**
 * A header of one cache line holds all that an append reads; then comes the ring of entries. Both lie in an arena that
 * logs share: ten thousand arrays of their own would cost an append three more cache misses.
 */
const ROLL_AT_BYTES = 0;
const ROLL_AT_NS = 1;
const LOG_END_OFFSET = 2;
const LOG_END_BYTES = 3;
const LAST_APPEND_NS = 4;
/** Index of the first entry in the ring, which is only the base of the second; entries with it; ring length − 1. */
const HEAD = 5;
const SIZE = 6;
const MASK = 7;
const HEADER = 8;
/** Fields of an entry: one append, or several merged. Its base is the end of the entry before it. */
const END_OFFSET = 0;
const APPEND_NS = 1;
const END_BYTES = 2;
const FIRST_CREATED_NS = 3;
const LAST_CREATED_NS = 4;
const STRIDE = 5;

const ENTRIES_FIRST = 8;
/** Steps back from the tail before searching by halves: most questions are about the last few appends. */
const TAIL_STEPS = 6;

/**
 * Entries sit in a ring; the first is only the base of the second. Memory is bounded however long the backlog: at
 * `entriesMax` the older half is merged by pairs, so that resolution halves again with age, while recent appends, and all
 * that are dated after the present, stay single. Inside a merged entry records and bytes count as evenly spread.
 */
export class PartitionLog implements LogView {
  /** End of the last read. A field, and not returned, because reads are hot and must not allocate. */
  readEnd = 0;
  /** Bytes of the last read. */
  readBytes = 0;
  watcher: MergeWatcher | null = null;
  private readonly arena: LogArena;
  private base: number;
  /** Entries after the base that are merged: always the oldest. */
  private merged = 0;
  private readonly entriesMax: number;
  private readonly exactNs: number;
  private readonly segments: Segments;
  private duplicateRanges: DuplicateRanges | null = null;

  constructor(options: PartitionLogOptions) {
    this.entriesMax = options.entriesMax ?? 256;
    this.exactNs = options.exactNs ?? 50_000_000;
    const powerOfTwo = this.entriesMax >= ENTRIES_FIRST && (this.entriesMax & (this.entriesMax - 1)) === 0;
    invariant(powerOfTwo, `entriesMax is a power of two from ${ENTRIES_FIRST} on`);
    this.segments = new Segments(options);
    this.arena = options.arena ?? new LogArena();
    this.base = this.arena.allocate(HEADER + ENTRIES_FIRST * STRIDE);
    this.ring[this.base + SIZE] = 1;
    this.ring[this.base + MASK] = ENTRIES_FIRST - 1;
    this.ring[this.base + HEADER + APPEND_NS] = Number.NEGATIVE_INFINITY;
    this.ring[this.base + LAST_APPEND_NS] = Number.NEGATIVE_INFINITY;
    this.adoptSegmentBounds();
  }

  private get ring(): Float64Array {
    return this.arena.doubles;
  }
  private get head(): number {
    return this.ring[this.base + HEAD];
  }
  private set head(head: number) {
    this.ring[this.base + HEAD] = head;
  }
  private get size(): number {
    return this.ring[this.base + SIZE];
  }
  private get mask(): number {
    return this.ring[this.base + MASK];
  }
  /** Sets how many entries there are, and with it where the log ends. */
  private set size(size: number) {
    const { ring, base } = this;
    ring[base + SIZE] = size;
    const last = this.at(size - 1);
    ring[base + LOG_END_OFFSET] = ring[last + END_OFFSET];
    ring[base + LOG_END_BYTES] = ring[last + END_BYTES];
    ring[base + LAST_APPEND_NS] = ring[last + APPEND_NS];
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
    if (this.duplicateRanges !== null) this.duplicateRanges.forgetBelow(this.knownFromOffset());
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
    return before - end;
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

  /** Where the i-th entry lies in the array; 0 is the base. */
  private at(i: number): number {
    const { ring, base } = this;
    return base + HEADER + ((ring[base + HEAD] + i) & ring[base + MASK]) * STRIDE;
  }

  /** Last entry appended by the time; 0, the base, when there is none. */
  private lastBy(atNs: number): number {
    const ring = this.ring;
    let high = this.size - 1;
    for (let step = 0; step < TAIL_STEPS; step++) {
      if (high === 0 || ring[this.at(high) + APPEND_NS] <= atNs) return high;
      high--;
    }
    let low = 0;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (ring[this.at(middle) + APPEND_NS] <= atNs) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The entry that holds the record at the offset. */
  private holding(offset: number): number {
    const ring = this.ring;
    let high = this.size - 1;
    if (!(offset >= ring[this.at(0) + END_OFFSET] && offset < ring[this.at(high) + END_OFFSET])) {
      const known = `[${ring[this.at(0) + END_OFFSET]}, ${ring[this.at(high) + END_OFFSET]})`;
      throw new InvariantError(`offset ${offset} is outside of what the log knows: ${known}`);
    }
    for (let step = 0; step < TAIL_STEPS; step++) {
      if (ring[this.at(high - 1) + END_OFFSET] <= offset) return high;
      high--;
    }
    let low = 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ring[this.at(middle) + END_OFFSET] > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** First entry, from the given one on, that ends beyond so many bytes; `size` when none does. */
  private firstBeyondBytes(bytes: number, low: number): number {
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ring[this.at(middle) + END_BYTES] > bytes) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** End of what lies wholly within so many bytes, given the first entry that does not. */
  private wholeWithin(bytes: number, beyond: number): number {
    const ring = this.ring;
    const base = this.at(beyond - 1);
    const baseOffset = ring[base + END_OFFSET];
    if (beyond > this.merged || bytes <= ring[base + END_BYTES]) return baseOffset;
    const entry = this.at(beyond);
    const share = (bytes - ring[base + END_BYTES]) / (ring[entry + END_BYTES] - ring[base + END_BYTES]);
    return baseOffset + Math.floor(share * (ring[entry + END_OFFSET] - baseOffset));
  }

  /** Bytes below an offset that lies in the entry or at its end. */
  private bytesWithin(i: number, offset: number): number {
    const ring = this.ring;
    const entry = this.at(i);
    const end = ring[entry + END_OFFSET];
    if (offset === end) return ring[entry + END_BYTES];
    const base = this.at(i - 1);
    const baseOffset = ring[base + END_OFFSET];
    const baseBytes = ring[base + END_BYTES];
    return baseBytes + Math.floor(((offset - baseOffset) * (ring[entry + END_BYTES] - baseBytes)) / (end - baseOffset));
  }

  private makeRoom(): void {
    const capacity = this.mask + 1;
    if (capacity >= this.entriesMax) {
      const pairs = this.mergeable() >> 1;
      // Fewer would make every few appends pay for a merge; beyond the bound lies only what is too young to merge.
      if (pairs * 8 >= capacity) {
        this.mergeOldest(pairs);
        return;
      }
    }
    const entries = capacity * STRIDE;
    const larger = this.arena.allocate(HEADER + 2 * entries);
    const { ring, base } = this;
    ring.copyWithin(larger, base, base + HEADER);
    const first = this.at(0);
    const untilWrap = base + HEADER + entries - first;
    ring.copyWithin(larger + HEADER, first, first + untilWrap);
    ring.copyWithin(larger + HEADER + untilWrap, base + HEADER, first);
    ring[larger + HEAD] = 0;
    ring[larger + MASK] = 2 * capacity - 1;
    this.arena.free(base, HEADER + entries);
    this.base = larger;
  }

  /** How many of the older half are old enough to merge, and needed singly by nobody. */
  private mergeable(): number {
    // No record is appended before it is created: the newest one's creation is surely past.
    const past = this.ring[this.at(this.size - 1) + LAST_CREATED_NS];
    let count = Math.min(this.lastBy(past - this.exactNs), this.size >> 1);
    if (this.watcher !== null) {
      const single = this.watcher.beforeMerge(past);
      while (count > 0 && this.ring[this.at(count) + END_OFFSET] > single) count--;
    }
    return count;
  }

  private mergeOldest(pairs: number): void {
    const ring = this.ring;
    for (let pair = pairs; pair >= 1; pair--) {
      const earlier = this.at(2 * pair - 1);
      const later = this.at(2 * pair);
      const into = this.at(pairs + pair);
      const first = Math.min(ring[earlier + FIRST_CREATED_NS], ring[later + FIRST_CREATED_NS]);
      const last = Math.max(ring[earlier + LAST_CREATED_NS], ring[later + LAST_CREATED_NS]);
      ring.copyWithin(into, later, later + FIRST_CREATED_NS);
      ring[into + FIRST_CREATED_NS] = first;
      ring[into + LAST_CREATED_NS] = last;
    }
    ring.copyWithin(this.at(pairs), this.at(0), this.at(0) + STRIDE);
    this.merged = pairs + Math.max(0, this.merged - 2 * pairs);
    this.head = (this.head + pairs) & this.mask;
    this.size -= pairs;
  }
}
