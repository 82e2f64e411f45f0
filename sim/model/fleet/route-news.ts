import type { Engine } from '../../engine/engine.ts';
import type { Observer, RouteRange } from '../observer.ts';
import type { ContainerRun } from './container-run.ts';
import type { RouteLoss } from './route-books.ts';

/** Tells an observer what the fleet does, in the observer's terms: partitions and sinks. There only while somebody observes. */
export class RouteNews {
  private readonly observer: Observer;
  private readonly engine: Engine;

  constructor(observer: Observer, engine: Engine) {
    this.observer = observer;
    this.engine = engine;
  }

  launched({ container, job }: ContainerRun): void {
    this.observer.launched(container, job.index, this.engine.nowNs);
  }
  died({ container, job }: ContainerRun): void {
    this.observer.died(container, job.index, this.engine.nowNs);
  }
  committed({ job }: ContainerRun, consumer: number, offset: number): void {
    const partition = job.firstPartition + consumer - job.firstConsumer;
    this.observer.committed(partition, job.index, offset, this.engine.nowNs);
  }
  written(run: ContainerRun, write: number, member: number): void {
    const { core, job } = run;
    for (let r = core.firstRange(write); r >= 0; r = core.nextRange(r)) {
      const range = { from: core.rangeFrom(r), to: core.rangeTo(r) };
      this.observer.written(rangeOf(run, job.sinks[member], run.consumer(core.rangeSlot(r)), range), this.engine.nowNs);
    }
  }
  delivered(run: ContainerRun, sink: number, consumer: number, range: Offsets): void {
    this.observer.delivered(rangeOf(run, sink, consumer, range), this.engine.nowNs);
  }
  lost(run: ContainerRun, sink: number, consumer: number, loss: RouteLoss): void {
    this.observer.lost(rangeOf(run, sink, consumer, loss), this.engine.nowNs, loss.cause);
  }
}

interface Offsets {
  readonly from: number;
  readonly to: number;
}

function rangeOf({ job, container }: ContainerRun, sink: number, consumer: number, { from, to }: Offsets): RouteRange {
  return { sink, job: job.index, container, partition: job.firstPartition + consumer - job.firstConsumer, from, to };
}
