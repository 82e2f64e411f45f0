/** How a container starts: it reads what should run, then the checkpoints to begin at; either store can keep it waiting. */
import type { Engine } from '../../engine/engine.ts';
import { invariant } from '../../engine/invariant.ts';
import type { CheckpointStore, Launch, Store } from '../store.ts';

/** What a launch waits for, in turn; a launch carries `generation · STAGES + stage`. */
export const READ_DESIRED = 0;
export const READ_CHECKPOINTS = 1;
const START = 2;
const STAGES = 3;

export class Launches {
  private readonly engine: Engine;
  private readonly checkpoints: CheckpointStore;
  private readonly desiredState: Store;
  private readonly begin: (container: number) => void;
  private readonly kind: number;
  private readonly generations: Int32Array;
  private readonly ordinals: Uint32Array;

  constructor(options: {
    readonly engine: Engine;
    readonly checkpoints: CheckpointStore;
    readonly desiredState: Store;
    readonly containers: number;
    readonly begin: (container: number) => void;
  }) {
    const { engine, containers } = options;
    this.engine = engine;
    this.checkpoints = options.checkpoints;
    this.desiredState = options.desiredState;
    this.begin = options.begin;
    this.kind = engine.kind('router launch', (container, data) => this.step(container, data));
    this.generations = new Int32Array(containers);
    this.ordinals = new Uint32Array(containers);
  }

  /** The container is to start, the stage being next, after so long. */
  schedule(container: number, stage: number, afterNs: number): void {
    const data = this.generations[container] * STAGES + stage;
    this.engine.schedule(this.engine.nowNs + afterNs, this.kind, container, this.ordinals[container]++, data);
  }

  /** A launch of the container that is under way is none any more. */
  cancel(container: number): void {
    this.generations[container]++;
  }

  /** A store is back: those that waited for it go on. */
  resume(waiting: readonly Launch[]): void {
    for (const { container, data } of waiting) {
      this.engine.schedule(this.engine.nowNs, this.kind, container, this.ordinals[container]++, data);
    }
  }

  private step(container: number, data: number): void {
    const stage = data % STAGES;
    if ((data - stage) / STAGES !== this.generations[container]) return;
    if (stage === READ_DESIRED) {
      if (this.desiredState.stopped) this.desiredState.wait({ container, data });
      else this.schedule(container, READ_CHECKPOINTS, this.desiredState.latencyNs);
    } else if (stage === READ_CHECKPOINTS) {
      if (this.checkpoints.stopped) this.checkpoints.wait({ container, data });
      else this.schedule(container, START, this.checkpoints.latencyNs);
    } else {
      invariant(stage === START, 'a launch has a known stage');
      this.begin(container);
    }
  }
}
