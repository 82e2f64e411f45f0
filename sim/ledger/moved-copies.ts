/**
 * Records that are in the logs of two clusters, as their topic moved before their producer had heard that the first one
 * had them. Each counts in the log that had it first, unless a route has it, or can still get it, from another only.
 */
import type { RouteStanding } from '../model/fleet/fleet-report.ts';
import { GIVEN_UP_CAUSES, type GivenUpCause, type RouteBooks } from '../model/fleet/route-books.ts';
import type { PartitionLog } from '../model/log.ts';
import type { Stays } from '../model/moved-batches.ts';
import type { RouteBook } from '../report/result.ts';
import { addTo, type Tally } from './tally.ts';

export interface MovedView {
  readonly logs: readonly PartitionLog[];
  readonly books: RouteBooks;
  readonly nowNs: number;
}

const LOST = 0;
const BACKLOG = 1;
const DELIVERED = 2;

/** One sink's leg as it adds up: what the first logs say of each record is set right where another log says better. */
export function correctMoved(
  book: { delivered: number; backlog: number; lost: Tally } & Pick<RouteBook, 'sink'>,
  routeOf: (partition: number) => RouteStanding | undefined,
  all: Iterable<Stays>,
  view: MovedView,
): void {
  for (const { stays, n } of all) {
    if (stays[0].atNs > view.nowNs || routeOf(stays[0].partition) === undefined) continue;
    for (let i = 0; i < n; i++) {
      const states = stays
        .filter(({ atNs }) => atNs <= view.nowNs)
        .map(({ partition, offset }) => stateOf(routeOf(partition)!, offset + i, view));
      const [first] = states;
      const best = Math.max(...states);
      if (best === first) continue;
      if (first === BACKLOG) book.backlog--;
      else addTo(book.lost, causeOf(routeOf(stays[0].partition)!, stays[0].offset + i, view), -1);
      if (best === DELIVERED) book.delivered++;
      else book.backlog++;
    }
  }
  for (const [cause, records] of Object.entries(book.lost)) if (records === 0) delete book.lost[cause];
}

function stateOf({ route, partition }: RouteStanding, offset: number, { books, logs }: MovedView): number {
  if (books.deliveredIntervals(route).covered(offset, offset + 1) > 0) return DELIVERED;
  const noticed = (books.lostIntervals(route)?.covered(offset, offset + 1) ?? 0) > 0;
  return noticed || offset < logs[partition].startOffset() ? LOST : BACKLOG;
}

function causeOf({ route, partition }: RouteStanding, offset: number, { books, logs }: MovedView): string {
  const tail = logs[partition].lostTails?.tails.find(({ from, to }) => offset >= from && offset < to);
  if (tail !== undefined) return tail.cause;
  const covers = (cause: GivenUpCause) => books.givenUpIntervals(route, cause)?.covered(offset, offset + 1) === 1;
  return GIVEN_UP_CAUSES.find(covers) ?? 'retention';
}
