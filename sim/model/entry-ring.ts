/** The appends of a log as a ring of entries, in bounded memory: recent ones singly, old ones merged. */
import { InvariantError, invariant } from '../engine/invariant.ts';
import { LogArena } from './log-arena.ts';

export interface EntryRingOptions {
  /** Entries kept before old ones are merged; a power of two. Default 64: 2.6 KB a log, so that ten thousand stay near the cache. */
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
 * For other files to take apart into constants of their own: V8 folds a module's own constants into its code, but reads
 * imported ones from memory each time.
 */
export const ENTRY = {
  ROLL_AT_BYTES,
  ROLL_AT_NS,
  LOG_END_OFFSET,
  LOG_END_BYTES,
  LAST_APPEND_NS,
  HEAD,
  SIZE,
  MASK,
  HEADER,
  END_OFFSET,
  APPEND_NS,
  END_BYTES,
  FIRST_CREATED_NS,
  LAST_CREATED_NS,
  STRIDE,
} as const;

/**
 * Entries sit in a ring; the first is only the base of the second. Memory is bounded however long the backlog: at
 * `entriesMax` the older half is merged by pairs, so that resolution halves again with age, while recent appends, and all
 * that are dated after the present, stay single. Inside a merged entry records and bytes count as evenly spread.
 *
 * A class to extend and not to hold: one object more a log would be one cache miss more an append.
 */
export abstract class EntryRing {
  watcher: MergeWatcher | null = null;
  protected readonly arena: LogArena;
  protected base: number;
  /** Entries after the base that are merged: always the oldest. */
  protected merged = 0;
  private readonly entriesMax: number;
  private readonly exactNs: number;

  constructor(options: EntryRingOptions) {
    this.entriesMax = options.entriesMax ?? 64;
    this.exactNs = options.exactNs ?? 50_000_000;
    const powerOfTwo = this.entriesMax >= ENTRIES_FIRST && (this.entriesMax & (this.entriesMax - 1)) === 0;
    invariant(powerOfTwo, `entriesMax is a power of two from ${ENTRIES_FIRST} on`);
    this.arena = options.arena ?? new LogArena();
    this.base = this.arena.allocate(HEADER + ENTRIES_FIRST * STRIDE);
    this.ring[this.base + SIZE] = 1;
    this.ring[this.base + MASK] = ENTRIES_FIRST - 1;
    this.ring[this.base + HEADER + APPEND_NS] = Number.NEGATIVE_INFINITY;
    this.ring[this.base + LAST_APPEND_NS] = Number.NEGATIVE_INFINITY;
  }

  /** Where the log's header lies in the arena: for reading ahead. */
  get header(): number {
    return this.base;
  }

  protected get ring(): Float64Array {
    return this.arena.doubles;
  }

  protected get head(): number {
    return this.ring[this.base + HEAD];
  }

  protected set head(head: number) {
    this.ring[this.base + HEAD] = head;
  }

  protected get size(): number {
    return this.ring[this.base + SIZE];
  }

  protected get mask(): number {
    return this.ring[this.base + MASK];
  }

  /** Sets how many entries there are, and with it where the log ends. */
  protected set size(size: number) {
    const { ring, base } = this;
    ring[base + SIZE] = size;
    const last = this.at(size - 1);
    ring[base + LOG_END_OFFSET] = ring[last + END_OFFSET];
    ring[base + LOG_END_BYTES] = ring[last + END_BYTES];
    ring[base + LAST_APPEND_NS] = ring[last + APPEND_NS];
  }

  /** Where the i-th entry lies in the array; 0 is the base. */
  protected at(i: number): number {
    const { ring, base } = this;
    return base + HEADER + ((ring[base + HEAD] + i) & ring[base + MASK]) * STRIDE;
  }

  /** Last entry appended by the time; 0, the base, when there is none. */
  protected lastBy(atNs: number): number {
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
  protected holding(offset: number): number {
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
  protected firstBeyondBytes(bytes: number, low: number): number {
    let high = this.size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ring[this.at(middle) + END_BYTES] > bytes) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** End of what lies wholly within so many bytes, given the first entry that does not. */
  protected wholeWithin(bytes: number, beyond: number): number {
    const ring = this.ring;
    const base = this.at(beyond - 1);
    const baseOffset = ring[base + END_OFFSET];
    if (beyond > this.merged || bytes <= ring[base + END_BYTES]) return baseOffset;
    const entry = this.at(beyond);
    const share = (bytes - ring[base + END_BYTES]) / (ring[entry + END_BYTES] - ring[base + END_BYTES]);
    return baseOffset + Math.floor(share * (ring[entry + END_OFFSET] - baseOffset));
  }

  /** Bytes below an offset that lies in the entry or at its end. */
  protected bytesWithin(i: number, offset: number): number {
    const ring = this.ring;
    const entry = this.at(i);
    const end = ring[entry + END_OFFSET];
    if (offset === end) return ring[entry + END_BYTES];
    const base = this.at(i - 1);
    const baseOffset = ring[base + END_OFFSET];
    const baseBytes = ring[base + END_BYTES];
    return baseBytes + Math.floor(((offset - baseOffset) * (ring[entry + END_BYTES] - baseBytes)) / (end - baseOffset));
  }

  /**
   * The log goes back to the offset, in the middle of an entry if need be; then comes an entry without bytes up to where it
   * ended, so that no offset is used twice. Entries dated after the time are gone already.
   */
  protected cutEntries(fromOffset: number, atNs: number): void {
    if (this.size > this.mask) this.makeRoom();
    const end = this.ring[this.base + LOG_END_OFFSET];
    const newest = this.at(this.size - 1);
    const lastNs = this.ring[newest + LAST_CREATED_NS];
    let firstNs = lastNs;
    while (this.size > 1 && this.ring[this.at(this.size - 2) + END_OFFSET] >= fromOffset) {
      firstNs = Math.min(firstNs, this.ring[this.at(this.size - 1) + FIRST_CREATED_NS]);
      this.size--;
    }
    const { ring } = this;
    const last = this.at(this.size - 1);
    if (ring[last + END_OFFSET] > fromOffset) {
      firstNs = Math.min(firstNs, ring[last + FIRST_CREATED_NS]);
      ring[last + END_BYTES] = this.bytesWithin(this.size - 1, fromOffset);
      ring[last + END_OFFSET] = fromOffset;
    }
    const bytes = ring[last + END_BYTES];
    const hole = this.at(this.size);
    ring[hole + END_OFFSET] = end;
    ring[hole + APPEND_NS] = atNs;
    ring[hole + END_BYTES] = bytes;
    ring[hole + FIRST_CREATED_NS] = firstNs;
    ring[hole + LAST_CREATED_NS] = lastNs;
    this.merged = Math.min(this.merged, this.size - 1);
    this.size++;
  }

  protected makeRoom(): void {
    const capacity = (this.mask + 1) | 0;
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
    const { ring } = this;
    const start = this.base + HEADER;
    const head = ring[this.base + HEAD] | 0;
    const mask = ring[this.base + MASK] | 0;
    for (let pair = pairs; pair >= 1; pair--) {
      const earlier = start + ((head + 2 * pair - 1) & mask) * STRIDE;
      const later = start + ((head + 2 * pair) & mask) * STRIDE;
      const into = start + ((head + pairs + pair) & mask) * STRIDE;
      const first = Math.min(ring[earlier + FIRST_CREATED_NS], ring[later + FIRST_CREATED_NS]);
      const last = Math.max(ring[earlier + LAST_CREATED_NS], ring[later + LAST_CREATED_NS]);
      ring[into + END_OFFSET] = ring[later + END_OFFSET];
      ring[into + APPEND_NS] = ring[later + APPEND_NS];
      ring[into + END_BYTES] = ring[later + END_BYTES];
      ring[into + FIRST_CREATED_NS] = first;
      ring[into + LAST_CREATED_NS] = last;
    }
    ring.copyWithin(this.at(pairs), this.at(0), this.at(0) + STRIDE);
    this.merged = pairs + Math.max(0, this.merged - 2 * pairs);
    this.head = (this.head + pairs) & this.mask;
    this.size -= pairs;
  }
}
