/** The consumer groups of a fleet: who has each partition, and for how long nobody had it. There only while a job forms one. */
import { ASSIGNORS } from '../../../../src/router/assignors.ts';
import type { Engine } from '../../../engine/engine.ts';
import { invariant } from '../../../engine/invariant.ts';
import type { GroupSpec } from '../../../scenario/scenario.ts';
import type { CheckpointStore } from '../../store.ts';
import type { ContainerRun } from '../container-run.ts';
import type { Job, JobPlan } from '../job.ts';
import { ClassicGroup } from './classic-group.ts';
import type { Group, Member } from './group.ts';
import { ServerGroup } from './server-group.ts';

/** A member asks again so long after its coordinator could not tell it what is committed, ns (AK `retry.backoff.ms`). */
const RETRY_NS = 100_000_000;

export interface GroupHost {
  readonly engine: Engine;
  readonly plan: JobPlan;
  readonly checkpoints: CheckpointStore;
  /** One way between a member and the broker that coordinates. */
  readonly tripNs: number;
  /** Uniform in [0, 1), of the container: when its heartbeats go out. */
  readonly phase: (container: number) => number;
  /** The partition is the run's no more: what it has on its way for it is nobody's. */
  readonly released: (run: ContainerRun, slot: number) => void;
  readonly touched: (run: ContainerRun) => void;
}

export class Groups {
  /** Times that a partition was nobody's for a while: how many, the longest, and all together. */
  readonly pauses = { count: 0, maxNs: 0, totalNs: 0 };
  private readonly host: GroupHost;
  private readonly kind: number;
  private readonly steps: (() => void)[] = [];
  private readonly freeSteps: number[] = [];
  private ordinal = 0;
  private readonly groups: readonly (Group | null)[];
  private readonly owners: (ContainerRun | null)[];
  /** By consumer: since when it is nobody's; −1 while somebody has it. */
  private readonly pausedNs: Float64Array;

  constructor(host: GroupHost) {
    this.host = host;
    const { engine, plan } = host;
    this.kind = engine.kind('group step', (_job, step) => {
      const take = this.steps[step];
      this.freeSteps.push(step);
      take();
    });
    this.owners = Array(plan.consumers).fill(null);
    this.pausedNs = new Float64Array(plan.consumers).fill(-1);
    this.groups = plan.jobs.map((job) => (job.spec.group === null ? null : this.make(job, job.spec.group)));
  }

  get rebalances(): number {
    return this.groups.reduce((n, group) => n + (group?.rebalances ?? 0), 0);
  }

  of(job: Job): Group | null {
    return this.groups[job.index];
  }

  owner(consumer: number): ContainerRun | null {
    return this.owners[consumer];
  }

  /** The container is gone: nobody has what it had. */
  ended(run: ContainerRun): void {
    for (let slot = 0; slot < run.slots; slot++) if (run.owns(slot)) this.disown(run, slot);
  }

  /** Does the step after so long; `entity` orders what happens at one time. */
  after(entity: number, ns: number, step: () => void): void {
    const at = this.freeSteps.pop() ?? this.steps.length;
    this.steps[at] = step;
    this.host.engine.schedule(this.host.engine.nowNs + ns, this.kind, entity, this.ordinal++, at);
  }

  private make(job: Job, spec: GroupSpec): Group {
    const { host } = this;
    const Protocol = spec.protocol === 'kip-848' ? ServerGroup : ClassicGroup;
    return new Protocol({
      spec,
      partitions: job.partitions,
      assignor: ASSIGNORS[spec.assignor],
      doors: {
        nowNs: () => host.engine.nowNs,
        after: (ns, step) => this.after(job.index, ns, step),
        phase: host.phase,
        flush: (run) => {
          run.core.flushCommits(host.engine.nowNs);
          host.touched(run);
        },
        commitNs: host.checkpoints.latencyNs,
        tripNs: host.tripNs,
        revoke: (run, partition) => this.revoke(run, partition),
        assign: (member, partition) => this.assign(job, member, partition),
      },
    });
  }

  private revoke(run: ContainerRun, slot: number): void {
    if (!run.owns(slot)) return;
    this.disown(run, slot);
    this.host.released(run, slot);
    run.revoke(slot, this.host.engine.nowNs);
  }

  private disown(run: ContainerRun, slot: number): void {
    const consumer = run.consumer(slot);
    invariant(this.owners[consumer] === run, 'who gives a partition up has it');
    this.owners[consumer] = null;
    this.pausedNs[consumer] = this.host.engine.nowNs;
  }

  private assign(job: Job, member: Member, slot: number): void {
    const { checkpoints, engine } = this.host;
    const { run } = member;
    const take = (): void => {
      if (run === null || member.run !== run || !member.owned.has(slot) || run.owns(slot)) return;
      if (run.stuck) {
        member.act(take);
        return;
      }
      if (checkpoints.stopped) {
        this.after(job.index, RETRY_NS, take);
        return;
      }
      const consumer = run.consumer(slot);
      invariant(this.owners[consumer] === null, 'a partition has one owner');
      this.owners[consumer] = run;
      const sinceNs = this.pausedNs[consumer];
      if (sinceNs >= 0) {
        const pauseNs = engine.nowNs - sinceNs;
        if (pauseNs > this.pauses.maxNs) this.pauses.maxNs = pauseNs;
        this.pauses.totalNs += pauseNs;
        this.pauses.count++;
        this.pausedNs[consumer] = -1;
      }
      run.take(slot, checkpoints.committed(consumer), engine.nowNs);
    };
    this.after(job.index, checkpoints.latencyNs, take);
  }
}
