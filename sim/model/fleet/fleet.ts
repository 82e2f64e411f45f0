/**
 * The router fleet: every job's containers, driving the same `RouterCore` that runs in production against the modelled
 * world. It launches, crashes, relaunches and rescales them, and takes no decision of theirs.
 */
import type { Engine } from '../../engine/engine.ts';
import { hash32, hashString, uniform } from '../../engine/hash.ts';
import { invariant } from '../../engine/invariant.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { FetchDoor, FetchListener, LogView, ProduceDoor, ProduceListener } from '../doors.ts';
import type { Observer } from '../observer.ts';
import { CheckpointStore, Store } from '../store.ts';
import type { Ways } from '../ways.ts';
import { CommitLane } from './commit-lane.ts';
import { ContainerRun, type Lanes, type Skipped } from './container-run.ts';
import { type JobOptions, jobOptions, policiesOf, type RouterPoliciesOf, scalerOf } from './core-options.ts';
import { FetchLane } from './fetch-lane.ts';
import { oldestAgeNs } from './fleet-report.ts';
import type { Group } from './group/group.ts';
import { Groups } from './group/groups.ts';
import { containerOfSink, containersOfHost } from './hosts.ts';
import { type FleetTopology, type Job, type JobPlan, planJobs, routeTables } from './job.ts';
import { Launches, READ_DESIRED } from './launches.ts';
import { Rescaling } from './rescaling.ts';
import { REBALANCE, RELAUNCH, RETRY, RouteBooks } from './route-books.ts';
import { RouteLosses } from './route-losses.ts';
import { RouteNews } from './route-news.ts';
import { StuckContainers } from './stuck.ts';
import { type Landed, WriteLane } from './write-lane.ts';

export interface RouterFleetOptions {
  readonly engine: Engine;
  readonly scenario: Scenario;
  readonly topology: FleetTopology;
  readonly doors: FetchDoor & ProduceDoor;
  readonly ways: Ways;
  readonly logs: (partition: number) => LogView;
  /** Topic that mirrors a fronting topic in the cluster of a `kafka` sink; both by index. */
  readonly mirrorOf: (sink: number, topic: number) => number;
  /** A route needs nothing below `position` of the partition any more. */
  readonly onDelivered: (partition: number, route: number, position: number) => void;
  /** Policies of one's own. */
  readonly policies?: RouterPoliciesOf | undefined;
  readonly observer?: Observer | null;
}

export class RouterFleet implements FetchListener, ProduceListener, Lanes {
  readonly plan: JobPlan;
  readonly books: RouteBooks;
  readonly writes: WriteLane;
  readonly checkpoints: CheckpointStore;
  readonly desiredState: Store;
  relaunches = 0;
  /** What containers had fetched and not committed when they died or gave a partition up: so much may come twice. */
  uncommittedLeft = 0;
  private readonly options: RouterFleetOptions;
  private readonly engine: Engine;
  private readonly fetches: FetchLane;
  private readonly jobOptions: readonly JobOptions[];
  readonly rescaling: Rescaling;
  private readonly news: RouteNews | null;
  private readonly losses: RouteLosses;
  private readonly jobOf: Int32Array;
  private readonly runs: (ContainerRun | null)[];
  private readonly launches: Launches;
  private readonly draws: Uint32Array;
  private readonly timersNs: Float64Array;
  private readonly timerOrdinals: Uint32Array;
  private readonly resumeBelow: Float64Array;
  private readonly resumeCause: Uint8Array;
  private readonly commits: CommitLane;
  /** Null while no job forms one. */
  readonly groups: Groups | null;
  private readonly stuck: StuckContainers;
  private readonly identity: number;
  private readonly decisionKind: number;

  constructor(options: RouterFleetOptions) {
    const { engine, scenario, topology, doors, logs } = options;
    this.options = options;
    this.engine = engine;
    const plan = planJobs(scenario, topology);
    const { consumers, containers, jobs } = plan;
    this.plan = plan;
    this.identity = hash32(scenario.seed, hashString('router'), 0);
    const { ways } = options;
    this.fetches = new FetchLane({ engine, topology, door: doors, seed: scenario.seed, consumers, ways });
    this.decisionKind = engine.kind('router decision', (container) => this.decide(container));
    this.writes = new WriteLane({
      engine,
      scenario,
      topology,
      door: doors,
      ways,
      logs,
      containers,
      mirrorOf: options.mirrorOf,
      landed: this.landed,
    });
    this.checkpoints = new CheckpointStore({ latencyNs: scenario.stores.checkpointLatencyNs, consumers });
    this.commits = new CommitLane({
      engine,
      checkpoints: this.checkpoints,
      consumers,
      stored: (run, consumer, offset) => {
        this.news?.committed(run, consumer, offset);
        this.losses.committed(run, consumer);
      },
    });
    this.desiredState = new Store(scenario.stores.desiredStateLatencyNs);
    this.launches = new Launches({
      engine,
      checkpoints: this.checkpoints,
      desiredState: this.desiredState,
      containers,
      begin: (container) => this.begin(container),
    });
    const policies = jobs.map((job) => policiesOf(scenario, job, options.policies));
    this.rescaling = new Rescaling({
      engine,
      jobs,
      topicPartitions: topology.topicPartitions,
      metadataMaxAgeNs: scenario.producers.metadataMaxAgeNs,
      scalers: jobs.map((job, i) => scalerOf(job, policies[i])),
      launches: this.launches,
      checkpoints: this.checkpoints,
      desiredState: this.desiredState,
      lagNs: (job) => oldestAgeNs({ books: this.books, logs, nowNs: engine.nowNs }, job, 0),
      runOn: (container) => this.runs[container],
      stop: (container) => this.end(container, REBALANCE),
      leave: (container) => this.expel(container),
    });
    this.books = new RouteBooks({
      sinks: scenario.sinks.length,
      routes: plan.routes,
      onPosition: (route, position) => options.onDelivered(this.partitionOfRoute[route], route, position),
    });
    ({ partitions: this.partitionOfRoute, consumers: this.consumerOfRoute } = routeTables(plan));
    this.jobOptions = jobs.map((job, i) => jobOptions(scenario, job, policies[i]));
    this.news = options.observer ? new RouteNews(options.observer, engine) : null;
    const { books, checkpoints, news } = this;
    this.losses = new RouteLosses({ books, checkpoints, logs, news, flights: this.writes.flights });
    this.jobOf = new Int32Array(containers);
    this.runs = Array(containers).fill(null);
    this.draws = new Uint32Array(containers);
    this.timersNs = new Float64Array(containers).fill(Infinity);
    this.timerOrdinals = new Uint32Array(containers);
    this.resumeBelow = new Float64Array(consumers);
    this.resumeCause = new Uint8Array(consumers).fill(RETRY);
    this.groups = jobs.every(({ spec }) => spec.group === null) ? null : this.formGroups();
    this.stuck = new StuckContainers({
      runOn: (container) => this.runs[container],
      wentOn: (container) => this.groupOn(container)?.goOn(container),
      patienceNs: (container) => this.groupOn(container)?.patienceNs(container) ?? Infinity,
      after: (container, ns, step) => this.groups!.after(this.jobOf[container], ns, step),
      expel: (container) => this.expel(container),
      rejoin: (container) => {
        const job = jobs[this.jobOf[container]];
        if (this.runs[container] === null && container < job.firstContainer + job.containers) this.begin(container);
      },
    });
    for (const job of jobs) {
      this.jobOf.fill(job.index, job.firstContainer, job.firstContainer + job.containersMax);
      for (let p = 0; p < job.partitions; p++) {
        this.fetches.setPartition(job.firstConsumer + p, job.firstPartition + p);
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
    for (const job of this.plan.jobs.filter(({ open }) => open)) {
      const runs = Array.from({ length: job.containers }, (_, i) => this.launch(job, i));
      this.groups?.of(job)?.start(runs);
      this.rescaling.start(job);
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

  get rebalances(): number {
    return this.rescaling.repacks + (this.groups?.rebalances ?? 0);
  }

  /** Brokers tell of more partitions: jobs find them when they next ask, as often as producers do (AK metadata.max.age.ms). */
  metadataChanged(topic: number): void {
    this.rescaling.told(topic, this.identity);
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

  /** The container does nothing any more, or goes on; see `StuckContainers`. */
  stickContainer(sinkName: string, i: number): void {
    const container = containerOfSink(this.plan, this.sinkNamed(sinkName), i);
    if (container >= 0) this.stuck.begin(`${sinkName}/${i}`, container);
  }
  freeContainer(sinkName: string, i: number): void {
    this.stuck.end(`${sinkName}/${i}`, this.engine.nowNs);
  }

  startCheckpointStore(): void {
    this.launches.resume(this.checkpoints.start());
  }
  startDesiredStateStore(): void {
    this.launches.resume(this.desiredState.start());
  }

  /** The core that has the consumer's partition now, or null. */
  runOf(job: Job, consumer: number): ContainerRun | null {
    if (job.spec.group !== null) return this.groups!.owner(consumer);
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
    this.commits.send(run, run.consumer(slot), offset);
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

  /** The container, if it runs, is gone, and comes back after the time that a relaunch takes. */
  private crash(container: number): void {
    if (this.runs[container] === null) return;
    this.end(container, RELAUNCH);
    this.relaunches++;
    this.groupOn(container)?.died(container);
    this.launches.schedule(container, READ_DESIRED, this.plan.jobs[this.jobOf[container]].spec.relaunchNs);
  }

  private begin(container: number): void {
    const job = this.plan.jobs[this.jobOf[container]];
    const run = this.launch(job, container - job.firstContainer);
    this.groups?.of(job)?.join(run);
  }

  private launch(job: Job, index: number): ContainerRun {
    const container = job.firstContainer + index;
    invariant(this.runs[container] === null, 'a container runs once at a time');
    const { topology } = this.options;
    const leader = topology.partitionLeader[job.firstPartition + (index % job.partitions)];
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
    this.losses.launched(run);
    this.news?.launched(run);
    run.start((consumer) => this.checkpoints.committed(consumer), this.engine.nowNs);
    return run;
  }

  private formGroups(): Groups {
    const { engine, plan, checkpoints } = this;
    return new Groups({
      engine,
      plan,
      checkpoints,
      tripNs: this.options.scenario.network.crossZoneNs,
      phase: (container) => uniform(this.identity, container, -1),
      released: (run, slot) => {
        this.leave(run, slot, REBALANCE);
        this.writes.flights.stray(run);
        this.fetches.forget(run, run.consumer(slot));
        this.commits.forget(run, run.consumer(slot));
      },
      touched: (run) => this.touched(run),
    });
  }

  /** The container is gone at once; what it had on its way may still land. */
  private end(container: number, cause: number): void {
    const run = this.runs[container]!;
    run.alive = false;
    this.runs[container] = null;
    this.news?.died(run);
    if (run.job.spec.group !== null) this.groups!.ended(run);
    for (let slot = 0; slot < run.slots; slot++) if (run.owns(slot)) this.leave(run, slot, cause);
    this.losses.died(run);
  }

  /** What the run has fetched and not committed comes again from whoever has the partition next. */
  private leave(run: ContainerRun, slot: number, cause: number): void {
    const consumer = run.consumer(slot);
    const position = run.core.position(slot);
    if (position > this.resumeBelow[consumer]) this.resumeBelow[consumer] = position;
    this.resumeCause[consumer] = cause;
    this.uncommittedLeft += position - this.checkpoints.committed(consumer);
  }

  private groupOn(container: number): Group | null {
    return this.groups?.of(this.plan.jobs[this.jobOf[container]]) ?? null;
  }

  /** The container is a member no more. */
  private expel(container: number): void {
    this.end(container, REBALANCE);
    this.groupOn(container)!.left(container);
  }

  private sinkNamed(name: string): number {
    const sink = this.options.scenario.sinks.findIndex((spec) => spec.name === name);
    invariant(sink >= 0, `no sink ${name}`);
    return sink;
  }
}
