/** Telemetry pays for every series: topics beyond a limit are told together. */

import type { ReceiptLine } from '../producer/receipt.ts';
import { CLASSES, DROP_CAUSES, type DropCause, type ServiceClass } from '../record.ts';

/** Topics told by name. A dozen series and some a topic and class (fates and causes); a guess at what a backend bears. */
export const TOPICS_MAX_DEFAULT = 100;
/** Stands for all topics beyond the limit. A topic of that name is counted with them. */
export const OTHER_TOPICS = 'other';

export interface StreamCounts {
  readonly topic: string;
  readonly class: ServiceClass;
  offered: number;
  delivered: number;
  unknown: number;
  buffered: number;
  spilled: number;
  replayed: number;
  /** Every cause is there, so that a counter exists before its first drop: rates need two points. */
  readonly dropped: Record<DropCause, number>;
}

/** The first topics to come keep their names for good, so that no counter ever falls. */
export class BoundedTopics {
  readonly #topicsMax: number;
  readonly #names = new Set<string>();

  constructor(topicsMax: number) {
    if (!(Number.isInteger(topicsMax) && topicsMax >= 0)) {
      throw new RangeError(`topicsMax: expected a whole number ≥ 0, got ${topicsMax}`);
    }
    this.#topicsMax = topicsMax;
  }

  /** Records without a topic (malformed ones) have the empty name, and always their own. */
  nameOf(topic: string): string {
    if (topic === '' || this.#names.has(topic)) return topic;
    if (this.#names.size >= this.#topicsMax) return OTHER_TOPICS;
    this.#names.add(topic);
    return topic;
  }

  /** One element for each name and class. */
  streams(lines: readonly ReceiptLine[]): StreamCounts[] {
    const byName = new Map<string, StreamCounts>();
    for (const line of lines) {
      const topic = this.nameOf(line.topic);
      const key = `${CLASSES.indexOf(line.class)} ${topic}`;
      let sum = byName.get(key);
      if (sum === undefined) {
        const dropped = Object.fromEntries(DROP_CAUSES.map((cause) => [cause, 0])) as Record<DropCause, number>;
        sum = {
          topic,
          class: line.class,
          offered: 0,
          delivered: 0,
          unknown: 0,
          buffered: 0,
          spilled: 0,
          replayed: 0,
          dropped,
        };
        byName.set(key, sum);
      }
      sum.offered += line.offered;
      sum.delivered += line.delivered;
      sum.unknown += line.unknown;
      sum.buffered += line.buffered;
      sum.spilled += line.spilled;
      sum.replayed += line.replayed;
      for (const cause of DROP_CAUSES) sum.dropped[cause] += line.dropped[cause] ?? 0;
    }
    return [...byName.values()];
  }
}
