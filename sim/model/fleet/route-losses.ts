/** What routes lose of what the log has, or had: told to the books, and to whoever observes. */
import type { LogView } from '../doors.ts';
import type { CheckpointStore } from '../store.ts';
import type { ContainerRun, Skipped } from './container-run.ts';
import type { Flights } from './flights.ts';
import type { RouteBooks, RouteLoss } from './route-books.ts';
import type { RouteNews } from './route-news.ts';

export class RouteLosses {
  private readonly books: RouteBooks;
  private readonly checkpoints: CheckpointStore;
  private readonly logs: (partition: number) => LogView;
  private readonly flights: Flights;
  private readonly news: RouteNews | null;
  /** By consumer: who reads for it and commits ahead of its writes. */
  private readonly ahead = new Map<number, ContainerRun>();

  constructor(world: {
    readonly books: RouteBooks;
    readonly checkpoints: CheckpointStore;
    readonly logs: (partition: number) => LogView;
    readonly flights: Flights;
    readonly news: RouteNews | null;
  }) {
    this.books = world.books;
    this.checkpoints = world.checkpoints;
    this.logs = world.logs;
    this.flights = world.flights;
    this.news = world.news;
  }

  /** The container will never fetch the range. */
  skipped(run: ContainerRun, consumer: number, range: Skipped): void {
    for (let member = 0; member < run.job.sinks.length; member++) this.lose(run, member, consumer, range);
  }

  /** A sink will never take the write, and the container has dropped it. */
  refused(run: ContainerRun, write: number, member: number): void {
    const { core } = run;
    for (let r = core.firstRange(write); r >= 0; r = core.nextRange(r)) {
      const loss = { from: core.rangeFrom(r), to: core.rangeTo(r), cause: 'refused' } as const;
      this.lose(run, member, run.consumer(core.rangeSlot(r)), loss);
    }
  }

  launched(run: ContainerRun): void {
    if (!run.commitsAhead) return;
    for (let slot = 0; slot < run.slots; slot++) this.ahead.set(run.consumer(slot), run);
  }

  /** What a container holds when it dies is read again, but for what it had committed ahead. */
  died(run: ContainerRun): void {
    this.flights.stray(run);
    if (!run.commitsAhead) return;
    for (let slot = 0; slot < run.slots; slot++) {
      this.ahead.delete(run.consumer(slot));
      this.abandon(run, run.consumer(slot));
    }
  }

  /** A commit of the run's has been stored, which may come after its death. */
  committed(run: ContainerRun, consumer: number): void {
    if (run.commitsAhead && !run.alive) this.abandon(run, consumer);
  }

  /**
   * Lowest offset of the consumer's partition that may still land, though nobody will ask for it again: what was lost with a
   * leader, or committed ahead, while it was on its way. The log has to know it until then.
   */
  landingFrom(consumer: number): number {
    const strayFrom = this.flights.strayFrom(consumer);
    const run = this.ahead.size === 0 ? undefined : this.ahead.get(consumer);
    return run === undefined ? strayFrom : Math.min(strayFrom, run.core.writtenUpTo(run.slotOf(consumer)));
  }

  private abandon(run: ContainerRun, consumer: number): void {
    const to = this.checkpoints.committed(consumer);
    for (let member = 0; member < run.job.sinks.length; member++) {
      const route = routeOf(run, member, consumer);
      const open: RouteLoss[] = [];
      this.books.visitOpen(route, { from: this.books.position(route), to }, (low, high) => {
        open.push({ from: low, to: high, cause: 'unwritten' });
      });
      for (const loss of open) this.lose(run, member, consumer, loss);
    }
  }

  private lose(run: ContainerRun, member: number, consumer: number, loss: RouteLoss): void {
    const { job } = run;
    const { from, to, cause } = loss;
    const route = routeOf(run, member, consumer);
    if (cause === 'retention') this.books.lose(route, from, to);
    else this.books.giveUp(route, this.logs(job.firstPartition + consumer - job.firstConsumer), from, to, cause);
    this.news?.lost(run, job.sinks[member], consumer, loss);
  }
}

function routeOf({ job }: ContainerRun, member: number, consumer: number): number {
  return job.firstRoute + member * job.partitions + consumer - job.firstConsumer;
}
