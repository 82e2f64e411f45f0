/**
 * Told of what happens to records at the doors between the rooms, as it happens: for tests that follow single records.
 * Without an observer a door costs one comparison; with one, what is simulated is the same to the byte.
 *
 * Extend it and override what is of interest. A method may read the world and must change nothing in it. Times are
 * virtual ns. Batches, requests and writes are slots of the cores' pools: a number means something until it is freed.
 */
import type { Outcome } from '../../src/producer/outcome.ts';
import type { FaultSpec } from '../scenario/scenario.ts';
import type { RouteLossCause } from './fleet/route-books.ts';

export class Observer {
  /**
   * n records of the stream, equal in size and key, were offered; the first `admitted` are buffered. Those of one batch:
   * in `batch`, unless the run was cut over several (request fidelity). What was not admitted is told by `dropped` too.
   */
  offered(_offer: Offer): void {}
  /** n records ended without having been handed to the network; with `batch` −1 they were not even admitted. */
  dropped(_stream: number, _n: number, _cause: number, _batch: number, _nowNs: number): void {}
  /** The core sends a request; its batches can be read from the core's pools. */
  sent(_request: number, _producer: number, _broker: number, _nowNs: number): void {}
  /** The request's answer, or the news that the connection broke, reaches the producer. */
  answered(_request: number, _outcome: Outcome, _nowNs: number): void {}
  /** The batch ended: its fate is `FATE_DELIVERED` or `FATE_UNKNOWN`. Drops are told by `dropped`. */
  ended(_batch: number, _fate: number, _nowNs: number): void {}
  /** The batch's slot is about to be used again. */
  freed(_batch: number): void {}
  /** A producer's batch is in its leader's log at [base, base + n) from `atNs` on, which may lie ahead. */
  appended(_batch: number, _partition: number, _base: number, _n: number, _atNs: number): void {}
  /** The batch was acknowledged by a leader that was none any more: it was in that one's log, which is cut. */
  leftBehind(_batch: number, _nowNs: number): void {}
  /** The log has lost [from, to): its broker stopped before it had written it, or another leads that does not have it. */
  truncated(_partition: number, _from: number, _to: number, _nowNs: number): void {}
  /** A container sends [from, to) of the partition to a sink, as part of a write. */
  written(_range: RouteRange, _nowNs: number): void {}
  /** [from, to) of the partition is with the sink. */
  delivered(_range: RouteRange, _nowNs: number): void {}
  /** The sink will not get [from, to), for all that its routers know; it may have got it, or a write on its way may land. */
  lost(_range: RouteRange, _nowNs: number, _cause: RouteLossCause): void {}
  /** Everything below `offset` of the partition is stored as done by the job, for all its sinks. */
  committed(_partition: number, _job: number, _offset: number, _nowNs: number): void {}
  /** A container starts from its last commits, or dies. */
  launched(_container: number, _job: number, _nowNs: number): void {}
  died(_container: number, _job: number, _nowNs: number): void {}
  /** A fault begins, or ends; one of no length only begins. */
  fault(_fault: FaultSpec, _begins: boolean, _nowNs: number): void {}
}

export interface Offer {
  readonly stream: number;
  readonly n: number;
  readonly admitted: number;
  readonly batch: number;
  readonly bytesEach: number;
  readonly keyHash: number;
  readonly atNs: number;
}

/** Offsets of a partition on their way to a sink, by index in the scenario. */
export interface RouteRange {
  readonly sink: number;
  readonly job: number;
  readonly container: number;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}
