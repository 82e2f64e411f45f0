/**
 * Requests by when they are answered, in buckets of time: answers that change no decision are handed over together, soon
 * after they are due. Waiting for their producers' next decision would be as right, but would keep ten times as many
 * requests alive, and those fall out of the processor's cache.
 */
import type { ProducerCore } from '../../src/producer/core.ts';
import { OUTCOME_OK } from '../../src/producer/outcome.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import type { FleetRows } from './fleet-rows.ts';
import type { ProducerBooks } from './producer-books.ts';
import type { RequestSlots } from './request-slots.ts';

const { R_INTS, R_PRODUCER, R_SETTLED } = REQUEST;

const WIDTH_NS = 131_072;
const BUCKETS = 256;
const FIRST_LENGTH = 64;
const NOTHING = new Int32Array(0);
/** Answers for which is read ahead together. */
const BLOCK = 32;

export interface DueAnswersOptions {
  readonly core: ProducerCore;
  readonly rows: FleetRows;
  readonly slots: RequestSlots;
  readonly books: ProducerBooks;
  /** True when the producer's buffer may run full before its next decision. */
  readonly pressed: (producer: number) => boolean;
  readonly settle: (request: number) => void;
}

export class DueAnswers {
  /** When there is a bucket whose time has passed. */
  nextNs = WIDTH_NS;
  /** Number of the first bucket that hasn't been taken. */
  #first = 0;
  readonly #requests = new Array<Int32Array>(BUCKETS).fill(NOTHING);
  /** Emptied ones, the latest last, for the next bucket that begins: a few of them in turn stay in cache. */
  readonly #spare: Int32Array[] = [];
  readonly #counts = new Int32Array(BUCKETS);

  readonly #options: DueAnswersOptions;
  /** What was read ahead: means nothing, but what is read has to go somewhere. */
  foreseen = 0;

  constructor(options: DueAnswersOptions) {
    this.#options = options;
  }

  /** Answers beyond the last bucket are not kept: they wait for their producers. Take what is due first. */
  add(request: number, answerNs: number): void {
    const bucket = Math.floor(answerNs / WIDTH_NS);
    if (bucket >= this.#first + BUCKETS) return;
    const i = bucket & (BUCKETS - 1);
    const count = this.#counts[i]++;
    if (count === this.#requests[i].length) {
      if (count === 0) {
        this.#requests[i] = this.#spare.pop() ?? new Int32Array(FIRST_LENGTH);
      } else {
        const longer = new Int32Array(2 * count);
        longer.set(this.#requests[i]);
        this.#requests[i] = longer;
      }
    }
    this.#requests[i][count] = request;
  }

  /** Settles what has come by the end of the last bucket that has passed. */
  settle(nowNs: number): void {
    const end = Math.floor(nowNs / WIDTH_NS);
    for (let bucket = Math.max(this.#first, end - BUCKETS); bucket < end; bucket++) {
      const i = bucket & (BUCKETS - 1);
      const count = this.#counts[i];
      this.#counts[i] = 0;
      for (let from = 0; from < count; from += BLOCK) {
        this.#settleBlock(this.#requests[i], from, Math.min(count - from, BLOCK), nowNs);
      }
      if (count > 0) this.#spare.push(this.#requests[i]);
      this.#requests[i] = NOTHING;
    }
    this.#first = end;
    this.nextNs = (end + 1) * WIDTH_NS;
  }

  #settleBlock(answered: Int32Array, from: number, count: number, nowNs: number): void {
    const { core, rows, slots, books, pressed, settle } = this.#options;
    const { requests, readAhead } = core;
    readAhead.answers(answered, from, count);
    this.foreseen += slots.foresee(answered, from, count);
    this.foreseen += rows.foreseeProducers(readAhead.producers, count) + books.foresee(readAhead.batches, count);
    for (let i = from; i < from + count; i++) {
      const request = answered[i];
      // Settled meanwhile, and perhaps another's slot by now.
      if (slots.answerNs(request) > nowNs || slots.answer(request) !== OUTCOME_OK) continue;
      if (requests.ints[request * R_INTS + R_SETTLED] === 1) continue;
      const producer = requests.ints[request * R_INTS + R_PRODUCER];
      // A watched producer hears of each answer when it comes. Records of a pressed one that aren't offered yet may have
      // come while the request still took its room.
      if (!rows.watched(producer) && !pressed(producer)) settle(request);
    }
  }
}
