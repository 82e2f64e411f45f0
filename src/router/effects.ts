import type { SkipCause } from './policy.ts';

/** What a core asks of its driver. Called from within inputs; none may call the core back before it has returned. */
export interface RouterEffects {
  /** Fetch from this offset, at most `fetchBytesMax` (one batch may be larger). Answered by one of three inputs. */
  fetch(slot: number, fromOffset: number): void;
  /** Send this write to this sink. Its ranges can be read from the core until it is written or given up. */
  write(write: number, sink: number, attempt: number): void;
  /** No answer came in time: the attempt counts as failed, and its answer, if it still comes, must not be handed in. */
  gaveUp(write: number, sink: number): void;
  /** Store that everything below `offset` is done. Answered by `committed`. */
  commit(slot: number, offset: number): void;
  /** The slot waits for room in the buffer, or no longer does. */
  paused(slot: number): void;
  resumed(slot: number): void;
  /** [from, to) will not be fetched: retention had removed it, or a reset to the latest passes over it. */
  lost(slot: number, from: number, to: number, cause: SkipCause): void;
  /** Retention has passed the slot, and it is told not to reset: it fetches no more until it is assigned anew. */
  halted(slot: number): void;
  /** The sink will never take this write, and the retry policy drops such: its ranges are lost to this sink. */
  refused(write: number, sink: number): void;
}
