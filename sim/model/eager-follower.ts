/** Replication event by event, each fetch and answer an event of its own: the oracle for the lazy `ReplicaSet`. */
import { invariant } from '../engine/invariant.ts';
import type { ReplicaSetOptions } from './replica-set-options.ts';

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

class EagerReplica {
  /** False before it is added, and once it is dropped. */
  member = true;
  running = true;
  inSync = true;
  /** Its log, as a follower. */
  end = 0;
  bytes = 0;
  /** The high watermark as it knows it. */
  told = 0;
  /** What it will have and know, should the answer under way arrive. */
  sentEnd = 0;
  sentBytes = 0;
  sentTold = 0;
  /** The leader's end at the latest fetch served, and whether the answer held all of it. */
  sentAll = true;
  servedNs = 0;
  /** The high watermark just before its next fetch is served, once it is that late. */
  before = 0;
  beforeNs = -1;
  /** As the leader knows it. */
  known = 0;
  caughtUpNs = 0;
  bytesPerSecond = Number.POSITIVE_INFINITY;
  bytesAtStart = 0;
  fetches = 0;
  /** Events of an earlier life are stale. */
  life = 0;
  ordinal = 0;
}

/** Replicas keep their numbers while others are added and dropped. Same life and same answers as `ReplicaSet`, at the cost of three events a fetch. Register it after what appends. */
export class EagerReplicaSet {
  leader = 0;
  private readonly engine: Scheduler;
  private readonly log: EagerLog;
  private readonly options: ReplicaSetOptions;
  private readonly replicas: EagerReplica[];
  private readonly checkKind: number;
  private readonly serveKind: number;
  private readonly joinKind: number;
  private readonly arriveKind: number;
  private readonly beforeKind: number;
  private leaderRunning = true;
  /** The leader can't tell its controller of the in-sync set. */
  private frozen = false;
  /** The leader raises its high watermark and never takes it back. */
  private raised = 0;

  /** Replicas from `members` on are added later, if at all. */
  constructor(engine: Scheduler, log: EagerLog, options: ReplicaSetOptions, members = options.phasesNs.length) {
    this.engine = engine;
    this.log = log;
    this.options = options;
    this.checkKind = engine.kind('replica-check', () => this.check());
    this.serveKind = engine.kind('replica-serve', (i, life) => this.serve(i, life));
    this.joinKind = engine.kind('replica-join', (i, life) => this.join(i, life));
    this.arriveKind = engine.kind('replica-arrive', (i, life) => this.arrive(i, life));
    this.beforeKind = engine.kind('replica-before', (i, life) => this.lookBefore(i, life));
    this.replicas = options.phasesNs.map(() => new EagerReplica());
    this.replicas.forEach((replica, i) => {
      replica.member = i < members;
      if (i === 0 || !replica.member) return;
      replica.servedNs = this.phaseNs(i) - this.periodNs(i);
      replica.caughtUpNs = replica.servedNs - this.periodNs(i);
      this.serveAt(this.phaseNs(i), i);
    });
    engine.schedule(options.checkNs, this.checkKind, 0, 0, 0);
  }

  endOf(i: number): number {
    return i === this.leader ? this.leaderEnd().end : this.replicas[i].end;
  }

  toldOf(i: number): number {
    return i === this.leader ? this.highWatermark() : this.replicas[i].told;
  }

  highWatermark(): number {
    const known = this.followers().filter(({ inSync }) => inSync);
    this.raised = Math.max(this.raised, Math.min(this.leaderEnd().end, ...known.map((each) => each.known)));
    return this.raised;
  }

  inSync(): number {
    return 1 + this.followers().filter(({ inSync }) => inSync).length;
  }

  stop(i: number): void {
    const replica = this.replicas[i];
    invariant(replica.running, 'a stopped replica does not stop');
    this.highWatermark();
    replica.running = false;
    replica.life++;
    if (i === this.leader) {
      this.leaderRunning = false;
      for (const each of this.followers()) each.life++;
    }
    this.lookAgain();
  }

  start(i: number, bytesPerSecond: number): void {
    const replica = this.replicas[i];
    invariant(!replica.running, 'a replica that runs does not start');
    replica.running = true;
    if (i !== this.leader) {
      replica.bytesPerSecond = bytesPerSecond;
      if (this.leaderRunning) this.fetchFrom(i, this.engine.nowNs + this.options.tripNs(i, this.leader));
      return;
    }
    this.leaderRunning = true;
    this.begin();
  }

  freeze(frozen: boolean): void {
    this.highWatermark();
    this.frozen = frozen;
  }

  /** A new copy: stopped, empty, out of sync. */
  add(i: number): void {
    this.highWatermark();
    this.replicas[i] = Object.assign(new EagerReplica(), { running: false, inSync: false });
  }

  drop(i: number): void {
    this.highWatermark();
    this.replicas[i].member = false;
    this.replicas[i].life++;
    this.lookAgain();
  }

  remove(i: number): void {
    this.highWatermark();
    this.replicas[i].inSync = false;
    this.lookAgain();
  }

  lead(i: number, keeps: (replica: number) => boolean, cutTail: (from: number) => number): void {
    const told = Math.min(this.toldOf(i), this.endOf(i));
    const kept = this.endOf(i);
    const old = this.leader;
    if (old !== i) {
      const { end, bytes } = this.leaderEnd();
      Object.assign(this.replicas[old], { end, bytes, told: this.highWatermark(), inSync: true });
      this.replicas[old].bytesPerSecond = Number.POSITIVE_INFINITY;
    }
    const goesOn = cutTail(kept);
    const bytes = this.log.batches.reduce((sum, batch) => sum + batch.bytes, 0);
    this.replicas.forEach((replica, j) => {
      if (j === i || !replica.member) return;
      const cut = this.options.truncation === 'epoch' ? replica.end : Math.min(replica.end, replica.told);
      replica.end = Math.min(cut, kept);
      replica.bytes = this.log.batches.reduce((sum, batch) => sum + (batch.end <= replica.end ? batch.bytes : 0), 0);
      if (replica.end === kept) Object.assign(replica, { end: goesOn, bytes });
      replica.inSync = replica.inSync && keeps(j);
      replica.known = told;
      replica.life++;
    });
    this.leader = i;
    this.leaderRunning = true;
    this.frozen = false;
    this.raised = told;
    this.replicas[i].inSync = true;
    this.begin();
  }

  /** The leader's term begins, or goes on: followers fetch, and have as long as ever until they are out of sync. */
  private begin(): void {
    this.replicas.forEach((replica, i) => {
      if (i === this.leader || !replica.member) return;
      replica.caughtUpNs = this.engine.nowNs;
      if (replica.running) this.fetchFrom(i, this.engine.nowNs + this.phaseNs(i));
    });
  }

  private followers(): EagerReplica[] {
    return this.replicas.filter(({ member }, i) => member && i !== this.leader);
  }

  private periodNs(i: number): number {
    return 2 * this.options.tripNs(i, this.leader) + this.options.processNs;
  }

  private phaseNs(i: number): number {
    return this.options.phasesNs[i] % this.periodNs(i);
  }

  private leaderEnd(): { end: number; bytes: number } {
    const there = this.log.batches.filter((batch) => batch.atNs <= this.engine.nowNs);
    return { end: there.at(-1)?.end ?? 0, bytes: there.reduce((sum, batch) => sum + batch.bytes, 0) };
  }

  private fetchFrom(i: number, atNs: number): void {
    const follower = this.replicas[i];
    follower.sentAll = false;
    follower.bytesAtStart = follower.bytes;
    follower.sentEnd = follower.end;
    follower.sentBytes = follower.bytes;
    follower.sentTold = follower.told;
    follower.fetches = 0;
    follower.before = follower.told;
    this.serveAt(atNs, i);
  }

  private serveAt(atNs: number, i: number): void {
    this.replicas[i].beforeNs = atNs - 1;
    if (atNs > this.engine.nowNs) this.at(atNs - 1, this.beforeKind, i);
    this.at(atNs, this.serveKind, i);
  }

  private lookBefore(i: number, life: number): void {
    if (life === this.replicas[i].life) this.replicas[i].before = this.highWatermark();
  }

  /** Something has changed, perhaps between the look before a fetch and the fetch. */
  private lookAgain(): void {
    for (const follower of this.followers()) {
      if (follower.beforeNs === this.engine.nowNs) follower.before = this.highWatermark();
    }
  }

  private serve(i: number, life: number): void {
    const follower = this.replicas[i];
    if (life !== follower.life) return;
    const { nowNs } = this.engine;
    // Read first, then heard: the answer tells the high watermark from before.
    follower.sentTold = follower.before;
    follower.known = follower.end;
    if (follower.sentAll) {
      follower.caughtUpNs = follower.servedNs;
      // Answers are whole from now on; a stop of the leader alone leaves it so.
      follower.bytesPerSecond = Number.POSITIVE_INFINITY;
      if (!follower.inSync) this.at(nowNs, this.joinKind, i);
    }
    follower.servedNs = nowNs;
    follower.fetches++;
    const leader = this.leaderEnd();
    const periodNs = this.periodNs(i);
    const spentNs = follower.fetches * periodNs;
    const bytesMax = follower.bytesAtStart + Math.floor((follower.bytesPerSecond * spentNs) / NS_PER_SECOND);
    follower.sentAll = follower.sentAll || bytesMax >= leader.bytes;
    follower.sentEnd = follower.end;
    follower.sentBytes = follower.bytes;
    for (const batch of this.log.batches) {
      if (batch.end <= follower.sentEnd) continue;
      if (batch.atNs > nowNs || (!follower.sentAll && follower.sentBytes + batch.bytes > bytesMax)) break;
      follower.sentEnd = batch.end;
      follower.sentBytes += batch.bytes;
    }
    this.at(nowNs + periodNs - this.options.tripNs(i, this.leader), this.arriveKind, i);
    this.serveAt(nowNs + periodNs, i);
  }

  private arrive(i: number, life: number): void {
    const follower = this.replicas[i];
    if (life !== follower.life) return;
    follower.end = follower.sentEnd;
    follower.bytes = follower.sentBytes;
    follower.told = follower.sentTold;
  }

  private join(i: number, life: number): void {
    const follower = this.replicas[i];
    if (life === follower.life && !this.frozen && !follower.inSync && follower.known >= this.highWatermark())
      follower.inSync = true;
  }

  private check(): void {
    if (this.leaderRunning && !this.frozen) {
      this.highWatermark();
      const { end } = this.leaderEnd();
      for (const follower of this.followers()) {
        const late = this.engine.nowNs - follower.caughtUpNs > this.options.lagMaxNs;
        // Whose answers are whole lacks only what came since the last one.
        const whole = follower.running && follower.sentAll;
        if (late || (!whole && end - follower.known > this.options.lagRecordsMax)) follower.inSync = false;
      }
    }
    this.engine.schedule(this.engine.nowNs + this.options.checkNs, this.checkKind, 0, 0, 0);
  }

  private at(atNs: number, kind: number, i: number): void {
    const follower = this.replicas[i];
    this.engine.schedule(atNs, kind, i, follower.ordinal++, follower.life);
  }
}
