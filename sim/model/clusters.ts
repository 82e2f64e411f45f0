/**
 * The clusters: every partition's log on its leader, its copies, and the doors by which producers, routers and
 * retention reach them. What a request costs is the broker table's business; when copies have it, replication's.
 *
 * An append is entered in the log when its request arrives, dated with the time at which the broker will be done with
 * it; whoever reads sees only what is dated by then. A broker that stops takes back what it was not done with.
 */
import { type Engine, hash32, invariant } from '../engine/index.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { BrokerTable } from './broker.ts';
import {
  FETCH_DISCONNECTED,
  FETCH_OK,
  FETCH_OUT_OF_RANGE,
  type FetchDoor,
  type FetchListener,
  PRODUCE_DISCONNECTED,
  PRODUCED,
  type ProduceDoor,
  type ProduceListener,
} from './doors.ts';
import { FetchWaiters } from './fetch-waiters.ts';
import { PartitionLog } from './log.ts';
import { LogArena } from './log-arena.ts';
import { LogReadAhead } from './log-read-ahead.ts';
import { ReplicaSet } from './replication.ts';
import { REPLICAS_MAX, type Topology } from './topology.ts';

/** Why a record is in a log twice: its first attempt was stored but not answered in time. */
export const DUPLICATE_RETRY = 0;
export const LOG_DUPLICATE_CAUSES = ['retry'] as const;

/** A log nobody reads keeps this many entries for its followers' sake; older ones are forgotten. */
const UNREAD_ENTRIES_MAX = 64;

export class Clusters implements FetchDoor, ProduceDoor {
  readonly brokers: BrokerTable;
  readonly logs: readonly PartitionLog[];
  /** Null for a partition with one copy. */
  readonly replicaSets: readonly (ReplicaSet | null)[];
  fetchListener: FetchListener | null = null;
  produceListener: ProduceListener | null = null;
  /** What was read ahead: means nothing, but what is read has to go somewhere. */
  foreseen = 0;
  readonly #engine: Engine;
  readonly #topology: Topology;
  readonly #scenario: Scenario;
  readonly #waiters: FetchWaiters;
  readonly #down: Uint8Array;
  /** How often each broker has stopped. */
  readonly #stops: Int32Array;
  /** Partitions each broker leads or follows. */
  readonly #hosted: readonly number[][];
  /** By partition: 1 when a route reads it. */
  readonly #read: Uint8Array;
  readonly #retentionKind: number;
  readonly #producedKind: number;
  readonly #readAhead: LogReadAhead;

  constructor(options: { engine: Engine; topology: Topology; scenario: Scenario }) {
    const { engine, topology, scenario } = options;
    this.#engine = engine;
    this.#topology = topology;
    this.#scenario = scenario;
    this.brokers = new BrokerTable(
      Array.from({ length: topology.brokers }, (_, broker) => topology.clusters[topology.brokerCluster[broker]].broker),
    );
    this.#down = new Uint8Array(topology.brokers);
    this.#stops = new Int32Array(topology.brokers);
    this.#read = new Uint8Array(topology.partitions);
    scenario.topics.forEach((topic, index) => {
      const first = topology.topicFirstPartition[index];
      if (topic.routes.length > 0) this.#read.fill(1, first, first + topology.topicPartitions[index]);
    });
    const hosted: number[][] = Array.from({ length: topology.brokers }, () => []);
    const logs: PartitionLog[] = [];
    const arena = new LogArena(topology.partitions * 64);
    const replicaSets: (ReplicaSet | null)[] = [];
    for (let partition = 0; partition < topology.partitions; partition++) {
      const spec = topology.clusters[topology.topicCluster[topology.partitionTopic[partition]]];
      const log = new PartitionLog({ segmentBytes: spec.segmentBytes, segmentNs: spec.segmentNs, arena });
      logs.push(log);
      const row = partition * REPLICAS_MAX;
      for (let copy = 0; copy < REPLICAS_MAX; copy++) {
        if (topology.replicas[row + copy] >= 0) hosted[topology.replicas[row + copy]].push(partition);
      }
      replicaSets.push(this.#replicaSet(partition, log, scenario));
    }
    this.logs = logs;
    this.replicaSets = replicaSets;
    this.#hosted = hosted;
    this.#readAhead = new LogReadAhead({ logs, arena, topology, brokers: this.brokers });
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

  isDown(broker: number): boolean {
    return this.#down[broker] === 1;
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
    log.append(atNs, n, bytes, firstCreatedNs, lastCreatedNs);
    const row = partition * REPLICAS_MAX;
    const { replicas } = topology;
    for (let copy = 1; copy < REPLICAS_MAX && replicas[row + copy] >= 0; copy++) {
      this.brokers.replicate(replicas[row], replicas[row + copy], bytes, this.#engine.nowNs);
    }
    if (log.endBytes >= this.#waiters.enoughBytes(partition)) {
      this.#waiters.appended(partition, log.endBytes, this.visibleFromNs(partition, atNs));
    }
    if (this.#read[partition] === 0 && log.entries > UNREAD_ENTRIES_MAX) {
      log.release(this.visibleEnd(partition));
    }
    return atNs;
  }

  /** Reads what appends to the partitions will read, to have it in cache. */
  foresee(partitions: Int32Array, count: number): void {
    this.#readAhead.appends(partitions, count);
    this.foreseen += this.#waiters.foresee(partitions, count);
  }

  /** The partition's last n records are second copies. */
  markDuplicate(partition: number, n: number): void {
    const log = this.logs[partition];
    log.markDuplicate(log.endOffset() - n, log.endOffset(), DUPLICATE_RETRY);
  }

  /** When data appended at the time becomes visible to consumers and acknowledged with acks=all. */
  visibleFromNs(partition: number, appendedNs: number): number {
    const replicaSet = this.replicaSets[partition];
    return replicaSet === null ? appendedNs : replicaSet.committedAtNs(appendedNs);
  }

  /** End of what consumers may read now: the high watermark. */
  visibleEnd(partition: number): number {
    const replicaSet = this.replicaSets[partition];
    const nowNs = this.#engine.nowNs;
    return replicaSet === null ? this.logs[partition].endOffsetAt(nowNs) : replicaSet.highWatermarkAt(nowNs);
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
    if (this.#down[broker] === 1) {
      this.produceListener!.onProduced(writer, PRODUCE_DISCONNECTED, nowNs);
      return;
    }
    const doneNs = this.brokers.produce(broker, bytes, nowNs);
    const atNs = this.append(partition, records, bytes, firstCreatedNs, lastCreatedNs, doneNs);
    const answerNs = this.visibleFromNs(partition, atNs);
    // Stops of the broker are counted, so that the answer knows whether it was one that lived through it.
    if (answerNs < Infinity) {
      const lived = broker * 64 + (this.#stops[broker] & 63);
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
    if (this.#down[broker] === 1) {
      listener.onFetched(consumer, FETCH_DISCONNECTED, fromOffset, fromOffset, 0, nowNs);
      return;
    }
    const log = this.logs[partition];
    if (fromOffset < log.startOffset()) {
      const doneNs = this.brokers.fetch(broker, 0, 0, nowNs);
      listener.onFetched(consumer, FETCH_OUT_OF_RANGE, fromOffset, log.startOffset(), 0, doneNs);
      return;
    }
    this.#waiters.hold(consumer, partition, fromOffset, bytesMax);
    const visible = this.visibleEnd(partition);
    const ready = visible > fromOffset && log.bytesAt(visible) - log.bytesAt(fromOffset) >= bytesMin;
    if (ready || waitNs === 0) {
      this.#answer(consumer);
      return;
    }
    const enoughBytes = log.bytesAt(fromOffset) + bytesMin;
    this.#waiters.wait(consumer, enoughBytes, nowNs + waitNs);
    if (log.endBytes >= enoughBytes) {
      this.#waiters.appended(partition, log.endBytes, this.visibleFromNs(partition, log.lastAppendNs));
    }
  }

  /**
   * The broker's process stops: what it was not done with never happened, those who wait are disconnected, its copies
   * stand still. Who leads is for elections to say; until then its partitions have no working leader.
   */
  stop(broker: number): void {
    invariant(this.#down[broker] === 0, `broker ${broker} is down already`);
    const nowNs = this.#engine.nowNs;
    const topology = this.#topology;
    this.#down[broker] = 1;
    this.#stops[broker]++;
    for (const partition of this.#hosted[broker]) {
      const row = partition * REPLICAS_MAX;
      if (topology.replicas[row] === broker) {
        this.logs[partition].truncateAfter(nowNs);
        this.#disconnect(partition);
        this.replicaSets[partition]?.stopLeader(nowNs);
      } else {
        this.replicaSets[partition]?.stopFollower(this.#copyOf(partition, broker), nowNs);
      }
    }
  }

  /** The process is back, with its disk as it was. */
  start(broker: number): void {
    invariant(this.#down[broker] === 1, `broker ${broker} is not down`);
    const nowNs = this.#engine.nowNs;
    this.#down[broker] = 0;
    this.brokers.reset(broker, nowNs);
    for (const partition of this.#hosted[broker]) {
      const leads = this.#topology.replicas[partition * REPLICAS_MAX] === broker;
      if (leads) this.replicaSets[partition]?.startLeader(nowNs);
      else {
        const spec = this.#specOf(partition).broker;
        // A copy that catches up shares the card with what comes in meanwhile: half of it, spread over what it follows.
        const bytesPerSecond = spec.networkBytesPerSecond / 2 / Math.max(1, this.#hosted[broker].length);
        this.replicaSets[partition]?.startFollower(this.#copyOf(partition, broker), nowNs, bytesPerSecond);
      }
    }
  }

  /** A route has delivered everything below the offset; `lowest` is the lowest such of the partition's routes. */
  release(partition: number, lowest: number): void {
    const visible = this.visibleEnd(partition);
    this.logs[partition].release(Math.min(lowest, visible));
  }

  #answer(consumer: number): void {
    const waiters = this.#waiters;
    const partition = waiters.partition(consumer);
    const from = waiters.from(consumer);
    const broker = this.#topology.partitionLeader[partition];
    const log = this.logs[partition];
    const nowNs = this.#engine.nowNs;
    if (from < log.startOffset()) {
      const doneNs = this.brokers.fetch(broker, 0, 0, nowNs);
      this.fetchListener!.onFetched(consumer, FETCH_OUT_OF_RANGE, from, log.startOffset(), 0, doneNs);
      return;
    }
    log.offsetForBytes(from, waiters.bytesMax(consumer), this.visibleEnd(partition));
    const end = log.readEnd;
    const bytes = log.readBytes;
    const doneNs = this.brokers.fetch(broker, bytes, this.#coldBytes(broker, log, from, bytes), nowNs);
    this.fetchListener!.onFetched(consumer, FETCH_OK, from, end, bytes, doneNs);
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
    const status = (this.#stops[broker] & 63) === lived % 64 ? PRODUCED : PRODUCE_DISCONNECTED;
    this.produceListener!.onProduced(writer, status, this.#engine.nowNs);
  }

  #disconnect(partition: number): void {
    const nowNs = this.#engine.nowNs;
    for (let consumer = this.#waiters.head(partition); consumer >= 0; consumer = this.#waiters.head(partition)) {
      const from = this.#waiters.from(consumer);
      this.#waiters.drop(consumer);
      this.fetchListener!.onFetched(consumer, FETCH_DISCONNECTED, from, from, 0, nowNs);
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

  #replicaSet(partition: number, log: PartitionLog, scenario: Scenario): ReplicaSet | null {
    const topology = this.#topology;
    const row = partition * REPLICAS_MAX;
    const leader = topology.replicas[row];
    const spec = this.#specOf(partition);
    const followers: { tripNs: number; phaseNs: number }[] = [];
    for (let copy = 1; copy < REPLICAS_MAX && topology.replicas[row + copy] >= 0; copy++) {
      const zone = topology.brokerZone[topology.replicas[row + copy]];
      followers.push({
        tripNs: topology.network.baseNs(zone, topology.brokerZone[leader]),
        phaseNs: hash32(scenario.seed, partition, copy),
      });
    }
    if (followers.length === 0) return null;
    return new ReplicaSet(log, {
      followers,
      processNs: spec.replicaFetchProcessNs,
      lagMaxNs: spec.replicaLagTimeMaxNs,
    });
  }

  #specOf(partition: number) {
    return this.#topology.clusters[this.#topology.topicCluster[this.#topology.partitionTopic[partition]]];
  }

  /** Which of the partition's followers the broker is, from 0. */
  #copyOf(partition: number, broker: number): number {
    const row = partition * REPLICAS_MAX;
    for (let copy = 1; copy < REPLICAS_MAX; copy++) if (this.#topology.replicas[row + copy] === broker) return copy - 1;
    throw new Error(`broker ${broker} holds no copy of partition ${partition}`);
  }
}
