/** A log that keeps every batch for ever and answers by walking them all: the model that the real one is tested against. */
import type { RetentionPolicy, SegmentPolicy } from './segments.ts';

export interface NaiveBatch {
  readonly base: number;
  readonly end: number;
  readonly atNs: number;
  readonly bytes: number;
  readonly firstCreatedNs: number;
  readonly lastCreatedNs: number;
}

interface NaiveSegment {
  readonly end: number;
  readonly bytes: number;
  readonly lastNs: number;
}

export class NaiveLog {
  batches: NaiveBatch[] = [];
  start = 0;
  private readonly policy: SegmentPolicy;
  /** Offsets at which a segment had to begin, its forerunner having been deleted while active. */
  private readonly forced = new Set<number>();

  constructor(policy: SegmentPolicy) {
    this.policy = policy;
  }

  append(atNs: number, records: number, bytes: number, firstCreatedNs: number, lastCreatedNs: number): number {
    const base = this.endOffset();
    this.batches.push({ base, end: base + records, atNs, bytes, firstCreatedNs, lastCreatedNs });
    return base;
  }

  endOffset(): number {
    return this.batches.at(-1)?.end ?? 0;
  }

  endOffsetAt(atNs: number): number {
    return this.batches.filter((batch) => batch.atNs <= atNs).at(-1)?.end ?? 0;
  }

  endBytesAt(atNs: number): number {
    return this.batches.filter((batch) => batch.atNs <= atNs).reduce((sum, batch) => sum + batch.bytes, 0);
  }

  bytesAt(offset: number): number {
    return this.batches.reduce((sum, batch) => {
      const inside = Math.min(batch.end, Math.max(batch.base, offset)) - batch.base;
      return sum + Math.floor((inside * batch.bytes) / (batch.end - batch.base));
    }, 0);
  }

  offsetAtBytes(bytes: number): number {
    let sum = 0;
    let end = 0;
    for (const batch of this.batches) {
      sum += batch.bytes;
      if (sum > bytes) break;
      end = batch.end;
    }
    return end;
  }

  knownFromOffset(): number {
    return 0;
  }

  /** A new leader has it up to the offset: the rest stays as an offset range without bytes. Returns where the log goes on. */
  cutTail(from: number, atNs: number): number {
    const end = this.endOffset();
    if (from >= end) return end;
    const kept: NaiveBatch[] = [];
    for (const batch of this.batches) {
      if (batch.end <= from) kept.push(batch);
      else if (batch.base < from) {
        const bytes = Math.floor(((from - batch.base) * batch.bytes) / (batch.end - batch.base));
        kept.push({ ...batch, end: from, bytes });
      }
    }
    kept.push({ base: from, end, atNs, bytes: 0, firstCreatedNs: atNs, lastCreatedNs: atNs });
    this.batches = kept;
    return end;
  }

  appendTimeOf(offset: number): number {
    return this.batches.find((batch) => batch.end > offset)!.atNs;
  }

  read(from: number, bytesMax: number, visible: number): { end: number; bytes: number } {
    if (visible <= from) return { end: from, bytes: 0 };
    const fromBytes = this.bytesAt(from);
    let end = from;
    for (const batch of this.batches) {
      if (batch.end <= from || batch.base >= visible) continue;
      const stop = Math.min(batch.end, visible);
      if (end > from && this.bytesAt(stop) - fromBytes > bytesMax) break;
      end = stop;
    }
    return { end, bytes: this.bytesAt(end) - fromBytes };
  }

  truncateAfter(atNs: number): number {
    const before = this.endOffset();
    this.batches = this.batches.filter((batch) => batch.atNs <= atNs);
    return before - this.endOffset();
  }

  retain(nowNs: number, { retentionNs, retentionBytes }: RetentionPolicy): number {
    const segments = this.segments().filter((segment) => segment.end > this.start);
    while (segments.length > 0 && nowNs - segments[0].lastNs > retentionNs) {
      this.start = segments.shift()!.end;
      if (segments.length === 0) this.forced.add(this.start);
    }
    if (retentionBytes < 0) return this.start;
    let left = this.endBytesAt(nowNs) - this.bytesAt(this.start);
    while (segments.length > 1 && segments[0].lastNs <= nowNs && left - segments[0].bytes >= retentionBytes) {
      left -= segments[0].bytes;
      this.start = segments.shift()!.end;
    }
    return this.start;
  }

  /** Every segment there ever was, from the batches alone. */
  private segments(): NaiveSegment[] {
    const segments: NaiveSegment[] = [];
    let bytes = 0;
    let firstNs = Number.NaN;
    this.batches.forEach((batch, i) => {
      const full = bytes + batch.bytes > this.policy.segmentBytes || batch.atNs - firstNs > this.policy.segmentNs;
      if (i === 0 || full || this.forced.has(batch.base)) {
        bytes = 0;
        firstNs = batch.atNs;
      } else {
        segments.pop();
      }
      bytes += batch.bytes;
      segments.push({ end: batch.end, bytes, lastNs: batch.atNs });
    });
    return segments;
  }
}
