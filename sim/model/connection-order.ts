/** A producer has one connection to a broker: what it sends arrives in order, and so do the answers. */
import type { ProducerCore } from '../../src/producer/core.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import type { RequestSlots } from './request-slots.ts';

const { R_BROKER, R_INTS, R_NEXT, R_ORDINAL, R_PRODUCER } = REQUEST;

const NONE = -1;

/** Worth asking only when the producer has several requests in flight to the broker. */
export class ConnectionOrder {
  readonly #core: ProducerCore;
  readonly #slots: RequestSlots;

  constructor({ core, slots }: { core: ProducerCore; slots: RequestSlots }) {
    this.#core = core;
    this.#slots = slots;
  }

  /** When the request arrives that would arrive at `atNs` if it were alone. */
  arriveNs(request: number, atNs: number): number {
    for (let other = this.#next(request, NONE); other !== NONE; other = this.#next(request, other)) {
      if (this.#slots.arriveNs(other) >= atNs) atNs = this.#slots.arriveNs(other) + 1;
    }
    return atNs;
  }

  /** When its answer is there that would be there at `atNs` if it were alone. Earlier ones without an answer hold up nothing. */
  answerNs(request: number, atNs: number): number {
    for (let other = this.#next(request, NONE); other !== NONE; other = this.#next(request, other)) {
      const otherNs = this.#slots.answerNs(other);
      if (otherNs < Infinity && otherNs >= atNs) atNs = otherNs + 1;
    }
    return atNs;
  }

  /** The producer's next request in flight after `other` that was sent to the same broker before `request`. */
  #next(request: number, other: number): number {
    const { ints } = this.#core.requests;
    const row = request * R_INTS;
    let next = other === NONE ? this.#core.requestHead(ints[row + R_PRODUCER]) : ints[other * R_INTS + R_NEXT];
    while (next !== NONE) {
      const at = next * R_INTS;
      if (ints[at + R_BROKER] === ints[row + R_BROKER] && ints[at + R_ORDINAL] < ints[row + R_ORDINAL]) return next;
      next = ints[at + R_NEXT];
    }
    return NONE;
  }
}
