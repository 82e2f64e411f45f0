import { Outages } from './outages.ts';

/**
 * A topic of the consumer tier as a sink: which of its partitions a write goes to. The write itself goes through the
 * produce door of the cluster, which is modelled like any other; only an outage of the sink as a whole is kept here.
 */
export class MirroredTopics {
  readonly outages = new Outages();
  private readonly turns: Uint32Array;

  constructor(containers: number) {
    this.turns = new Uint32Array(containers);
  }

  /** Round-robin by write, each container beginning elsewhere: records carry no key by now. */
  nextPartition(container: number, partitions: number): number {
    return (container + this.turns[container]++) % partitions;
  }
}
