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
  #storedNs = new Float64Array(64).fill(NOT_STORED);
  #end = new Uint8Array(64);
  #left: LeftRecords[] = [];

  constructor(topics: number) {
    this.drops = new Float64Array(topics * DROP_CAUSES.length);
    this.unknown = new Float64Array(topics);
    this.unknownStored = new Float64Array(topics);
  }

  /** When the batch was first appended, −1 if it is in no log. */
  storedNs(batch: number): number {
    return batch < this.#storedNs.length ? this.#storedNs[batch] : NOT_STORED;
  }

  store(batch: number, atNs: number): void {
    this.#reach(batch);
    this.#storedNs[batch] = atNs;
  }

  /** The append was undone: its broker stopped before it. */
  unstore(batch: number): void {
    this.#storedNs[batch] = NOT_STORED;
  }

  dropped(topic: number, n: number, cause: number, batch: number): void {
    this.drops[topic * DROP_CAUSES.length + cause] += n;
    if (batch < 0) return;
    this.#reach(batch);
    this.#end[batch] = ENDED_DROPPED;
  }

  ended(batch: number, fate: number): void {
    this.#reach(batch);
    this.#end[batch] = fate === FATE_UNKNOWN ? ENDED_UNKNOWN : ENDED_KNOWN;
  }

  /** The slot is about to be reused: no request carries the batch any more, so its fate is final. */
  freed(batch: number, topic: number, n: number): void {
    if (batch >= this.#storedNs.length) return;
    if (this.#end[batch] !== ENDED_DROPPED) {
      if (this.#storedNs[batch] === NOT_STORED) this.unknown[topic] += n;
      else if (this.#end[batch] === ENDED_UNKNOWN) this.unknownStored[topic] += n;
    }
    this.#storedNs[batch] = NOT_STORED;
    this.#end[batch] = ALIVE;
  }

  /** The batch's slot is about to be reused before its append is done: kept until then. Comes before `freed`. */
  leave(batch: number, { topic, n, leader, nowNs }: { topic: number; n: number; leader: number; nowNs: number }): void {
    const givenUp = this.#end[batch] === ENDED_UNKNOWN;
    this.#left = this.#left.filter((each) => each.storedNs > nowNs);
    this.#left.push({ topic, n, leader, storedNs: this.#storedNs[batch], givenUp });
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
    if (batch >= this.#storedNs.length) return true;
    const storedNs = this.#storedNs[batch];
    return (storedNs === NOT_STORED || storedNs > nowNs) && this.#end[batch] !== ENDED_DROPPED;
  }

  #reach(batch: number): void {
    if (batch < this.#storedNs.length) return;
    const size = Math.max(batch + 1, this.#storedNs.length * 2);
    const storedNs = new Float64Array(size).fill(NOT_STORED);
    storedNs.set(this.#storedNs);
    this.#storedNs = storedNs;
    const end = new Uint8Array(size);
    end.set(this.#end);
    this.#end = end;
  }
}
