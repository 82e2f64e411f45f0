/** When the healthy followers of a partition fetch from its leader: a grid in time for each. */
import { invariant } from '../engine/invariant.ts';
import type { FetchRhythm, LeaderLog } from './follower.ts';

export interface FetchGridOptions {
  /**
   * For each replica, in the order of the assignment: when a leader serves its first fetch; any whole number ≥ 0, such
   * as a hash: taken modulo the fetch period.
   */
  readonly phasesNs: readonly number[];
  /** One way between two replicas, by their places in the assignment. */
  readonly tripNs: (from: number, to: number) => number;
  /** Between the arrival of an answer at a follower and its next fetch. */
  readonly processNs: number;
}

/** What must be known of new copies. */
export interface Reshape {
  /** As in `phasesNs`, of the new copy at the place. */
  readonly phaseNs: (place: number) => number;
  /** One way between two replicas, by their new places. */
  readonly tripNs: (from: number, to: number) => number;
}

/** Columns of the grid, for each replica as a follower: the leader serves its fetches at first + k · period. */
const FIRST_NS = 0;
const PERIOD_NS = 1;
const TRIP_NS = 2;
const PHASE_NS = 3;
const COLUMNS = 4;

/**
 * A healthy follower's fetches are evenly spaced, so all that follows from them is arithmetic and a look into the log.
 *
 * A class to extend and not to hold: one object more a partition would be one cache miss more an append.
 */
export abstract class FetchGrid {
  replicas: number;
  /** Place of the leader in the assignment. */
  leader = 0;
  protected readonly log: LeaderLog;
  private grid: Float64Array;
  private gridOptions: FetchGridOptions;

  constructor(log: LeaderLog, options: FetchGridOptions) {
    this.log = log;
    this.gridOptions = options;
    this.replicas = options.phasesNs.length;
    this.grid = new Float64Array(this.replicas * COLUMNS);
    this.layGrid(0);
  }

  protected healthyHighWatermark(nowNs: number): number {
    let knownNs = nowNs;
    for (let i = 0; i < this.replicas; i++) {
      if (i === this.leader) continue;
      const toldNs = this.servedBy(i, nowNs) - this.grid[i * COLUMNS + PERIOD_NS];
      if (toldNs < knownNs) knownNs = toldNs;
    }
    return this.log.endOffsetAt(knownNs);
  }

  /** When the high watermark passes what is appended at the time, if all followers are healthy. */
  protected healthyCommitNs(appendAtNs: number): number {
    let committedNs = appendAtNs;
    for (let i = 0; i < this.replicas; i++) {
      if (i === this.leader) continue;
      const passedNs = this.toldNs(i, appendAtNs);
      if (passedNs > committedNs) committedNs = passedNs;
    }
    return committedNs;
  }

  /** When the leader knows that the follower has what is appended at the time. */
  protected toldNs(i: number, appendAtNs: number): number {
    const first = this.grid[i * COLUMNS + FIRST_NS];
    const period = this.grid[i * COLUMNS + PERIOD_NS];
    return first + (Math.ceil((appendAtNs - first) / period) + 1) * period;
  }

  /** When the leader served the follower's latest fetch by the time. Before the first, the grid goes on into the past. */
  protected servedBy(i: number, atNs: number): number {
    const first = this.grid[i * COLUMNS + FIRST_NS];
    const period = this.grid[i * COLUMNS + PERIOD_NS];
    return first + Math.floor((atNs - first) / period) * period;
  }

  protected periodNs(i: number): number {
    return this.grid[i * COLUMNS + PERIOD_NS];
  }

  /** From when a fetch is served until its answer is in the follower's log. */
  protected answerNs(i: number): number {
    return this.grid[i * COLUMNS + PERIOD_NS] - this.grid[i * COLUMNS + TRIP_NS];
  }

  /** The follower's fetches are spaced evenly from the one served at the time on. */
  protected anchor(i: number, servedNs: number): void {
    this.grid[i * COLUMNS + FIRST_NS] = servedNs;
  }

  protected rhythm(i: number): FetchRhythm {
    const at = i * COLUMNS;
    return { tripNs: this.grid[at + TRIP_NS], periodNs: this.grid[at + PERIOD_NS], phaseNs: this.grid[at + PHASE_NS] };
  }

  /** False when trips between the follower and its leader take another time than when its fetches were laid out. */
  fits(i: number): boolean {
    const { tripNs: trip, processNs } = this.gridOptions;
    const at = i * COLUMNS;
    const tripNs = trip(i, this.leader);
    return (
      this.grid[at + TRIP_NS] === tripNs && this.grid[at + PERIOD_NS] === tripNs + trip(this.leader, i) + processNs
    );
  }

  /** The follower's fetches take what its trips take now: it stands still meanwhile. False when they do already. */
  protected refit(i: number): boolean {
    if (this.fits(i)) return false;
    const { tripNs: trip, phasesNs, processNs } = this.gridOptions;
    const at = i * COLUMNS;
    const tripNs = trip(i, this.leader);
    const periodNs = tripNs + trip(this.leader, i) + processNs;
    this.grid[at + TRIP_NS] = tripNs;
    this.grid[at + PERIOD_NS] = periodNs;
    this.grid[at + PHASE_NS] = phasesNs[i] % periodNs;
    return true;
  }

  /** Everybody's fetches from the leader. */
  protected layGrid(fromNs: number): void {
    for (let i = 0; i < this.replicas; i++) if (i !== this.leader) this.layRow(i, fromNs);
  }

  /** The copies are others: place j was place `from[j]`, −1 for a new one. Those that stay fetch on as they did. */
  protected reshapeGrid(from: readonly number[], how: Reshape, nowNs: number): void {
    const { grid, gridOptions } = this;
    this.gridOptions = {
      processNs: gridOptions.processNs,
      phasesNs: from.map((old, i) => (old < 0 ? how.phaseNs(i) : gridOptions.phasesNs[old])),
      tripNs: how.tripNs,
    };
    this.replicas = from.length;
    this.leader = from.indexOf(this.leader);
    this.grid = new Float64Array(this.replicas * COLUMNS);
    from.forEach((old, i) => {
      if (old >= 0) this.grid.set(grid.subarray(old * COLUMNS, (old + 1) * COLUMNS), i * COLUMNS);
      else this.layRow(i, nowNs);
    });
  }

  private layRow(i: number, fromNs: number): void {
    const { tripNs: trip, phasesNs, processNs } = this.gridOptions;
    const tripNs = trip(i, this.leader);
    const periodNs = tripNs + trip(this.leader, i) + processNs;
    invariant(tripNs > 0 && processNs >= 0 && phasesNs[i] >= 0, 'a fetch takes time');
    this.grid[i * COLUMNS + FIRST_NS] = fromNs + (phasesNs[i] % periodNs);
    this.grid[i * COLUMNS + PERIOD_NS] = periodNs;
    this.grid[i * COLUMNS + TRIP_NS] = tripNs;
    this.grid[i * COLUMNS + PHASE_NS] = phasesNs[i] % periodNs;
  }
}
