/**
 * The controller of one cluster: hears that brokers die and return, elects leaders, and tells everybody. It does one
 * thing after the other, so that a broker with many partitions is away for longer.
 *
 * Elections of one failure take effect together when the last of them is decided: AK 0.8 collects the requests to brokers
 * and sends them at the end (`PartitionStateMachine.triggerOnlinePartitionStateChange`), KRaft commits them as one batch.
 */
import { invariant } from '../engine/invariant.ts';
import type { ControllerSpec } from '../scenario/scenario.ts';

/** One thing to do. What it takes is known when its turn comes. */
export type Task =
  /** Leaders for what the broker led. */
  | { readonly kind: 'elect'; readonly broker: number }
  /** The broker's copies leave the in-sync sets. */
  | { readonly kind: 'shrink'; readonly broker: number }
  /** The broker is back. */
  | { readonly kind: 'join'; readonly broker: number; readonly disk: 'kept' | 'lost' }
  /** Its leaders are moved, then it stops. */
  | { readonly kind: 'shut-down'; readonly broker: number }
  /** Preferred leaders lead again. */
  | { readonly kind: 'prefer' }
  /** An operator asks for something. */
  | { readonly kind: 'operate'; readonly work: number; readonly apply: () => void };

/** What a controller may do to its cluster. */
export interface ControllerDoors {
  /** Partitions of the cluster. */
  readonly partitions: () => number;
  /** Partitions whose leader or in-sync set the task changes: each is work. */
  workOf(task: Task): number;
  apply(task: Task): void;
  /** Calls back at the time, unless the answer of `generation` has changed by then. */
  wait(atNs: number): void;
  readonly nowNs: () => number;
}

export class Controller {
  readonly spec: ControllerSpec;
  private readonly doors: ControllerDoors;
  private readonly queue: Task[] = [];
  private current: Task | null = null;
  /** Until another one is at work. */
  private absent = false;
  /** True while one that takes over loads. */
  private loading = false;
  /** Nothing can be read or written. */
  private paused = false;
  /** Waits of an earlier life are stale. */
  generation = 0;

  constructor(spec: ControllerSpec, doors: ControllerDoors) {
    this.spec = spec;
    this.doors = doors;
  }

  add(...tasks: readonly Task[]): void {
    this.queue.push(...tasks);
    this.next();
  }

  /** It is gone, and what it was at is done anew by its successor. */
  die(): void {
    this.generation++;
    this.absent = true;
    this.loading = false;
    if (this.current !== null) this.queue.unshift(this.current);
    this.current = null;
  }

  /** Another one takes over, if there is none: it loads what it must know of every partition first. */
  succeed(): void {
    if (!this.absent) return;
    invariant(this.current === null, 'a controller that is gone is at nothing');
    this.generation++;
    this.loading = true;
    if (!this.paused) this.load();
  }

  /** ZooKeeper is away: what it was at has to be done anew. */
  pause(): void {
    this.paused = true;
    this.generation++;
    if (this.current !== null) this.queue.unshift(this.current);
    this.current = null;
  }

  resume(): void {
    this.paused = false;
    if (this.loading) this.load();
    else this.next();
  }

  /** What was waited for has come. */
  goOn(): void {
    if (this.current === null) {
      this.absent = false;
      this.loading = false;
    } else {
      const done = this.current;
      this.current = null;
      this.doors.apply(done);
    }
    this.next();
  }

  private load(): void {
    this.doors.wait(this.doors.nowNs() + Math.round(this.doors.partitions() * this.spec.loadNs));
  }

  private next(): void {
    if (this.absent || this.paused || this.current !== null) return;
    const task = this.queue.shift();
    if (task === undefined) return;
    this.current = task;
    this.doors.wait(this.doors.nowNs() + Math.round(this.doors.workOf(task) * this.spec.electionNs));
  }
}
