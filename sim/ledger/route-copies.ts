/**
 * What a route has of a log in which some records are more than once: second copies that a retry made, and records that a
 * change of leader took away and their producer stored again. Each record counts once; the rest stands beside the sum.
 */
import type { RouteStanding } from '../model/fleet/fleet-report.ts';
import { visitGaps } from '../model/fleet/gaps.ts';
import type { GivenUpCause, RouteBooks } from '../model/fleet/route-books.ts';
import type { PartitionLog } from '../model/log.ts';
import type { StoredAgain } from '../model/lost-tails.ts';
import { addTo, type Tally } from './tally.ts';

interface RouteView {
  readonly log: PartitionLog;
  readonly books: RouteBooks;
  readonly nowNs: number;
}

/** Copies by where they are for the route. */
export interface Copies {
  stored: number;
  delivered: number;
  /** Of `delivered`: the sink had the record before the log lost it, and got it again when it was stored again. */
  deliveredAgain: number;
  lost: number;
  backlog: number;
}

export function routeCopies(at: RouteStanding, view: RouteView): Copies {
  const { log, books } = view;
  let stored = -log.duplicatesIn(at.stored, log.endOffset());
  for (const n of log.duplicates) stored += n;
  const copies = { stored: 0, delivered: 0, deliveredAgain: 0, lost: 0, backlog: 0 };
  if (stored > 0) {
    const delivered = at.duplicates['log-duplicate'];
    let backlog = 0;
    const open = { from: books.position(at.route), to: at.stored };
    visitGaps(books.deliveredIntervals(at.route), open, (from, to) => {
      visitLost(at, view, { from, to }, false, (low, high) => {
        backlog += log.duplicatesIn(low, high);
      });
    });
    copies.stored = stored;
    copies.delivered = delivered;
    copies.backlog = backlog;
    copies.lost = stored - delivered - backlog;
  }
  for (const each of log.lostTails?.storedAgain ?? []) {
    if (each.atNs <= view.nowNs) addAgain(copies, at, view, each);
  }
  return copies;
}

/** Records lost with tails, by cause: those that were second copies, or were stored again, aren't. */
export function tailLosses(at: RouteStanding, view: RouteView): Tally {
  const lost: Tally = {};
  const { lostTails } = view.log;
  if (lostTails === null) return lost;
  for (const { from, to, cause } of lostTails.tails) {
    let n = 0;
    visitLost(at, view, { from, to }, true, (low, high) => {
      n += high - low - view.log.duplicatesIn(low, high);
    });
    for (const each of lostTails.storedAgain) {
      if (each.atNs > view.nowNs) continue;
      const low = Math.max(from, each.lostFrom);
      const high = Math.min(to, each.lostFrom + each.n);
      for (let offset = low; offset < high; offset++) if (isLost(at, view, offset)) n--;
      // Delivered before it was lost, and lost where it was stored again: that was a copy.
      for (let i = 0; i < each.n; i++) {
        const again = each.from + i;
        if (again >= from && again < to && isLost(at, view, again) && isDelivered(at, view, each.lostFrom + i)) n--;
      }
    }
    addTo(lost, cause, n);
  }
  return lost;
}

/**
 * Records that were given up for the cause: what the route had before it was stored again isn't. What a log has lost since
 * counts with its tail.
 */
export function givenUpLosses(at: RouteStanding, view: RouteView, cause: GivenUpCause): number {
  const given = view.books.givenUpIntervals(at.route, cause);
  if (given === null) return 0;
  const { lostTails } = view.log;
  const tails = lostTails?.tails ?? [];
  let n = 0;
  given.visit((from, to) => {
    visitOutside(tails, { from, to }, (low, high) => {
      n += high - low;
    });
  });
  const isGiven = (offset: number): boolean =>
    given.covered(offset, offset + 1) > 0 && !tails.some(({ from, to }) => offset >= from && offset < to);
  for (const each of lostTails?.storedAgain ?? []) {
    if (each.atNs > view.nowNs) continue;
    for (let i = 0; i < each.n; i++) {
      if (isGiven(each.from + i) && isDelivered(at, view, each.lostFrom + i)) n--;
    }
  }
  return n;
}

/** Stretches of a range that no tail covers; tails are in order. */
function visitOutside(
  tails: readonly { readonly from: number; readonly to: number }[],
  { from, to }: { from: number; to: number },
  each: (from: number, to: number) => void,
): void {
  let at = from;
  for (const tail of tails) {
    if (tail.to <= at || tail.from >= to) continue;
    if (tail.from > at) each(at, tail.from);
    at = tail.to;
  }
  if (to > at) each(at, to);
}

/** Of a record that is in the log's offsets twice, one is a copy: the lost one, unless the route had it before that. */
function addAgain(copies: Copies, at: RouteStanding, view: RouteView, { lostFrom, from, n }: StoredAgain): void {
  copies.stored += n;
  for (let i = 0; i < n; i++) {
    if (!isDelivered(at, view, lostFrom + i)) copies.lost++;
    else if (isDelivered(at, view, from + i)) {
      copies.delivered++;
      copies.deliveredAgain++;
    } else if (isLost(at, view, from + i)) copies.lost++;
    else copies.backlog++;
  }
}

function isDelivered({ route }: RouteStanding, { books }: RouteView, offset: number): boolean {
  return books.deliveredIntervals(route).covered(offset, offset + 1) > 0;
}

/** Lost to the route, or about to be when its router notices what retention has deleted. */
function isLost(at: RouteStanding, view: RouteView, offset: number): boolean {
  if (isDelivered(at, view, offset)) return false;
  const noticed = (view.books.lostIntervals(at.route)?.covered(offset, offset + 1) ?? 0) > 0;
  return noticed || offset < view.log.startOffset();
}

/** Stretches of a range that are lost to the route and noticed to be, or those that are not. */
function visitLost(
  at: RouteStanding,
  { books }: RouteView,
  { from, to }: { from: number; to: number },
  lost: boolean,
  each: (low: number, high: number) => void,
): void {
  const set = books.lostIntervals(at.route);
  if (set === null) {
    if (!lost) each(from, to);
    return;
  }
  let low = from;
  visitGaps(set, { from, to }, (gapFrom, gapTo) => {
    if (lost && gapFrom > low) each(low, gapFrom);
    if (!lost) each(gapFrom, gapTo);
    low = gapTo;
  });
  if (lost && to > low) each(low, to);
}
