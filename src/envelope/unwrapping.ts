import type { ConsumedRecord, SinkPort, TopicPartition, WriteOutcome } from '../ports.ts';
import { Opener, type OpenerOptions } from './opening.ts';

/** A sink behind an opener. */
export interface UnwrappingSink extends SinkPort {
  readonly opener: Opener;
}

type Batch = TopicPartition & { readonly records: readonly ConsumedRecord[] };

/**
 * A sink that is handed records as they were offered: without envelopes, with the bodies of claim checks. What can't be
 * opened goes to `onDeadLetter` and counts as written; the router goes on.
 *
 * Order is kept: when a record can't be opened *now*, it and all after it are answered as `rejected` with `backoff`.
 */
export function unwrapping(sink: SinkPort, options: OpenerOptions): UnwrappingSink {
  const opener = new Opener(options);
  return {
    opener,
    caps: sink.caps,
    open: () => sink.open(),
    write: (batch, limits) => write({ sink, opener, batch, timeoutMs: limits.timeoutMs }),
    ...(sink.demand !== undefined && { demand: (listener) => sink.demand?.(listener) }),
    close: (graceMs) => sink.close(graceMs),
  };
}

async function write(work: { sink: SinkPort; opener: Opener; batch: Batch; timeoutMs: number }): Promise<WriteOutcome> {
  const { sink, opener, batch, timeoutMs } = work;
  const { topic, partition, records } = batch;
  let from = 0;
  /** What the sink will never take. */
  const refused: number[] = [];
  let refusedCause: unknown;
  for (const length of opener.stretches(records)) {
    const openings = await opener.open(batch, records.slice(from, from + length));
    const opened: ConsumedRecord[] = [];
    /** Where each of them stands in the batch. */
    const indexes: number[] = [];
    let stopped: { readonly at: number; readonly cause: unknown } | null = null;
    for (const [i, opening] of openings.entries()) {
      if (opening.kind === 'not-now') {
        stopped = { at: from + i, cause: opening.cause };
        break;
      }
      if (opening.kind !== 'opened') continue;
      opened.push(opening.opened.record);
      indexes.push(from + i);
    }
    if (opened.length > 0) {
      const outcome = await sink.write({ topic, partition, records: opened }, { timeoutMs });
      if (!outcome.ok) {
        const rejected = outcome.rejected === 'all' ? indexes : outcome.rejected.map((i) => indexes[i]);
        if (outcome.next === 'backoff') {
          const after = rest(stopped?.at ?? from + length, records.length);
          return { ...outcome, rejected: [...refused, ...rejected, ...after] };
        }
        refused.push(...rejected);
        refusedCause = outcome.cause;
      }
    }
    if (stopped !== null) {
      const { at, cause } = stopped;
      // One answer has one way to go on: what is refused for good is told when nothing has to be tried again.
      const rejected = [...refused, ...rest(at, records.length)];
      return { ok: false, rejected, next: 'backoff', cause };
    }
    from += length;
  }
  if (refused.length === 0) return { ok: true };
  return { ok: false, rejected: refused, next: 'never', cause: refusedCause };
}

/** Indexes from … end − 1. */
function rest(from: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - from) }, (_, i) => from + i);
}
