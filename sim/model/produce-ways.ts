/** Produce requests and answers that don't get through, as the way between their applications and their broker is cut. */
import type { ProducerCore } from '../../src/producer/core.ts';
import { OUTCOME_OK, OUTCOME_UNKNOWN, OUTCOME_UNREACHABLE, type Outcome } from '../../src/producer/outcome.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import type { Engine } from '../engine/index.ts';
import type { ConnectionOrder } from './connection-order.ts';
import type { Copies } from './copies.ts';
import { FLEET, type FleetRows } from './fleet-rows.ts';
import type { Reachability } from './reachability.ts';
import type { RequestSlots } from './request-slots.ts';
import { connectAgainNs, sendingEndsNs, sentAgainNs } from './retransmission.ts';
import type { Topology } from './topology.ts';
import type { Ways } from './ways.ts';

const { PRODUCER_INTS, ZONE } = FLEET;
const { R_BROKER, R_FLOATS, R_INTS, R_ORDINAL, R_PRODUCER, R_SENT_AT_NS, R_SETTLED } = REQUEST;

/** An answer that its producer hasn't got. */
interface Unheard {
  readonly ordinal: number;
  readonly leavesNs: number;
  readonly outcome: Outcome;
}

export interface ProduceWaysOptions {
  readonly engine: Engine;
  readonly topology: Topology;
  readonly core: ProducerCore;
  readonly rows: FleetRows;
  readonly slots: RequestSlots;
  readonly order: ConnectionOrder;
  readonly ways: Ways;
  readonly reach: Reachability;
  readonly copies: Copies;
  /** The request reaches the place of its broker at the time. */
  readonly arrivesAt: (request: number, producer: number, atNs: number) => void;
  /** There is no connection: nothing was sent. */
  readonly refuse: (request: number, producer: number) => void;
  readonly answerAt: (request: number, producer: number, leavesNs: number, outcome: Outcome) => void;
  readonly expectTimeout: (request: number, producer: number) => void;
}

export class ProduceWays {
  readonly #from: ProduceWaysOptions;
  /** Requests that wait for a connection. */
  readonly #connecting = new Set<number>();
  /** By request, in the order in which they left. */
  readonly #unheard = new Map<number, Unheard>();

  constructor(options: ProduceWaysOptions) {
    this.#from = options;
  }

  /** True when the request can't get to its broker now: it tries again, or there is nobody left who wants it. */
  stops(request: number, producer: number): boolean {
    const { core, ways, reach, topology, copies, engine } = this.#from;
    const { ints, floats } = core.requests;
    const row = request * R_INTS;
    const broker = ints[row + R_BROKER];
    if (this.#connecting.size > 0 && this.#connecting.delete(request) && ints[row + R_SETTLED] === 1) {
      // Given up while it waited for its connection: it never left.
      this.#from.refuse(request, producer);
      return true;
    }
    if (ways.troubled) {
      const here = this.#here(producer);
      const there = ways.broker(broker);
      const sinceNs = ways.brokenSinceNs(here, there);
      // A request without an answer costs its connection once its time is up, and then there is no other.
      const sentNs = floats[request * R_FLOATS + R_SENT_AT_NS];
      const closed = sentNs >= sinceNs + core.config.requestTimeoutNs;
      if (closed || (sinceNs < Infinity && copies.isDown(broker))) {
        this.#connectAgain(request, producer);
        return true;
      }
      if (sinceNs < Infinity && ways.isCut(here, there)) {
        this.#sendAgain(request, producer);
        return true;
      }
    }
    if (floats[request * R_FLOATS + R_SENT_AT_NS] <= reach.brokenNs(broker)) {
      // Under way when the connection broke: the client can't know how far it got.
      this.#from.answerAt(request, producer, engine.nowNs, OUTCOME_UNKNOWN);
      return true;
    }
    if (!reach.isCutOff(topology.brokerCluster[broker])) return false;
    this.#connectAgain(request, producer);
    return true;
  }

  /** True when the answer doesn't get through: its producer hears of it when the way is open again, if it still waits. */
  loses(request: number, producer: number, leavesNs: number, outcome: Outcome): boolean {
    const { core, ways } = this.#from;
    // That nobody answers it knows by itself, and with acks 0 it waits for no answer.
    if (outcome === OUTCOME_UNREACHABLE || core.acksOf(request) === 0) return false;
    const broker = core.requests.ints[request * R_INTS + R_BROKER];
    if (!ways.isCut(ways.broker(broker), this.#here(producer))) return false;
    this.hold(request, producer, leavesNs, outcome);
    return true;
  }

  hold(request: number, producer: number, leavesNs: number, outcome: Outcome): void {
    const { core, slots, expectTimeout } = this.#from;
    const ordinal = core.requests.ints[request * R_INTS + R_ORDINAL];
    this.#unheard.set(request, { ordinal, leavesNs, outcome });
    slots.setAnswer(request, Infinity, OUTCOME_OK);
    expectTimeout(request, producer);
  }

  /** True while an answer is on its way and lost. */
  waits(request: number): boolean {
    return this.#unheard.size > 0 && this.#unheard.has(request);
  }

  /** When the answer left that hasn't got through; −1 when there is none. */
  leftNs(request: number): number {
    return this.#unheard.get(request)?.leavesNs ?? -1;
  }

  /** The answer that hasn't got through will never come: something else is the matter. */
  forget(request: number): void {
    this.#unheard.delete(request);
  }

  /** Requests whose answers don't get through. */
  requests(): number[] {
    return [...this.#unheard.keys()];
  }

  /** Ways are open again: answers that were lost are sent again at their next turn. */
  changed(): void {
    const { core, ways, engine, answerAt } = this.#from;
    const { ints } = core.requests;
    const { nowNs } = engine;
    for (const [request, { ordinal, leavesNs, outcome }] of [...this.#unheard]) {
      const row = request * R_INTS;
      if (ints[row + R_ORDINAL] !== ordinal) {
        this.#unheard.delete(request);
        continue;
      }
      const producer = ints[row + R_PRODUCER];
      if (ways.isCut(ways.broker(ints[row + R_BROKER]), this.#here(producer))) continue;
      this.#unheard.delete(request);
      answerAt(request, producer, leavesNs > nowNs ? leavesNs : sentAgainNs(leavesNs, nowNs), outcome);
    }
  }

  #here(producer: number): number {
    const { ways, rows } = this.#from;
    return ways.applications(rows.ints[producer * PRODUCER_INTS + ZONE]);
  }

  /** Nobody answers the connection: the client's system tries again, ever less often, until the client gives up. */
  #connectAgain(request: number, producer: number): void {
    const { core, engine, refuse } = this.#from;
    const { ints, floats } = core.requests;
    const atNs = connectAgainNs(floats[request * R_FLOATS + R_SENT_AT_NS], engine.nowNs);
    if (ints[request * R_INTS + R_SETTLED] === 1 || atNs === Infinity) {
      refuse(request, producer);
      return;
    }
    this.#connecting.add(request);
    this.#from.arrivesAt(request, producer, atNs);
  }

  /** Nobody acknowledges what was sent: the client's system sends it again, even if the client has given it up. */
  #sendAgain(request: number, producer: number): void {
    const { core, engine, order, answerAt } = this.#from;
    const { ints, floats } = core.requests;
    const { nowNs } = engine;
    const sentNs = floats[request * R_FLOATS + R_SENT_AT_NS];
    if (nowNs >= sendingEndsNs(sentNs, { closed: ints[request * R_INTS + R_SETTLED] === 1 })) {
      answerAt(request, producer, nowNs, OUTCOME_UNKNOWN);
      return;
    }
    let atNs = sentAgainNs(sentNs, nowNs);
    if (core.inFlight(producer, ints[request * R_INTS + R_BROKER]) > 1) atNs = order.arriveNs(request, atNs);
    this.#from.arrivesAt(request, producer, atNs);
  }
}
