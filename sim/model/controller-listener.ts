/** Who hears of what controllers do. */
export interface ControllerListener {
  /** A broker's process has stopped (after the cluster knows). */
  brokerStopped(broker: number): void;
  brokerHung(broker: number): void;
  brokerResumed(broker: number): void;
  /** A broker doesn't hear its controller any more, or has heard what it missed. */
  newsChanged(): void;
  /** Leaders have moved, and with them tails may be lost. */
  leadersMoved(partitions: readonly number[]): void;
  /** Brokers tell clients of new leaders from now on. */
  metadataChanged(topic: number): void;
}
