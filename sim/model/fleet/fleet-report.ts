import type { Scenario } from '../../scenario/scenario.ts';
import type { LogView } from '../doors.ts';
import type { RouterFleet } from './fleet.ts';
import type { Job } from './job.ts';
import { DUPLICATE_CAUSES, type RouteBooks } from './route-books.ts';

/** What one sink has of one partition, recomputed from logs, sinks and cores as they stand. */
export interface RouteStanding {
  readonly route: number;
  readonly partition: number;
  readonly sink: number;
  /** End of the log now. */
  readonly stored: number;
  readonly delivered: number;
  /** Taken away by retention before the sink had it, whether or not the router has noticed yet. */
  readonly lost: number;
  /** What can still get there: in the log before the router, or in its hands. */
  readonly backlog: number;
  readonly duplicates: Readonly<Record<(typeof DUPLICATE_CAUSES)[number], number>>;
}

/**
 * Calls back for each route. The three parts are each counted where they are, so that a router which commits or skips what
 * is not written leaves a hole: `delivered + lost + backlog` falls short of `stored`.
 */
export function visitRoutes(
  world: {
    readonly fleet: RouterFleet;
    readonly logs: (partition: number) => LogView;
    readonly nowNs: number;
  },
  each: (standing: RouteStanding) => void,
): void {
  const { fleet, logs, nowNs } = world;
  const { books } = fleet;
  for (const job of fleet.plan.jobs) {
    for (let m = 0; m < job.sinks.length; m++) {
      for (let p = 0; p < job.partitions; p++) {
        const consumer = job.firstConsumer + p;
        const route = job.firstRoute + m * job.partitions + p;
        const log = logs(job.firstPartition + p);
        const stored = log.endOffsetAt(nowNs);
        const logStart = log.startOffset();
        const run = p < job.served ? fleet.runOf(job, consumer) : null;
        // A dead container's successor begins at what is committed; what the dead one held is read again.
        const position = run === null ? fleet.checkpoints.committed(consumer) : run.core.position(run.slotOf(consumer));
        let held = 0;
        run?.core.visitHeld(run.slotOf(consumer), (from, to) => {
          held += books.openIn(route, from, to);
        });
        const duplicates = Object.fromEntries(
          DUPLICATE_CAUSES.map((cause, i) => [cause, books.duplicatesOf(route, i)]),
        ) as RouteStanding['duplicates'];
        each({
          route,
          partition: job.firstPartition + p,
          sink: job.sinks[m],
          stored,
          delivered: books.deliveredUnique(route),
          lost: books.lostRecords(route) + books.openIn(route, position, Math.min(stored, logStart)),
          backlog: held + books.openIn(route, Math.max(position, logStart), stored),
          duplicates,
        });
      }
    }
  }
}

/** True when every sink has all that the topic's logs hold, or will never get it. */
export function isDrained(fleet: RouterFleet, endOf: (partition: number) => number, topic: number): boolean {
  return fleet.plan.jobs.every((job) => {
    if (job.place !== topic) return true;
    const end = job.firstRoute + job.sinks.length * job.partitions;
    for (let route = job.firstRoute; route < end; route++) {
      if (fleet.books.position(route) < endOf(fleet.partitionOfRoute[route])) return false;
    }
    return true;
  });
}

/** Age of the oldest record that the m-th sink of the job does not have, ns; 0 when it has all. */
export function oldestAgeNs(
  world: {
    readonly books: RouteBooks;
    readonly logs: (partition: number) => LogView;
    readonly nowNs: number;
  },
  job: Job,
  member: number,
): number {
  const { books, logs, nowNs } = world;
  let oldestNs = nowNs;
  for (let p = 0; p < job.partitions; p++) {
    const log = logs(job.firstPartition + p);
    const position = books.position(job.firstRoute + member * job.partitions + p);
    if (position >= log.endOffsetAt(nowNs)) continue;
    log.visit(position, position + 1, (_records, createdNs) => {
      if (createdNs < oldestNs) oldestNs = createdNs;
    });
  }
  return nowNs - oldestNs;
}

/** Lag of a sink now: records that it does not have and could still get, and the age of the oldest of them. */
export function sinkLag(
  world: {
    readonly scenario: Scenario;
    readonly fleet: RouterFleet;
    readonly logs: (partition: number) => LogView;
    readonly nowNs: number;
  },
  sink: number,
): { readonly records: number; readonly ageNs: number } {
  const { fleet, logs, nowNs } = world;
  let records = 0;
  let ageNs = 0;
  for (const job of fleet.plan.jobs) {
    const m = job.sinks.indexOf(sink);
    if (m < 0) continue;
    ageNs = Math.max(ageNs, oldestAgeNs({ books: fleet.books, logs, nowNs }, job, m));
    for (let p = 0; p < job.partitions; p++) {
      const route = job.firstRoute + m * job.partitions + p;
      const end = logs(job.firstPartition + p).endOffsetAt(nowNs);
      records += end - fleet.books.deliveredUnique(route) - fleet.books.lostRecords(route);
    }
  }
  return { records, ageNs };
}
