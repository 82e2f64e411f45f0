/**
 * What a producer knows of a topic: who leads each partition. Replaced as a whole when metadata changes, never mutated,
 * so that ten thousand producers can share one.
 */
export class TopicView {
  /** Broker that leads each partition, a small integer, or −1 while it has none. */
  readonly leaders: Int32Array;
  /** The partitions worth choosing from, ascending: those with a leader, or all if none has one (then any is as good). */
  readonly available: Int32Array;
  /** Of the topic. */
  readonly partitions: number;
  /**
   * True when all have a leader, or none has: `available[i]` is i then. Who chooses need not read the list, which of
   * thousands of topics lies far away.
   */
  readonly allAvailable: boolean;

  /** At least one partition. */
  constructor(leaders: ArrayLike<number>) {
    if (leaders.length < 1) throw new RangeError('a topic has at least one partition');
    this.leaders = Int32Array.from(leaders);
    const led: number[] = [];
    this.leaders.forEach((leader, partition) => {
      if (leader >= 0) led.push(partition);
    });
    this.available = led.length > 0 ? Int32Array.from(led) : this.leaders.map((_, partition) => partition);
    this.partitions = this.leaders.length;
    this.allAvailable = this.available.length === this.partitions;
  }

  equals(other: TopicView): boolean {
    return this.leaders.length === other.leaders.length && this.leaders.every((id, i) => id === other.leaders[i]);
  }
}
