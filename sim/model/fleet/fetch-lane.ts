import type { Engine } from '../../engine/engine.ts';
import { hash32, hashString } from '../../engine/hash.ts';
import { invariant } from '../../engine/invariant.ts';
import { FETCH_DISCONNECTED, FETCH_OK, type FetchDoor, type FetchListener } from '../doors.ts';
import { sentAgainNs } from '../retransmission.ts';
import type { Ways } from '../ways.ts';
import type { ContainerRun } from './container-run.ts';
import type { FleetTopology } from './job.ts';

const PARTITION = 0;
const FROM = 1;
const TO = 2;
const BYTES = 3;
const STATUS = 4;
/** Status of an answer whose TO and BYTES are start and end of the log. */
const OUT_OF_RANGE = -1;
/** Trips so far: what draws of their jitter and ties in time go by. */
const ORDINAL = 5;
/** 1 when its partition has been taken from who asked: the answer is for nobody. */
const STALE = 6;
/** When it was sent. */
const SENT_NS = 7;
const C = 8;

/** AK consumer `request.timeout.ms`: a fetch without an answer costs the connection. */
const FETCH_TIMEOUT_NS = 30_000_000_000;

/** A fetch of one partition, or an answer without records. */
const FETCH_BYTES = 100;

/** Takes fetches to brokers and answers back. A consumer has one fetch on its way at most, across relaunches too. */
export class FetchLane implements FetchListener {
  private readonly engine: Engine;
  private readonly topology: FleetTopology;
  private readonly door: FetchDoor;
  private readonly ways: Ways;
  /** Consumers whose answers are lost on a cut way, and since when. */
  private readonly lost = new Map<number, number>();
  /** Consumers whose fetch or answer would be there, had it not been held up; 1 if too long for its connection. */
  private readonly late = new Map<number, 0 | 1>();
  private readonly identity: number;
  private readonly arriveKind: number;
  private readonly answerKind: number;
  /** All columns of a consumer side by side: at tens of thousands of consumers each other line is a cache miss. */
  private readonly columns: Float64Array;
  /** What was read ahead: means nothing, but what is read has to go somewhere. */
  foreseen = 0;
  private readonly asking: (ContainerRun | null)[];
  /** A relaunched container that has to wait until the fetch of the one before has come back. */
  private readonly waiting: (ContainerRun | null)[];

  constructor(options: {
    readonly engine: Engine;
    readonly topology: FleetTopology;
    readonly door: FetchDoor;
    readonly seed: number;
    readonly consumers: number;
    readonly ways: Ways;
  }) {
    const { engine, consumers } = options;
    this.engine = engine;
    this.topology = options.topology;
    this.door = options.door;
    this.ways = options.ways;
    this.identity = hash32(options.seed, hashString('router fetch'), 0);
    this.arriveKind = engine.kind(
      'router fetch arrives',
      (consumer) => this.arrive(consumer),
      (consumers, _, count) => this.foresee(consumers, count),
    );
    this.answerKind = engine.kind(
      'router fetch answered',
      (consumer) => this.answer(consumer),
      (consumers, _, count) => this.foresee(consumers, count),
    );
    this.columns = new Float64Array(consumers * C);
    this.asking = Array(consumers).fill(null);
    this.waiting = Array(consumers).fill(null);
  }

  setPartition(consumer: number, partition: number): void {
    this.columns[consumer * C + PARTITION] = partition;
  }

  ask(run: ContainerRun, consumer: number, fromOffset: number): void {
    if (this.asking[consumer] !== null) {
      const stale = this.columns[consumer * C + STALE] === 1;
      invariant(this.asking[consumer] !== run || stale, 'a container asks once for each partition');
      this.waiting[consumer] = run;
      return;
    }
    this.asking[consumer] = run;
    this.columns[consumer * C + FROM] = fromOffset;
    this.columns[consumer * C + SENT_NS] = this.engine.nowNs;
    const brokerZone = this.zoneOfLeader(consumer);
    this.engine.schedule(
      this.engine.nowNs + this.tripNs(run.zone, brokerZone, consumer),
      this.arriveKind,
      consumer,
      this.columns[consumer * C + ORDINAL],
      0,
    );
  }

  /** The partition is not the run's any more. */
  forget(run: ContainerRun, consumer: number): void {
    if (this.asking[consumer] === run) this.columns[consumer * C + STALE] = 1;
    if (this.waiting[consumer] === run) this.waiting[consumer] = null;
  }

  onOutOfRange(consumer: number, from: number, logStart: number, logEnd: number, departNs: number): void {
    this.onFetched(consumer, OUT_OF_RANGE, from, logStart, logEnd, departNs);
  }

  onFetched(consumer: number, status: number, from: number, to: number, bytes: number, departNs: number): void {
    const run = this.asking[consumer];
    invariant(run !== null, 'an answer belongs to a fetch');
    invariant(departNs >= this.engine.nowNs && from === this.columns[consumer * C + FROM], 'an answer fits its fetch');
    this.columns[consumer * C + STATUS] = status;
    this.columns[consumer * C + TO] = to;
    this.columns[consumer * C + BYTES] = bytes;
    const atNs = departNs + this.tripNs(this.zoneOfLeader(consumer), run.zone, consumer);
    this.engine.schedule(atNs, this.answerKind, consumer, this.columns[consumer * C + ORDINAL], 0);
  }

  /** Reads what the next step of the consumers' fetches will read, to have it in cache. */
  private foresee(consumers: Int32Array, count: number): void {
    let read = 0;
    for (let i = 0; i < count; i++) read += this.columns[consumers[i] * C];
    for (let i = 0; i < count; i++) read += this.asking[consumers[i]]?.core.foresee() ?? 0;
    this.foreseen += read;
  }

  /** True when the fetch, or its answer, is lost: it comes at a later turn, or its time is up. */
  private loses(consumer: number, which: 'fetch' | 'answer'): boolean {
    const { ways, engine } = this;
    const here = ways.routers(this.asking[consumer]!.zone);
    const there = ways.broker(this.topology.partitionLeader[this.columns[consumer * C + PARTITION]]);
    const sentNs = this.columns[consumer * C + SENT_NS];
    const sinceNs = ways.brokenSinceNs(here, there);
    if (sinceNs === Infinity) return false;
    const { nowNs } = engine;
    // Once a fetch has cost its connection there is no other while one of both ways is cut.
    const closed = sentNs >= sinceNs + FETCH_TIMEOUT_NS;
    if (!closed && !(which === 'fetch' ? ways.isCut(here, there) : ways.isCut(there, here))) return false;
    const endsNs = sentNs + FETCH_TIMEOUT_NS;
    if (nowNs >= endsNs) {
      this.columns[consumer * C + STATUS] = FETCH_DISCONNECTED;
      if (which === 'answer') return false;
      this.answer(consumer, true);
      return true;
    }
    if (which === 'answer' && !this.lost.has(consumer)) this.lost.set(consumer, nowNs);
    const leftNs = which === 'fetch' ? sentNs : this.lost.get(consumer)!;
    const atNs = Math.min(sentAgainNs(leftNs, nowNs), endsNs);
    const kind = which === 'fetch' ? this.arriveKind : this.answerKind;
    engine.schedule(atNs, kind, consumer, this.columns[consumer * C + ORDINAL], 0);
    return true;
  }

  /** True when the fetch or its answer is held up: packets are late, or lost and sent again. It comes later, or its time is up. */
  private isLate(consumer: number, which: 'fetch' | 'answer'): boolean {
    const { ways, engine, topology } = this;
    const row = consumer * C;
    const heldUp = this.late.get(consumer);
    if (heldUp !== undefined) {
      this.late.delete(consumer);
      if (heldUp === 1) this.columns[row + STATUS] = FETCH_DISCONNECTED;
      if (heldUp === 1 && which === 'fetch') this.answer(consumer, true);
      return heldUp === 1 && which === 'fetch';
    }
    const { zone } = this.asking[consumer]!;
    const here = ways.routers(zone);
    const there = ways.broker(topology.partitionLeader[this.columns[row + PARTITION]]);
    const message = {
      bytes: which === 'fetch' || this.columns[row + STATUS] !== FETCH_OK ? FETCH_BYTES : this.columns[row + BYTES],
      baseNs: topology.baseNs(zone, this.zoneOfLeader(consumer)),
      draw: hash32((this.identity + consumer) | 0, this.columns[row + ORDINAL], 0x1057),
    };
    const longerNs = which === 'fetch' ? ways.longerNs(here, there, message) : ways.longerNs(there, here, message);
    if (longerNs === 0) return false;
    const endsNs = Math.max(engine.nowNs, this.columns[row + SENT_NS] + FETCH_TIMEOUT_NS);
    const atNs = Math.min(engine.nowNs + longerNs, endsNs);
    this.late.set(consumer, atNs === endsNs ? 1 : 0);
    engine.schedule(
      atNs,
      which === 'fetch' ? this.arriveKind : this.answerKind,
      consumer,
      this.columns[row + ORDINAL],
      0,
    );
    return true;
  }

  private arrive(consumer: number): void {
    if ((this.ways.slowed || this.late.size > 0) && this.isLate(consumer, 'fetch')) return;
    if (this.ways.troubled && this.loses(consumer, 'fetch')) return;
    const { spec } = this.asking[consumer]!.job;
    this.door.fetch(
      consumer,
      this.columns[consumer * C + PARTITION],
      this.columns[consumer * C + FROM],
      spec.fetchBytesMin,
      spec.fetchBytesMax,
      spec.fetchWaitNs,
    );
  }

  private answer(consumer: number, ended = false): void {
    if ((this.ways.slowed || this.late.size > 0) && !ended && this.isLate(consumer, 'answer')) return;
    if (this.ways.troubled && !ended && this.loses(consumer, 'answer')) return;
    if (this.lost.size > 0) this.lost.delete(consumer);
    const run = this.asking[consumer]!;
    const { nowNs } = this.engine;
    this.asking[consumer] = null;
    if (!run.alive || this.columns[consumer * C + STALE] === 1) {
      this.columns[consumer * C + STALE] = 0;
      const next = this.waiting[consumer];
      this.waiting[consumer] = null;
      if (next?.alive) this.ask(next, consumer, next.core.position(next.slotOf(consumer)));
      return;
    }
    const slot = run.slotOf(consumer);
    const status = this.columns[consumer * C + STATUS];
    if (status === FETCH_OK)
      run.fetched(
        slot,
        this.columns[consumer * C + FROM],
        this.columns[consumer * C + TO],
        this.columns[consumer * C + BYTES],
        nowNs,
      );
    else if (status === OUT_OF_RANGE)
      run.outOfRange(slot, this.columns[consumer * C + TO], this.columns[consumer * C + BYTES], nowNs);
    else {
      invariant(status === FETCH_DISCONNECTED, 'a fetch has a known status');
      run.fetchFailed(slot, nowNs);
    }
  }

  private zoneOfLeader(consumer: number): number {
    return this.topology.brokerZone[this.topology.partitionLeader[this.columns[consumer * C + PARTITION]]];
  }

  private tripNs(fromZone: number, toZone: number, consumer: number): number {
    return this.topology.tripNs(
      fromZone,
      toZone,
      (this.identity + consumer) | 0,
      this.columns[consumer * C + ORDINAL]++,
    );
  }
}
