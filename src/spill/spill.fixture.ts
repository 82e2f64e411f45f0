import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskSpill } from './disk-spill.ts';
import type { DiskSpillOptions } from './disk-spill-options.ts';
import type { SpilledRecord, SpillItem, SpillListener } from './spill.ts';

/** Remembers what it hears. */
export class Listener implements SpillListener {
  readonly storedTexts: string[] = [];
  readonly returnedTexts: string[] = [];
  readonly doubtfulTexts: string[] = [];
  readonly troubles: unknown[] = [];
  lostRecords = 0;
  readies = 0;
  onStored: (texts: readonly string[]) => void = () => {};

  stored(items: readonly SpillItem[]): void {
    const texts = items.map(textOf);
    this.storedTexts.push(...texts);
    this.onStored(texts);
  }
  returned(items: readonly SpillItem[]): void {
    this.returnedTexts.push(...items.map(textOf));
  }
  doubtful(items: readonly SpillItem[]): void {
    this.doubtfulTexts.push(...items.map(textOf));
  }
  ready(): void {
    this.readies++;
  }
  lost(_row: number, records: number): void {
    this.lostRecords += records;
  }
  trouble(cause: unknown): void {
    this.troubles.push(cause);
  }
}

export function item(text: string, about: Partial<SpillItem> = {}): SpillItem {
  const record = { key: null, value: Buffer.from(text), timestampMs: 1 };
  return { topic: 't', class: 'high', record, row: 1, cause: 'buffer-full', ...about };
}

export const textOf = ({ record }: Pick<SpilledRecord, 'record'>): string => Buffer.from(record.value ?? '').toString();

export function scratch(): { readonly directory: string; readonly files: () => string[]; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'spillway-spill-'));
  return {
    directory,
    files: () => readdirSync(directory).filter((name) => name.endsWith('.spill')),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export const turn = (ms = 1): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for something that the disk brings about. */
export async function until(holds: () => boolean, what = 'it'): Promise<void> {
  for (const endMs = Date.now() + 10_000; !holds(); await turn()) {
    if (Date.now() > endMs) throw new Error(`${what} did not come about`);
  }
}

export function opened(directory: string, options: Partial<DiskSpillOptions> = {}): [DiskSpill, Listener] {
  const spill = new DiskSpill({ directory, survives: 'process-crash', ...options });
  const listener = new Listener();
  spill.open(listener);
  return [spill, listener];
}

/** Takes everything that comes until nothing has come for a while, and says done to each. */
export async function replayAll(spill: DiskSpill, quietMs = 30): Promise<string[]> {
  const texts: string[] = [];
  for (let lastMs = Date.now(); Date.now() - lastMs < quietMs || spill.queues; await turn()) {
    for (let record = spill.next(); record !== null; record = spill.next()) {
      texts.push(textOf(record));
      spill.done(record);
      lastMs = Date.now();
    }
  }
  return texts;
}
