/**
 * A collector, as Suro's server: sets wait in memory until they are dealt out to its sinks; the sink for S3 gathers records in
 * memory, writes and syncs them to a local file, and puts the file when it is large or old enough. What is in memory dies with the
 * process; files die with the disk. A collector whose disk is nearly full takes no traffic.
 */
import type { MigrationSpec } from '../../scenario/scenario.ts';
import type { SinkModel } from '../sinks/sink.ts';
import type { Agenda } from './agenda.ts';
import type { Branch } from './branch.ts';
import type { CollectorCause, Message, MessageBook } from './message-book.ts';

export type Verdict = 'taken' | 'turned-down' | 'unreachable';

interface LocalFile {
  readonly messages: Message[];
  bytes: number;
  readonly openedNs: number;
}

export interface CollectorOptions {
  readonly agenda: Agenda;
  readonly book: MessageBook;
  readonly spec: MigrationSpec['collector'];
  readonly zone: number;
  readonly s3: SinkModel;
  readonly branch: Branch | null;
}

export class Collector {
  readonly zone: number;
  readonly branch: Branch | null;
  readonly #from: CollectorOptions;
  readonly #actor: number;
  #up = true;
  /** Number of this life of the process: what an earlier one was about to do is not done. */
  #life = 0;
  #sets: Message[][] = [];
  #waiting: Message[] = [];
  #lastWriteNs = 0;
  #writing = false;
  #file: LocalFile | null = null;
  readonly #closed = new Set<LocalFile>();
  #diskBytes = 0;

  constructor(options: CollectorOptions) {
    this.#from = options;
    this.zone = options.zone;
    this.branch = options.branch;
    this.#actor = options.agenda.actor();
  }

  /** Copies that it holds. */
  get holds(): number {
    let files = this.#file?.messages.length ?? 0;
    for (const { messages } of this.#closed) files += messages.length;
    return this.#sets.reduce((sum, set) => sum + set.length, 0) + this.#waiting.length + files;
  }

  /** A set arrives. Once it is in memory the client is told that it is taken. */
  take(set: readonly Message[]): Verdict {
    const { book, spec } = this.#from;
    if (!this.#up) return 'unreachable';
    if (this.#diskBytes > spec.diskBytes * (1 - spec.diskFreeMin) || this.#sets.length >= spec.queueSets) {
      return 'turned-down';
    }
    for (const message of set) book.hold(message);
    this.#sets.push([...set]);
    if (this.#sets.length === 1) this.#work();
    return 'taken';
  }

  kill(disk: 'kept' | 'lost'): void {
    this.#up = false;
    this.#life++;
    this.#lose(this.#sets.flat(), 'collector-memory');
    this.#lose(this.#waiting, 'collector-memory');
    this.#sets = [];
    this.#waiting = [];
    this.#writing = false;
    this.branch?.die(disk);
    if (disk === 'kept') return;
    if (this.#file !== null) this.#lose(this.#file.messages, 'collector-disk');
    for (const { messages } of this.#closed) this.#lose(messages, 'collector-disk');
    this.#file = null;
    this.#closed.clear();
    this.#diskBytes = 0;
  }

  /** What it finds on its disk it puts, the file that was open included. */
  start(): void {
    this.#up = true;
    if (this.#file !== null) this.#closed.add(this.#file);
    this.#file = null;
    for (const file of this.#closed) this.#put(file);
    this.branch?.start();
  }

  #lose(messages: readonly Message[], cause: CollectorCause): void {
    for (const message of messages) this.#from.book.drop(message, cause);
  }

  /** In this life only. */
  #at(atNs: number, act: () => void): void {
    const life = this.#life;
    this.#from.agenda.at(atNs, this.#actor, () => {
      if (this.#life === life) act();
    });
  }

  #work(): void {
    const { agenda, book, spec } = this.#from;
    this.#at(agenda.nowNs + (this.#sets[0].length * 1e9) / spec.recordsPerSecond, () => {
      for (const message of this.#sets.shift()!) {
        this.branch?.take(message);
        if (this.#waiting.length < spec.sinkQueueRecords) this.#waiting.push(message);
        else book.drop(message, 'sink-queue-full');
      }
      this.#look();
      if (this.#sets.length > 0) this.#work();
    });
  }

  /** Writes if enough wait, and later if not. */
  #look(): void {
    const { agenda, spec } = this.#from;
    if (this.#waiting.length >= spec.writeRecords) this.#write();
    if (this.#waiting.length === 0 || this.#writing) return;
    this.#writing = true;
    this.#at(Math.max(agenda.nowNs, this.#lastWriteNs + spec.writeTimeoutNs), () => {
      this.#writing = false;
      if (this.#waiting.length > 0) this.#write();
    });
  }

  #write(): void {
    const { agenda, spec } = this.#from;
    const { nowNs } = agenda;
    if (this.#file === null) {
      const opened: LocalFile = { messages: [], bytes: 0, openedNs: nowNs };
      this.#file = opened;
      this.#at(nowNs + spec.fileAgeNs, () => {
        if (this.#file === opened) this.#close();
      });
    }
    const bytes = this.#waiting.reduce((sum, message) => sum + message.bytes, 0);
    this.#file.messages.push(...this.#waiting);
    this.#file.bytes += bytes;
    this.#diskBytes += bytes;
    this.#waiting = [];
    this.#lastWriteNs = nowNs;
    if (this.#file.bytes > spec.fileBytes) this.#close();
  }

  #close(): void {
    const file = this.#file!;
    this.#file = null;
    this.#closed.add(file);
    this.#put(file);
  }

  #put(file: LocalFile): void {
    const { agenda, book, s3, spec } = this.#from;
    const accepted = s3.accept(file.messages.length, file.bytes, agenda.nowNs) === 'ok';
    const { answerNs, landNs, visibleNs } = s3;
    const { epoch } = s3.outages;
    this.#at(answerNs, () => {
      if (!accepted || s3.outages.cutOff(epoch, landNs)) {
        this.#at(agenda.nowNs + spec.uploadRetryNs, () => this.#put(file));
        return;
      }
      for (const message of file.messages) book.deliver(message, visibleNs);
      this.#closed.delete(file);
      this.#diskBytes -= file.bytes;
    });
  }
}
