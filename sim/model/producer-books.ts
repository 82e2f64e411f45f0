/**
 * What has become of records on the way to a log, as the ledger needs it: which live batches are in a log since when,
 * and what ended otherwise, by topic. Batches are slots of the core's pool.
 */
import { FATE_UNKNOWN } from '../../src/producer/outcome.ts';
import { DROP_CAUSES } from '../../src/record.ts';

const ALIVE = 0;
const ENDED_KNOWN = 1;
const ENDED_UNKNOWN = 2;
const ENDED_DROPPED = 3;
const NOT_STORED = -1;

const STORED_NS = 0;
const END = 1;

/** Records that no producer holds any more, and whose append lies ahead. */
interface LeftRecords {
  readonly topic: number;
  readonly n: number;
  readonly leader: number;
  readonly storedNs: number;
  readonly givenUp: boolean;
}

export class ProducerBooks {
  /** By topic and cause. */
  readonly drops: Float64Array;
  /** By topic: ended without an answer, and in no log. */
  readonly unknown: Float64Array;
  /** By topic: ended without an answer, and yet in a log. */
  readonly unknownStored: Float64Array;
  /** A row for each batch slot: when it was stored, and how it ended. */
  #rows = new Float64Array(0);
  #left: LeftRecords[] = [];
  /** How long that list may grow before what has been stored meanwhile is taken off. */
  #leftMax = 64;

  constructor(topics: number) {
    this.drops = new Float64Array(topics * DROP_CAUSES.length);
    this.unknown = new Float64Array(topics);
    this.unknownStored = new Float64Array(topics);
    this.#reach(63);
  }

  /** When the batch was first appended, −1 if it is in no log. */
  storedNs(batch: number): number {
    return batch * 2 < this.#rows.length ? this.#rows[batch * 2 + STORED_NS] : NOT_STORED;
  }

  store(batch: number, atNs: number): void {
    this.#reach(batch);
    this.#rows[batch * 2 + STORED_NS] = atNs;
  }

  /** The append was undone: its broker stopped before it. */
  unstore(batch: number): void {
    this.#rows[batch * 2 + STORED_NS] = NOT_STORED;
  }

  dropped(topic: number, n: number, cause: number, batch: number): void {
    this.drops[topic * DROP_CAUSES.length + cause] += n;
    if (batch < 0) return;
    this.#reach(batch);
    this.#rows[batch * 2 + END] = ENDED_DROPPED;
  }

  ended(batch: number, fate: number): void {
    this.#reach(batch);
    this.#rows[batch * 2 + END] = fate === FATE_UNKNOWN ? ENDED_UNKNOWN : ENDED_KNOWN;
  }

  /** `freed` for a batch that is in a log by now and was answered: the usual case. False, and nothing done, for others. */
  freedStored(batch: number, nowNs: number): boolean {
    const row = batch * 2;
    if (row >= this.#rows.length || this.#rows[row + END] !== ENDED_KNOWN) return false;
    if (this.#rows[row + STORED_NS] === NOT_STORED || this.#rows[row + STORED_NS] > nowNs) return false;
    this.#rows[row + STORED_NS] = NOT_STORED;
    this.#rows[row + END] = ALIVE;
    return true;
  }

  /** The slot is about to be reused: no request carries the batch any more, so its fate is final. */
  freed(batch: number, topic: number, n: number): void {
    if (batch * 2 >= this.#rows.length) return;
    if (this.#rows[batch * 2 + END] !== ENDED_DROPPED) {
      if (this.#rows[batch * 2 + STORED_NS] === NOT_STORED) this.unknown[topic] += n;
      else if (this.#rows[batch * 2 + END] === ENDED_UNKNOWN) this.unknownStored[topic] += n;
    }
    this.#rows[batch * 2 + STORED_NS] = NOT_STORED;
    this.#rows[batch * 2 + END] = ALIVE;
  }

  /** The batch's slot is about to be reused before its append is done: kept until then. Comes before `freed`. */
  leave(batch: number, { topic, n, leader, nowNs }: { topic: number; n: number; leader: number; nowNs: number }): void {
    const givenUp = this.#rows[batch * 2 + END] === ENDED_UNKNOWN;
    if (this.#left.length >= this.#leftMax) {
      this.#left = this.#left.filter((each) => each.storedNs > nowNs);
      this.#leftMax = Math.max(64, 2 * this.#left.length);
    }
    this.#left.push({ topic, n, leader, storedNs: this.#rows[batch * 2 + STORED_NS], givenUp });
  }

  /** The broker stopped: what it had not appended by now is in no log, and nobody will send it again. */
  loseLeft(leader: number, nowNs: number): void {
    const ahead = this.#left.filter((each) => each.storedNs > nowNs);
    this.#left = ahead.filter((each) => each.leader !== leader);
    for (const { leader: at, topic, n, givenUp } of ahead) {
      if (at !== leader) continue;
      this.unknown[topic] += n;
      if (givenUp) this.unknownStored[topic] -= n;
    }
  }

  /** Calls back for records that no producer holds and no log has yet. */
  visitLeft(nowNs: number, each: (topic: number, n: number) => void): void {
    for (const { topic, n, storedNs } of this.#left) if (storedNs > nowNs) each(topic, n);
  }

  /** True when the records of a live batch are on their way: in no log by the time, and not dropped. */
  inFlightAt(batch: number, nowNs: number): boolean {
    if (batch * 2 >= this.#rows.length) return true;
    const storedNs = this.#rows[batch * 2 + STORED_NS];
    return (storedNs === NOT_STORED || storedNs > nowNs) && this.#rows[batch * 2 + END] !== ENDED_DROPPED;
  }

  /** Reads the batches' rows, to have them in cache. */
  foresee(batches: Int32Array, count: number): number {
    const rows = this.#rows;
    let read = 0;
    for (let i = 0; i < count; i++) read += batches[i] * 2 < rows.length ? rows[batches[i] * 2] : 0;
    return read;
  }

  #reach(batch: number): void {
    const length = this.#rows.length;
    if (batch * 2 < length) return;
    const rows = new Float64Array(Math.max((batch + 1) * 2, length * 2));
    rows.set(this.#rows);
    for (let row = length; row < rows.length; row += 2) rows[row + STORED_NS] = NOT_STORED;
    this.#rows = rows;
  }
}
