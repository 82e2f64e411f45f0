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

  /**
   * A copy that catches up shares the card with what comes in meanwhile: half of it, spread over what its broker follows.
   * Of a connection that loses packets it gets its part, too.
   */
  bytesPerSecond(follower: number, leader: number): number {
    const { topology, ways, hosted } = this.#from;
    const { networkBytesPerSecond } = topology.clusters[topology.brokerCluster[follower]].broker;
    const card = networkBytesPerSecond / 2 / Math.max(1, hosted(follower).length) / this.#slowness[follower];
    if (!ways.slowed) return card;
    const connection = ways.bytesPerSecond(ways.broker(leader), ways.broker(follower), this.#baseNs(leader, follower));
    if (connection === Number.POSITIVE_INFINITY) return card;
    const followed = hosted(follower).filter((partition) => topology.partitionLeader[partition] === leader);
    return Math.min(card, connection / Math.max(1, followed.length));
  }

  #baseNs(from: number, to: number): number {
    const { brokerZone } = this.#from.topology;
    return this.#from.topology.baseNs(brokerZone[from], brokerZone[to]);
  }
}
