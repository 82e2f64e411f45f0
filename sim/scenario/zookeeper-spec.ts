/** An ensemble as the world is built from it. */
export interface ZooKeeperSpec {
  readonly name: string;
  /** Clusters whose brokers register there. */
  readonly clusters: readonly string[];
  readonly nodes: number;
  /** From the loss of its leader until another one serves. */
  readonly electionNs: number;
  /** What the ensemble spends on one read, one write, and one session that a client takes up again. */
  readonly readNs: number;
  readonly writeNs: number;
  readonly reconnectNs: number;
  /** Sessions of consumers for each replica in the clusters. */
  readonly sessionsPerReplica: number;
}

export type ZooKeeperFaultSpec =
  | {
      readonly kind: 'zookeeper-node-kill';
      readonly atNs: number;
      readonly forNs: number;
      readonly zookeeper: string;
      readonly node: number;
      /** Whether it returns under another address. */
      readonly replaced: boolean;
    }
  | { readonly kind: 'zookeeper-down'; readonly atNs: number; readonly forNs: number; readonly zookeeper: string }
  | { readonly kind: 'zookeeper-election'; readonly atNs: number; readonly zookeeper: string };
