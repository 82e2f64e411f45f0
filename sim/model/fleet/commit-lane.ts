import type { Engine } from '../../engine/engine.ts';
import type { CheckpointStore } from '../store.ts';
import type { ContainerRun } from './container-run.ts';

/** Takes commits to the checkpoint store and answers back. A consumer has one on its way at most. */
export class CommitLane {
  private readonly engine: Engine;
  private readonly checkpoints: CheckpointStore;
  private readonly stored: (run: ContainerRun, consumer: number, offset: number) => void;
  private readonly kind: number;
  private readonly committing: (ContainerRun | null)[];
  private readonly offsets: Float64Array;
  private readonly ordinals: Uint32Array;

  constructor(options: {
    readonly engine: Engine;
    readonly checkpoints: CheckpointStore;
    readonly consumers: number;
    /** The store has the commit. */
    readonly stored: (run: ContainerRun, consumer: number, offset: number) => void;
  }) {
    const { engine, consumers } = options;
    this.engine = engine;
    this.checkpoints = options.checkpoints;
    this.stored = options.stored;
    this.kind = engine.kind('router commit stored', (consumer) => this.arrive(consumer));
    this.committing = Array(consumers).fill(null);
    this.offsets = new Float64Array(consumers);
    this.ordinals = new Uint32Array(consumers);
  }

  send(run: ContainerRun, consumer: number, offset: number): void {
    this.committing[consumer] = run;
    this.offsets[consumer] = offset;
    const atNs = this.engine.nowNs + this.checkpoints.latencyNs;
    this.engine.schedule(atNs, this.kind, consumer, this.ordinals[consumer]++, 0);
  }

  /** The partition is not the run's any more: the group refuses what it still commits (AK `ILLEGAL_GENERATION`). */
  forget(run: ContainerRun, consumer: number): void {
    if (this.committing[consumer] === run) this.committing[consumer] = null;
  }

  private arrive(consumer: number): void {
    const run = this.committing[consumer];
    // A later commit of a relaunched container has taken this one's place, and was answered for both.
    if (run === null) return;
    this.committing[consumer] = null;
    const offset = this.offsets[consumer];
    const ok = this.checkpoints.save(consumer, offset);
    if (ok) this.stored(run, consumer, offset);
    if (run.alive) run.committed(run.slotOf(consumer), offset, ok, this.engine.nowNs);
  }
}
