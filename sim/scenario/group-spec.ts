/** The consumer group that a job's containers form, where they are not given their partitions for good. */
export interface GroupSpec {
  readonly protocol: 'eager' | 'cooperative' | 'kip-848';
  readonly assignor: 'range' | 'round-robin' | 'sticky';
  readonly sessionTimeoutNs: number;
  readonly heartbeatNs: number;
  /** A member that does nothing for so long leaves, and a rebalance waits no longer for anybody. */
  readonly maxPollIntervalNs: number;
  /** Heartbeats go out from a thread of their own: a member that does nothing is still heard. */
  readonly heartbeatThread: boolean;
  /** KIP-345. */
  readonly staticMembership: boolean;
}
