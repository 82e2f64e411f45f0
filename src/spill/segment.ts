/**
 * A segment is one file: a head, then frames, which are only ever appended. The head says how far the frames are done
 * with, in two places written by turns: a mark that a crash tears leaves the one before it, and records come twice.
 *
 * The mark stands in the segment itself, and a segment that is done is deleted. So there is no second file that could
 * name one that is gone: any set of segments is a good start.
 */
import { crc32 } from 'node:zlib';
import type { SpilledRecord } from './spill.ts';

const MAGIC = Buffer.from('SPWSPIL1', 'latin1');
export const HEAD_BYTES = 64;
const MARKS_AT = [16, 32] as const;
const MARK_BYTES = 12;
/** Ids grow to the end and shrink to the front: what was offered before all that is on disk can go before it. */
const FIRST_ID = 500_000_000_000_000;
const DIGITS = 15;
const NAME = /^(\d{15})\.spill$/;

/** A record that was read and is not done with. */
export interface Replayed extends SpilledRecord {
  earlier: boolean;
  readonly segment: Segment;
  /** Length of its frame. */
  readonly bytes: number;
  readonly end: number;
  done: boolean;
}

export class Segment {
  readonly id: number;
  readonly path: string;
  /** An earlier process wrote it. */
  readonly earlier: boolean;
  /** Nothing more will be appended. */
  sealed: boolean;
  /** End of what is written, or can be read. */
  end: number;
  /** Length when it was found: damage at its end takes room, too. */
  readonly foundBytes: number;
  /** Up to here it has been read. */
  readAt: number;
  /** Up to here its records are done with. */
  doneAt: number;
  /** Up to here the file says so. */
  markedAt: number;
  markOrdinal: number;
  /** Read, in order, from the first that is not done with. */
  readonly replayed: Replayed[] = [];

  constructor(about: { id: number; path: string; earlier: boolean; end: number; mark: Mark }) {
    this.id = about.id;
    this.path = about.path;
    this.earlier = about.earlier;
    this.sealed = about.earlier;
    this.end = about.end;
    this.foundBytes = about.end;
    this.readAt = about.mark.at;
    this.doneAt = about.mark.at;
    this.markedAt = about.mark.at;
    this.markOrdinal = about.mark.ordinal;
  }

  get diskBytes(): number {
    return Math.max(this.end, this.foundBytes);
  }

  get unreadBytes(): number {
    return Math.max(0, this.end - this.readAt);
  }

  get isDone(): boolean {
    return this.sealed && this.doneAt >= this.end;
  }

  /** Moves `doneAt` over what is done with. */
  advance(): void {
    let gone = 0;
    while (gone < this.replayed.length && this.replayed[gone].done) gone++;
    if (gone === 0) return;
    this.doneAt = this.replayed[gone - 1].end;
    this.replayed.splice(0, gone);
  }
}

export function segmentName(id: number): string {
  return `${String(id).padStart(DIGITS, '0')}.spill`;
}

/** Null for files of other names. */
export function segmentId(name: string): number | null {
  const match = NAME.exec(name);
  return match === null ? null : Number(match[1]);
}

/** The id behind, or before, all of these. */
export function nextId(segments: readonly Segment[], where: 'front' | 'back'): number {
  if (segments.length === 0) return FIRST_ID;
  return where === 'back' ? segments[segments.length - 1].id + 1 : segments[0].id - 1;
}

/** The head of an empty segment. */
export function newHead(): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  return head;
}

export interface Mark {
  readonly at: number;
  readonly ordinal: number;
}

const START: Mark = { at: HEAD_BYTES, ordinal: 0 };

/**
 * The mark in a segment's head; `torn` when the head was never written whole, so that no frame can follow it; `foreign`
 * when something else lies there.
 */
export function readHead(head: Buffer): Mark | 'torn' | 'foreign' {
  if (head.every((byte) => byte === 0)) return 'torn';
  if (head.length < HEAD_BYTES) return newHead().subarray(0, head.length).equals(head) ? 'torn' : 'foreign';
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) return 'foreign';
  let last = START;
  for (const from of MARKS_AT) {
    const [ordinal, at] = [head.readUInt32BE(from), head.readUInt32BE(from + 4)];
    const whole = head.readUInt32BE(from + 8) === crc32(head.subarray(from, from + 8));
    if (whole && ordinal > last.ordinal && at >= HEAD_BYTES) last = { at, ordinal };
  }
  return last;
}

/** The bytes of a mark, and where they go: marks with odd and even ordinals take turns. */
export function encodeMark({ at, ordinal }: Mark): { readonly bytes: Buffer; readonly position: number } {
  const bytes = Buffer.alloc(MARK_BYTES);
  bytes.writeUInt32BE(ordinal, 0);
  bytes.writeUInt32BE(at, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  return { bytes, position: MARKS_AT[ordinal % 2] };
}
