/** Replication event by event, each fetch and answer an event of its own: the oracle for the lazy `ReplicaSet`. */
import { invariant } from '../engine/invariant.ts';
import type { ReplicaSetOptions } from './replication.ts';

/** The part of the engine that is used. Kinds registered earlier win ties in time. */
export interface Scheduler {
  readonly nowNs: number;
  kind(name: string, handler: (entity: number, data: number) => void): number;
  schedule(atNs: number, kind: number, entity: number, ordinal: number, data: number): void;
}

/** Appends in order, those dated after the present included. */
export interface EagerLog {
  readonly batches: readonly { readonly end: number; readonly atNs: number; readonly bytes: number }[];
}

const NS_PER_SECOND = 1_000_000_000;

class EagerFollower {
  running = true;
  inSync = true;
  /** Its log. */
  end = 0;
  bytes = 0;
  /** Its log, should the answer under way arrive. */
  sentEnd = 0;
  sentBytes = 0;
  /** The leader's end at the latest fetch served, and whether the answer held all of it. */
  sentAll = true;
  servedNs: number;
  /** As the leader knows it. */
  known = 0;
  caughtUpNs: number;
  bytesPerSecond = Number.POSITIVE_INFINITY;
  bytesAtStart = 0;
  fetches = 0;
  /** Events of an earlier life are stale. */
  life = 0;
  ordinal = 0;
  readonly tripNs: number;
  readonly periodNs: number;
  readonly phaseNs: number;

  constructor(tripNs: number, periodNs: number, phaseNs: number) {
    this.tripNs = tripNs;
    this.periodNs = periodNs;
    this.phaseNs = phaseNs;
    this.servedNs = phaseNs - periodNs;
    this.caughtUpNs = phaseNs - 2 * periodNs;
  }
}

/** Same life and same answers as `ReplicaSet`, at the cost of three events a fetch. Register it after what appends. */
export class EagerReplicaSet {
  private readonly engine: Scheduler;
  private readonly log: EagerLog;
  private readonly lagMaxNs: number;
  private readonly followers: EagerFollower[];
  private readonly checkKind: number;
  private readonly serveKind: number;
  private readonly joinKind: number;
  private readonly arriveKind: number;
  private leaderRunning = true;

  constructor(engine: Scheduler, log: EagerLog, options: ReplicaSetOptions) {
    this.engine = engine;
    this.log = log;
    this.lagMaxNs = options.lagMaxNs;
    this.checkKind = engine.kind('replica-check', () => this.check());
    this.serveKind = engine.kind('replica-serve', (i, life) => this.serve(i, life));
    this.joinKind = engine.kind('replica-join', (i, life) => this.join(i, life));
    this.arriveKind = engine.kind('replica-arrive', (i, life) => this.arrive(i, life));
    this.followers = options.followers.map(({ tripNs, phaseNs }) => {
      const periodNs = 2 * tripNs + options.processNs;
      return new EagerFollower(tripNs, periodNs, phaseNs % periodNs);
    });
    this.followers.forEach((follower, i) => {
      this.at(follower.phaseNs, this.serveKind, i);
    });
    engine.schedule(this.checkNs, this.checkKind, 0, 0, 0);
  }

  followerEnd(i: number): number {
    return this.followers[i].end;
  }

  highWatermark(): number {
    const known = this.followers.filter((follower) => follower.inSync).map((follower) => follower.known);
    return Math.min(this.leader().end, ...known);
  }

  inSync(): number {
    return 1 + this.followers.filter((follower) => follower.inSync).length;
  }

  stopFollower(i: number): void {
    const follower = this.followers[i];
    invariant(follower.running, 'a stopped follower does not stop');
    follower.running = false;
    follower.life++;
  }

  startFollower(i: number, bytesPerSecond: number): void {
    const follower = this.followers[i];
    invariant(!follower.running, 'a follower that runs does not start');
    follower.running = true;
    follower.bytesPerSecond = bytesPerSecond;
    if (this.leaderRunning) this.fetchFrom(i, this.engine.nowNs + follower.tripNs);
  }

  stopLeader(): void {
    this.leaderRunning = false;
    for (const follower of this.followers) follower.life++;
  }

  startLeader(): void {
    this.leaderRunning = true;
    this.followers.forEach((follower, i) => {
      follower.caughtUpNs = this.engine.nowNs;
      if (follower.running) this.fetchFrom(i, this.engine.nowNs + follower.phaseNs);
    });
  }

  private get checkNs(): number {
    return Math.ceil(this.lagMaxNs / 2);
  }

  private leader(): { end: number; bytes: number } {
    const there = this.log.batches.filter((batch) => batch.atNs <= this.engine.nowNs);
    return { end: there.at(-1)?.end ?? 0, bytes: there.reduce((sum, batch) => sum + batch.bytes, 0) };
  }

  private fetchFrom(i: number, atNs: number): void {
    const follower = this.followers[i];
    follower.sentAll = false;
    follower.bytesAtStart = follower.bytes;
    follower.sentEnd = follower.end;
    follower.sentBytes = follower.bytes;
    follower.fetches = 0;
    this.at(atNs, this.serveKind, i);
  }

  private serve(i: number, life: number): void {
    const follower = this.followers[i];
    if (life !== follower.life) return;
    follower.known = follower.end;
    if (follower.sentAll) {
      follower.caughtUpNs = follower.servedNs;
      // Answers are whole from now on; a stop of the leader alone leaves it so.
      follower.bytesPerSecond = Number.POSITIVE_INFINITY;
      if (!follower.inSync) this.at(this.engine.nowNs, this.joinKind, i);
    }
    follower.servedNs = this.engine.nowNs;
    follower.fetches++;
    const leader = this.leader();
    const spentNs = follower.fetches * follower.periodNs;
    const bytesMax = follower.bytesAtStart + Math.floor((follower.bytesPerSecond * spentNs) / NS_PER_SECOND);
    follower.sentAll = follower.sentAll || bytesMax >= leader.bytes;
    follower.sentEnd = follower.end;
    follower.sentBytes = follower.bytes;
    for (const batch of this.log.batches) {
      if (batch.end <= follower.sentEnd) continue;
      if (batch.atNs > this.engine.nowNs || (!follower.sentAll && follower.sentBytes + batch.bytes > bytesMax)) break;
      follower.sentEnd = batch.end;
      follower.sentBytes += batch.bytes;
    }
    this.at(this.engine.nowNs + follower.periodNs - follower.tripNs, this.arriveKind, i);
    this.at(this.engine.nowNs + follower.periodNs, this.serveKind, i);
  }

  private arrive(i: number, life: number): void {
    const follower = this.followers[i];
    if (life !== follower.life) return;
    follower.end = follower.sentEnd;
    follower.bytes = follower.sentBytes;
  }

  private join(i: number, life: number): void {
    const follower = this.followers[i];
    if (life === follower.life && !follower.inSync && follower.known >= this.highWatermark()) follower.inSync = true;
  }

  private check(): void {
    if (this.leaderRunning) {
      for (const follower of this.followers) {
        if (this.engine.nowNs - follower.caughtUpNs > this.lagMaxNs) follower.inSync = false;
      }
    }
    this.engine.schedule(this.engine.nowNs + this.checkNs, this.checkKind, 0, 0, 0);
  }

  private at(atNs: number, kind: number, i: number): void {
    const follower = this.followers[i];
    this.engine.schedule(atNs, kind, i, follower.ordinal++, follower.life);
  }
}
