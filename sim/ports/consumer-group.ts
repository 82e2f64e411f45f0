import type { Timer, TopicPartition } from '../../src/ports.ts';
import { rangeAssignor } from '../../src/router/assignors.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** AK `heartbeat.interval.ms`: by its next heartbeat a member hears of a rebalance. */
const HEARTBEAT_NS = 3_000_000_000;
/** AK `max.poll.interval.ms` bounds how long a rebalance waits for a member; Kafka Connect's and kafkajs's 60 s is taken. */
const REBALANCE_NS = 60_000_000_000;

export interface Membership {
  readonly topics: readonly string[];
  /** How many partitions a topic has; 0 if there is none. */
  readonly partitionsOf: (topic: string) => number;
  /** The group rebalances: give up the partitions, then join again. */
  readonly onRebalance: () => void;
}

export interface Assignment {
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
}

interface Member {
  membership: Membership;
  joinedNs: number;
  /** Set while it waits for its assignment. */
  assign: ((assignment: Assignment) => void) | null;
  heartbeat: Timer | null;
}

/** A consumer group as its coordinator knows it: eager rebalances, ranges of partitions, offsets. */
export class ConsumerGroup {
  readonly #clock: VirtualClock;
  readonly #members = new Map<number, Member>();
  readonly #offsets = new Map<string, bigint>();
  /** Chooses the broker that coordinates. */
  readonly identity: number;
  #generation = 0;
  #lastMember = 0;
  #deadline: Timer | null = null;

  constructor({ clock, identity }: { clock: VirtualClock; identity: number }) {
    this.#clock = clock;
    this.identity = identity;
  }

  /** A number for a member that joins the first time. */
  nextMember(): number {
    return ++this.#lastMember;
  }

  /** Answers when all members have joined, or those that have not have been given up. */
  join(id: number, membership: Membership, assign: (assignment: Assignment) => void): void {
    const member = this.#members.get(id) ?? { membership, joinedNs: 0, assign, heartbeat: null };
    member.heartbeat?.cancel();
    Object.assign(member, { membership, joinedNs: this.#clock.nowNs(), assign, heartbeat: null });
    this.#members.set(id, member);
    this.#rebalance();
  }

  leave(id: number): void {
    if (this.#members.delete(id) && this.#members.size > 0) this.#rebalance();
  }

  /** False when the member does not belong to the group any more, or not to this generation of it. */
  commit(
    { id, generation }: { id: number; generation: number },
    next: readonly (TopicPartition & { readonly offset: bigint })[],
  ): boolean {
    if (!this.#members.has(id) || generation !== this.#generation) return false;
    for (const { topic, partition, offset } of next) this.#offsets.set(`${topic}/${partition}`, offset);
    return true;
  }

  committed({ topic, partition }: TopicPartition): bigint | null {
    return this.#offsets.get(`${topic}/${partition}`) ?? null;
  }

  #rebalance(): void {
    if (this.#deadline === null) {
      this.#deadline = this.#clock.after(REBALANCE_NS, () => this.#expel());
      for (const member of this.#members.values()) if (member.assign === null) this.#call(member);
    }
    if ([...this.#members.values()].every(({ assign }) => assign !== null)) this.#assign();
  }

  #call(member: Member): void {
    const sinceNs = (this.#clock.nowNs() - member.joinedNs) % HEARTBEAT_NS;
    member.heartbeat = this.#clock.after(HEARTBEAT_NS - sinceNs, () => {
      member.heartbeat = null;
      member.membership.onRebalance();
    });
  }

  /** Those that did not join again in time are members no more. */
  #expel(): void {
    for (const [id, member] of this.#members) {
      if (member.assign !== null) continue;
      member.heartbeat?.cancel();
      this.#members.delete(id);
    }
    this.#assign();
  }

  #assign(): void {
    this.#deadline?.cancel();
    this.#deadline = null;
    const generation = ++this.#generation;
    const shares = this.#ranges();
    for (const [id, member] of this.#members) {
      const assign = member.assign;
      member.assign = null;
      assign?.({ generation, partitions: shares.get(id) ?? [] });
    }
  }

  /** AK `RangeAssignor`: of each topic, a stretch of partitions for each member that wants it, the first ones one more. */
  #ranges(): Map<number, TopicPartition[]> {
    const shares = new Map<number, TopicPartition[]>([...this.#members.keys()].map((id) => [id, []]));
    const topics = new Set([...this.#members.values()].flatMap(({ membership }) => membership.topics));
    for (const topic of [...topics].sort()) {
      const takers = [...this.#members].filter(([, { membership }]) => membership.topics.includes(topic));
      const partitions = takers[0][1].membership.partitionsOf(topic);
      const dealt = rangeAssignor.assign(
        partitions,
        takers.map(() => ({ owned: [] })),
      );
      takers.forEach(([id], index) => {
        for (const partition of dealt[index]) shares.get(id)!.push({ topic, partition });
      });
    }
    return shares;
  }
}
