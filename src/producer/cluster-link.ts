import type { Clock, PartitionLeader, ProducerPort } from '../ports.ts';
import type { ProducerConfig } from './config.ts';
import { ConnectionLoop } from './connection-loop.ts';
import type { Dispatcher } from './dispatcher.ts';
import { MetadataLoop } from './metadata-loop.ts';
import { TopicView } from './topic-view.ts';

export interface ClusterLinkOptions {
  readonly name: string;
  readonly port: ProducerPort;
  readonly clock: Clock;
  readonly config: ProducerConfig;
  readonly metadataMaxAgeNs: number;
  readonly identity: number;
  /** Numbers that no other cluster's broker has: the core knows brokers, not clusters. */
  readonly nextBroker: (link: ClusterLink) => number;
  readonly dispatcher: (link: ClusterLink) => Dispatcher;
  /** Of a topic that was asked for and not forgotten since. */
  readonly onLeaders: (topic: string, leaders: readonly PartitionLeader[]) => void;
  readonly onConnected: (link: ClusterLink) => void;
  readonly onDisconnected: (link: ClusterLink, cause: unknown) => void;
}

/** One cluster as a producer sees it: its client, the connection to it, what it said of topics, and what is sent to it. */
export class ClusterLink {
  readonly name: string;
  readonly port: ProducerPort;
  readonly connection: ConnectionLoop;
  readonly metadata: MetadataLoop;
  readonly dispatcher: Dispatcher;
  readonly #nextBroker: (link: ClusterLink) => number;
  /** The cluster's broker ids as small integers. */
  readonly #brokers = new Map<number, number>();

  constructor(options: ClusterLinkOptions) {
    const { name, port, clock, config, identity, onLeaders, onConnected, onDisconnected } = options;
    this.name = name;
    this.port = port;
    this.#nextBroker = options.nextBroker;
    this.dispatcher = options.dispatcher(this);
    this.metadata = new MetadataLoop({
      port,
      clock,
      identity,
      retry: config.retry,
      timeoutNs: config.requestTimeoutNs,
      maxAgeNs: options.metadataMaxAgeNs,
      onLeaders,
      onFailure: () => this.connection.check(),
    });
    this.connection = new ConnectionLoop({
      port,
      clock,
      identity,
      retry: config.reconnect,
      openTimeoutNs: config.requestTimeoutNs,
      onConnected: () => {
        this.metadata.start();
        onConnected(this);
      },
      onDisconnected: (cause) => {
        this.metadata.pause();
        onDisconnected(this, cause);
      },
    });
  }

  /** At least so many partitions: one that is no longer told of has no leader. */
  viewOf(partitions: readonly PartitionLeader[], partitionsMin: number): TopicView {
    let count = partitionsMin;
    for (const { partition } of partitions) count = Math.max(count, partition + 1);
    const leaders = new Int32Array(count).fill(-1);
    for (const { partition, leader } of partitions) {
      if (leader < 0) continue;
      let broker = this.#brokers.get(leader);
      if (broker === undefined) {
        broker = this.#nextBroker(this);
        this.#brokers.set(leader, broker);
      }
      leaders[partition] = broker;
    }
    return new TopicView(leaders);
  }

  /** No further questions and no further attempts to connect. */
  close(): void {
    this.metadata.close();
    this.connection.close();
  }
}
