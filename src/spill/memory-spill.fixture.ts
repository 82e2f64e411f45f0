import type { DropCause, ServiceClass } from '../record.ts';
import type { Spill, SpilledRecord, SpillItem, SpillListener } from './spill.ts';

interface Kept extends SpilledRecord {
  earlier: boolean;
}

/** A spill in memory whose disk does what a test says, when it says so: for the books of the producer before it. */
export class MemorySpill implements Spill {
  readonly classes: readonly ServiceClass[];
  roomRecords: number;
  /** Taken, not written. */
  coming: SpillItem[] = [];
  /** Written; oldest first. */
  kept: Kept[] = [];
  out = new Set<SpilledRecord>();
  ends = 0;
  closed = false;
  /** Takes nothing until it has written again. */
  broken = false;
  #listener: SpillListener | null = null;
  /** Come back since the last one went out. */
  #backs = 0;

  constructor({ earlier = [], roomRecords = 1_000, classes = ['high'] }: Partial<MemorySpillOptions> = {}) {
    this.kept = earlier.map((record) => ({ ...record, earlier: true }));
    this.roomRecords = roomRecords;
    this.classes = classes;
  }

  wants(serviceClass: ServiceClass, cause: DropCause): boolean {
    return this.classes.includes(serviceClass) && ['buffer-full', 'evicted', 'expired', 'closed'].includes(cause);
  }

  get queues(): boolean {
    return !this.broken && this.coming.length + this.kept.length > 0;
  }

  get heldRecords(): number {
    return this.coming.length + this.kept.filter(({ earlier }) => !earlier).length;
  }

  open(listener: SpillListener): void {
    this.#listener = listener;
    if (this.kept.length > 0) setImmediate(() => listener.ready());
  }

  take(items: readonly SpillItem[]): boolean {
    const records = this.coming.length + this.kept.length + items.length;
    if (this.closed || this.broken || records > this.roomRecords) return false;
    this.coming.push(...items);
    return true;
  }

  /** The disk has written what was coming. */
  write(): void {
    this.broken = false;
    const items = this.coming.splice(0);
    this.kept.push(...items.map(keptOf));
    this.#listener?.stored(items);
    this.#listener?.ready();
  }

  /** The disk has failed. */
  fail(): void {
    this.broken = true;
    this.#listener?.returned(this.coming.splice(0));
    this.#listener?.trouble(new Error('the disk is full'));
  }

  /** The disk has lost the newest record that it had. */
  lose(row: (record: SpilledRecord) => number): void {
    const index = this.kept.findLastIndex(({ earlier }) => !earlier);
    if (index === -1) return;
    const [lost] = this.kept.splice(index, 1);
    this.#listener?.lost(row(lost), 1);
  }

  next(): SpilledRecord | null {
    this.#backs = 0;
    const record = this.closed ? undefined : this.kept.shift();
    if (record === undefined) return null;
    this.out.add(record);
    return record;
  }

  done(record: SpilledRecord): void {
    this.#ended(record);
    this.ends++;
  }

  back(record: SpilledRecord): void {
    this.#ended(record);
    // In the order in which they went out.
    this.kept.splice(this.#backs++, 0, { ...record, earlier: false });
  }

  async close({ before }: { readonly before: readonly SpillItem[] }): Promise<void> {
    this.closed = true;
    this.write();
    this.kept.unshift(...before.map(keptOf));
    this.#listener?.stored(before);
  }

  #ended(record: SpilledRecord): void {
    if (!this.out.delete(record)) throw new Error('a record ends once, and only when it is out');
  }
}

interface MemorySpillOptions {
  readonly earlier: readonly SpilledRecord[];
  readonly roomRecords: number;
  readonly classes: readonly ServiceClass[];
}

function keptOf({ topic, class: serviceClass, record }: SpillItem): Kept {
  return { topic, class: serviceClass, record, earlier: false, tooOld: false };
}
