/** Produce requests and answers that don't get through, or later, as the way between applications and broker is cut or bad. */
import { BATCH } from '../../src/producer/batch-pool.ts';
import type { ProducerCore } from '../../src/producer/core.ts';
import { OUTCOME_OK, OUTCOME_UNKNOWN, OUTCOME_UNREACHABLE, type Outcome } from '../../src/producer/outcome.ts';
import { REQUEST } from '../../src/producer/request-pool.ts';
import { type Engine, hash32 } from '../engine/index.ts';
import type { ConnectionOrder } from './connection-order.ts';
import type { Copies } from './copies.ts';
import { FLEET, type FleetRows } from './fleet-rows.ts';
import type { Reachability } from './reachability.ts';
import type { RequestSlots } from './request-slots.ts';
import { connectAgainNs, sendingEndsNs, sentAgainNs } from './retransmission.ts';
import type { Topology } from './topology.ts';
import type { Ways } from './ways.ts';

const { IDENTITY, PRODUCER_INTS, ZONE } = FLEET;
const { B_FLOATS, B_WIRE_BYTES } = BATCH;
const { R_BROKER, R_FLOATS, R_HEAD, R_INTS, R_ORDINAL, R_PRODUCER, R_SENT_AT_NS, R_SETTLED } = REQUEST;

const NONE = -1;
/** An answer of a few batches. */
const ANSWER_BYTES = 200;

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
  /** Requests that would be there, had they not been held up. */
  readonly #late = new Set<number>();
  /** By request: how much longer its answer takes. */
  readonly #backNs = new Map<number, { readonly ordinal: number; readonly longerNs: number }>();
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
    if (this.#late.size > 0 && this.#late.delete(request)) {
      if (this.#diesOnTheWay(request, producer)) return true;
    } else if ((ways.slowed || this.#late.size > 0) && this.#isLate(request, producer)) return true;
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

  /** How much longer the answer takes that leaves now. */
  answerLongerNs(request: number, producer: number, outcome: Outcome): number {
    const { core, ways, rows } = this.#from;
    const { ints } = core.requests;
    if (!ways.slowed || outcome === OUTCOME_UNREACHABLE || core.acksOf(request) === 0) return 0;
    const ordinal = ints[request * R_INTS + R_ORDINAL];
    const broker = ints[request * R_INTS + R_BROKER];
    const draw = hash32(rows.ints[producer * PRODUCER_INTS + IDENTITY], ordinal, 0xbac);
    const message = { bytes: ANSWER_BYTES, baseNs: this.#baseNs(broker, producer), draw };
    const longerNs = ways.longerNs(ways.broker(broker), this.#here(producer), message);
    if (longerNs > 0) this.#backNs.set(request, { ordinal, longerNs });
    return longerNs;
  }

  /** How much longer the answer that is on its way takes. */
  heldUpNs(request: number): number {
    const held = this.#backNs.size > 0 ? this.#backNs.get(request) : undefined;
    if (held === undefined || held.ordinal !== this.#from.core.requests.ints[request * R_INTS + R_ORDINAL]) return 0;
    return held.longerNs;
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

  /** True when the request's packets are late, or lost and sent again, or those of one before it on its connection. */
  #isLate(request: number, producer: number): boolean {
    const { core, ways, order, rows, engine } = this.#from;
    const { requests, batches } = core;
    const row = request * R_INTS;
    const broker = requests.ints[row + R_BROKER];
    let bytes = 0;
    for (let entry = requests.ints[row + R_HEAD]; entry !== NONE; entry = requests.after(entry))
      bytes += batches.floats[requests.batchOf(entry) * B_FLOATS + B_WIRE_BYTES];
    const draw = hash32(rows.ints[producer * PRODUCER_INTS + IDENTITY], requests.ints[row + R_ORDINAL], 0x1057);
    const message = { bytes, baseNs: this.#baseNs(broker, producer), draw };
    let atNs = engine.nowNs + ways.longerNs(this.#here(producer), ways.broker(broker), message);
    if (core.inFlight(producer, broker) > 1) atNs = order.arriveNs(request, atNs);
    if (atNs === engine.nowNs) return false;
    this.#late.add(request);
    this.#from.arrivesAt(request, producer, atNs);
    return true;
  }

  /** True when the sender's system has stopped sending it again by now, at the latest after its client closed the connection. */
  #diesOnTheWay(request: number, producer: number): boolean {
    const { core, engine, answerAt } = this.#from;
    const closed = core.requests.ints[request * R_INTS + R_SETTLED] === 1;
    const sentNs = core.requests.floats[request * R_FLOATS + R_SENT_AT_NS];
    if (engine.nowNs < sendingEndsNs(sentNs, { closed })) return false;
    answerAt(request, producer, engine.nowNs, OUTCOME_UNKNOWN);
    return true;
  }

  #baseNs(broker: number, producer: number): number {
    const { topology, rows } = this.#from;
    return topology.network.baseNs(topology.brokerZone[broker], rows.ints[producer * PRODUCER_INTS + ZONE]);
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
