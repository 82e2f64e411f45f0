/** What a run has lost, by class, topic, cause and sink. */
import { DROP_CAUSES, type DropCause } from '../../src/record.ts';
import type { RouteLossCause } from '../model/fleet/route-books.ts';
import type { RunResult } from '../report/result.ts';
import type { Simulation } from '../simulation.ts';
import type { RecordBook, RecordLife } from './record-book.ts';

/**
 * Why a record is missing. Dropped by its producer, or `unknown`: sent, given up, and in no log. Of one that was in a
 * log: `truncated`: the log lost it, and no copy stands; for a sink, `retention`: it was removed before the router came;
 * `refused`: the sink would never take it, and its router dropped it;
 * `skipped-by-reset`: the router fell off the tail and went on at the end of the log, past this one;
 * `unwritten`: it was committed before it was written, and its container died;
 * `deduplicated`: taken for a copy that it is not; `undelivered`: nobody says why.
 */
export type LossCause = DropCause | 'unknown' | 'truncated' | RouteLossCause | 'deduplicated' | 'undelivered';

export type ServiceClass = 'low' | 'normal' | 'high';

export interface Loss {
  /** Null where only the ledger's sums are known: behind the logs, in request fidelity. */
  readonly class: ServiceClass | null;
  readonly topic: string | null;
  readonly cause: LossCause;
  /** Null for what no sink can get. */
  readonly sink: string | null;
  readonly count: number;
  /** Records by their number in the run; none in request fidelity. */
  readonly records: readonly number[];
}

/** Losses record by record. */
export function lossesIn(book: RecordBook, { scenario, plan, nowNs }: Simulation): Loss[] {
  const groups = new Map<string, Omit<Loss, 'count' | 'records'> & { records: number[] }>();
  const routes = scenario.topics.map(({ routes: names }) =>
    names.map((name) => scenario.sinks.findIndex((sink) => sink.name === name)),
  );
  for (const record of book.records) {
    const topic = plan.streamTopic[record.stream]!;
    const lose = (cause: LossCause, sink: number): void => {
      const key = `${topic} ${cause} ${sink}`;
      const { name, class: of } = scenario.topics[topic]!;
      const group = groups.get(key);
      if (group !== undefined) group.records.push(record.id);
      else {
        const where = sink < 0 ? null : scenario.sinks[sink]!.name;
        groups.set(key, { class: of, topic: name, cause, sink: where, records: [record.id] });
      }
    };
    const cause = causeForAll(record);
    if (cause !== null) lose(cause, -1);
    else if (wasStored(record) && !isComing(record, nowNs)) {
      const gone = !isStored(record);
      if (gone && routes[topic]!.length === 0) lose('truncated', -1);
      for (const sink of routes[topic]!) {
        if (!book.has(sink, record.id)) lose(gone ? 'truncated' : causeAt(book, sink, record.id), sink);
      }
    }
  }
  return [...groups.values()].map((group) => ({ ...group, count: group.records.length }));
}

function isStored({ batch }: RecordLife): boolean {
  return batch?.appends.some(({ stands }) => stands) ?? false;
}

/** Its broker is still at it: with acks 0 the producer was done with it long before. */
function isComing(record: RecordLife, nowNs: number): boolean {
  return isStored(record) && !record.batch!.appends.some(({ atNs }) => atNs <= nowNs);
}

/** A log has it, or had it. */
function wasStored(record: RecordLife): boolean {
  return isStored(record) || (record.batch?.appends.some(({ happened }) => happened) ?? false);
}

/** Null for a record that was stored, and for one that is still on its way. */
function causeForAll(record: RecordLife): LossCause | null {
  const { batch, refused } = record;
  if (batch === null) return DROP_CAUSES[refused]!;
  if (batch.dropped >= 0) return DROP_CAUSES[batch.dropped]!;
  return batch.ended && !wasStored(record) ? 'unknown' : null;
}

function causeAt(book: RecordBook, sink: number, id: number): LossCause {
  return book.lostFor[sink]!.get(id) ?? (book.wrongly[sink]!.has(id) ? 'deduplicated' : 'undelivered');
}

/** The same as far as the ledger's sums tell. */
export function lossesOf({ topics, ledger }: RunResult): Loss[] {
  const losses: Loss[] = [];
  const add = (loss: Omit<Loss, 'records'>): void => {
    if (loss.count > 0) losses.push({ ...loss, records: [] });
  };
  for (const { name: topic, class: of, dropped, unknown } of topics) {
    const head = { class: of as ServiceClass, topic, sink: null };
    for (const cause of DROP_CAUSES) add({ ...head, cause, count: dropped[cause] ?? 0 });
    add({ ...head, cause: 'unknown', count: unknown });
  }
  for (const { sink, lost } of ledger.routes) {
    for (const [cause, count] of Object.entries(lost)) {
      add({ class: null, topic: null, cause: cause as LossCause, sink, count: count ?? 0 });
    }
  }
  return losses;
}
