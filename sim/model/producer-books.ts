/**
 * What has become of records on the way to a log, as the ledger needs it: which live batches are in a log since when,
 * and what ended otherwise, by topic. Batches are slots of the core's pool.
 */
import { FATE_UNKNOWN } from '../../src/producer/outcome.ts';
import { DROP_CAUSES } from '../../src/record.ts';
import type { Stays } from './moved-batches.ts';

const ALIVE = 0;
const ENDED_KNOWN = 1;
const ENDED_UNKNOWN = 2;
const ENDED_DROPPED = 3;
/** Acknowledged by a leader that was none any more. */
const ENDED_ASIDE = 4;
const NOT_STORED = -1;
const NO_BATCH = -1;
const NO_LEADER = -1;

const STORED_NS = 0;
const END = 1;
/** Offset of its first record there. */
const OFFSET = 2;
/** 1 when a change of leader has taken it out of the log again. */
const LOST = 3;
const STRIDE = 4;

/** Records that no producer holds any more, and whose append lies ahead. */
interface LeftRecords {
  readonly topic: number;
  readonly n: number;
  readonly partition: number;
  /** −1: whoever leads the partition. */
  readonly leader: number;
  readonly storedNs: number;
  readonly givenUp: boolean;
  /** They were stored before and lost: the books have them already. */
  readonly again: boolean;
  /** The logs that have them or will, if that is more than one. */
  readonly stays: Stays | undefined;
}

/** Where a batch was stored before it was lost and stored again. */
interface LostStore {
  readonly storedNs: number;
  readonly offset: number;
}

export class ProducerBooks {
  /** By topic and cause. */
  readonly drops: Float64Array;
  /** By topic: ended without an answer, and in no log. */
  readonly unknown: Float64Array;
  /** By topic: of these, those whose producers take them for delivered, as with acks 0. */
  readonly unnoticed: Float64Array;
  /** By topic: ended without an answer, and yet in a log. */
  readonly unknownStored: Float64Array;
  /** A row for each batch slot: when it was stored, and how it ended. */
  #rows = new Float64Array(0);
  #left: LeftRecords[] = [];
  /** How long that list may grow before what has been stored meanwhile is taken off. */
  #leftMax = 64;
  /** By batch, for the few that were lost and stored again. */
  readonly #lostStores = new Map<number, LostStore>();
  /** Batches that a leader has taken which was none any more, and no other. */
  readonly #aside = new Set<number>();
  /** By topic: acknowledged by such a leader, and lost with what it cut. */
  readonly leftBehind: Float64Array;
  /** By batch, for the few that are in the logs of several clusters. */
  readonly stays = new Map<number, Stays>();
  /** The same of batches whose slot was used again. */
  readonly #pastStays = new Set<Stays>();

  constructor(topics: number) {
    this.drops = new Float64Array(topics * DROP_CAUSES.length);
    this.unknown = new Float64Array(topics);
    this.unnoticed = new Float64Array(topics);
    this.unknownStored = new Float64Array(topics);
    this.leftBehind = new Float64Array(topics);
    this.#reach(63);
  }

  /** When the batch was first appended, −1 if it is in no log. */
  storedNs(batch: number): number {
    return batch * STRIDE < this.#rows.length ? this.#rows[batch * STRIDE + STORED_NS] : NOT_STORED;
  }

  store(batch: number, atNs: number, offset: number): void {
    this.#reach(batch);
    this.#rows[batch * STRIDE + STORED_NS] = atNs;
    this.#rows[batch * STRIDE + OFFSET] = offset;
  }

  offset(batch: number): number {
    return this.#rows[batch * STRIDE + OFFSET];
  }

  /** True when the batch was stored, and the leader that had it was lost with it. */
  isLost(batch: number): boolean {
    return batch * STRIDE < this.#rows.length && this.#rows[batch * STRIDE + LOST] === 1;
  }

  lose(batch: number): void {
    this.#rows[batch * STRIDE + LOST] = 1;
  }

  /** It is in a log again, in another cluster. */
  find(batch: number): void {
    this.#rows[batch * STRIDE + LOST] = 0;
    this.#lostStores.delete(batch);
  }

  addStays(batch: number, stays: Stays): void {
    this.stays.set(batch, stays);
  }

  dropStays(batch: number, stays: Stays): void {
    if (batch >= 0) this.stays.delete(batch);
    else this.#pastStays.delete(stays);
  }

  /** Records that are in several logs, by batch; −1 for those whose batch is no more. */
  *eachStays(): Generator<readonly [number, Stays]> {
    yield* this.stays;
    for (const past of this.#pastStays) yield [NO_BATCH, past];
  }

  /** A batch that was lost is appended again, as its producer still had it. */
  storeAgain(batch: number, atNs: number, offset: number): void {
    const row = batch * STRIDE;
    this.#lostStores.set(batch, { storedNs: this.#rows[row + STORED_NS], offset: this.#rows[row + OFFSET] });
    this.#rows[row + LOST] = 0;
    this.store(batch, atNs, offset);
  }

  /** The append was undone: its broker stopped before it. */
  unstore(batch: number): void {
    const row = batch * STRIDE;
    const before = this.#lostStores.get(batch);
    if (before === undefined) {
      this.#rows[row + STORED_NS] = NOT_STORED;
      return;
    }
    this.#lostStores.delete(batch);
    this.store(batch, before.storedNs, before.offset);
    this.#rows[row + LOST] = 1;
  }

  dropped(topic: number, n: number, cause: number, batch: number): void {
    this.drops[topic * DROP_CAUSES.length + cause] += n;
    if (batch < 0) return;
    this.#reach(batch);
    this.#rows[batch * STRIDE + END] = ENDED_DROPPED;
  }

  ended(batch: number, fate: number): void {
    this.#reach(batch);
    this.#rows[batch * STRIDE + END] = fate === FATE_UNKNOWN ? ENDED_UNKNOWN : ENDED_KNOWN;
  }

  /** A leader takes the batch that is none any more. */
  storeAside(batch: number): void {
    this.#reach(batch);
    if (this.#rows[batch * STRIDE + STORED_NS] === NOT_STORED) this.#aside.add(batch);
  }

  /** After `ended`. True when its producer takes it for stored, and only a leader has it that was none any more: `leaveBehind`. */
  endsAside(batch: number): boolean {
    if (this.#aside.size === 0 || !this.#aside.delete(batch)) return false;
    const row = batch * STRIDE;
    if (this.#rows[row + END] !== ENDED_KNOWN || this.#rows[row + STORED_NS] !== NOT_STORED) return false;
    this.#rows[row + END] = ENDED_ASIDE;
    return true;
  }

  /** So many records have ended aside. */
  leaveBehind(topic: number, n: number): void {
    this.leftBehind[topic] += n;
  }

  /** `freed` for a batch that is in a log by now and was answered: the usual case. False, and nothing done, for others. */
  freedStored(batch: number, nowNs: number): boolean {
    const row = batch * STRIDE;
    if (row >= this.#rows.length || this.#rows[row + END] !== ENDED_KNOWN) return false;
    if (this.stays.size > 0 && this.stays.has(batch)) return false;
    if (this.#rows[row + STORED_NS] === NOT_STORED || this.#rows[row + STORED_NS] > nowNs) return false;
    this.#rows[row + STORED_NS] = NOT_STORED;
    this.#rows[row + END] = ALIVE;
    this.#forgetLost(batch);
    return true;
  }

  /** The slot is about to be reused: no request carries the batch any more, so its fate is final. */
  freed(batch: number, topic: number, n: number): void {
    if (batch * STRIDE >= this.#rows.length) return;
    if (this.#rows[batch * STRIDE + END] < ENDED_DROPPED) {
      if (this.#rows[batch * STRIDE + STORED_NS] === NOT_STORED) {
        this.unknown[topic] += n;
        if (this.#rows[batch * STRIDE + END] === ENDED_KNOWN) this.unnoticed[topic] += n;
      } else if (this.#rows[batch * STRIDE + END] === ENDED_UNKNOWN) this.unknownStored[topic] += n;
    }
    this.#rows[batch * STRIDE + STORED_NS] = NOT_STORED;
    this.#rows[batch * STRIDE + END] = ALIVE;
    this.#forgetLost(batch);
  }

  /** When the append that counts is done, −1 if there is none. */
  countedNs(batch: number): number {
    return (this.stays.size > 0 ? this.stays.get(batch)?.stays[0].atNs : undefined) ?? this.storedNs(batch);
  }

  /** The batch's slot is about to be reused before its append is done: kept until then. Comes before `freed`. */
  leave(batch: number, at: { topic: number; n: number; partition: number; leader: number; nowNs: number }): void {
    const { nowNs, ...rest } = at;
    const givenUp = this.#rows[batch * STRIDE + END] === ENDED_UNKNOWN;
    if (this.#left.length >= this.#leftMax) {
      this.#left = this.#left.filter((each) => each.storedNs > nowNs);
      this.#leftMax = Math.max(64, 2 * this.#left.length);
    }
    const stays = this.stays.get(batch);
    this.#left.push({ ...rest, storedNs: this.countedNs(batch), givenUp, again: this.#lostStores.has(batch), stays });
  }

  /** Appends that lie ahead are undone where `undone` says so: they are in no log, and nobody will send them again. */
  loseLeft(nowNs: number, undone: (partition: number, leader: number) => boolean): void {
    const ahead = this.#left.filter((each) => each.storedNs > nowNs);
    this.#left = ahead
      .filter((each) => !undone(each.partition, each.leader))
      // The append that counted may be one of those undone, where another cluster has them already.
      .map((each) => ({ ...each, storedNs: each.stays?.stays[0]?.atNs ?? each.storedNs }));
    for (const left of ahead) {
      const { partition, leader, topic, n, givenUp, again } = left;
      if (again || !undone(partition, leader)) continue;
      const other = left.stays?.stays[0];
      if (other !== undefined) {
        // Another cluster has them, or will.
        const stays = left.stays!.stays.length > 1 ? left.stays : undefined;
        if (other.atNs > nowNs)
          this.#left.push({ ...left, partition: other.partition, leader: NO_LEADER, storedNs: other.atNs, stays });
        continue;
      }
      this.unknown[topic] += n;
      if (givenUp) this.unknownStored[topic] -= n;
      else this.unnoticed[topic] += n;
    }
  }

  /** Calls back for records that no producer holds and no log has yet. */
  visitLeft(nowNs: number, each: (topic: number, n: number) => void): void {
    for (const { topic, n, storedNs, again } of this.#left) if (storedNs > nowNs && !again) each(topic, n);
  }

  /** True when the records of a live batch are on their way: in no log by the time, and not dropped. */
  inFlightAt(batch: number, nowNs: number): boolean {
    if (batch * STRIDE >= this.#rows.length) return true;
    const storedNs = this.countedNs(batch);
    if (this.#lostStores.size > 0 && this.#lostStores.has(batch)) return false;
    return (storedNs === NOT_STORED || storedNs > nowNs) && this.#rows[batch * STRIDE + END] < ENDED_DROPPED;
  }

  #forgetLost(batch: number): void {
    this.#rows[batch * STRIDE + LOST] = 0;
    if (this.#lostStores.size > 0) this.#lostStores.delete(batch);
    if (this.#aside.size > 0) this.#aside.delete(batch);
    const stays = this.stays.size > 0 ? this.stays.get(batch) : undefined;
    if (stays === undefined) return;
    this.stays.delete(batch);
    this.#pastStays.add(stays);
  }

  /** Reads the batches' rows, to have them in cache. */
  foresee(batches: Int32Array, count: number): number {
    const rows = this.#rows;
    let read = 0;
    for (let i = 0; i < count; i++) read += batches[i] * STRIDE < rows.length ? rows[batches[i] * STRIDE] : 0;
    return read;
  }

  #reach(batch: number): void {
    const length = this.#rows.length;
    if (batch * STRIDE < length) return;
    const rows = new Float64Array(Math.max((batch + 1) * STRIDE, length * 2));
    rows.set(this.#rows);
    for (let row = length; row < rows.length; row += STRIDE) rows[row + STORED_NS] = NOT_STORED;
    this.#rows = rows;
  }
}
