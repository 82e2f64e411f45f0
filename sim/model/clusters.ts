/**
 * The clusters: the doors by which producers, routers and retention reach partitions' logs. What a request costs is the
 * broker table's business; where copies are, and who leads, that of `Copies`.
 *
 * An append is entered in the log when its request arrives, dated with the time at which the broker will be done with
 * it; whoever reads sees only what is dated by then. A broker that stops takes back what it was not done with.
 */
import type { Engine } from '../engine/index.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { BrokerTable } from './broker.ts';
import { Copies } from './copies.ts';
import {
  FETCH_DISCONNECTED,
  FETCH_OK,
  type FetchDoor,
  type FetchListener,
  PRODUCE_DISCONNECTED,
  PRODUCED,
  type ProduceDoor,
  type ProduceListener,
} from './doors.ts';
import { FetchWaiters } from './fetch-waiters.ts';
import { HeldFetches } from './held-fetches.ts';
import type { PartitionLog } from './log.ts';
import { LogReadAhead } from './log-read-ahead.ts';
import type { Observer } from './observer.ts';
import { REPLICAS_MAX, type Topology } from './topology.ts';
import type { Ways } from './ways.ts';

/** Why a record is in logs twice: its first attempt was stored but not answered in time; and its topic had moved since. */
const DUPLICATE_RETRY = 0;
export const DUPLICATE_MOVED = 1;
export const LOG_DUPLICATE_CAUSES = ['retry', 'moved'] as const;

/** A log nobody reads keeps this many entries for its followers' sake; older ones are forgotten. */
const UNREAD_ENTRIES_MAX = 64;

export class Clusters implements FetchDoor, ProduceDoor {
  readonly brokers: BrokerTable;
  readonly copies: Copies;
  readonly logs: readonly PartitionLog[];
  fetchListener: FetchListener | null = null;
  produceListener: ProduceListener | null = null;
  /** Told of records that were marked as copies and are none. */
  unmarkListener: ((partition: number, from: number, to: number) => void) | null = null;
  /** Offset of the first record of the latest append. */
  appendedFrom = 0;
  /** What was read ahead: means nothing, but what is read has to go somewhere. */
  foreseen = 0;
  readonly #engine: Engine;
  readonly #topology: Topology;
  readonly #scenario: Scenario;
  readonly #waiters: FetchWaiters;
  readonly #held = new HeldFetches();
  /** By partition: 1 when a route reads it. */
  readonly #read: Uint8Array;
  readonly #retentionKind: number;
  readonly #producedKind: number;
  readonly #readAhead: LogReadAhead;

  constructor(options: {
    engine: Engine;
    topology: Topology;
    scenario: Scenario;
    ways: Ways;
    observer?: Observer | null;
  }) {
    const { engine, topology, scenario } = options;
    this.#engine = engine;
    this.#topology = topology;
    this.#scenario = scenario;
    this.brokers = new BrokerTable(
      Array.from({ length: topology.brokers }, (_, broker) => topology.clusters[topology.brokerCluster[broker]].broker),
    );
    this.#read = new Uint8Array(topology.partitions);
    topology.topicHome.forEach((home, index) => {
      const first = topology.topicFirstPartition[index];
      if (home >= 0 && scenario.topics[home].routes.length > 0)
        this.#read.fill(1, first, first + topology.topicPartitionsMax[index]);
    });
    this.copies = new Copies({
      observer: options.observer ?? null,
      ...options,
      disconnect: (partition) => this.#disconnect(partition),
    });
    this.logs = this.copies.logs;
    this.#readAhead = new LogReadAhead({ logs: this.logs, arena: this.copies.arena, topology, brokers: this.brokers });
    this.#retentionKind = engine.kind('retention check', (cluster) => this.#retain(cluster));
    this.#producedKind = engine.kind('write appended', (writer, data) => this.#produced(writer, data));
    this.#waiters = new FetchWaiters({
      engine,
      partitions: topology.partitions,
      answer: (consumer) => this.#answer(consumer),
    });
    scenario.clusters.forEach((spec, cluster) => {
      engine.schedule(spec.retentionCheckNs, this.#retentionKind, cluster, 0, 0);
    });
  }

  /**
   * Enters a batch in its partition's log as of `doneNs`, or later if the partition is busy until then, and charges its
   * copies. Returns when it is in the leader's log.
   */
  append(
    partition: number,
    n: number,
    bytes: number,
    firstCreatedNs: number,
    lastCreatedNs: number,
    doneNs: number,
  ): number {
    const topology = this.#topology;
    const log = this.logs[partition];
    // Appends to one partition are one at a time, as its lock has it.
    const atNs = Math.max(doneNs, log.lastAppendNs);
    this.appendedFrom = log.append(atNs, n, bytes, firstCreatedNs, lastCreatedNs);
    const row = partition * REPLICAS_MAX;
    const { replicas } = topology;
    if (this.copies.disturbed) this.#replicate(partition, bytes);
    else {
      for (let copy = 1; copy < REPLICAS_MAX && replicas[row + copy] >= 0; copy++) {
        this.brokers.replicate(replicas[row], replicas[row + copy], bytes, this.#engine.nowNs);
      }
    }
    if (log.endBytes >= this.#waiters.enoughBytes(partition)) {
      this.#waiters.appended(partition, log.endBytes, this.copies.visibleFromNs(partition, atNs));
    }
    if (this.#read[partition] === 0 && log.entries > UNREAD_ENTRIES_MAX) {
      this.copies.release(partition, Infinity);
    }
    return atNs;
  }

  /** What copying costs the leader and those followers that run. */
  #replicate(partition: number, bytes: number): void {
    const { replicas, partitionLeader } = this.#topology;
    const row = partition * REPLICAS_MAX;
    const leader = partitionLeader[partition];
    for (let copy = 0; copy < REPLICAS_MAX && replicas[row + copy] >= 0; copy++) {
      const follower = replicas[row + copy];
      if (follower === leader || this.copies.isDown(follower) || this.copies.isPaced(partition, follower)) continue;
      this.brokers.replicate(leader, follower, bytes, this.#engine.nowNs);
    }
  }

  /**
   * A copy that catches up has fetched [from, from + bytes) of the log, in bytes: the leader reads it, from disk if it is old,
   * and sends it; the follower writes it.
   */
  caughtUp(partition: number, follower: number, fromBytes: number, bytes: number): void {
    const leader = this.#topology.partitionLeader[partition];
    const nowNs = this.#engine.nowNs;
    const log = this.logs[partition];
    const cold = this.#coldBytes(leader, log, log.offsetAtBytes(fromBytes), bytes);
    this.brokers.fetch(leader, bytes, cold, nowNs);
    this.brokers.receive(follower, bytes, nowNs);
  }

  /** Reads what appends to the partitions will read, to have it in cache. */
  foresee(partitions: Int32Array, count: number): void {
    this.#readAhead.appends(partitions, count);
    this.foreseen += this.#waiters.foresee(partitions, count);
  }

  /** The partition's last n records are second copies. */
  markDuplicate(partition: number, n: number, cause = DUPLICATE_RETRY): void {
    const log = this.logs[partition];
    log.markDuplicate(log.endOffset() - n, log.endOffset(), cause);
  }

  /** [from, to) is no copy after all. */
  unmarkDuplicate(partition: number, from: number, to: number): void {
    this.logs[partition].unmarkDuplicate(from, to);
    this.unmarkListener?.(partition, from, to);
  }

  produce(
    writer: number,
    partition: number,
    records: number,
    bytes: number,
    firstCreatedNs: number,
    lastCreatedNs: number,
  ): void {
    const broker = this.#topology.partitionLeader[partition];
    const nowNs = this.#engine.nowNs;
    if (this.copies.isDown(broker)) {
      this.produceListener!.onProduced(writer, PRODUCE_DISCONNECTED, nowNs);
      return;
    }
    // Who writes to a broker that hangs waits for its own time-out.
    if (this.copies.isHung(broker)) return;
    const doneNs = this.brokers.produce(broker, bytes, nowNs);
    const atNs = this.append(partition, records, bytes, firstCreatedNs, lastCreatedNs, doneNs);
    const answerNs = this.copies.visibleFromNs(partition, atNs);
    // Stops of the broker are counted, so that the answer knows whether it was one that lived through it.
    if (answerNs < Infinity) {
      const lived = broker * 64 + (this.copies.stops(broker) & 63);
      this.#engine.schedule(answerNs, this.#producedKind, writer, 0, lived);
    }
  }

  fetch(
    consumer: number,
    partition: number,
    fromOffset: number,
    bytesMin: number,
    bytesMax: number,
    waitNs: number,
  ): void {
    const broker = this.#topology.partitionLeader[partition];
    const nowNs = this.#engine.nowNs;
    const listener = this.fetchListener!;
    if (this.copies.isDown(broker)) {
      listener.onFetched(consumer, FETCH_DISCONNECTED, fromOffset, fromOffset, 0, nowNs);
      return;
    }
    if (this.copies.isHung(broker)) {
      this.#held.hold(partition, { consumer, fromOffset, bytesMin, bytesMax, waitNs });
      return;
    }
    const log = this.logs[partition];
    const first = this.#firstFrom(log, fromOffset);
    if (first > fromOffset) {
      this.#refuse(consumer, partition, fromOffset, first);
      return;
    }
    this.#waiters.hold(consumer, partition, fromOffset, bytesMax);
    const visible = this.copies.visibleEnd(partition);
    const ready = visible > fromOffset && log.bytesAt(visible) - log.bytesAt(fromOffset) >= bytesMin;
    if (ready || waitNs === 0) {
      this.#answer(consumer);
      return;
    }
    const enoughBytes = log.bytesAt(fromOffset) + bytesMin;
    this.#waiters.wait(consumer, enoughBytes, nowNs + waitNs);
    if (log.endBytes >= enoughBytes) {
      this.#waiters.appended(partition, log.endBytes, this.copies.visibleFromNs(partition, log.lastAppendNs));
    }
  }

  /** The process is back, its queues empty. */
  start(broker: number, disk: 'kept' | 'lost'): void {
    this.brokers.reset(broker, this.#engine.nowNs);
    this.copies.start(broker, disk);
  }

  /** The process is back before anybody has noticed: it leads on what it led. For worlds without controllers. */
  restart(broker: number): void {
    this.start(broker, 'kept');
    this.copies.leadOn(broker);
  }

  /** The broker goes on, and takes up the fetches that have come meanwhile. */
  resume(broker: number): void {
    this.brokers.reset(broker, this.#engine.nowNs);
    this.copies.resume(broker);
    for (const partition of this.copies.hosted(broker)) {
      for (const { consumer, fromOffset, bytesMin, bytesMax, waitNs } of this.#held.take(partition)) {
        this.fetch(consumer, partition, fromOffset, bytesMin, bytesMax, waitNs);
      }
    }
  }

  /** Everything the broker does takes so many times longer. */
  slow(broker: number, factors: { readonly cpu: number; readonly disk: number; readonly network: number }): void {
    this.brokers.slow(broker, this.#engine.nowNs, factors);
    this.copies.slow(broker, Math.max(factors.cpu, factors.disk, factors.network));
  }

  /** A route has delivered everything below the offset; `lowest` is the lowest such of the partition's routes. */
  release(partition: number, lowest: number): void {
    this.copies.release(partition, lowest);
  }

  #answer(consumer: number): void {
    const waiters = this.#waiters;
    const partition = waiters.partition(consumer);
    const from = waiters.from(consumer);
    const broker = this.#topology.partitionLeader[partition];
    const log = this.logs[partition];
    const nowNs = this.#engine.nowNs;
    const first = this.#firstFrom(log, from);
    if (first > from) {
      this.#refuse(consumer, partition, from, first);
      return;
    }
    log.offsetForBytes(from, waiters.bytesMax(consumer), this.copies.visibleEnd(partition));
    const bytes = log.readBytes;
    const end = log.lostTails === null ? log.readEnd : log.lostTails.clip(from, log.readEnd);
    const doneNs = this.brokers.fetch(broker, bytes, this.#coldBytes(broker, log, from, bytes), nowNs);
    this.fetchListener!.onFetched(consumer, FETCH_OK, from, end, bytes, doneNs);
  }

  /** The offset is not in the log, which goes on at `first`. A client looks up start and end by itself; here they are told. */
  #refuse(consumer: number, partition: number, from: number, first: number): void {
    const doneNs = this.brokers.fetch(this.#topology.partitionLeader[partition], 0, 0, this.#engine.nowNs);
    const passed = from < this.logs[partition].startOffset();
    const end = passed ? Math.max(first, this.copies.visibleEnd(partition)) : first;
    this.fetchListener!.onOutOfRange(consumer, from, first, end, doneNs);
  }

  /** The first offset from the given one on that is in the log: retention and lost tails leave none before it. */
  #firstFrom(log: PartitionLog, offset: number): number {
    const first = Math.max(offset, log.startOffset());
    return log.lostTails === null ? first : log.lostTails.skip(first);
  }

  /** Bytes of a read that the page cache no longer holds: all, when the broker has since written more than it holds. */
  #coldBytes(broker: number, log: PartitionLog, from: number, bytes: number): number {
    if (bytes === 0) return 0;
    const nowNs = this.#engine.nowNs;
    const ageNs = nowNs - log.appendTimeOf(from);
    const spec = this.#scenario.clusters[this.#topology.brokerCluster[broker]].broker;
    // Bytes written since then, at the mean rate so far: exact for steady traffic.
    const writtenSince = (this.brokers.diskBytes(broker) / nowNs) * ageNs;
    return writtenSince > spec.pageCacheBytes ? bytes : 0;
  }

  #produced(writer: number, lived: number): void {
    const broker = Math.floor(lived / 64);
    const status = (this.copies.stops(broker) & 63) === lived % 64 ? PRODUCED : PRODUCE_DISCONNECTED;
    this.produceListener!.onProduced(writer, status, this.#engine.nowNs);
  }

  #disconnect(partition: number): void {
    const nowNs = this.#engine.nowNs;
    for (let consumer = this.#waiters.head(partition); consumer >= 0; consumer = this.#waiters.head(partition)) {
      const from = this.#waiters.from(consumer);
      this.#waiters.drop(consumer);
      this.fetchListener!.onFetched(consumer, FETCH_DISCONNECTED, from, from, 0, nowNs);
    }
    for (const { consumer, fromOffset } of this.#held.take(partition)) {
      this.fetchListener!.onFetched(consumer, FETCH_DISCONNECTED, fromOffset, fromOffset, 0, nowNs);
    }
  }

  #retain(cluster: number): void {
    const topology = this.#topology;
    const spec = topology.clusters[cluster];
    const nowNs = this.#engine.nowNs;
    for (let topic = 0; topic < topology.topics; topic++) {
      if (topology.topicCluster[topic] !== cluster) continue;
      const first = topology.topicFirstPartition[topic];
      const retention = { retentionNs: topology.topicRetentionNs[topic], retentionBytes: spec.retentionBytes };
      for (let index = 0; index < topology.topicPartitions[topic]; index++) {
        this.logs[first + index].retain(nowNs, retention);
      }
    }
    this.#engine.schedule(nowNs + spec.retentionCheckNs, this.#retentionKind, cluster, 0, 0);
  }
}
