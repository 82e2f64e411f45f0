import { RouterCore } from '../../../src/router/core.ts';
import type { RouterEffects } from '../../../src/router/effects.ts';
import type { SkipCause, WriteResult } from '../../../src/router/policy.ts';
import type { JobOptions } from './core-options.ts';
import type { Job } from './job.ts';

/** Records that a core will never fetch. */
export interface Skipped {
  readonly from: number;
  readonly to: number;
  readonly cause: SkipCause;
}

/** Where the effects of a core go. */
export interface Lanes {
  fetch(run: ContainerRun, slot: number, fromOffset: number): void;
  write(run: ContainerRun, write: number, member: number): void;
  gaveUp(run: ContainerRun, write: number, member: number): void;
  commit(run: ContainerRun, slot: number, offset: number): void;
  lost(run: ContainerRun, slot: number, range: Skipped): void;
  refused(run: ContainerRun, write: number, member: number): void;
  /** The core has had an input: its deadline may have moved. */
  touched(run: ContainerRun): void;
}

/**
 * One life of one container: a core from its launch until it dies. Dead, it hears nothing more, and is kept only for
 * what it had on its way.
 */
export class ContainerRun implements RouterEffects {
  readonly job: Job;
  /** Number over all containers. */
  readonly container: number;
  readonly zone: number;
  readonly slots: number;
  alive = true;
  /** By slot, in a group: 1 while it is this container's. Null where all are, for good. */
  private readonly owned: Uint8Array | null;
  /** What a stuck container has been told, in order; null while it is not stuck. */
  private waiting: ((nowNs: number) => void)[] | null = null;
  /** Flight of each write × sink of the job that is on its way, by write · sinks + member. */
  readonly flights: number[] = [];
  /** Credit of attempts that were given up, to be granted again after the input in progress: member, records in turn. */
  private readonly refunds: number[] = [];
  readonly core: RouterCore;
  private readonly lanes: Lanes;
  private readonly index: number;
  private readonly stride: number;
  private readonly credit: number;
  /** See `CommitPolicy.upTo`. */
  readonly commitsAhead: boolean;

  constructor(options: {
    readonly job: Job;
    /** Which of the job's containers it is. Without a group, partition p belongs to container p mod containers. */
    readonly index: number;
    readonly zone: number;
    readonly jobOptions: JobOptions;
    readonly draw: () => number;
    readonly lanes: Lanes;
    readonly nowNs: number;
  }) {
    const { job, index } = options;
    this.job = job;
    const grouped = job.spec.group !== null;
    this.index = grouped ? 0 : index;
    this.stride = grouped ? 1 : job.containers;
    this.owned = grouped ? new Uint8Array(job.partitions) : null;
    this.container = job.firstContainer + index;
    this.zone = options.zone;
    this.slots = grouped ? job.partitions : Math.ceil((job.served - index) / job.containers);
    this.lanes = options.lanes;
    this.commitsAhead = options.jobOptions.commit.upTo === 'fetched';
    this.credit = options.jobOptions.backpressure.byCredit ? job.spec.credit : 0;
    this.core = new RouterCore({ ...options.jobOptions, slots: this.slots, draw: options.draw }, this, options.nowNs);
  }

  /** Starts from what was committed; in a group, with nothing. */
  start(committed: (consumer: number) => number, nowNs: number): void {
    if (this.owned === null) {
      for (let slot = 0; slot < this.slots; slot++) this.core.assign(slot, committed(this.consumer(slot)), nowNs);
    }
    if (this.credit > 0) {
      for (let member = 0; member < this.job.sinks.length; member++) this.core.credit(this.credit, nowNs, member);
    }
    this.lanes.touched(this);
  }

  owns(slot: number): boolean {
    return this.owned === null || this.owned[slot] === 1;
  }
  take(slot: number, committed: number, nowNs: number): void {
    this.owned![slot] = 1;
    this.core.assign(slot, committed, nowNs);
    this.lanes.touched(this);
  }
  revoke(slot: number, nowNs: number): void {
    this.owned![slot] = 0;
    this.core.revoke(slot, nowNs);
    this.lanes.touched(this);
  }

  /** Does nothing any more with what it is told, until it goes on. */
  hold(): void {
    this.waiting = [];
  }
  goOn(nowNs: number): void {
    const { waiting } = this;
    this.waiting = null;
    for (const told of waiting ?? []) told(nowNs);
    this.lanes.touched(this);
  }
  get stuck(): boolean {
    return this.waiting !== null;
  }

  consumer(slot: number): number {
    return this.job.firstConsumer + this.index + slot * this.stride;
  }
  serves(consumer: number): boolean {
    const at = consumer - this.job.firstConsumer;
    return at >= 0 && at < this.job.partitions && at % this.stride === this.index;
  }
  slotOf(consumer: number): number {
    return (consumer - this.job.firstConsumer - this.index) / this.stride;
  }

  fetched(slot: number, from: number, to: number, bytes: number, nowNs: number): void {
    if (this.waiting !== null) {
      this.waiting.push((atNs) => this.fetched(slot, from, to, bytes, atNs));
      return;
    }
    this.core.fetched(slot, from, to, bytes, nowNs);
    this.lanes.touched(this);
  }
  outOfRange(slot: number, logStart: number, logEnd: number, nowNs: number): void {
    if (this.waiting !== null) {
      this.waiting.push((atNs) => this.outOfRange(slot, logStart, logEnd, atNs));
      return;
    }
    this.core.outOfRange(slot, logStart, logEnd, nowNs);
    this.lanes.touched(this);
  }
  fetchFailed(slot: number, nowNs: number): void {
    if (this.waiting !== null) {
      this.waiting.push((atNs) => this.fetchFailed(slot, atNs));
      return;
    }
    this.core.fetchFailed(slot, nowNs);
    this.lanes.touched(this);
  }
  /** A sink that grants credit grants it again with every answer: it has room for as much as it had before. */
  written(write: number, member: number, result: WriteResult, nowNs: number): void {
    if (this.waiting !== null) {
      this.waiting.push((atNs) => this.written(write, member, result, atNs));
      return;
    }
    const records = this.core.records(write);
    this.core.written(write, member, result, nowNs);
    if (this.credit > 0) this.core.credit(records, nowNs, member);
    this.lanes.touched(this);
  }
  committed(slot: number, offset: number, ok: boolean, nowNs: number): void {
    if (this.waiting !== null) {
      this.waiting.push((atNs) => this.committed(slot, offset, ok, atNs));
      return;
    }
    this.core.committed(slot, offset, ok, nowNs);
    this.lanes.touched(this);
  }
  onTime(nowNs: number): void {
    if (this.waiting !== null) {
      this.waiting.push((atNs) => this.onTime(atNs));
      return;
    }
    this.core.onTime(nowNs);
    while (this.refunds.length > 0) {
      const records = this.refunds.pop()!;
      this.core.credit(records, nowNs, this.refunds.pop()!);
    }
    this.lanes.touched(this);
  }

  fetch(slot: number, fromOffset: number): void {
    this.lanes.fetch(this, slot, fromOffset);
  }
  write(write: number, member: number): void {
    this.lanes.write(this, write, member);
  }
  gaveUp(write: number, member: number): void {
    if (this.credit > 0) this.refunds.push(member, this.core.records(write));
    this.lanes.gaveUp(this, write, member);
  }
  commit(slot: number, offset: number): void {
    this.lanes.commit(this, slot, offset);
  }
  paused(): void {}
  resumed(): void {}
  halted(): void {}
  lost(slot: number, from: number, to: number, cause: SkipCause): void {
    this.lanes.lost(this, slot, { from, to, cause });
  }
  refused(write: number, member: number): void {
    this.lanes.refused(this, write, member);
  }
}
