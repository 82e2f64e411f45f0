import { byCredit, pauseWhenFull } from './backpressure.ts';
import { commitEvery } from './commit.ts';
import { RouterCore, type RouterCoreOptions } from './core.ts';
import type { RouterEffects } from './effects.ts';
import type { CommitPolicy, OffsetReset, RouterRetryPolicy, SkipCause, WriteResult } from './policy.ts';
import { exponentialRetry } from './retry.ts';

export const RECORD_BYTES = 10;
export const MS = 1_000_000;

export interface Settings {
  readonly slots?: number;
  readonly sinks?: number;
  readonly scope?: 'container' | 'partition';
  readonly bytesMax?: number;
  readonly recordsMax?: number;
  readonly ageNs?: number;
  readonly writesInFlightMax?: number;
  readonly fetchBytesMax?: number;
  readonly bufferBytesMax?: number;
  readonly creditRecords?: number;
  readonly commitIntervalNs?: number;
  readonly commitUpTo?: 'written' | 'fetched';
  readonly writeTimeoutNs?: number;
  readonly refused?: NonNullable<RouterRetryPolicy['refused']>;
  readonly reset?: OffsetReset;
}

type Pending =
  | { readonly kind: 'fetch'; readonly slot: number; readonly from: number }
  | { readonly kind: 'write'; readonly write: number; readonly sink: number; readonly ranges: readonly Range[] }
  | { readonly kind: 'commit'; readonly slot: number; readonly offset: number };

export type Range = readonly [slot: number, from: number, to: number];

/**
 * A world as small as can be around one core: logs that are two numbers, a sink that is a list of counts, a store that
 * is a column. Answers wait in `pending` until a test gives them, in any order.
 */
export class SmallWorld implements RouterEffects {
  readonly settings: Required<Settings>;
  core: RouterCore;
  nowNs = 0;
  pending: Pending[] = [];
  readonly logStart: number[];
  readonly logEnd: number[];
  readonly stored: number[];
  /** How often each offset reached a sink: arrivals[sink][slot][offset]. */
  readonly arrivals: number[][][];
  readonly lostOffsets: Set<number>[];
  /** What a sink will never take and the core has dropped: `sink/slot/offset`. */
  readonly refusedOffsets = new Set<string>();
  /** What each slot was last asked to commit, −1 while it is not this container's. */
  asked: number[] = [];
  readonly calls: string[] = [];
  /** What the retry policy was asked: reason and attempt. */
  readonly retries: string[] = [];
  granted: number[];
  sentRecords: number[];
  writeRecords: number[] = [];
  writeBytes: number[] = [];

  constructor(settings: Settings = {}) {
    this.settings = {
      slots: 1,
      sinks: 1,
      scope: 'container',
      bytesMax: 100,
      recordsMax: Infinity,
      ageNs: 0,
      writesInFlightMax: 2,
      fetchBytesMax: 100,
      bufferBytesMax: 1000,
      creditRecords: 0,
      commitIntervalNs: 10 * MS,
      commitUpTo: 'written',
      writeTimeoutNs: 1000 * MS,
      refused: 'retry',
      reset: 'earliest',
      ...settings,
    };
    const { slots, sinks } = this.settings;
    this.logStart = Array(slots).fill(0);
    this.logEnd = Array(slots).fill(0);
    this.stored = Array(slots).fill(0);
    this.lostOffsets = Array.from({ length: slots }, () => new Set<number>());
    this.arrivals = Array.from({ length: sinks }, () => Array.from({ length: slots }, () => []));
    this.granted = Array(sinks).fill(0);
    this.sentRecords = Array(sinks).fill(0);
    this.core = this.launch();
  }

  launch(): RouterCore {
    const s = this.settings;
    const options: RouterCoreOptions = {
      slots: s.slots,
      sinks: s.sinks,
      grouping: { scope: s.scope, bytesMax: s.bytesMax, recordsMax: s.recordsMax, ageNs: s.ageNs },
      writesInFlightMax: s.writesInFlightMax,
      fetchBytesMax: s.fetchBytesMax,
      writeTimeoutNs: s.writeTimeoutNs,
      backpressure:
        s.creditRecords > 0
          ? byCredit({ bufferBytesMax: s.bufferBytesMax, creditRecords: s.creditRecords })
          : pauseWhenFull(s.bufferBytesMax),
      commit: this.countedCommits(),
      retry: this.toldRetries(),
      reset: s.reset,
      draw: () => 0.5,
    };
    this.core = new RouterCore(options, this, this.nowNs);
    this.granted = Array(s.sinks).fill(0);
    this.sentRecords = Array(s.sinks).fill(0);
    this.asked = Array(s.slots).fill(-1);
    for (let slot = 0; slot < s.slots; slot++) this.assign(slot);
    if (s.creditRecords > 0) for (let sink = 0; sink < s.sinks; sink++) this.grant(sink, s.creditRecords);
    return this.core;
  }

  private toldRetries(): RouterRetryPolicy {
    const policy = exponentialRetry({ backoffNs: MS, backoffMaxNs: 8 * MS, refused: this.settings.refused });
    return {
      ...policy,
      backoffNs: (attempt, reason, draw) => {
        this.retries.push(`${reason} ${attempt}`);
        return policy.backoffNs(attempt, reason, draw);
      },
    };
  }

  /** By time, as the settings say; the number it is asked with is held against the world's own count. */
  private countedCommits(): CommitPolicy {
    const { dueNs, ...policy } = commitEvery(this.settings.commitIntervalNs);
    return {
      ...policy,
      upTo: this.settings.commitUpTo,
      dueNs: (records, lastNs) => {
        const { core } = this;
        const ahead = this.settings.commitUpTo === 'fetched';
        const waiting = this.asked.map((asked, slot) =>
          asked < 0 ? 0 : (ahead ? core.position(slot) : core.writtenUpTo(slot)) - asked,
        );
        const sum = waiting.reduce((total, n) => total + n, 0);
        if (records !== sum) throw new Error(`${records} records are said to wait for a commit; there are ${sum}`);
        return dueNs(records, lastNs);
      },
    };
  }

  /** The slot goes to another container, which nobody plays here: what was on its way for it is forgotten. */
  revoke(slot: number): void {
    if (this.asked[slot] < 0) return;
    this.asked[slot] = -1;
    this.pending = this.pending.filter((p) => p.kind === 'write' || p.slot !== slot);
    this.core.revoke(slot, this.nowNs);
  }
  assign(slot: number): void {
    if (this.asked[slot] >= 0) return;
    this.asked[slot] = this.stored[slot];
    this.core.assign(slot, this.stored[slot], this.nowNs);
  }

  /** The container dies: writes on their way land if the test says so; fetches and commits on their way are gone. */
  crash(lands: (i: number) => boolean): void {
    const dying = this.pending;
    this.pending = [];
    dying.forEach((p, i) => {
      if (p.kind === 'write' && lands(i)) this.arrive(p.sink, p.ranges);
    });
    this.launch();
  }

  fetch(slot: number, from: number): void {
    this.calls.push(`fetch ${slot} from ${from}`);
    this.pending.push({ kind: 'fetch', slot, from });
  }
  write(write: number, sink: number, attempt: number): void {
    const ranges: Range[] = [];
    for (let r = this.core.firstRange(write); r >= 0; r = this.core.nextRange(r)) {
      ranges.push([this.core.rangeSlot(r), this.core.rangeFrom(r), this.core.rangeTo(r)]);
    }
    this.calls.push(`write ${ranges.map(([s, f, t]) => `${s}:${f}-${t}`).join(' ')} to ${sink}, attempt ${attempt}`);
    this.sentRecords[sink] += this.core.records(write);
    this.writeRecords.push(this.core.records(write));
    this.writeBytes.push(this.core.bytes(write));
    this.pending.push({ kind: 'write', write, sink, ranges });
  }
  gaveUp(write: number, sink: number): void {
    const i = this.pending.findIndex((p) => p.kind === 'write' && p.write === write && p.sink === sink);
    const [late] = this.pending.splice(i, 1);
    if (late.kind === 'write') this.arrive(sink, late.ranges);
    this.calls.push(`gave up on ${sink}`);
    if (this.settings.creditRecords > 0) this.refunds.push([sink, this.core.records(write)]);
  }
  private refunds: [number, number][] = [];
  commit(slot: number, offset: number): void {
    this.calls.push(`commit ${slot} at ${offset}`);
    this.asked[slot] = offset;
    this.pending.push({ kind: 'commit', slot, offset });
  }
  paused(slot: number): void {
    this.calls.push(`paused ${slot}`);
  }
  resumed(slot: number): void {
    this.calls.push(`resumed ${slot}`);
  }
  lost(slot: number, from: number, to: number, cause: SkipCause): void {
    this.calls.push(`${{ retention: 'lost', 'skipped-by-reset': 'skipped' }[cause]} ${slot}:${from}-${to}`);
    for (let o = from; o < to; o++) this.lostOffsets[slot].add(o);
  }
  refused(write: number, sink: number): void {
    this.calls.push(`refused by ${sink}`);
    for (let r = this.core.firstRange(write); r >= 0; r = this.core.nextRange(r)) {
      const slot = this.core.rangeSlot(r);
      for (let o = this.core.rangeFrom(r); o < this.core.rangeTo(r); o++)
        this.refusedOffsets.add(`${sink}/${slot}/${o}`);
    }
  }

  halted(slot: number): void {
    this.calls.push(`halted ${slot}`);
  }

  grant(sink: number, records: number): void {
    this.granted[sink] += records;
    this.core.credit(records, this.nowNs, sink);
  }

  /** Gives the i-th answer that is waiting. `outcome` matters for what can fail. */
  answer(i: number, outcome: WriteResult = 'ok'): void {
    const [p] = this.pending.splice(i, 1);
    if (p.kind === 'fetch') {
      if (outcome !== 'ok') this.core.fetchFailed(p.slot, this.nowNs);
      else if (p.from < this.logStart[p.slot]) {
        this.core.outOfRange(p.slot, this.logStart[p.slot], this.logEnd[p.slot], this.nowNs);
      } else {
        const most = Math.max(1, Math.floor(this.settings.fetchBytesMax / RECORD_BYTES));
        const to = Math.min(this.logEnd[p.slot], p.from + most);
        this.core.fetched(p.slot, p.from, to, (to - p.from) * RECORD_BYTES, this.nowNs);
      }
    } else if (p.kind === 'write') {
      if (outcome === 'ok') this.arrive(p.sink, p.ranges);
      const records = p.ranges.reduce((sum, [, from, to]) => sum + to - from, 0);
      this.core.written(p.write, p.sink, outcome, this.nowNs);
      if (this.settings.creditRecords > 0) this.grant(p.sink, records);
    } else {
      if (outcome === 'ok') this.stored[p.slot] = p.offset;
      if (outcome !== 'ok') this.asked[p.slot] = this.core.committedUpTo(p.slot);
      this.core.committed(p.slot, p.offset, outcome === 'ok', this.nowNs);
    }
  }

  /** Answers the oldest request of a kind. */
  answerFirst(kind: Pending['kind'], outcome: WriteResult = 'ok'): void {
    this.answer(
      this.pending.findIndex((p) => p.kind === kind),
      outcome,
    );
  }

  advance(ns: number): void {
    const until = this.nowNs + ns;
    for (let calls = 0; this.core.deadline() <= until; calls++) {
      if (calls > 100_000) throw new Error('a deadline that stays due');
      this.nowNs = Math.max(this.nowNs, this.core.deadline());
      this.core.onTime(this.nowNs);
      this.refund();
    }
    this.nowNs = until;
  }

  /**
   * Everything healthy: answers all, empty fetches too as a broker does when their wait runs out, until all is committed
   * and nothing held, not even of slots that were given up.
   */
  drain(rounds = 2000): void {
    for (let slot = 0; slot < this.stored.length; slot++) this.assign(slot);
    for (let round = 0; round < rounds; round++) {
      if (this.core.heldBytes === 0 && this.stored.every((offset, slot) => offset === this.logEnd[slot])) return;
      for (const p of [...this.pending]) {
        const i = this.pending.indexOf(p);
        if (i >= 0) this.answer(i);
      }
      this.advance(MS);
    }
    throw new Error(`does not drain: ${JSON.stringify({ stored: this.stored, end: this.logEnd })}`);
  }

  /** The laws that hold after every step. */
  check(): void {
    const { slots, sinks, bufferBytesMax, fetchBytesMax, writesInFlightMax, creditRecords } = this.settings;
    for (let slot = 0; slot < slots; slot++) {
      for (let o = 0; o < this.stored[slot]; o++) {
        for (let sink = 0; sink < sinks; sink++) {
          const isRefused = this.refusedOffsets.has(`${sink}/${slot}/${o}`);
          if (!this.arrivals[sink][slot][o] && !this.lostOffsets[slot].has(o) && !isRefused) {
            throw new Error(`committed ${this.stored[slot]} of slot ${slot}, but ${o} is not at sink ${sink}`);
          }
        }
      }
      const { core } = this;
      const ahead = this.settings.commitUpTo === 'fetched';
      const committable = ahead ? core.position(slot) : core.writtenUpTo(slot);
      if (core.committedUpTo(slot) > committable) throw new Error('committed what is not written');
      if (core.writtenUpTo(slot) > core.position(slot)) throw new Error('written what is not fetched');
    }
    if (this.core.heldBytes > Math.max(bufferBytesMax, fetchBytesMax)) throw new Error('buffer above its bound');
    if (this.core.writesInFlight > writesInFlightMax) throw new Error('too many writes in flight');
    for (let sink = 0; sink < sinks; sink++) {
      if (creditRecords > 0 && this.sentRecords[sink] > this.granted[sink]) throw new Error('sent beyond credit');
    }
  }

  private arrive(sink: number, ranges: readonly Range[]): void {
    for (const [slot, from, to] of ranges) {
      // Sent again after its slot was revoked: whose it is, the core no longer knows.
      if (slot < 0) continue;
      const counts = this.arrivals[sink][slot];
      for (let o = from; o < to; o++) counts[o] = (counts[o] ?? 0) + 1;
    }
  }

  private refund(): void {
    for (const [sink, records] of this.refunds.splice(0)) this.grant(sink, records);
  }
}
