/**
 * In-region failover to a stand-by, step by step, each with its own time: detect, start the stand-by, create the topics,
 * repoint producers, drain the old cluster; and back: repoint, drain the stand-by, stop (T16; B16, Netflix tech blog).
 */
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

/** What is reached, in order. */
export const MILESTONES = [
  'detected',
  'started',
  'created',
  'shifted',
  'drained',
  'returning',
  'back',
  'standbyDrained',
] as const;
export type Milestone = (typeof MILESTONES)[number];

/** Told when a failover has reached the end of a step. */
export type FailoverListener = (failover: number, milestone: Milestone, nowNs: number) => void;

interface Operation {
  readonly index: number;
  readonly spec: FailoverSpec;
  readonly checks: boolean[];
  topics: readonly number[];
  /** When the last producer left a cluster. */
  leftNs: number;
}

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

  /** Nothing when the cluster is being failed over already. */
  begin(spec: FailoverSpec): void {
    const operation: Operation = { index: this.#count++, spec, checks: [], topics: [], leftNs: 0 };
    if (spec.rule === null) this.#detected(operation);
    else this.#check(operation);
  }

  #check(operation: Operation): void {
    const { cluster, rule } = operation.spec;
    const { checkNs, hits, window, sickFraction } = rule!;
    operation.checks.push(this.#doors.sickFraction(cluster) >= sickFraction);
    if (operation.checks.length > window) operation.checks.shift();
    if (operation.checks.filter((sick) => sick).length >= hits) this.#detected(operation);
    else this.#after(checkNs, () => this.#check(operation));
  }

  #detected(operation: Operation): void {
    const { cluster, to, bootNs, createNs } = operation.spec;
    if (this.#busy.has(cluster)) return;
    this.#busy.add(cluster);
    this.#reach(operation, 'detected');
    this.#after(bootNs, () => {
      this.#reach(operation, 'started');
      this.#after(createNs, () => {
        operation.topics = this.#doors.topicsIn(cluster);
        this.#doors.open(operation.topics, to);
        this.#reach(operation, 'created');
        this.#shift(operation, to, () => this.#shifted(operation));
      });
    });
  }

  #shift({ topics, spec }: Operation, cluster: string, done: () => void): void {
    this.#doors.repoint(topics, { cluster, pollNs: spec.pollNs, done });
  }

  #shifted(operation: Operation): void {
    const { cluster, lookNs } = operation.spec;
    operation.leftNs = this.#engine.nowNs;
    this.#reach(operation, 'shifted');
    this.#when(
      lookNs,
      () => this.#doors.isDrained(operation.topics, cluster, operation.leftNs),
      () => this.#drained(operation),
    );
  }

  #drained(operation: Operation): void {
    const { cluster, stayNs, lookNs } = operation.spec;
    this.#reach(operation, 'drained');
    if (stayNs === null) {
      this.#doors.close(operation.topics, cluster);
      this.#busy.delete(cluster);
      return;
    }
    const untilNs = operation.leftNs + stayNs;
    this.#when(
      lookNs,
      () => this.#engine.nowNs >= untilNs && this.#doors.sickFraction(cluster) === 0,
      () => {
        this.#reach(operation, 'returning');
        this.#shift(operation, cluster, () => this.#back(operation));
      },
    );
  }

  #back(operation: Operation): void {
    const { cluster, to, lookNs } = operation.spec;
    operation.leftNs = this.#engine.nowNs;
    this.#reach(operation, 'back');
    this.#when(
      lookNs,
      () => this.#doors.isDrained(operation.topics, to, operation.leftNs),
      () => {
        this.#doors.close(operation.topics, to);
        this.#busy.delete(cluster);
        this.#reach(operation, 'standbyDrained');
      },
    );
  }

  #reach(operation: Operation, milestone: Milestone): void {
    this.#told(operation.index, milestone, this.#engine.nowNs);
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
