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
export const LOG_DUPLICATE = 3;
const CAUSES = DUPLICATE_CAUSES.length;

/** What sinks have, by route: the truth that routers are compared with. Nothing here hears what a router believes. */
export class RouteBooks {
  /** By sink: from when the application offered a record until the sink first showed it, ns. */
  readonly latency: readonly Histogram[];
  private readonly delivered: IntervalSet[];
  private readonly lost: (IntervalSet | null)[];
  /** Of `lost`: what the sink would never take, and its router dropped. */
  private readonly refused = new Map<number, IntervalSet>();
  /** Of what is lost: what a reset to the latest passed over. */
  private readonly skipped: (IntervalSet | null)[];
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
    this.skipped = Array(options.routes).fill(null);
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
    if (this.refused.size > 0) this.refused.get(route)?.remove(from, to);
    this.skipped[route]?.remove(from, to);
    if (from <= this.edges[route * 2 + 1]) this.advance(route);
  }

  /** [from, to) is gone: lost, as far as the sink does not have it. */
  lose(route: number, from: number, to: number): void {
    const lost = this.lost[route] ?? new IntervalSet();
    this.lost[route] = lost;
    visitGaps(this.delivered[route], { from, to }, (low, high) => lost.add(low, high));
    this.advance(route);
  }

  /** The sink will never take [from, to), and its router has dropped it: lost, as far as the sink does not have it. */
  refuse(route: number, from: number, to: number): void {
    const refused = this.refused.get(route) ?? new IntervalSet();
    this.refused.set(route, refused);
    // What is lost already is lost by that.
    visitGaps(this.delivered[route], { from, to }, (low, high) => {
      const lost = this.lost[route];
      if (lost === null) refused.add(low, high);
      else visitGaps(lost, { from: low, to: high }, (each, end) => refused.add(each, end));
    });
    this.lose(route, from, to);
  }

  /** A reset to the latest passed over [from, to): lost, though the log had it. Second copies in it aren't counted as skipped. */
  skip(route: number, log: LogView, from: number, to: number): void {
    const skipped = this.skipped[route] ?? new IntervalSet();
    this.skipped[route] = skipped;
    const fresh: [number, number][] = [];
    visitGaps(this.delivered[route], { from, to }, (low, high) => {
      const lost = this.lost[route];
      if (lost === null) fresh.push([low, high]);
      else visitGaps(lost, { from: low, to: high }, (l, h) => fresh.push([l, h]));
    });
    for (const [low, high] of fresh) {
      if (log.duplicatesIn(low, high) === 0) skipped.add(low, high);
      else for (let o = low; o < high; o++) if (log.duplicatesIn(o, o + 1) === 0) skipped.add(o, o + 1);
    }
    this.lose(route, from, to);
  }

  /** A change of leader took [from, to) away: whatever else had made the route miss it counts no more. */
  loseTail(route: number, from: number, to: number): void {
    this.skipped[route]?.remove(from, to);
    this.lose(route, from, to);
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
  refusedIntervals(route: number): IntervalSet | null {
    return this.refused.get(route) ?? null;
  }
  lostIntervals(route: number): IntervalSet | null {
    return this.lost[route];
  }
  /** Of the lost records: what a reset to the latest passed over. */
  skippedRecords(route: number): number {
    return this.skipped[route]?.count ?? 0;
  }
  isSkipped(route: number, offset: number): boolean {
    return (this.skipped[route]?.covered(offset, offset + 1) ?? 0) > 0;
  }
  /** How many of [from, to) are neither delivered nor lost. */
  openIn(route: number, from: number, to: number): number {
    if (to <= from) return 0;
    return to - from - this.delivered[route].covered(from, to) - (this.lost[route]?.covered(from, to) ?? 0);
  }

  private first(route: number, log: LogView, from: number, to: number): void {
    log.visit(from, to, this.measure);
    this.duplicates[route * CAUSES + LOG_DUPLICATE] += log.duplicatesIn(from, to);
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
