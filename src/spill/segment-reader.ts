import { open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { readFrame } from './frame.ts';
import { encodeMark, HEAD_BYTES, type Replayed, readHead, Segment, segmentId } from './segment.ts';

/** Of one read: what is decoded in one go, without a pause for others. */
const CHUNK_BYTES = 262_144;

/**
 * Segments that earlier processes left, oldest first. What is in them is not read yet. Files of other makers are left
 * alone; one that can't be read is told, and keeps nobody from starting.
 */
export async function findSegments(directory: string, onTrouble: (cause: unknown) => void): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const name of await readdir(directory)) {
    const id = segmentId(name);
    if (id === null) continue;
    try {
      const segment = await findSegment(id, join(directory, name));
      if (segment !== null) segments.push(segment);
    } catch (cause) {
      onTrouble(cause);
    }
  }
  return segments.sort((a, b) => a.id - b.id);
}

async function findSegment(id: number, path: string): Promise<Segment | null> {
  const mark = readHead(await readAt(path, { position: 0, bytes: HEAD_BYTES }));
  if (mark === 'foreign') throw new Error(`${path} is no segment of a spill: left alone`);
  if (mark === 'torn') {
    await unlink(path);
    return null;
  }
  const { size } = await stat(path);
  return new Segment({ id, path, earlier: true, end: Math.max(size, HEAD_BYTES), mark });
}

export interface SegmentRead {
  readonly records: readonly Replayed[];
  /** Bytes at the end that are no whole frames: torn by a crash, or altered. Nothing behind them can be read. */
  readonly damagedBytes: number;
}

/**
 * The next records of a segment; with damage, its end is moved to before it.
 * - `bytesMax`: about how much to read; a longer frame comes alone
 * - `notBeforeMs`: what was spilled before is too old, ms since 1970
 */
export async function readSegment(
  segment: Segment,
  { bytesMax, notBeforeMs }: { bytesMax: number; notBeforeMs: number },
): Promise<SegmentRead> {
  let want = Math.min(CHUNK_BYTES, bytesMax, segment.unreadBytes);
  for (;;) {
    const chunk = await readAt(segment.path, { position: segment.readAt, bytes: want });
    const records: Replayed[] = [];
    let at = 0;
    let frame = readFrame(chunk, at);
    while (frame.kind === 'whole') {
      const { framed, end } = frame;
      records.push({
        topic: framed.topic,
        class: framed.class,
        record: framed.record,
        earlier: segment.earlier,
        tooOld: framed.spilledAtMs < notBeforeMs,
        segment,
        bytes: end - at,
        end: segment.readAt + end,
        done: false,
      });
      at = end;
      if (at === chunk.length) break;
      frame = readFrame(chunk, at);
    }
    const readTo = segment.readAt + at;
    const left = segment.end - readTo;
    const whole = frame.kind === 'whole' || (frame.kind === 'short' && frame.bytes <= left && chunk.length === want);
    if (!whole) {
      segment.readAt = readTo;
      segment.end = readTo;
      return { records, damagedBytes: left };
    }
    if (at > 0) {
      segment.readAt = readTo;
      return { records, damagedBytes: 0 };
    }
    want = frame.kind === 'short' ? Math.min(frame.bytes, left) : want;
  }
}

/** Says in the file how far its records are done with. */
export async function writeMark(segment: Segment): Promise<void> {
  const at = segment.doneAt;
  const ordinal = segment.markOrdinal + 1;
  const { bytes, position } = encodeMark({ at, ordinal });
  const file = await open(segment.path, 'r+');
  try {
    await file.write(bytes, 0, bytes.length, position);
    segment.markedAt = at;
    segment.markOrdinal = ordinal;
  } finally {
    await file.close();
  }
}

async function readAt(path: string, { position, bytes }: { position: number; bytes: number }): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(bytes);
    let got = 0;
    while (got < bytes) {
      const { bytesRead } = await file.read(buffer, got, bytes - got, position + got);
      if (bytesRead === 0) break;
      got += bytesRead;
    }
    return buffer.subarray(0, got);
  } finally {
    await file.close();
  }
}
