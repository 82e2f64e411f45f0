import { invariant } from '../../engine/invariant.ts';
import { IntervalSet } from '../../ledger/intervals.ts';
import { Histogram } from '../../measure/histogram.ts';
import type { LogView } from '../doors.ts';
import { visitGaps } from './gaps.ts';

/**
 * Why a sink got a record again. `relaunch` and `rebalance`: somebody else had fetched it before and not committed;
 * `retry`: an attempt that was given up had landed; `log-duplicate`: the log itself holds it twice.
 */
export const DUPLICATE_CAUSES = ['relaunch', 'rebalance', 'retry', 'log-duplicate'] as const;
export const RELAUNCH = 0;
export const REBALANCE = 1;
export const RETRY = 2;
const LOG_DUPLICATE = 3;
const CAUSES = DUPLICATE_CAUSES.length;

/**
 * Why a sink does not get what the log has. `refused`: it would never take it, and its router dropped it;
 * `skipped-by-reset`: a reset to the latest passed over it; `unwritten`: it was committed before it was written, and its
 * container died.
 */
export const GIVEN_UP_CAUSES = ['refused', 'skipped-by-reset', 'unwritten'] as const;
export type GivenUpCause = (typeof GIVEN_UP_CAUSES)[number];
/** `retention` had removed it before it was fetched. */
export type RouteLossCause = 'retention' | GivenUpCause;

export interface RouteLoss {
  readonly from: number;
  readonly to: number;
  readonly cause: RouteLossCause;
}

/** What sinks have, by route: the truth that routers are compared with. Nothing here hears what a router believes. */
export class RouteBooks {
  /** By sink: from when the application offered a record until the sink first showed it, ns. */
  readonly latency: readonly Histogram[];
  private readonly delivered: IntervalSet[];
  private readonly lost: (IntervalSet | null)[];
  /** Of `lost`, by cause and route: what was given up. No second copies: the log forgets which they are. */
  private readonly givenUp = new Map<GivenUpCause, Map<number, IntervalSet>>();
  private readonly duplicates: Float64Array;
  /**
   * By route, in turn: end of the highest interval delivered, beyond which all is new without looking, and the lowest
   * offset that is neither delivered nor lost.
   */
  private readonly edges: Float64Array;
  private readonly onPosition: (route: number, position: number) => void;
  private visibleNs = 0;
  private histogram: Histogram;

  constructor(options: {
    readonly sinks: number;
    readonly routes: number;
    readonly onPosition: (route: number, position: number) => void;
  }) {
    this.latency = Array.from({ length: options.sinks }, () => new Histogram());
    this.histogram = this.latency[0] ?? new Histogram();
    this.delivered = Array.from({ length: options.routes }, () => new IntervalSet());
    this.lost = Array(options.routes).fill(null);
    this.duplicates = new Float64Array(options.routes * CAUSES);
    this.edges = new Float64Array(options.routes * 2);
    this.onPosition = options.onPosition;
  }

  /**
   * [from, to) is with the sink. `cause` is why, as far as it is a copy. Hot path: positional.
   */
  deliver(route: number, sink: number, log: LogView, from: number, to: number, visibleNs: number, cause: number): void {
    this.visibleNs = visibleNs;
    this.histogram = this.latency[sink];
    const set = this.delivered[route];
    if (from >= this.edges[route * 2]) {
      this.first(route, log, from, to);
      this.edges[route * 2] = to;
      set.add(from, to);
    } else {
      visitGaps(set, { from, to }, (low, high) => this.first(route, log, low, high));
      const fresh = set.add(from, to);
      this.duplicates[route * CAUSES + cause] += to - from - fresh;
      if (to > this.edges[route * 2]) this.edges[route * 2] = to;
    }
    // A write of a container that died may land after its records were given up as lost.
    this.lost[route]?.remove(from, to);
    if (this.givenUp.size > 0) for (const sets of this.givenUp.values()) sets.get(route)?.remove(from, to);
    if (from <= this.edges[route * 2 + 1]) this.advance(route);
  }

  /** [from, to) of the log, counted as copies where it was delivered, was none. */
  noCopies(route: number, from: number, to: number): void {
    this.duplicates[route * CAUSES + LOG_DUPLICATE] -= this.delivered[route].covered(from, to);
  }

  /** [from, to) is gone: lost, as far as the sink does not have it. */
  lose(route: number, from: number, to: number): void {
    const lost = this.lost[route] ?? new IntervalSet();
    this.lost[route] = lost;
    visitGaps(this.delivered[route], { from, to }, (low, high) => lost.add(low, high));
    this.advance(route);
  }

  /** Nobody will bring [from, to), which the log has: lost, as far as the sink does not have it and it was not lost before. */
  giveUp(route: number, log: LogView, from: number, to: number, cause: GivenUpCause): void {
    const sets = this.givenUp.get(cause) ?? new Map<number, IntervalSet>();
    this.givenUp.set(cause, sets);
    const set = sets.get(route) ?? new IntervalSet();
    sets.set(route, set);
    this.visitOpen(route, { from, to }, (low, high) => {
      if (log.duplicatesIn(low, high) === 0) set.add(low, high);
      else for (let o = low; o < high; o++) if (log.duplicatesIn(o, o + 1) === 0) set.add(o, o + 1);
    });
    this.lose(route, from, to);
  }

  /** Stretches that are neither delivered nor lost. */
  visitOpen(route: number, range: { from: number; to: number }, each: (from: number, to: number) => void): void {
    const lost = this.lost[route];
    if (lost === null) visitGaps(this.delivered[route], range, each);
    else visitGaps(this.delivered[route], range, (from, to) => visitGaps(lost, { from, to }, each));
  }

  /** Lowest offset that the route still needs. */
  position(route: number): number {
    return this.edges[route * 2 + 1];
  }
  deliveredUnique(route: number): number {
    return this.delivered[route].count;
  }
  lostRecords(route: number): number {
    return this.lost[route]?.count ?? 0;
  }
  duplicatesOf(route: number, cause: number): number {
    return this.duplicates[route * CAUSES + cause];
  }
  deliveredIntervals(route: number): IntervalSet {
    return this.delivered[route];
  }
  givenUpIntervals(route: number, cause: GivenUpCause): IntervalSet | null {
    return this.givenUp.get(cause)?.get(route) ?? null;
  }
  lostIntervals(route: number): IntervalSet | null {
    return this.lost[route];
  }
  /** How many of [from, to) are neither delivered nor lost. */
  openIn(route: number, from: number, to: number): number {
    if (to <= from) return 0;
    return to - from - this.delivered[route].covered(from, to) - (this.lost[route]?.covered(from, to) ?? 0);
  }

  /** A container that had lost its partition, and didn't know, may bring what the log has forgotten: it counts, its age is lost. */
  private first(route: number, log: LogView, from: number, to: number): void {
    const known = Math.max(from, log.knownFromOffset());
    if (known >= to) return;
    log.visit(known, to, this.measure);
    this.duplicates[route * CAUSES + LOG_DUPLICATE] += log.duplicatesIn(known, to);
  }

  private readonly measure = (records: number, firstCreatedNs: number, lastCreatedNs: number): void => {
    const low = this.visibleNs - lastCreatedNs;
    invariant(low >= 0 && lastCreatedNs >= firstCreatedNs, 'a record is delivered after it was offered');
    this.histogram.recordSpread(low, this.visibleNs - firstCreatedNs, records);
  };

  private advance(route: number): void {
    const before = this.edges[route * 2 + 1];
    let at = this.delivered[route].contiguousFrom(before);
    const lost = this.lost[route];
    if (lost !== null) {
      for (let next = lost.contiguousFrom(at); next > at; next = lost.contiguousFrom(at)) {
        at = this.delivered[route].contiguousFrom(next);
      }
    }
    if (at === before) return;
    this.edges[route * 2 + 1] = at;
    this.onPosition(route, at);
  }
}
