/**
 * The router fleet: every job's containers, driving the same `RouterCore` that runs in production against the modelled
 * world. It launches, crashes, relaunches and rescales them, and takes no decision of theirs.
 */
import type { ScalingPolicy } from '../../../src/router/scaling.ts';
import type { Engine } from '../../engine/engine.ts';
import { hash32, hashString, uniform } from '../../engine/hash.ts';
import { invariant } from '../../engine/invariant.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { FetchDoor, FetchListener, LogView, ProduceDoor, ProduceListener } from '../doors.ts';
import type { Observer } from '../observer.ts';
import { CheckpointStore, Store } from '../store.ts';
import { ContainerRun, type Lanes, type Skipped } from './container-run.ts';
import { type JobOptions, jobOptions, policiesOf, type RouterPoliciesOf, scalerOf } from './core-options.ts';
import { FetchLane } from './fetch-lane.ts';
import { oldestAgeNs } from './fleet-report.ts';
import { containerOfSink, containersOfHost } from './hosts.ts';
import { type FleetTopology, type Job, type JobPlan, planJobs } from './job.ts';
import { Launches, READ_CHECKPOINTS, READ_DESIRED } from './launches.ts';
import { REBALANCE, RELAUNCH, RETRY, RouteBooks } from './route-books.ts';
import { RouteLosses } from './route-losses.ts';
import { RouteNews } from './route-news.ts';
import { type Landed, WriteLane } from './write-lane.ts';

export interface RouterFleetOptions {
  readonly engine: Engine;
  readonly scenario: Scenario;
  readonly topology: FleetTopology;
  readonly doors: FetchDoor & ProduceDoor;
  readonly logs: (partition: number) => LogView;
  /** Topic that mirrors a fronting topic in the cluster of a `kafka` sink; both by index. */
  readonly mirrorOf: (sink: number, topic: number) => number;
  /** A route needs nothing below `position` of the partition any more. */
  readonly onDelivered: (partition: number, route: number, position: number) => void;
  /** Policies of one's own. */
  readonly policies?: RouterPoliciesOf | undefined;
  readonly observer?: Observer | null;
}

const SAMPLE = 0;
const REPACK = 1;

export class RouterFleet implements FetchListener, ProduceListener, Lanes {
  readonly plan: JobPlan;
  readonly books: RouteBooks;
  readonly writes: WriteLane;
  readonly checkpoints: CheckpointStore;
  readonly desiredState: Store;
  relaunches = 0;
  rebalances = 0;
  private readonly options: RouterFleetOptions;
  private readonly engine: Engine;
  private readonly fetches: FetchLane;
  private readonly jobOptions: readonly JobOptions[];
  private readonly scalers: readonly (ScalingPolicy | null)[];
  private readonly news: RouteNews | null;
  private readonly losses: RouteLosses;
  private readonly jobOf: Int32Array;
  private readonly runs: (ContainerRun | null)[];
  private readonly launches: Launches;
  private readonly draws: Uint32Array;
  private readonly timersNs: Float64Array;
  private readonly timerOrdinals: Uint32Array;
  private readonly jobOrdinals: Uint32Array;
  /** Containers that a job is being repacked on, 0 when it is not. */
  private readonly repackingTo: Int32Array;
  private readonly resumeBelow: Float64Array;
  private readonly resumeCause: Uint8Array;
  private readonly committing: (ContainerRun | null)[];
  private readonly commitOffsets: Float64Array;
  private readonly commitOrdinals: Uint32Array;
  private readonly identity: number;
  private readonly decisionKind: number;
  private readonly commitKind: number;
  private readonly jobKind: number;

  constructor(options: RouterFleetOptions) {
    const { engine, scenario, topology, doors, logs } = options;
    this.options = options;
    this.engine = engine;
    const plan = planJobs(scenario, topology);
    const { consumers, containers, jobs } = plan;
    this.plan = plan;
    this.identity = hash32(scenario.seed, hashString('router'), 0);
    this.fetches = new FetchLane({ engine, topology, door: doors, seed: scenario.seed, consumers });
    this.decisionKind = engine.kind('router decision', (container) => this.decide(container));
    this.writes = new WriteLane({
      engine,
      scenario,
      topology,
      door: doors,
      logs,
      containers,
      mirrorOf: options.mirrorOf,
      landed: this.landed,
    });
    this.commitKind = engine.kind('router commit stored', (consumer) => this.onCommit(consumer));
    this.checkpoints = new CheckpointStore({ latencyNs: scenario.stores.checkpointLatencyNs, consumers });
    this.desiredState = new Store(scenario.stores.desiredStateLatencyNs);
    this.launches = new Launches({
      engine,
      checkpoints: this.checkpoints,
      desiredState: this.desiredState,
      containers,
      begin: (container) => {
        const job = jobs[this.jobOf[container]];
        this.begin(job, container - job.firstContainer);
      },
    });
    this.jobKind = engine.kind('router job', (job, step) => this.onJob(jobs[job], step));
    this.books = new RouteBooks({
      sinks: scenario.sinks.length,
      routes: plan.routes,
      onPosition: (route, position) => options.onDelivered(this.partitionOfRoute[route], route, position),
    });
    this.partitionOfRoute = new Int32Array(plan.routes);
    this.consumerOfRoute = new Int32Array(plan.routes);
    const policies = jobs.map((job) => policiesOf(scenario, job, options.policies));
    this.jobOptions = jobs.map((job, i) => jobOptions(scenario, job, policies[i]));
    this.scalers = jobs.map((job, i) => scalerOf(job, policies[i]));
    this.news = options.observer ? new RouteNews(options.observer, engine) : null;
    const { books, checkpoints, news } = this;
    this.losses = new RouteLosses({ books, checkpoints, logs, news, flights: this.writes.flights });
    this.jobOf = new Int32Array(containers);
    this.runs = Array(containers).fill(null);
    this.draws = new Uint32Array(containers);
    this.timersNs = new Float64Array(containers).fill(Infinity);
    this.timerOrdinals = new Uint32Array(containers);
    this.jobOrdinals = new Uint32Array(jobs.length);
    this.repackingTo = new Int32Array(jobs.length);
    this.resumeBelow = new Float64Array(consumers);
    this.resumeCause = new Uint8Array(consumers).fill(RETRY);
    this.committing = Array(consumers).fill(null);
    this.commitOffsets = new Float64Array(consumers);
    this.commitOrdinals = new Uint32Array(consumers);
    for (const job of jobs) {
      this.jobOf.fill(job.index, job.firstContainer, job.firstContainer + job.containersMax);
      for (let p = 0; p < job.partitions; p++) {
        this.fetches.setPartition(job.firstConsumer + p, job.firstPartition + p);
        for (let m = 0; m < job.sinks.length; m++) {
          this.partitionOfRoute[job.firstRoute + m * job.partitions + p] = job.firstPartition + p;
          this.consumerOfRoute[job.firstRoute + m * job.partitions + p] = job.firstConsumer + p;
        }
      }
    }
  }

  /** Global partition of each route. */
  readonly partitionOfRoute: Int32Array;
  /** Who reads for each route. */
  readonly consumerOfRoute: Int32Array;

  /** Lowest offset that the route may still ask for: what is delivered but not committed is read again after a crash. */
  neededFrom(route: number): number {
    const consumer = this.consumerOfRoute[route];
    const needed = Math.min(this.checkpoints.committed(consumer), this.books.position(route));
    return Math.min(needed, this.losses.landingFrom(consumer));
  }

  /** Starts every container: the fleet has been running, so all begin at once, at offset 0. */
  start(): void {
    for (const job of this.plan.jobs) {
      for (let i = 0; i < job.containers; i++) this.begin(job, i);
      if (this.scalers[job.index] !== null) this.scheduleJob(job, SAMPLE, job.spec.scaling!.sampleNs);
    }
  }

  onFetched(consumer: number, status: number, from: number, to: number, bytes: number, departNs: number): void {
    this.fetches.onFetched(consumer, status, from, to, bytes, departNs);
  }
  onOutOfRange(consumer: number, from: number, logStart: number, logEnd: number, departNs: number): void {
    this.fetches.onOutOfRange(consumer, from, logStart, logEnd, departNs);
  }
  onProduced(writer: number, status: number, departNs: number): void {
    this.writes.onProduced(writer, status, departNs);
  }

  /** Containers that run now. */
  get containersRunning(): number {
    return this.runs.reduce((n, run) => n + (run === null ? 0 : 1), 0);
  }

  stopSink(name: string): void {
    this.writes.outages(this.sinkNamed(name)).stop(this.engine.nowNs);
  }
  startSink(name: string): void {
    this.writes.outages(this.sinkNamed(name)).start();
  }

  /** The i-th container of those that write to the sink dies, counted round if there are fewer. */
  crashContainer(sinkName: string, i: number): void {
    const container = containerOfSink(this.plan, this.sinkNamed(sinkName), i);
    if (container >= 0) this.crash(container);
  }
  /** All that runs on the host dies at once; see `containersOfHost`. */
  crashHost(host: number, containersPerHost: number): void {
    for (const container of containersOfHost(this.plan, host, containersPerHost)) this.crash(container);
  }

  startCheckpointStore(): void {
    this.launches.resume(this.checkpoints.start());
  }
  startDesiredStateStore(): void {
    this.launches.resume(this.desiredState.start());
  }

  /** The core that has the consumer's partition now, or null. */
  runOf(job: Job, consumer: number): ContainerRun | null {
    return this.runs[job.firstContainer + ((consumer - job.firstConsumer) % job.containers)];
  }

  // Lanes: what cores ask for.

  fetch(run: ContainerRun, slot: number, fromOffset: number): void {
    this.fetches.ask(run, run.consumer(slot), fromOffset);
  }
  write(run: ContainerRun, write: number, member: number): void {
    this.news?.written(run, write, member);
    this.writes.send(run, write, member);
  }
  gaveUp(run: ContainerRun, write: number, member: number): void {
    this.writes.gaveUp(run, write, member);
  }
  commit(run: ContainerRun, slot: number, offset: number): void {
    const consumer = run.consumer(slot);
    this.committing[consumer] = run;
    this.commitOffsets[consumer] = offset;
    const atNs = this.engine.nowNs + this.checkpoints.latencyNs;
    this.engine.schedule(atNs, this.commitKind, consumer, this.commitOrdinals[consumer]++, 0);
  }
  lost(run: ContainerRun, slot: number, range: Skipped): void {
    this.losses.skipped(run, run.consumer(slot), range);
  }
  refused(run: ContainerRun, write: number, member: number): void {
    this.losses.refused(run, write, member);
  }
  touched(run: ContainerRun): void {
    const dueNs = run.core.deadline();
    const { container } = run;
    // A timer that is too early is left to fire and ask again: cheaper than to cancel and set one for each input.
    if (dueNs >= this.timersNs[container]) return;
    const atNs = Math.max(dueNs, this.engine.nowNs);
    this.timersNs[container] = atNs;
    this.engine.schedule(atNs, this.decisionKind, container, this.timerOrdinals[container]++, 0);
  }

  private readonly landed = (
    sink: number,
    consumer: number,
    run: ContainerRun,
    flight: number,
    range: Landed,
  ): void => {
    const { job } = run;
    const p = consumer - job.firstConsumer;
    const route = job.firstRoute + this.writes.flights.member(flight) * job.partitions + p;
    const cause = range.from < this.resumeBelow[consumer] ? this.resumeCause[consumer] : RETRY;
    const visibleNs = this.writes.flights.visibleNs(flight);
    const log = this.options.logs(job.firstPartition + p);
    this.books.deliver(route, sink, log, range.from, range.to, visibleNs, cause);
    this.news?.delivered(run, sink, consumer, range);
  };

  private decide(container: number): void {
    const { nowNs } = this.engine;
    if (this.timersNs[container] !== nowNs) return;
    this.timersNs[container] = Infinity;
    const run = this.runs[container];
    if (run === null) return;
    if (run.core.deadline() <= nowNs) run.onTime(nowNs);
    else this.touched(run);
  }

  private onCommit(consumer: number): void {
    const run = this.committing[consumer];
    // A later commit of a relaunched container has taken this one's place, and was answered for both.
    if (run === null) return;
    this.committing[consumer] = null;
    const offset = this.commitOffsets[consumer];
    const ok = this.checkpoints.save(consumer, offset);
    if (ok) {
      this.news?.committed(run, consumer, offset);
      this.losses.committed(run, consumer);
    }
    if (run.alive) run.committed(run.slotOf(consumer), offset, ok, this.engine.nowNs);
  }

  /** The container, if it runs, is gone, and comes back after the time that a relaunch takes. */
  private crash(container: number): void {
    if (this.runs[container] === null) return;
    this.end(container, RELAUNCH);
    this.relaunches++;
    this.launches.schedule(container, READ_DESIRED, this.plan.jobs[this.jobOf[container]].spec.relaunchNs);
  }

  private begin(job: Job, index: number): void {
    const container = job.firstContainer + index;
    invariant(this.runs[container] === null, 'a container runs once at a time');
    const { topology } = this.options;
    const leader = topology.partitionLeader[job.firstPartition + index];
    const run = new ContainerRun({
      job,
      index,
      zone: topology.brokerZone[leader],
      jobOptions: this.jobOptions[job.index],
      draw: () => uniform(this.identity, container, this.draws[container]++),
      lanes: this,
      nowNs: this.engine.nowNs,
    });
    this.runs[container] = run;
    this.news?.launched(run);
    run.start((consumer) => this.checkpoints.committed(consumer), this.engine.nowNs);
  }

  /** The container is gone at once; what it had on its way may still land. */
  private end(container: number, cause: number): void {
    const run = this.runs[container]!;
    run.alive = false;
    this.runs[container] = null;
    this.news?.died(run);
    for (let slot = 0; slot < run.slots; slot++) {
      const consumer = run.consumer(slot);
      const position = run.core.position(slot);
      if (position > this.resumeBelow[consumer]) this.resumeBelow[consumer] = position;
      this.resumeCause[consumer] = cause;
    }
    this.losses.died(run);
  }

  private scheduleJob(job: Job, step: number, afterNs: number): void {
    this.engine.schedule(this.engine.nowNs + afterNs, this.jobKind, job.index, this.jobOrdinals[job.index]++, step);
  }

  private onJob(job: Job, step: number): void {
    if (step === SAMPLE) this.sample(job);
    else this.repack(job);
  }

  private sample(job: Job): void {
    this.scheduleJob(job, SAMPLE, job.spec.scaling!.sampleNs);
    if (this.repackingTo[job.index] > 0) return;
    const { nowNs } = this.engine;
    const lagNs = oldestAgeNs({ books: this.books, logs: this.options.logs, nowNs }, job, 0);
    const wanted = this.scalers[job.index]!.sample(lagNs / 1e9, job.containers, nowNs);
    if (wanted === job.containers) return;
    this.repackingTo[job.index] = wanted;
    // What is written is committed first, so that little comes twice.
    for (let i = 0; i < job.containers; i++) this.runs[job.firstContainer + i]?.core.flushCommits(this.engine.nowNs);
    this.scheduleJob(job, REPACK, this.checkpoints.latencyNs + 1);
  }

  /** Everybody stops, and the partitions are dealt out anew from what is committed: an eager rebalance (AK). */
  private repack(job: Job): void {
    for (let i = 0; i < job.containers; i++) {
      const container = job.firstContainer + i;
      if (this.runs[container] !== null) this.end(container, REBALANCE);
      this.launches.cancel(container);
    }
    job.containers = this.repackingTo[job.index];
    this.repackingTo[job.index] = 0;
    this.rebalances++;
    for (let i = 0; i < job.containers; i++) {
      this.launches.schedule(job.firstContainer + i, READ_CHECKPOINTS, this.desiredState.latencyNs);
    }
  }

  private sinkNamed(name: string): number {
    const sink = this.options.scenario.sinks.findIndex((spec) => spec.name === name);
    invariant(sink >= 0, `no sink ${name}`);
    return sink;
  }
}
