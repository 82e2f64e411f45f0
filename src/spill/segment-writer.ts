import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { HEAD_BYTES, newHead, nextId, Segment, segmentName } from './segment.ts';

export interface SegmentWriterOptions {
  readonly directory: string;
  /** Oldest first; new ones are put in. */
  readonly segments: Segment[];
  /** A segment with so much in it is not appended to. */
  readonly segmentBytesMax: number;
  /** Whether an append is done only when the disk itself has it. */
  readonly sync: boolean;
}

/** Files of other makers that may have our names. */
const TAKEN_MAX = 100;

/** Appends to the newest segment, and opens the next when it is full. One call at a time. */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  #segment: Segment | null = null;
  #file: FileHandle | null = null;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
  }

  /**
   * Writes the frames behind all others and answers into which segment. When it rejects, the file ends where it ended
   * before, unless the disk refused that, too: then the next process may find some of them.
   */
  async append(frames: readonly Buffer[]): Promise<Segment> {
    if (this.#segment !== null && this.#segment.end >= this.#options.segmentBytesMax) await this.seal();
    if (this.#segment === null || this.#file === null) {
      const { segment, file } = await this.#create('back');
      this.#segment = segment;
      this.#file = file;
    }
    const segment = this.#segment;
    try {
      await this.#write({ segment, file: this.#file, bytes: Buffer.concat(frames) });
      return segment;
    } catch (cause) {
      await this.#file.truncate(segment.end).catch(() => {});
      // A file that has failed is not trusted with more.
      await this.seal();
      throw cause;
    }
  }

  /** Writes the frames into a segment that comes before all others. Rejects as `append` does. */
  async prepend(frames: readonly Buffer[]): Promise<Segment> {
    const { segment, file } = await this.#create('front');
    segment.sealed = true;
    try {
      await this.#write({ segment, file, bytes: Buffer.concat(frames) });
      return segment;
    } catch (cause) {
      await file.truncate(HEAD_BYTES).catch(() => {});
      throw cause;
    } finally {
      await file.close().catch(() => {});
    }
  }

  /** Appends no more to the newest segment. */
  async seal(): Promise<void> {
    const file = this.#file;
    if (this.#segment !== null) this.#segment.sealed = true;
    this.#segment = null;
    this.#file = null;
    await file?.close().catch(() => {});
  }

  async #create(where: 'front' | 'back'): Promise<{ readonly segment: Segment; readonly file: FileHandle }> {
    const { directory, segments, sync } = this.#options;
    const { id, path, file } = await this.#openNew(where);
    try {
      await writeWhole(file, newHead(), 0);
      if (sync) {
        await file.sync();
        await syncDirectory(directory);
      }
    } catch (cause) {
      await file.close().catch(() => {});
      throw cause;
    }
    const mark = { at: HEAD_BYTES, ordinal: 0 };
    const segment = new Segment({ id, path, earlier: false, end: HEAD_BYTES, mark });
    if (where === 'back') segments.push(segment);
    else segments.unshift(segment);
    return { segment, file };
  }

  /** Under the next id that no other file has. */
  async #openNew(where: 'front' | 'back'): Promise<{ id: number; path: string; file: FileHandle }> {
    let id = nextId(this.#options.segments, where);
    for (let tries = 1; ; tries++) {
      const path = join(this.#options.directory, segmentName(id));
      try {
        return { id, path, file: await open(path, 'wx', 0o600) };
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EEXIST' || tries === TAKEN_MAX) throw cause;
        id += where === 'back' ? 1 : -1;
      }
    }
  }

  async #write(to: { readonly segment: Segment; readonly file: FileHandle; readonly bytes: Buffer }): Promise<void> {
    await writeWhole(to.file, to.bytes, to.segment.end);
    if (this.#options.sync) await to.file.datasync();
    to.segment.end += to.bytes.length;
  }
}

async function writeWhole(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let at = 0;
  while (at < bytes.length) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    if (bytesWritten === 0) throw new Error('the disk takes nothing');
    at += bytesWritten;
  }
}

/** So that the file's name outlives a power cut, too. Not every system can do it. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => null);
  if (handle === null) return;
  try {
    await handle.sync();
  } catch (cause) {
    if (!['EPERM', 'EINVAL', 'EISDIR'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause;
  } finally {
    await handle.close().catch(() => {});
  }
}
