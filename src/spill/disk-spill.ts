/**
 * A spill on disk: a log of segments, appended to and replayed in order, by one background worker that never has two
 * operations on the disk at once. Nothing that the disk does reaches the caller of `take`: it answers from memory.
 */
import { mkdir, unlink } from 'node:fs/promises';
import { systemClock, within } from '../clock.ts';
import type { Clock, Timer } from '../ports.ts';
import type { DropCause, ServiceClass } from '../record.ts';
import { type DirectoryLock, LockedError, lockDirectory, TOUCH_MS } from './directory-lock.ts';
import { type DiskSpillOptions, type DiskSpillSettings, diskSpillSettings } from './disk-spill-options.ts';
import { framesOf, ItemQueue, sizesOf } from './item-queue.ts';
import { ReplayQueue } from './replay-queue.ts';
import { HEAD_BYTES, type Replayed, type Segment } from './segment.ts';
import { findSegments, readSegment, writeMark } from './segment-reader.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { Spill, SpilledRecord, SpillItem, SpillListener } from './spill.ts';
import { Tally } from './tally.ts';

const MS = 1_000_000;
/** After a failure of the disk: guesses. A directory that another process holds is asked for as often. */
const RETRY_NS = 1_000 * MS;
/** A disk that has not finished one operation in this time gets no more records: they go the way of all without a spill. */
const STALLED_NS = 10_000 * MS;
const WATCH_NS = 1_000 * MS;
/** Marks are worth little: without the last ones some records come twice. */
const MARK_NS = 100 * MS;
/** A segment that can't be read so often in a row is given up. */
const READ_FAILURES_MAX = 30;

/** `given-up`: the directory is another's now. */
type State = 'new' | 'opening' | 'open' | 'given-up';

export function diskSpill(options: DiskSpillOptions): Spill {
  return new DiskSpill(options);
}

export class DiskSpill implements Spill {
  readonly #settings: DiskSpillSettings;
  readonly #clock: Clock;
  readonly #segments: Segment[] = [];
  readonly #queue = new ItemQueue();
  readonly #replay: ReplayQueue;
  /** Records of this process in each segment that were not read. */
  readonly #tally = new Tally();
  readonly #writer: SegmentWriter;
  #listener: SpillListener | null = null;
  #state: State = 'new';
  #lock: DirectoryLock | null = null;
  /** In the hands of a write that has not ended. */
  #writing: readonly SpillItem[] = [];
  #writingBytes = 0;
  #closing = false;
  /** The time of `close` is over: what still ends is not heard. */
  #abandoned = false;
  #working = false;
  /** Something came while it worked. */
  #poked = false;
  #beganNs = Infinity;
  #brokenUntilNs = 0;
  #readFailures = 0;
  #unreadableUntilNs = 0;
  #markAtNs = 0;
  #timer: Timer | null = null;
  /** It goes off in the next turn. */
  #soon = false;
  #touch: Timer | null = null;
  #onIdle: (() => void) | null = null;

  /** @throws RangeError that names the option, what was expected and what came */
  constructor(options: DiskSpillOptions) {
    this.#settings = diskSpillSettings(options);
    this.#clock = options.clock ?? systemClock;
    this.#replay = new ReplayQueue(this.#settings.replayBytesMax);
    const { directory, segmentBytesMax, survives } = this.#settings;
    const sync = survives === 'power-cut';
    this.#writer = new SegmentWriter({ directory, segments: this.#segments, segmentBytesMax, sync });
  }

  get queues(): boolean {
    if (this.#state === 'opening') return !this.#stalled && this.#clock.nowNs() >= this.#brokenUntilNs;
    return this.#state === 'open' && (this.#queued > 0 || this.#replay.waiting > 0 || this.#nextUnread() !== undefined);
  }

  get heldRecords(): number {
    return this.#queued + this.#tally.records + this.#replay.ownWaiting;
  }

  /** Bytes of the directory that are in use, and spoken for. */
  get diskBytes(): number {
    // A head for each segment that these will begin, at worst.
    const coming = this.#queue.diskBytes + this.#writingBytes;
    let bytes = coming + HEAD_BYTES * Math.ceil(coming / this.#settings.segmentBytesMax);
    for (const segment of this.#segments) bytes += segment.diskBytes;
    return bytes;
  }

  wants(serviceClass: ServiceClass, cause: DropCause): boolean {
    return this.#settings.classes.includes(serviceClass) && this.#settings.causes.includes(cause);
  }

  open(listener: SpillListener): void {
    this.#listener = listener;
    this.#state = 'opening';
    this.#wake(0);
  }

  take(items: readonly SpillItem[]): boolean {
    if (this.#closing || (this.#state !== 'opening' && this.#state !== 'open')) return false;
    if (this.#clock.nowNs() < this.#brokenUntilNs || this.#stalled) return false;
    const { diskBytes, heapBytes } = sizesOf(items);
    const { bytesMax, queueBytesMax } = this.#settings;
    if (this.#queue.heapBytes + heapBytes > queueBytesMax || this.diskBytes + diskBytes > bytesMax) return false;
    this.#queue.push(items);
    this.#wake(0);
    return true;
  }

  next(): SpilledRecord | null {
    return this.#closing || this.#state !== 'open' ? null : this.#replay.take();
  }

  done(record: SpilledRecord): void {
    this.#replay.done(record as Replayed);
    this.#wake(this.#replay.hasRoom && this.#nextUnread() !== undefined ? 0 : MARK_NS);
  }

  back(record: SpilledRecord): void {
    this.#replay.back(record as Replayed);
  }

  async close({ before, graceMs }: { before: readonly SpillItem[]; graceMs: number }): Promise<void> {
    this.#closing = true;
    let left = before;
    const end = async (): Promise<void> => {
      if (this.#working) {
        await new Promise<void>((resolve) => {
          this.#onIdle = resolve;
        });
      }
      if (!this.#abandoned && this.#state === 'opening') await this.#begin();
      while (!this.#abandoned && this.#state === 'open' && this.#queue.records > 0) await this.#write();
      if (!this.#abandoned && this.#state === 'open' && left.length > 0) {
        left = [];
        await this.#writeFirst(before);
      }
      await this.#writer.seal();
      if (!this.#abandoned && this.#state === 'open') await this.#clean();
      await this.#lock?.release();
    };
    await within({ clock: this.#clock, limitNs: graceMs * MS }, end).catch((cause) => this.#listener?.trouble(cause));
    this.#abandoned = true;
    this.#timer?.cancel();
    this.#touch?.cancel();
    this.#giveBack([...left, ...this.#queue.takeAll()]);
    if (this.#writing.length > 0) this.#listener?.doubtful(this.#writing);
    this.#handing([]);
  }

  get #queued(): number {
    return this.#queue.records + this.#writing.length;
  }

  get #stalled(): boolean {
    return this.#clock.nowNs() - this.#beganNs >= STALLED_NS;
  }

  #nextUnread(): Segment | undefined {
    return this.#segments.find((segment) => segment.unreadBytes > 0);
  }

  #giveBack(items: readonly SpillItem[]): void {
    if (items.length > 0) this.#listener?.returned(items);
  }

  #wake(delayNs: number): void {
    if (this.#working) this.#poked = true;
    if (this.#working || this.#closing || (this.#timer !== null && (delayNs > 0 || this.#soon))) return;
    this.#timer?.cancel();
    this.#soon = delayNs === 0;
    this.#timer = this.#clock.after(delayNs, () => {
      this.#timer = null;
      if (!this.#working) void this.#work();
    });
  }

  /** All that there is to do now, one operation after the other. */
  async #work(): Promise<void> {
    this.#working = true;
    const watch = this.#watch();
    for (let more = true; more && !this.#closing; ) {
      this.#poked = false;
      this.#beganNs = this.#clock.nowNs();
      more = this.#state === 'opening' ? await this.#begin() : this.#state === 'open' && (await this.#step());
      more ||= this.#poked && this.#state === 'open';
    }
    this.#beganNs = Infinity;
    watch.cancel();
    this.#working = false;
    this.#onIdle?.();
    if (this.#state === 'opening') this.#wake(RETRY_NS);
    else if (this.#state === 'open' && this.#unfinished) this.#wake(MARK_NS);
  }

  /** Gives back what waits behind an operation that does not end. */
  #watch(): Timer {
    let timer = this.#clock.after(WATCH_NS, () => {
      if (this.#stalled && this.#queue.records > 0) {
        this.#listener?.trouble(new Error(`the disk has not answered for ${STALLED_NS / MS} ms`));
        this.#giveBack(this.#queue.takeAll());
      }
      timer = this.#watch();
    });
    return { cancel: () => timer.cancel() };
  }

  async #begin(): Promise<boolean> {
    const { directory } = this.#settings;
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      this.#lock ??= await lockDirectory(directory);
      this.#segments.push(...(await findSegments(directory, (cause) => this.#listener?.trouble(cause))));
      this.#state = 'open';
      this.#touchOften();
      // Nothing to queue behind.
      if (this.#segments.length === 0 && !this.#closing) this.#releaseBehind();
      return true;
    } catch (cause) {
      this.#segments.length = 0;
      this.#giveBack(this.#queue.takeAll());
      this.#brokenUntilNs = this.#clock.nowNs() + RETRY_NS;
      this.#listener?.trouble(cause);
      return false;
    }
  }

  /** What only queues can go its own way as long as nothing before it does not. */
  #releaseBehind(): void {
    const items = this.#queue.takeAll();
    const kept = items.findIndex(({ cause }) => cause !== null);
    this.#giveBack(kept === -1 ? items : items.slice(0, kept));
    if (kept !== -1) this.#queue.push(items.slice(kept));
  }

  /** One round: a write, a read, and what is done with; false when there was nothing to do. */
  async #step(): Promise<boolean> {
    const wrote = this.#queue.records > 0 && (await this.#write());
    const read = await this.#read();
    const cleaned = this.#clock.nowNs() >= this.#markAtNs && (await this.#clean());
    return wrote || read || cleaned;
  }

  async #write(): Promise<boolean> {
    const items = this.#queue.take();
    this.#handing(items);
    try {
      const segment = await this.#writer.append(framesOf(items, this.#clock.wallMs()));
      this.#stored(segment, items);
      return true;
    } catch (cause) {
      if (this.#abandoned) return false;
      this.#handing([]);
      this.#brokenUntilNs = this.#clock.nowNs() + RETRY_NS;
      this.#giveBack([...items, ...this.#queue.takeAll()]);
      this.#listener?.trouble(cause);
      return false;
    }
  }

  #handing(items: readonly SpillItem[]): void {
    this.#writing = items;
    this.#writingBytes = items.length === 0 ? 0 : sizesOf(items).diskBytes;
  }

  #stored(segment: Segment, items: readonly SpillItem[]): void {
    if (this.#abandoned) return;
    this.#handing([]);
    this.#tally.written(segment, items);
    this.#listener?.stored(items);
  }

  async #read(): Promise<boolean> {
    const segment = this.#nextUnread();
    if (segment === undefined || !this.#replay.hasRoom || this.#clock.nowNs() < this.#unreadableUntilNs) return false;
    try {
      const notBeforeMs = this.#clock.wallMs() - this.#settings.ageMaxMs;
      const { records, damagedBytes } = await readSegment(segment, { bytesMax: this.#replay.roomBytes, notBeforeMs });
      this.#readFailures = 0;
      this.#tally.read(segment, records);
      for (const record of records) this.#replay.add(record);
      if (damagedBytes > 0)
        this.#damaged(segment, new Error(`${segment.path}: ${damagedBytes} damaged bytes at its end`));
      this.#listener?.ready();
      return true;
    } catch (cause) {
      const gone = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      if (gone || ++this.#readFailures >= READ_FAILURES_MAX) {
        segment.end = segment.readAt;
        this.#damaged(segment, cause);
        return true;
      }
      this.#unreadableUntilNs = this.#clock.nowNs() + RETRY_NS;
      this.#listener?.trouble(cause);
      return false;
    }
  }

  #damaged(segment: Segment, cause: unknown): void {
    this.#readFailures = 0;
    for (const [row, records] of this.#tally.lost(segment)) this.#listener?.lost(row, records);
    this.#listener?.trouble(cause);
  }

  get #unfinished(): boolean {
    if (this.#queue.records > 0 || (this.#replay.hasRoom && this.#nextUnread() !== undefined)) return true;
    return this.#segments.some((each) => each.doneAt > each.markedAt || this.#isEmpty(each));
  }

  /** Nothing in it is of use any more. */
  #isEmpty(segment: Segment): boolean {
    return segment.doneAt >= segment.end && segment.replayed.length === 0 && this.#queued === 0;
  }

  /** Deletes segments that are done with, and marks how far the others are. */
  async #clean(): Promise<boolean> {
    this.#markAtNs = this.#clock.nowNs() + MARK_NS;
    let some = false;
    for (const segment of [...this.#segments]) {
      try {
        if (segment.isDone || this.#isEmpty(segment)) {
          if (!segment.sealed) await this.#writer.seal();
          // A record may have come meanwhile, and now lies in the next segment.
          await unlink(segment.path).catch((cause: NodeJS.ErrnoException) => {
            if (cause.code !== 'ENOENT') throw cause;
          });
          this.#segments.splice(this.#segments.indexOf(segment), 1);
          some = true;
        } else if (segment.doneAt > segment.markedAt) {
          await writeMark(segment);
          some = true;
        }
      } catch (cause) {
        this.#listener?.trouble(cause);
        return false;
      }
    }
    return some;
  }

  /** Writes what was offered before all that is here. */
  async #writeFirst(items: readonly SpillItem[]): Promise<void> {
    this.#handing(items);
    try {
      if (this.diskBytes > this.#settings.bytesMax) throw new Error(`no room for ${this.#writingBytes} more bytes`);
      this.#stored(await this.#writer.prepend(framesOf(items, this.#clock.wallMs())), items);
    } catch (cause) {
      if (this.#abandoned) return;
      this.#handing([]);
      this.#giveBack(items);
      this.#listener?.trouble(cause);
    }
  }

  #touchOften(): void {
    this.#touch = this.#clock.after(TOUCH_MS * MS, () => {
      this.#lock?.touch(this.#clock.wallMs()).catch((cause) => {
        if (cause instanceof LockedError) this.#giveUp();
        this.#listener?.trouble(cause);
      });
      if (this.#state === 'open' && !this.#abandoned) this.#touchOften();
    });
  }

  /** What lies in the directory is for its new holder to send. */
  #giveUp(): void {
    this.#state = 'given-up';
    this.#giveBack(this.#queue.takeAll());
  }
}
