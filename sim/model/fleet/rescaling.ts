/** Jobs that get more containers or fewer: they sample their lag, and a policy of `src/router` decides. */
import type { ScalingPolicy } from '../../../src/router/scaling.ts';
import type { Engine } from '../../engine/engine.ts';
import { uniform } from '../../engine/hash.ts';
import type { CheckpointStore, Store } from '../store.ts';
import type { ContainerRun } from './container-run.ts';
import { type Job, packed } from './job.ts';
import { type Launches, READ_CHECKPOINTS, READ_DESIRED } from './launches.ts';

const SAMPLE = 0;
const REPACK = 1;
const CLOSE = 2;
const GROW = 3;

export interface RescalingHost {
  readonly engine: Engine;
  readonly jobs: readonly Job[];
  readonly scalers: readonly (ScalingPolicy | null)[];
  readonly launches: Launches;
  readonly checkpoints: CheckpointStore;
  readonly desiredState: Store;
  /** Age of what the job's first sink lacks, ns. */
  readonly lagNs: (job: Job) => number;
  /** Partitions of each topic now. */
  readonly topicPartitions: Int32Array;
  /** How old what containers know of them may be. */
  readonly metadataMaxAgeNs: number;
  readonly runOn: (container: number) => ContainerRun | null;
  /** The container stops: the job is dealt out anew. */
  readonly stop: (container: number) => void;
  /** The container leaves its group. */
  readonly leave: (container: number) => void;
}

export class Rescaling {
  /** Times at which a job was dealt out anew. */
  repacks = 0;
  private readonly host: RescalingHost;
  private readonly kind: number;
  private readonly ordinals: Uint32Array;
  /** Containers that a job is being repacked on, 0 when it is not. */
  private readonly repackingTo: Int32Array;

  constructor(host: RescalingHost) {
    this.host = host;
    const { engine, jobs } = host;
    this.kind = engine.kind('router job', (job, step) => {
      if (step === SAMPLE) this.sample(jobs[job]);
      else if (step === REPACK) this.repack(jobs[job]);
      else if (step === GROW) this.grow(jobs[job]);
      else if (!jobs[job].open) this.stop(jobs[job]);
    });
    this.ordinals = new Uint32Array(jobs.length);
    this.repackingTo = new Int32Array(jobs.length);
  }

  /** Containers are launched that read the topic, or end. */
  open(topic: number, open: boolean): void {
    const { jobs, launches, runOn } = this.host;
    for (const job of jobs.filter(({ place }) => place === topic)) {
      if (job.open === open) continue;
      job.open = open;
      if (!open) this.close(job);
      else this.start(job);
      for (let i = 0; open && i < job.containers; i++) {
        const container = job.firstContainer + i;
        launches.cancel(container);
        // Closed and opened at once, it may never have stopped.
        if (runOn(container) === null) launches.schedule(container, READ_DESIRED, 0);
      }
    }
  }

  /** The job is over: its containers commit what they have written, and end. */
  private close(job: Job): void {
    const { engine, checkpoints, runOn } = this.host;
    for (let i = 0; i < job.containers; i++) runOn(job.firstContainer + i)?.core.flushCommits(engine.nowNs);
    this.schedule(job, CLOSE, checkpoints.latencyNs + 1);
  }

  private stop(job: Job): void {
    const { launches, runOn, stop, leave } = this.host;
    for (let i = 0; i < job.containers; i++) {
      const container = job.firstContainer + i;
      if (runOn(container) !== null) (job.spec.group === null ? stop : leave)(container);
      launches.cancel(container);
    }
  }

  /** Once for a job: it samples even while it is closed. */
  start(job: Job): void {
    if (this.ordinals[job.index] > 0) return;
    if (this.host.scalers[job.index] !== null) this.schedule(job, SAMPLE, job.spec.scaling!.sampleNs);
  }

  /** Brokers tell of other partitions: each job finds new ones when what it knows is too old, and deals all out anew. */
  told(topic: number, identity: number): void {
    for (const job of this.host.jobs) {
      if (job.place !== topic || !this.hasGrown(job)) continue;
      this.schedule(job, GROW, Math.ceil(uniform(identity, job.index, 0x67726f77) * this.host.metadataMaxAgeNs));
    }
  }

  private grow(job: Job): void {
    if (this.hasGrown(job) && this.repackingTo[job.index] === 0) this.repackOn(job, job.containers);
  }

  private hasGrown(job: Job): boolean {
    return job.served < this.host.topicPartitions[job.place];
  }

  private schedule(job: Job, step: number, afterNs: number): void {
    const { engine } = this.host;
    engine.schedule(engine.nowNs + afterNs, this.kind, job.index, this.ordinals[job.index]++, step);
  }

  private sample(job: Job): void {
    const { engine, scalers, launches, desiredState, lagNs } = this.host;
    this.schedule(job, SAMPLE, job.spec.scaling!.sampleNs);
    if (this.repackingTo[job.index] > 0 || !job.open) return;
    const wanted = scalers[job.index]!.sample(lagNs(job) / 1e9, job.containers, engine.nowNs);
    if (wanted === job.containers) return;
    if (job.spec.group !== null && wanted > job.containers) {
      for (let i = job.containers; i < wanted; i++) {
        launches.schedule(job.firstContainer + i, READ_CHECKPOINTS, desiredState.latencyNs);
      }
      job.containers = wanted;
      return;
    }
    this.repackOn(job, wanted);
  }

  private repackOn(job: Job, wanted: number): void {
    const { engine, checkpoints } = this.host;
    this.repackingTo[job.index] = wanted;
    // What is written is committed first, so that little comes twice.
    for (let i = job.spec.group === null ? 0 : wanted; i < job.containers; i++) {
      this.host.runOn(job.firstContainer + i)?.core.flushCommits(engine.nowNs);
    }
    this.schedule(job, REPACK, checkpoints.latencyNs + 1);
  }

  /** Everybody stops, and the partitions are dealt out anew from what is committed; in a group only those stop that go. */
  private repack(job: Job): void {
    const { launches, desiredState, runOn, stop, leave } = this.host;
    const wanted = this.repackingTo[job.index];
    const grouped = job.spec.group !== null;
    for (let i = grouped ? wanted : 0; i < job.containers; i++) {
      const container = job.firstContainer + i;
      if (runOn(container) !== null) (grouped ? leave : stop)(container);
      launches.cancel(container);
    }
    // Whoever starts asks for metadata.
    if (!grouped) job.served = this.host.topicPartitions[job.place];
    job.containers = Math.max(wanted, packed(job.spec, job.served));
    this.repackingTo[job.index] = 0;
    if (grouped) return;
    this.repacks++;
    for (let i = 0; job.open && i < job.containers; i++) {
      launches.schedule(job.firstContainer + i, READ_CHECKPOINTS, desiredState.latencyNs);
    }
  }
}
