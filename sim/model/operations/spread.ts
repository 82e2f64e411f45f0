/**
 * Where an operator puts copies: on the brokers that have fewest, and apart from each other as far as the cluster's placement
 * asks. Works on lists of brokers alone, and changes nothing.
 */
import { invariant } from '../../engine/index.ts';

/** A partition and the brokers of its copies, the preferred leader first. */
export interface Assignment {
  readonly partition: number;
  readonly brokers: readonly number[];
}

export interface SpreadOptions {
  /** Brokers that may get copies. */
  readonly brokers: readonly number[];
  /** Ways in which copies are kept apart, what matters most first: two brokers of one place are not. None for plain placement. */
  readonly places: readonly ((broker: number) => number)[];
  /** All copies of the cluster as they are, or will be when what is under way is done. */
  readonly assignments: readonly Assignment[];
}

export class Spread {
  readonly #options: SpreadOptions;
  readonly #copies = new Map<number, number>();
  readonly #leads = new Map<number, number>();

  constructor(options: SpreadOptions) {
    this.#options = options;
    for (const { brokers } of options.assignments) this.#count(brokers, 1);
  }

  /** Brokers for a partition that isn't there yet. */
  place(copies: number): number[] {
    const brokers = this.#extend([], copies);
    this.#count(brokers, 1);
    return brokers;
  }

  /** The partition with so many copies: those that there are stay, as far as they may, in their order. */
  resized({ brokers }: Assignment, copies: number): number[] {
    const kept = [...brokers];
    while (kept.length > copies) kept.splice(this.#superfluous(kept), 1);
    const target = this.#extend(kept, copies);
    this.#replace(brokers, target);
    return target;
  }

  /** The partition without copies on the brokers that leave: others stand in, in their places. */
  without({ brokers }: Assignment, leaves: (broker: number) => boolean): number[] {
    const target = [...brokers];
    target.forEach((broker, place) => {
      if (!leaves(broker)) return;
      const others = target.filter((_, i) => i !== place && (i < place || !leaves(target[i])));
      target[place] = this.#next(others, place === 0);
    });
    this.#replace(brokers, target);
    return target;
  }

  /**
   * The moves after which brokers have about as many copies each: one copy at a time goes from the fullest to the emptiest
   * broker, as long as they differ by more than one and the partition is no less spread out than before.
   */
  balanced(movable: (partition: number) => boolean): Assignment[] {
    const { brokers, assignments } = this.#options;
    const now = new Map(assignments.map(({ partition, brokers: at }) => [partition, [...at]]));
    const moved = new Set<number>();
    for (let moves = 0; moves < assignments.length * 4; moves++) {
      const fullest = [...brokers].sort((a, b) => this.#load(b) - this.#load(a) || a - b);
      const move = this.#oneMove(fullest, now, movable);
      if (move === null) break;
      const before = now.get(move.partition)!;
      this.#replace(before, move.brokers);
      now.set(move.partition, [...move.brokers]);
      moved.add(move.partition);
    }
    return [...moved].sort((a, b) => a - b).map((partition) => ({ partition, brokers: now.get(partition)! }));
  }

  #oneMove(
    fullest: readonly number[],
    now: ReadonlyMap<number, readonly number[]>,
    movable: (partition: number) => boolean,
  ): Assignment | null {
    for (const from of fullest) {
      for (const to of [...fullest].reverse()) {
        if (this.#load(from) - this.#load(to) <= 1) break;
        const leads = this.#leadsOf(from) - this.#leadsOf(to) > 1;
        let other: Assignment | null = null;
        for (const [partition, brokers] of now) {
          const place = brokers.indexOf(from);
          if (place < 0 || brokers.includes(to) || !movable(partition)) continue;
          const target = brokers.map((broker) => (broker === from ? to : broker));
          if (this.#crowding(target) > this.#crowding(brokers)) continue;
          if (leads === (place === 0)) return { partition, brokers: target };
          other ??= { partition, brokers: target };
        }
        if (other !== null) return other;
      }
    }
    return null;
  }

  #extend(kept: readonly number[], copies: number): number[] {
    const brokers = [...kept];
    while (brokers.length < copies) brokers.push(this.#next(brokers, brokers.length === 0));
    return brokers;
  }

  /** The broker that is furthest apart from the others, and of those the emptiest. */
  #next(others: readonly number[], leads: boolean): number {
    let best = -1;
    let least: readonly number[] = [];
    for (const broker of this.#options.brokers) {
      if (others.includes(broker)) continue;
      const load = leads ? this.#leadsOf(broker) : this.#load(broker);
      const cost = [
        ...this.#options.places.map((place) => count(others, place, place(broker))),
        load,
        this.#load(broker),
      ];
      if (best >= 0 && compare(cost, least) >= 0) continue;
      best = broker;
      least = cost;
    }
    invariant(best >= 0, 'there are as many brokers as copies');
    return best;
  }

  /** Place of the copy that is missed least: the last of those that share a place with another, else the last. */
  #superfluous(brokers: readonly number[]): number {
    for (const place of this.#options.places) {
      for (let i = brokers.length - 1; i > 0; i--) if (count(brokers, place, place(brokers[i])) > 1) return i;
    }
    return brokers.length - 1;
  }

  /** How many pairs of copies share a place, what matters most first in weight. */
  #crowding(brokers: readonly number[]): number {
    let crowding = 0;
    for (const place of this.#options.places) {
      crowding *= 100;
      for (const broker of brokers) crowding += count(brokers, place, place(broker)) - 1;
    }
    return crowding;
  }

  #replace(before: readonly number[], after: readonly number[]): void {
    this.#count(before, -1);
    this.#count(after, 1);
  }

  #count(brokers: readonly number[], step: number): void {
    for (const broker of brokers) this.#copies.set(broker, this.#load(broker) + step);
    this.#leads.set(brokers[0], this.#leadsOf(brokers[0]) + step);
  }

  #load(broker: number): number {
    return this.#copies.get(broker) ?? 0;
  }

  #leadsOf(broker: number): number {
    return this.#leads.get(broker) ?? 0;
  }
}

function count(brokers: readonly number[], place: (broker: number) => number, at: number): number {
  return brokers.reduce((sum, broker) => sum + (place(broker) === at ? 1 : 0), 0);
}

function compare(one: readonly number[], other: readonly number[]): number {
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return one[i] - other[i];
  return 0;
}
