/** What the world knows of the core's requests, by their slot: when each arrives and is answered, and how. */
import { OUTCOME_OK, type Outcome } from '../../src/producer/outcome.ts';

/** A row is half a cache line. */
const STRIDE = 4;
const ANSWER_NS = 0;
const ANSWER = 1;
const ARRIVE_NS = 2;
const BACK_DRAW = 3;

export class RequestSlots {
  #rows = new Float64Array(64 * STRIDE);

  /** A request has been sent; nothing is known of its answer. Positional: once per request. */
  open(request: number, arriveNs: number, backDraw: number): void {
    const row = request * STRIDE;
    if (row >= this.#rows.length) this.#grow();
    this.#rows[row + ANSWER_NS] = Infinity;
    this.#rows[row + ANSWER] = OUTCOME_OK;
    this.#rows[row + ARRIVE_NS] = arriveNs;
    this.#rows[row + BACK_DRAW] = backDraw;
  }

  /** When the answer is there; `Infinity` while that isn't known. */
  answerNs(request: number): number {
    return this.#rows[request * STRIDE + ANSWER_NS];
  }

  answer(request: number): Outcome {
    return this.#rows[request * STRIDE + ANSWER] as Outcome;
  }

  setAnswer(request: number, atNs: number, outcome: Outcome): void {
    this.#rows[request * STRIDE + ANSWER_NS] = atNs;
    this.#rows[request * STRIDE + ANSWER] = outcome;
  }

  /** The answer has been handed over. */
  close(request: number): void {
    this.#rows[request * STRIDE + ANSWER_NS] = Infinity;
  }

  arriveNs(request: number): number {
    return this.#rows[request * STRIDE + ARRIVE_NS];
  }

  setArriveNs(request: number, atNs: number): void {
    this.#rows[request * STRIDE + ARRIVE_NS] = atNs;
  }

  /** 12-bit draw of the trip back. */
  backDraw(request: number): number {
    return this.#rows[request * STRIDE + BACK_DRAW];
  }

  /** Reads the requests' rows, to have them in cache. */
  foresee(requests: Int32Array, from: number, count: number): number {
    const rows = this.#rows;
    let read = 0;
    for (let i = from; i < from + count; i++) read += rows[requests[i] * STRIDE];
    return read;
  }

  #grow(): void {
    const rows = new Float64Array(this.#rows.length * 2);
    rows.set(this.#rows);
    this.#rows = rows;
  }
}
