/**
 * Counts records as they pass a tier (producer, fronting Kafka, router, sink), by topic and window of event time, in one
 * instance of the tier. Whoever compares tiers adds up what all instances report: counts add, in whatever order they come.
 */
import { isSampled, windowOf } from './event-window.ts';

/** A further count of a window. What an instance counted and had not reported yet is gone with it. */
export interface TierReport {
  readonly tier: string;
  readonly instance: string;
  readonly topic: string;
  readonly window: number;
  /** Passed since the last report on this window; of the sample, if there is one. */
  readonly records: number;
  /** They passed after the window had been closed here. */
  readonly late: boolean;
  /** Share of records that are counted at all: 1 without sampling. */
  readonly share: number;
  /** Largest age at passing, ms: clock of the instance less event time. */
  readonly ageMaxMs: number;
}

export interface TierCounterOptions {
  readonly tier: string;
  /** Names this process among those of its tier. */
  readonly instance: string;
  /** Length of a window. The same for all tiers. */
  readonly windowMs: number;
  /** From a window's end until it is closed and reported: what comes later than that is told apart. */
  readonly graceMs: number;
  /** Share of records that are counted, chosen by guid. The same for all tiers. Default 1. */
  readonly share?: number;
  /** Open counts at most: beyond it the oldest is reported early, as counts add. Default 10,000 (guess: some MB). */
  readonly cellsMax?: number;
  readonly onReport: (report: TierReport) => void;
}

interface Cell {
  readonly topic: string;
  readonly window: number;
  readonly late: boolean;
  readonly dueMs: number;
  records: number;
  ageMaxMs: number;
}

export class TierCounter {
  /** Passed after their windows were closed, all together. */
  late = 0;
  readonly #options: Required<TierCounterOptions>;
  readonly #cells = new Map<string, Cell>();

  constructor(options: TierCounterOptions) {
    this.#options = { share: 1, cellsMax: 10_000, ...options };
    const { windowMs, graceMs, share, cellsMax } = this.#options;
    const check = (name: string, value: number, ok: boolean, expected: string): void => {
      if (!ok) throw new RangeError(`${name}: expected ${expected}, got ${value}`);
    };
    check('windowMs', windowMs, windowMs > 0, 'a time above 0');
    check('graceMs', graceMs, graceMs >= 0, 'a time of 0 or more');
    check('share', share, share > 0 && share <= 1, 'a share above 0, up to 1');
    check('cellsMax', cellsMax, cellsMax >= 1, 'a number from 1 on');
  }

  /** A record passes, by its envelope. */
  count(
    topic: string,
    { id, timestampMs }: { readonly id: string; readonly timestampMs: number },
    nowMs: number,
  ): void {
    if (!isSampled(id, this.#options.share)) return;
    const window = windowOf(timestampMs, this.#options.windowMs);
    this.add({ topic, window, records: 1, ageMaxMs: nowMs - timestampMs }, nowMs);
  }

  /** Records of one window pass, all of them in the sample. */
  add(
    of: { readonly topic: string; readonly window: number; readonly records: number; readonly ageMaxMs: number },
    nowMs: number,
  ): void {
    const { windowMs, graceMs, cellsMax } = this.#options;
    const { topic, window, records, ageMaxMs } = of;
    const closesMs = (window + 1) * windowMs + graceMs;
    const late = nowMs >= closesMs;
    if (late) this.late += records;
    const key = `${late ? 'late ' : ''}${window} ${topic}`;
    let cell = this.#cells.get(key);
    if (cell === undefined) {
      if (this.#cells.size >= cellsMax) this.#tell(this.#cells.keys().next().value!);
      // Late ones are told a window after the first of them, together.
      cell = { topic, window, late, dueMs: late ? nowMs + windowMs : closesMs, records: 0, ageMaxMs: -Infinity };
      this.#cells.set(key, cell);
    }
    cell.records += records;
    if (ageMaxMs > cell.ageMaxMs) cell.ageMaxMs = ageMaxMs;
  }

  /** When `onTime` is due next; Infinity while nothing is counted. */
  deadlineMs(): number {
    let dueMs = Infinity;
    for (const cell of this.#cells.values()) if (cell.dueMs < dueMs) dueMs = cell.dueMs;
    return dueMs;
  }

  /** Reports what is due. */
  onTime(nowMs: number): void {
    for (const [key, cell] of this.#cells) if (cell.dueMs <= nowMs) this.#tell(key);
  }

  /** Reports everything: the instance is about to stop. */
  close(): void {
    for (const key of this.#cells.keys()) this.#tell(key);
  }

  #tell(key: string): void {
    const { tier, instance, share, onReport } = this.#options;
    const { topic, window, late, records, ageMaxMs } = this.#cells.get(key)!;
    this.#cells.delete(key);
    onReport({ tier, instance, topic, window, records, late, share, ageMaxMs });
  }
}
