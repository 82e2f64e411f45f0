/**
 * What a bad way between brokers does to followers. They fetch without pause, so each fetch takes longer by what its two
 * messages take longer on average: their positions stay a pure function of time.
 */
import type { ClusterSpec } from '../scenario/scenario.ts';
import type { Topology } from './topology.ts';
import type { Ways } from './ways.ts';

/** A fetch, or a small answer of a few records: three packets. */
const MESSAGE_BYTES = 4_000;

export class FollowerWays {
  readonly #from: {
    readonly topology: Topology;
    readonly ways: Ways;
    readonly hosted: (broker: number) => readonly number[];
  };
  /** How much longer than it should each broker takes to copy. */
  readonly #slowness: Float64Array;
  /** Copies that an operator moves and that aren't in sync yet: bytes a second they may copy, by broker and partition. */
  readonly #paces = new Map<number, number>();

  constructor(options: { topology: Topology; ways: Ways; hosted: (broker: number) => readonly number[] }) {
    this.#from = options;
    this.#slowness = new Float64Array(options.topology.brokers).fill(1);
  }

  /** One way, from broker to broker, ns. */
  tripNs(from: number, to: number): number {
    const { ways } = this.#from;
    const baseNs = this.#baseNs(from, to);
    if (!ways.slowed) return baseNs;
    return baseNs + ways.meanLongerNs(ways.broker(from), ways.broker(to), { bytes: MESSAGE_BYTES, baseNs });
  }

  /** False when a fetch takes so long that the follower is never caught up for long enough: it is as good as cut off. */
  keepsUp(follower: number, leader: number, spec: ClusterSpec): boolean {
    const periodNs = this.tripNs(follower, leader) + this.tripNs(leader, follower) + spec.replicaFetchProcessNs;
    return 4 * periodNs < spec.replicaLagTimeMaxNs;
  }

  slow(broker: number, factor: number): void {
    this.#slowness[broker] = factor;
  }

  /** True when the copy that an operator moves has another pace from now on. */
  pace(partition: number, follower: number, bytesPerSecond: number): boolean {
    const key = this.#keyOf(partition, follower);
    if (this.#paces.get(key) === bytesPerSecond) return false;
    this.#paces.set(key, bytesPerSecond);
    return true;
  }

  /** The copy is in sync, or dropped: it has no pace of its own any more. */
  unpace(partition: number, follower: number): void {
    this.#paces.delete(this.#keyOf(partition, follower));
  }

  isPaced(partition: number, follower: number): boolean {
    return this.#paces.size > 0 && this.#paces.has(this.#keyOf(partition, follower));
  }

  #keyOf(partition: number, follower: number): number {
    return follower * this.#from.topology.partitions + partition;
  }

  /**
   * A copy that catches up shares the card with what comes in meanwhile: half of it, spread over what its broker follows;
   * one that an operator moves has its own pace. Of a connection that loses packets it gets its part, too.
   */
  bytesPerSecond(partition: number, follower: number): number {
    const { topology, ways, hosted } = this.#from;
    const leader = topology.partitionLeader[partition];
    const { networkBytesPerSecond } = topology.clusters[topology.brokerCluster[follower]].broker;
    const share = networkBytesPerSecond / 2 / Math.max(1, hosted(follower).length);
    const card = (this.#paces.get(this.#keyOf(partition, follower)) ?? share) / this.#slowness[follower];
    if (!ways.slowed) return card;
    const connection = ways.bytesPerSecond(ways.broker(leader), ways.broker(follower), this.#baseNs(leader, follower));
    if (connection === Number.POSITIVE_INFINITY) return card;
    const followed = hosted(follower).filter((each) => topology.partitionLeader[each] === leader);
    return Math.min(card, connection / Math.max(1, followed.length));
  }

  #baseNs(from: number, to: number): number {
    const { brokerZone } = this.#from.topology;
    return this.#from.topology.baseNs(brokerZone[from], brokerZone[to]);
  }
}
