/** What a producer asks of a place where records can stay that its buffer has no room for. */
import type { WireRecord } from '../ports.ts';
import type { DropCause, ServiceClass } from '../record.ts';

export interface SpillItem {
  readonly topic: string;
  readonly class: ServiceClass;
  readonly record: WireRecord;
  /** The producer's own, handed back with the item. */
  readonly row: number;
  /** Why it would be dropped; null: it only queues behind what was spilled before it. */
  readonly cause: DropCause | null;
}

export interface SpilledRecord {
  readonly topic: string;
  readonly class: ServiceClass;
  readonly record: WireRecord;
  /** It was offered to an earlier process, and not yet to this one. */
  readonly earlier: boolean;
  /** Older than the spill keeps records: not to be sent any more. */
  readonly tooOld: boolean;
}

/** Calls come in turns of their own, never from inside a call of the producer's. */
export interface SpillListener {
  /** These are on disk, as safe as the spill promises. */
  stored(items: readonly SpillItem[]): void;
  /** These are not: the disk failed, or was never opened. They are the producer's again. */
  returned(items: readonly SpillItem[]): void;
  /** The producer closes, and the disk has not said whether it has these. */
  doubtful(items: readonly SpillItem[]): void;
  /** `next` may have something. */
  ready(): void;
  /** Records of this process that were stored, and that the disk has lost since. */
  lost(row: number, records: number): void;
  /** The disk failed, is full, belongs to another process, or holds damaged bytes. */
  trouble(cause: unknown): void;
}

export interface Spill {
  /** Whether records of this class that would be dropped for this cause are wanted. */
  wants(serviceClass: ServiceClass, cause: DropCause): boolean;
  /** Records of spilled classes must queue behind what is here, or may be here: order would suffer otherwise. */
  readonly queues: boolean;
  /** Records of this process that are here, on disk or on their way there: not counted are those handed out by `next`. */
  readonly heldRecords: number;
  /** Begins, in the background. Never throws. */
  open(listener: SpillListener): void;
  /** Takes all of them, or none and answers false. Never waits, never throws. */
  take(items: readonly SpillItem[]): boolean;
  /** The oldest record that is to be sent, if one has been read. Ends with `done` or `back`. */
  next(): SpilledRecord | null;
  /** The record needs no replay: forgotten. */
  done(record: SpilledRecord): void;
  /** The record could not be sent: stays, and comes again. */
  back(record: SpilledRecord): void;
  /**
   * Takes these as the oldest of all, then writes what it has, and gives the directory back. What is not on disk by
   * then has been handed to `returned`. Never rejects.
   */
  close(options: { readonly before: readonly SpillItem[]; readonly graceMs: number }): Promise<void>;
}
