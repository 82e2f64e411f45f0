/** What failovers ask of the world, by the names of clusters and topics. */
import type { Scenario } from '../scenario/scenario.ts';
import { type SickWorld, sickFraction } from './sick-fraction.ts';
import type { TopicMoves } from './topic-moves.ts';

export interface NamedMovesOptions {
  readonly moves: TopicMoves;
  readonly scenario: Scenario;
  readonly sick: SickWorld;
}

export class NamedMoves {
  readonly #from: NamedMovesOptions;

  constructor(options: NamedMovesOptions) {
    this.#from = options;
  }

  /** Share of the cluster's partitions that nobody can write to now; 1 when nobody reaches the cluster. */
  sickFraction(cluster: string): number {
    return sickFraction(this.#from.sick, this.#clusterOf(cluster));
  }

  topicsIn(cluster: string): readonly number[] {
    return this.#from.moves.topicsIn(this.#clusterOf(cluster));
  }

  topicNamed(topic: string): number {
    return this.#from.scenario.topics.findIndex(({ name }) => name === topic);
  }

  clusterOf(topic: number): string {
    const { moves, scenario } = this.#from;
    return scenario.clusters[moves.clusterOf(topic)].name;
  }

  open(topics: readonly number[], cluster: string): void {
    this.#from.moves.open(topics, this.#clusterOf(cluster));
  }

  close(topics: readonly number[], cluster: string): void {
    this.#from.moves.close(topics, this.#clusterOf(cluster));
  }

  repoint(topics: readonly number[], to: { cluster: string; pollNs: number; done: () => void }): void {
    this.#from.moves.change(topics, { ...to, cluster: this.#clusterOf(to.cluster) });
  }

  isDrained(topics: readonly number[], cluster: string, untilNs: number): boolean {
    return this.#from.moves.isDrained(topics, this.#clusterOf(cluster), untilNs);
  }

  #clusterOf(name: string): number {
    return this.#from.scenario.clusters.findIndex((cluster) => cluster.name === name);
  }
}
