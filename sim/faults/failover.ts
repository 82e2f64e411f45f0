/**
 * In-region failover to a stand-by, and topics that move. What is done when, the production core says (`ClusterFailover`);
 * here the world does it, each step in a time of its own, and tells the core what it asks for.
 */
import { ClusterFailover, type FailoverMilestone } from '../../src/healing/cluster-failover.ts';
import { type Engine, invariant } from '../engine/index.ts';
import type { FailoverSpec, TopicMoveSpec } from '../scenario/scenario.ts';

/** What failing over can ask of the world. Topics are the fronting ones, by index; clusters by name. */
export interface FailoverDoors {
  /** Share of the cluster's partitions that nobody can write to now; 1 when nobody reaches the cluster. */
  sickFraction(cluster: string): number;
  topicsIn(cluster: string): readonly number[];
  topicNamed(name: string): number;
  clusterOf(topic: number): string;
  /** Routers read the topics there, too; or no longer. */
  open(topics: readonly number[], cluster: string): void;
  close(topics: readonly number[], cluster: string): void;
  repoint(topics: readonly number[], to: { cluster: string; pollNs: number; done: () => void }): void;
  isDrained(topics: readonly number[], cluster: string, untilNs: number): boolean;
}

/** Told when a failover has reached the end of a step. */
export type FailoverListener = (failover: number, milestone: FailoverMilestone, nowNs: number) => void;

/** Between two looks of an operator that waits for a moved topic to be drained. */
const LOOK_NS = 1_000_000_000;

export class Failovers {
  readonly #engine: Engine;
  readonly #doors: FailoverDoors;
  readonly #told: FailoverListener;
  readonly #kind: number;
  /** What each event does, by number; forgotten when it has happened. */
  readonly #steps = new Map<number, () => void>();
  #count = 0;
  #events = 0;
  /** Clusters that a failover is at. */
  readonly #busy = new Set<string>();

  constructor(options: { engine: Engine; doors: FailoverDoors; told: FailoverListener }) {
    this.#engine = options.engine;
    this.#doors = options.doors;
    this.#told = options.told;
    this.#kind = options.engine.kind('operator', (_, number) => {
      const step = this.#steps.get(number)!;
      this.#steps.delete(number);
      step();
    });
  }

  /** A topic moves for good: it is created there, producers are repointed, and routers leave when the old place is drained. */
  move({ topic, to, createNs, pollNs }: TopicMoveSpec): void {
    const doors = this.#doors;
    const topics = [doors.topicNamed(topic)];
    this.#after(createNs, () => {
      const from = doors.clusterOf(topics[0]);
      if (from === to || this.#busy.has(from)) return;
      doors.open(topics, to);
      doors.repoint(topics, {
        cluster: to,
        pollNs,
        done: () => {
          const leftNs = this.#engine.nowNs;
          this.#when(
            LOOK_NS,
            () => doors.isDrained(topics, from, leftNs),
            () => doors.close(topics, from),
          );
        },
      });
    });
  }

  /** Decided now, or watched from now on. Nothing when the cluster is being failed over already. */
  begin(spec: FailoverSpec): void {
    const { cluster, to } = spec;
    const index = this.#count++;
    const doors = this.#doors;
    let topics: readonly number[] = [];
    let leftNs = 0;
    let lookNs = -1;
    const done = (): void => {
      leftNs = this.#engine.nowNs;
      failover.done(leftNs);
      look();
    };
    // Told what it asks for, at the time at which it asks.
    const look = (): void => {
      const { nowNs } = this.#engine;
      while (failover.asks !== null && failover.askAtNs <= nowNs) {
        if (failover.asks === 'health') failover.health(doors.sickFraction(cluster), nowNs);
        else failover.drain(doors.isDrained(topics, failover.drains === 'home' ? cluster : to, leftNs), nowNs);
      }
      if (failover.asks === null || failover.askAtNs === lookNs) return;
      lookNs = failover.askAtNs;
      this.#after(lookNs - nowNs, look);
    };
    const failover = new ClusterFailover(spec, {
      claim: () => {
        const free = !this.#busy.has(cluster);
        this.#busy.add(cluster);
        return free;
      },
      start: () => this.#after(spec.bootNs, done),
      create: () =>
        this.#after(spec.createNs, () => {
          topics = doors.topicsIn(cluster);
          doors.open(topics, to);
          done();
        }),
      repoint: (where) =>
        doors.repoint(topics, { cluster: where === 'home' ? cluster : to, pollNs: spec.pollNs, done }),
      leave: (which) => {
        doors.close(topics, which === 'home' ? cluster : to);
        this.#busy.delete(cluster);
      },
      reached: (milestone, nowNs) => this.#told(index, milestone, nowNs),
    });
    if (spec.rule === null) failover.decide(this.#engine.nowNs);
    else failover.watch(this.#engine.nowNs);
    look();
  }

  /** Looks now and then until it is so. */
  #when(lookNs: number, isSo: () => boolean, then: () => void): void {
    if (isSo()) then();
    else this.#after(lookNs, () => this.#when(lookNs, isSo, then));
  }

  #after(ns: number, step: () => void): void {
    invariant(ns >= 0, 'a step lies ahead');
    const number = this.#events++;
    this.#steps.set(number, step);
    this.#engine.schedule(this.#engine.nowNs + ns, this.#kind, 0, number, number);
  }
}
