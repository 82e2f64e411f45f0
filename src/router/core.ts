/**
 * The router's decisions: when to fetch, what to write together, when to send, retry, commit and push back.
 *
 * One core is one container of a job, which takes some partitions of a topic, its *slots*, to a sink. It holds no clock
 * and does nothing itself: inputs bring `now`, outputs go through `RouterEffects`, and `deadline()` tells when to be
 * called again. A core dies with its container; whoever starts the next one assigns it what the last had committed.
 *
 * What it promises, for a driver that hands in each answer once: every offset is written to every sink at least once or
 * reported lost; nothing is committed before every sink has it and all before it; bytes held, writes in flight and
 * records sent against credit stay within their bounds.
 */
import { invariant } from '../invariant.ts';
import type { RouterEffects } from './effects.ts';
import { Fetching } from './fetching.ts';
import type * as policy from './policy.ts';
import { Progress } from './progress.ts';
import { Sends } from './sends.ts';
import { WriteList } from './write-list.ts';
import { WritePool } from './write-pool.ts';

export interface RouterCoreOptions {
  readonly slots: number;
  /** Sinks that every write goes to, 1 to 31. More than one is the shared job of old, in which the slowest rules (T16). */
  readonly sinks: number;
  readonly grouping: policy.Grouping;
  readonly writesInFlightMax: number;
  /** Most that one fetch brings, bytes: room for it is kept free while it is on its way. */
  readonly fetchBytesMax: number;
  /** An attempt without answer fails after this time, ns. */
  readonly writeTimeoutNs: number;
  readonly backpressure: policy.BackpressurePolicy;
  readonly commit: policy.CommitPolicy;
  readonly retry: policy.RouterRetryPolicy;
  readonly reset: policy.OffsetReset;
  /** Uniform in [0, 1): spreads retries. Handed in so that a run can be replayed. */
  readonly draw: () => number;
}

const UNASSIGNED = 0;
const ASSIGNED = 1;

export class RouterCore {
  // Each setting by itself: `options` is often a spread, whose hidden class may be its own, and then each read of it is slow.
  private readonly sinks: number;
  private readonly grouping: policy.Grouping;
  private readonly retry: policy.RouterRetryPolicy;
  private readonly reset: policy.OffsetReset;
  private readonly draw: () => number;
  private readonly byCredit: boolean;
  private readonly effects: RouterEffects;
  private readonly recordsMax: number;
  private readonly pool = new WritePool();
  private readonly opened: WriteList;
  private readonly ready: WriteList;
  private readonly progress: Progress;
  private readonly sends: Sends;
  private readonly fetching: Fetching;
  /** The open write of each slot, or of the container in element 0; −1 without one. */
  private readonly open: Int32Array;
  private readonly assigned: Uint8Array;
  private closing = false;
  /** The time of the input in progress: for callbacks that are made once instead of for each call. */
  private nowNs: number;

  constructor(options: RouterCoreOptions, effects: RouterEffects, nowNs: number) {
    invariant(options.slots >= 1, 'a container has at least one slot');
    invariant(options.sinks >= 1 && options.sinks <= 31, 'a job writes to 1 to 31 sinks');
    invariant(options.writesInFlightMax >= 1, 'at least one write in flight');
    const { grouping, backpressure, slots, sinks } = options;
    this.sinks = sinks;
    this.grouping = grouping;
    this.retry = options.retry;
    this.reset = options.reset;
    this.draw = options.draw;
    this.byCredit = backpressure.byCredit;
    this.effects = effects;
    this.nowNs = nowNs;
    this.recordsMax = Math.min(grouping.recordsMax, backpressure.writeRecordsMax);
    invariant(this.recordsMax >= 1 && grouping.bytesMax >= 1, 'a write has room for a record');
    this.opened = new WriteList(this.pool);
    this.ready = new WriteList(this.pool);
    this.progress = new Progress(this.pool, options.commit, slots, nowNs);
    this.sends = new Sends({
      pool: this.pool,
      sinks,
      inFlightMax: options.writesInFlightMax,
      timeoutNs: options.writeTimeoutNs,
      byCredit: backpressure.byCredit,
    });
    this.fetching = new Fetching({ policy: backpressure, fetchBytesMax: options.fetchBytesMax, slots });
    this.open = new Int32Array(grouping.scope === 'partition' ? slots : 1).fill(-1);
    this.assigned = new Uint8Array(slots);
  }

  /** The slot is this container's from here on, beginning at what was committed for it. */
  assign(slot: number, committedOffset: number, nowNs: number): void {
    this.enter(nowNs);
    invariant(this.assigned[slot] === UNASSIGNED, 'a slot is assigned once until it is revoked');
    this.assigned[slot] = ASSIGNED;
    this.progress.assign(slot, committedOffset);
    this.fetchNext(slot);
  }

  /**
   * The slot is no longer this container's. What it has fetched is still written, but not committed: it comes again from
   * the next owner. Answers to a fetch or commit of the slot that are on their way must not be handed in any more.
   */
  revoke(slot: number, nowNs: number): void {
    this.enter(nowNs);
    invariant(this.assigned[slot] === ASSIGNED, 'a slot is revoked that was assigned');
    this.assigned[slot] = UNASSIGNED;
    this.progress.revoke(slot);
    this.fetching.drop(slot);
    if (this.grouping.scope === 'partition' && this.open[slot] >= 0) this.seal(this.open[slot]);
    this.pump();
  }

  /** The fetch brought [from, to), `bytes` in all; nothing when from = to. */
  fetched(slot: number, from: number, to: number, bytes: number, nowNs: number): void {
    this.enter(nowNs);
    this.fetching.answered(slot);
    invariant(from === this.progress.position(slot) && to >= from, 'a fetch brings what was asked, in order');
    if (to > from) {
      this.fetching.heldBytes += bytes;
      this.progress.fetched(slot, to);
      this.group(slot, from, to, bytes);
    }
    this.fetchNext(slot);
    this.pump();
  }

  /** The offset asked for is not in the log, which holds [logStart, logEnd) now: goes on where the reset says. */
  outOfRange(slot: number, logStart: number, logEnd: number, nowNs: number): void {
    const position = this.progress.position(slot);
    if (logStart <= position) {
      // The log ends before what was asked for: it may be on its way back, so ask again rather than go back.
      this.fetchFailed(slot, nowNs);
      return;
    }
    this.enter(nowNs);
    this.fetching.answered(slot);
    if (this.reset === 'none') this.effects.halted(slot);
    else {
      const next = this.reset === 'latest' ? Math.max(logStart, logEnd) : logStart;
      this.progress.skip(slot, next);
      this.effects.lost(slot, position, logStart, 'retention');
      if (next > logStart) this.effects.lost(slot, logStart, next, 'skipped-by-reset');
      this.fetchNext(slot);
    }
    this.pump();
  }

  fetchFailed(slot: number, nowNs: number): void {
    this.enter(nowNs);
    const attempts = this.fetching.failed(slot);
    this.fetching.backOff(slot, nowNs + this.backoffNs(attempts, 'fetch'));
    this.pump();
  }

  /** The sink's answer to a send that was not given up. */
  written(write: number, sink: number, result: policy.WriteResult, nowNs: number): void {
    this.enter(nowNs);
    const dropped = result === 'refused' && this.retry.refused === 'drop';
    if (dropped) this.effects.refused(write, sink);
    if (dropped || result === 'ok') {
      this.sends.succeeded(write, sink);
      if (this.pool.acknowledge(write) === 0) this.complete(write);
    } else {
      this.sends.retryAt(write, sink, nowNs + this.backoffNs(this.sends.attempts(write, sink), result));
    }
    this.pump();
  }

  /** The sink asks for `records` more. Only under a policy by credit. */
  credit(records: number, nowNs: number, sink = 0): void {
    this.enter(nowNs);
    invariant(this.byCredit, 'credit is granted under a policy by credit');
    this.sends.grant(sink, records);
    this.pump();
  }

  /** The store's answer to a commit. */
  committed(slot: number, offset: number, ok: boolean, nowNs: number): void {
    this.enter(nowNs);
    if (ok) this.progress.committedUpTo(slot, offset);
    else this.progress.holdUntil(nowNs + this.backoffNs(this.progress.commitFailed(slot), 'commit'));
  }

  /** Does what is due. Harmless when nothing is. */
  onTime(nowNs: number): void {
    this.enter(nowNs);
    if (this.sends.dueNs <= nowNs) this.sends.onTime(nowNs, this.timedOut);
    if (this.fetching.dueNs <= nowNs) this.fetching.onTime(nowNs, this.fetchAgain);
    this.pump();
    if (this.progress.dueNs() <= nowNs) this.progress.commitAll(nowNs, this.commitOne);
  }

  /** When `onTime` has to be called next, ns; `Infinity` when only an answer can bring the core further. */
  deadline(): number {
    let due = this.sends.dueNs;
    if (this.fetching.dueNs < due) due = this.fetching.dueNs;
    const commitNs = this.progress.dueNs();
    if (commitNs < due) due = commitNs;
    const first = this.opened.first;
    if (first >= 0 && !this.sends.full) {
      const ageNs = this.pool.openedNs(first) + this.grouping.ageNs;
      if (ageNs < due) due = ageNs;
    }
    return due;
  }

  /** Commits what is written now instead of at the next interval: before a planned stop. */
  flushCommits(nowNs: number): void {
    this.enter(nowNs);
    this.progress.commitAll(nowNs, this.commitOne);
  }

  /** Reads what inputs read, to have it in the processor's cache: for a driver of thousands of cores. Means nothing. */
  foresee(): number {
    return this.fetching.foresee() + this.progress.foresee() + this.sends.foresee() + this.pool.foresee();
  }

  /** Fetches no more and sends what is held, whatever its age. `drained` tells when it is all written. */
  close(nowNs: number): void {
    this.enter(nowNs);
    this.closing = true;
    while (this.opened.first >= 0) this.seal(this.opened.first);
    this.pump();
  }

  get drained(): boolean {
    return this.opened.first < 0 && this.sends.inFlightCount === 0;
  }

  /** Next offset to fetch. */
  position(slot: number): number {
    return this.progress.position(slot);
  }
  /** Everything below it is with every sink or lost. */
  writtenUpTo(slot: number): number {
    return this.progress.written(slot);
  }
  committedUpTo(slot: number): number {
    return this.progress.committed(slot);
  }
  /** Bytes that are fetched and not yet with every sink. */
  get heldBytes(): number {
    return this.fetching.heldBytes;
  }
  get writesInFlight(): number {
    return this.sends.inFlightCount;
  }
  creditOf(sink: number): number {
    return this.sends.credit(sink);
  }

  records(write: number): number {
    return this.pool.records(write);
  }
  bytes(write: number): number {
    return this.pool.bytes(write);
  }
  /** The ranges of a write: `for (let r = core.firstRange(w); r >= 0; r = core.nextRange(r))`. */
  firstRange(write: number): number {
    return this.pool.firstRange(write);
  }
  nextRange(range: number): number {
    return this.pool.next(range);
  }
  /** Of a slot that has been revoked since, too: its ranges are still written. */
  rangeSlot(range: number): number {
    return this.pool.slot(range);
  }
  rangeFrom(range: number): number {
    return this.pool.from(range);
  }
  rangeTo(range: number): number {
    return this.pool.to(range);
  }

  /** Ranges of a slot that are fetched and not yet below `writtenUpTo`, in order of offsets. */
  visitHeld(slot: number, each: (from: number, to: number) => void): void {
    for (let r = this.progress.head(slot); r >= 0; r = this.pool.slotNext(r)) each(this.pool.from(r), this.pool.to(r));
  }

  private enter(nowNs: number): void {
    invariant(nowNs >= this.nowNs, 'time does not go back');
    this.nowNs = nowNs;
  }

  private fetchNext(slot: number): void {
    if (this.closing) return;
    if (this.fetching.ask(slot)) this.effects.fetch(slot, this.progress.position(slot));
    else this.effects.paused(slot);
  }

  /** Puts a fetched range into writes, cut where a write is full. A record larger than a write goes alone. */
  private group(slot: number, from: number, to: number, bytes: number): void {
    const { bytesMax, scope } = this.grouping;
    const key = scope === 'partition' ? slot : 0;
    while (from < to) {
      let write = this.open[key];
      if (write < 0) {
        write = this.pool.open(this.nowNs, this.sinks);
        this.open[key] = write;
        this.opened.push(write);
      }
      const had = this.pool.records(write);
      const roomBytes = bytesMax - this.pool.bytes(write);
      const records = to - from;
      let n = bytes <= roomBytes ? records : Math.floor((roomBytes * records) / bytes);
      if (n > this.recordsMax - had) n = this.recordsMax - had;
      if (n <= 0 && had > 0) {
        this.seal(write);
        continue;
      }
      if (n <= 0) n = 1;
      const part = Math.floor((bytes * n) / records);
      const range = this.pool.append(write, slot, from, from + n, part);
      if (range >= 0) this.progress.add(slot, range);
      from += n;
      bytes -= part;
      if (had + n >= this.recordsMax || this.pool.bytes(write) >= bytesMax) this.seal(write);
    }
    // A closing core takes what was already on its way and holds it no longer than it must.
    if (this.closing && this.open[key] >= 0) this.seal(this.open[key]);
  }

  private seal(write: number): void {
    let key = 0;
    while (this.open[key] !== write) key++;
    this.open[key] = -1;
    this.opened.remove(write);
    this.ready.push(write);
  }

  /** Starts writes while there are places, sends what credit allows, and asks for more where there is room again. */
  private pump(): void {
    const { sends, fetching } = this;
    while (!sends.full) {
      let write = this.ready.first;
      if (write < 0) {
        const oldest = this.opened.first;
        if (oldest < 0) break;
        const due = this.pool.openedNs(oldest) + this.grouping.ageNs <= this.nowNs;
        // A buffer that is full of writes too small or too young to go would wait for room that nobody makes.
        if (!due && !(fetching.starved && sends.inFlightCount === 0)) break;
        this.seal(oldest);
        write = oldest;
      }
      this.ready.remove(write);
      sends.begin(write);
    }
    for (let sink = 0; sink < this.sinks; sink++) {
      for (let write = sends.takeNext(sink, this.nowNs); write >= 0; write = sends.takeNext(sink, this.nowNs)) {
        this.effects.write(write, sink, sends.attempts(write, sink));
      }
    }
    if (this.closing) return;
    for (let slot = fetching.takeWaiting(); slot >= 0; slot = fetching.takeWaiting()) {
      this.effects.resumed(slot);
      this.effects.fetch(slot, this.progress.position(slot));
    }
  }

  private complete(write: number): void {
    this.sends.end(write);
    this.fetching.heldBytes -= this.pool.bytes(write);
    invariant(this.fetching.heldBytes >= 0, 'bytes held do not go below nothing');
    for (let range = this.pool.firstRange(write); range >= 0; ) {
      const next = this.pool.next(range);
      this.progress.complete(range);
      range = next;
    }
    this.pool.release(write);
  }

  private backoffNs(attempt: number, reason: policy.RetryReason): number {
    const wait = this.retry.backoffNs(attempt, reason, this.draw());
    invariant(wait >= 0, 'a retry policy answers with a time to wait');
    return wait;
  }

  private readonly timedOut = (write: number, sink: number): void => {
    this.effects.gaveUp(write, sink);
    const attempts = this.sends.attempts(write, sink);
    this.sends.retryAt(write, sink, this.nowNs + this.backoffNs(attempts, 'timed-out'));
  };

  private readonly fetchAgain = (slot: number): void => this.fetchNext(slot);

  private readonly commitOne = (slot: number, offset: number): void => {
    const { progress } = this;
    invariant(
      offset <= progress.committable(slot) && offset >= progress.committed(slot),
      'only what the policy allows is committed',
    );
    this.effects.commit(slot, offset);
  };
}
