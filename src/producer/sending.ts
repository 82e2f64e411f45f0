/** Sending: which batches share a request, when a broker may be tried, and what becomes of a batch by its answer. */

import { fraction, hash32 } from '../hash.ts';
import type { Acks } from '../record.ts';
import { DROP_CAUSES } from '../record.ts';
import type { Assignment } from './assignment.ts';
import { BatchList } from './batch-list.ts';
import { BATCH } from './batch-pool.ts';
import {
  OUTCOME_OK,
  OUTCOME_REFUSED_FATAL,
  OUTCOME_REFUSED_METADATA,
  OUTCOME_UNKNOWN,
  OUTCOME_UNREACHABLE,
  type Outcome,
} from './outcome.ts';
import { REQUEST } from './request-pool.ts';
import { DELIVERED, type ProducerState } from './state.ts';
import { STREAM } from './stream-table.ts';

const { S_IDENTITY, S_READY, S_STRIDE } = STREAM;

const { R_ABANDONED, R_HEAD, R_INTS, R_PRODUCER, R_SETTLED } = REQUEST;

const {
  B_ATTEMPTS,
  B_BROKER,
  B_CREATED_AT_NS,
  B_FLOATS,
  B_INTS,
  B_MAYBE_WRITTEN,
  B_NEXT,
  B_NOT_BEFORE_NS,
  B_ORDINAL,
  B_PINS,
  B_STATE,
  B_STREAM,
  B_WIRE_BYTES,
  IN_FLIGHT,
} = BATCH;

const NONE = -1;
const CAUSE_EXPIRED = DROP_CAUSES.indexOf('expired');
const CAUSE_RETRIES = DROP_CAUSES.indexOf('retries-exhausted');
const CAUSE_REFUSED = DROP_CAUSES.indexOf('refused');

export class Sending {
  readonly #state: ProducerState;
  readonly #assignment: Assignment;
  /** Batches of the request being built, at most one of a partition; and those that others must not overtake. */
  readonly #taken = new BatchList();
  readonly #passed = new BatchList();

  constructor(state: ProducerState, assignment: Assignment) {
    this.#state = state;
    this.#assignment = assignment;
  }

  /** A batch that is due: sent alone with what may join it, or queued as ready. */
  trySend(producer: number, batch: number, nowNs: number): void {
    const stream = this.#state.batches.ints[batch * B_INTS + B_STREAM];
    const broker = this.#state.brokerOf(batch);
    if (broker === NONE) {
      this.#state.effects.refreshMetadata(producer, stream);
    } else if (
      this.#state.streams.ints[stream * S_STRIDE + S_READY] === 0 &&
      this.#mayConnect(producer, broker, nowNs)
    ) {
      // The usual case, and the hot one: nothing older of the stream waits, so it need not queue to be next.
      this.#build(producer, broker, batch, nowNs);
      return;
    }
    this.#state.ready(producer, batch);
    if (broker !== NONE && this.#mayConnect(producer, broker, nowNs)) this.#build(producer, broker, NONE, nowNs);
  }

  #mayConnect(producer: number, broker: number, nowNs: number): boolean {
    if (this.#state.inFlight(producer, broker) >= this.#state.config.inFlightMax) return false;
    const untilNs = this.#state.connections.blockedUntilNs(producer, broker);
    if (untilNs <= nowNs) return true;
    this.#state.recheckAt(producer, untilNs);
    return false;
  }

  /** Sends to this broker as long as something is due for it and it has room. */
  sendTo(producer: number, broker: number, nowNs: number): void {
    while (this.#state.connections.waiting(producer, broker) > 0 && this.#mayConnect(producer, broker, nowNs)) {
      if (!this.#build(producer, broker, NONE, nowNs)) return;
    }
  }

  /** Tries every ready batch once. */
  sendAll(producer: number, nowNs: number): void {
    const batches = this.#state.batches;
    for (let batch = this.#state.queues.readyHead(producer); batch !== NONE; ) {
      const broker = batches.ints[batch * B_INTS + B_BROKER];
      const next = batches.ints[batch * B_INTS + B_NEXT];
      if (broker === NONE) {
        this.#state.effects.refreshMetadata(producer, batches.ints[batch * B_INTS + B_STREAM]);
      } else if (this.#mayConnect(producer, broker, nowNs) && this.#build(producer, broker, NONE, nowNs)) {
        // The request may have taken any of the list: begin again, what is left is shorter.
        batch = this.#state.queues.readyHead(producer);
        continue;
      }
      batch = next;
    }
  }

  /**
   * Builds one request to a broker: `first`, a due batch in no queue, if there is one; the oldest due batch of each
   * partition that the broker leads; then lingering ones for company (as Kafka's own producer does), up to
   * `requestBytesMax`, all of the first one's acknowledgements. False when back-offs leave nothing to send.
   */
  #build(producer: number, broker: number, first: number, nowNs: number): boolean {
    const { batches, config, traits } = this.#state;
    const mixed = traits.mixedAcks;
    const taken = this.#taken;
    const passed = this.#passed;
    taken.clear();
    passed.clear();
    let bytes = 0;
    if (first !== NONE) {
      taken.push(first);
      bytes = batches.floats[first * B_FLOATS + B_WIRE_BYTES];
    }
    let waiting = this.#state.queues.readyCount(producer) === 0 ? 0 : this.#state.connections.waiting(producer, broker);
    for (
      let batch = this.#state.queues.readyHead(producer);
      batch !== NONE && waiting > 0;
      batch = batches.ints[batch * B_INTS + B_NEXT]
    ) {
      if (batches.ints[batch * B_INTS + B_BROKER] !== broker) continue;
      waiting--;
      if (mixed && taken.length > 0 && !this.#sameAcks(taken.at(0), batch)) continue;
      if (taken.hasPartitionOf(batch, batches) || passed.hasPartitionOf(batch, batches)) continue;
      if (batches.floats[batch * B_FLOATS + B_NOT_BEFORE_NS] > nowNs) {
        // A younger batch of the partition must not overtake it while it backs off.
        passed.push(batch);
        this.#state.recheckAt(producer, batches.floats[batch * B_FLOATS + B_NOT_BEFORE_NS]);
        continue;
      }
      if (taken.length > 0 && bytes + batches.floats[batch * B_FLOATS + B_WIRE_BYTES] > config.requestBytesMax) break;
      bytes += batches.floats[batch * B_FLOATS + B_WIRE_BYTES];
      taken.push(batch);
    }
    if (taken.length === 0) return false;
    const due = taken.length;
    for (
      let batch = this.#state.queues.lingerHead(producer);
      batch !== NONE;
      batch = batches.ints[batch * B_INTS + B_NEXT]
    ) {
      if (this.#state.brokerOf(batch) !== broker || (mixed && !this.#sameAcks(taken.at(0), batch))) continue;
      if (bytes + batches.floats[batch * B_FLOATS + B_WIRE_BYTES] > config.requestBytesMax) break;
      if (taken.hasPartitionOf(batch, batches) || passed.hasPartitionOf(batch, batches)) continue;
      bytes += batches.floats[batch * B_FLOATS + B_WIRE_BYTES];
      taken.push(batch);
    }
    const request = this.#state.requests.allocate(producer, broker, this.#state.producers.nextRequest(producer), nowNs);
    let tail = NONE;
    for (let i = 0; i < taken.length; i++) {
      const batch = taken.at(i);
      if (batch !== first) {
        if (i < due) this.#state.unready(producer, batch);
        else this.#state.queues.removeLingering(producer, batch);
      }
      batches.ints[batch * B_INTS + B_BROKER] = broker;
      this.#state.shut(batch);
      batches.ints[batch * B_INTS + B_STATE] = IN_FLIGHT;
      batches.ints[batch * B_INTS + B_PINS]++;
      tail = this.#state.requests.add(request, tail, batch);
    }
    this.#state.producers.pushRequest(producer, request, this.#state.requests);
    this.#state.effects.send(request, producer, broker);
    return true;
  }

  #sameAcks(one: number, other: number): boolean {
    const { ints } = this.#state.batches;
    const { traits } = this.#state;
    return traits.acks(ints[one * B_INTS + B_STREAM]) === traits.acks(ints[other * B_INTS + B_STREAM]);
  }

  /** Acknowledgements that the request asks for: those of all its batches. */
  acksOf(request: number): Acks {
    const { requests, batches, traits, config } = this.#state;
    if (!traits.mixedAcks) return config.acks;
    const first = requests.batchOf(requests.ints[request * R_INTS + R_HEAD]);
    return traits.acks(batches.ints[first * B_INTS + B_STREAM]);
  }

  /** Takes a request out of flight and settles its batches; the slot stays until the driver has answered it. */
  settle(request: number, outcome: Outcome, nowNs: number): void {
    const requests = this.#state.requests;
    const producer = requests.ints[request * R_INTS + R_PRODUCER];
    this.#state.producers.removeRequest(producer, request, requests);
    requests.ints[request * R_INTS + R_SETTLED] = 1;
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== NONE; entry = requests.after(entry)) {
      const batch = requests.batchOf(entry);
      if (this.#state.batches.ints[batch * B_INTS + B_STATE] === IN_FLIGHT)
        this.finish(producer, batch, outcome, nowNs);
    }
    if (requests.ints[request * R_INTS + R_ABANDONED] === 1) this.free(request);
  }

  finish(producer: number, batch: number, outcome: Outcome, nowNs: number): void {
    const { batches, config } = this.#state;
    if (outcome === OUTCOME_OK) {
      this.#state.end(producer, batch, DELIVERED);
      return;
    }
    if (outcome === OUTCOME_UNKNOWN) batches.ints[batch * B_INTS + B_MAYBE_WRITTEN] = 1;
    if (outcome === OUTCOME_REFUSED_FATAL) {
      this.#state.end(producer, batch, CAUSE_REFUSED);
      return;
    }
    if (outcome !== OUTCOME_UNREACHABLE && ++batches.ints[batch * B_INTS + B_ATTEMPTS] > config.retriesMax) {
      this.#state.end(producer, batch, CAUSE_RETRIES);
      return;
    }
    if (batches.floats[batch * B_FLOATS + B_CREATED_AT_NS] + config.deliveryTimeoutNs <= nowNs) {
      this.#state.end(producer, batch, CAUSE_EXPIRED);
      return;
    }
    const stream = batches.ints[batch * B_INTS + B_STREAM];
    const from = batches.ints[batch * B_INTS + B_BROKER];
    if (outcome === OUTCOME_REFUSED_METADATA) this.#state.effects.refreshMetadata(producer, stream);
    if (outcome !== OUTCOME_UNREACHABLE) {
      const identity = this.#state.streams.ints[stream * S_STRIDE + S_IDENTITY];
      const attempt = batches.ints[batch * B_INTS + B_ATTEMPTS];
      const draw = fraction(hash32(hash32(identity, batches.ints[batch * B_INTS + B_ORDINAL]), attempt));
      batches.floats[batch * B_FLOATS + B_NOT_BEFORE_NS] = nowNs + config.retry.backoffNs(attempt, draw);
      this.#state.recheckAt(producer, batches.floats[batch * B_FLOATS + B_NOT_BEFORE_NS]);
    } else {
      this.#state.recheckAt(producer, this.#state.connections.blockedUntilNs(producer, from));
    }
    // Its topic may have moved while it was in flight: then it need not wait for the broker that it comes from.
    if (this.#state.stale.size !== 0 && this.#state.stale.delete(batch)) this.#assignment.dealAgain(batch, nowNs);
    else this.#state.ready(producer, batch);
    if (batches.ints[batch * B_INTS + B_BROKER] !== from) this.#state.recheckAt(producer, nowNs);
  }

  free(request: number): void {
    const requests = this.#state.requests;
    for (let entry = requests.ints[request * R_INTS + R_HEAD]; entry !== NONE; entry = requests.after(entry)) {
      this.#state.unpin(requests.batchOf(entry));
    }
    requests.free(request);
  }
}
