import { compact, significant } from '../report/figures.ts';
import type { Io } from './io.ts';

/** Where a run stands. */
export interface Progress {
  readonly nowNs: number;
  readonly endNs: number;
  readonly warmupNs: number;
  readonly events: number;
  readonly wallMs: number;
}

const CLEAR = '\r\x1b[K';
const BAR_MAX = 30;

/** One line, no longer than `columns`: `[=======>      ]  4.2/12 s  31.1 M events  1.8x real time`. */
export function progressLine(progress: Progress, columns: number): string {
  const seconds = (ns: number): string => (ns / 1e9).toFixed(1);
  const done = progress.endNs > 0 ? Math.min(1, progress.nowNs / progress.endNs) : 1;
  const factor = progress.wallMs > 0 ? progress.nowNs / 1e6 / progress.wallMs : 0;
  const phase = progress.nowNs < progress.warmupNs ? ' (warm-up)' : '';
  const text =
    `${seconds(progress.nowNs)}/${seconds(progress.endNs)} s${phase}  ` +
    `${compact(progress.events)} events  ${significant(factor)}x real time`;
  const room = Math.min(BAR_MAX, columns - text.length - 5);
  if (room < 5) return text.slice(0, Math.max(0, columns - 1));
  const filled = Math.round(done * room);
  const bar = filled >= room ? '='.repeat(room) : `${'='.repeat(filled)}>${' '.repeat(room - filled - 1)}`;
  return `[${bar}]  ${text}`;
}

/** A live line on standard error, so that standard output stays the result's; nothing at all outside a terminal. */
export class ProgressBar {
  readonly #io: Io;
  readonly #live: boolean;

  constructor(io: Io, options: { quiet: boolean }) {
    this.#io = io;
    this.#live = io.errIsTerminal && !options.quiet;
  }

  show(progress: Progress): void {
    if (this.#live) this.#io.err(CLEAR + progressLine(progress, this.#io.columns));
  }

  clear(): void {
    if (this.#live) this.#io.err(CLEAR);
  }
}
