import type { Segment } from './segment.ts';
import type { SpilledRecord, SpillItem } from './spill.ts';

/** Which records of this process lie in which segment, unread: what is lost with a file is known to the record. */
export class Tally {
  /** By topic and class: the producer's row, and how many. */
  readonly #bySegment = new Map<Segment, Map<string, { readonly row: number; records: number }>>();
  #records = 0;

  get records(): number {
    return this.#records;
  }

  written(segment: Segment, items: readonly SpillItem[]): void {
    let lines = this.#bySegment.get(segment);
    if (lines === undefined) {
      lines = new Map();
      this.#bySegment.set(segment, lines);
    }
    for (const item of items) {
      const name = nameOf(item);
      const line = lines.get(name);
      if (line === undefined) lines.set(name, { row: item.row, records: 1 });
      else line.records++;
    }
    this.#records += items.length;
  }

  read(segment: Segment, records: readonly SpilledRecord[]): void {
    const lines = this.#bySegment.get(segment);
    if (lines === undefined) return;
    for (const record of records) {
      const line = lines.get(nameOf(record));
      if (line === undefined || line.records === 0) continue;
      line.records--;
      this.#records--;
    }
    for (const { records: left } of lines.values()) if (left > 0) return;
    this.#bySegment.delete(segment);
  }

  /** Nothing more will be read from the segment: rows, and how many records each has lost. */
  lost(segment: Segment): [row: number, records: number][] {
    const lines = [...(this.#bySegment.get(segment)?.values() ?? [])];
    this.#bySegment.delete(segment);
    return lines.flatMap(({ row, records }): [number, number][] => {
      this.#records -= records;
      return records > 0 ? [[row, records]] : [];
    });
  }
}

function nameOf({ topic, class: serviceClass }: { readonly topic: string; readonly class: string }): string {
  return `${serviceClass} ${topic}`;
}
