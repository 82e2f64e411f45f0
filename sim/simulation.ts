/**
 * A scenario, built and running: the rooms of the world wired to one engine. Drive it in slices with `advance`, look at
 * it in between, and take its result with `finish`.
 */

import type { ProducerConfig } from '../src/producer/config.ts';
import { Engine } from './engine/index.ts';
import { Failovers } from './faults/failover.ts';
import type { HazardDoors } from './faults/hazards.ts';
import { type FaultDoors, FaultTimeline } from './faults/timeline.ts';
import { Ledger, summarise } from './ledger/ledger.ts';
import { AlertWatch } from './measure/alert-watch.ts';
import { AuditWatch } from './measure/audit/audit-watch.ts';
import { BrokerUsage } from './measure/broker-usage.ts';
import { FailoverScores } from './measure/failover-scores.ts';
import { LagWatch } from './measure/lag-watch.ts';
import { ApplicationClocks } from './model/application-clocks.ts';
import type { Arrivals } from './model/arrivals.ts';
import { Clusters } from './model/clusters.ts';
import { OldPipeline } from './model/collectors/old-pipeline.ts';
import { ShadowBook } from './model/collectors/shadow-book.ts';
import { Controllers } from './model/controllers.ts';
import type { RouterPoliciesOf } from './model/fleet/core-options.ts';
import { RouterFleet } from './model/fleet/fleet.ts';
import { NamedMoves } from './model/named-moves.ts';
import type { Observer } from './model/observer.ts';
import { observerOf } from './model/observers.ts';
import { Operations } from './model/operations/operations.ts';
import { ProducerFleet } from './model/producer-fleet.ts';
import { producerConfig } from './model/producer-policies.ts';
import { RollingRestarts } from './model/rolling-restart.ts';
import { RoutePositions } from './model/route-positions.ts';
import { SelfHealing } from './model/self-healing.ts';
import { arrivalsOf } from './model/stream-arrivals.ts';
import { planStreams, type StreamPlan } from './model/stream-plan.ts';
import { TopicMoves } from './model/topic-moves.ts';
import { Topology } from './model/topology.ts';
import { Ways } from './model/ways.ts';
import { buildResult } from './report/build.ts';
import type { RunResult } from './report/result.ts';
import type { Scenario } from './scenario/scenario.ts';
import { scenarioHash } from './scenario/scenario-hash.ts';

export interface SimulationOptions {
  /** Goes into the result; default `0.0.0`. */
  readonly version?: string;
  /** When the books are balanced: at the end, or after every event (tests; slow). Default `end`. */
  readonly check?: 'end' | 'event';
  /** Replaces parts of the producers' configuration: a policy of one's own, for all instances. */
  readonly producer?: Partial<ProducerConfig>;
  /** Policies of one's own for the routers of each job, in place of those that the scenario names. */
  readonly router?: RouterPoliciesOf;
  /** Told of what happens to records; changes nothing. */
  readonly observe?: Observer;
}

export class Simulation {
  readonly scenario: Scenario;
  readonly version: string;
  readonly scenarioHash: string;
  readonly engine: Engine;
  readonly topology: Topology;
  readonly ways: Ways;
  readonly clocks: ApplicationClocks;
  readonly clusters: Clusters;
  readonly controllers: Controllers;
  readonly restarts: RollingRestarts;
  readonly operations: Operations;
  readonly healing: SelfHealing | null;
  readonly plan: StreamPlan;
  readonly arrivals: Arrivals;
  readonly producers: ProducerFleet;
  readonly routers: RouterFleet;
  readonly ledger: Ledger;
  readonly usage: BrokerUsage;
  readonly lag: LagWatch;
  readonly faults: FaultTimeline;
  /** Null when there are no auditors. */
  readonly audit: AuditWatch | null;
  /** Null when nobody watches. */
  readonly alerts: AlertWatch | null;
  /** The pipeline that is being replaced, null when none runs beside this one. */
  readonly old: OldPipeline | null = null;
  readonly failoverScores: FailoverScores;
  /** Null where nothing moves between clusters. */
  readonly failovers: Failovers | null;
  readonly endNs: number;
  /** Requests and records sent before the warm-up ended. */
  warmupRequests = 0;
  warmupRecords = 0;
  readonly #check: 'end' | 'event';

  constructor(scenario: Scenario, options: SimulationOptions = {}) {
    this.scenario = scenario;
    this.version = options.version ?? '0.0.0';
    this.scenarioHash = scenarioHash(scenario);
    this.#check = options.check ?? 'end';
    this.endNs = scenario.warmupNs + scenario.durationNs;
    const engine = new Engine({ seed: scenario.seed, pendingHint: 1024 });
    this.engine = engine;
    const topology = new Topology(scenario);
    this.topology = topology;
    this.clocks = new ApplicationClocks((fault) => topology.zonesOf(fault));
    this.plan = planStreams(scenario, topology);
    const shadow = scenario.migration === undefined ? null : ShadowBook.of(scenario, this.plan.streams);
    this.audit = scenario.audit === undefined ? null : new AuditWatch(scenario.audit, scenario);
    const observer = observerOf([shadow, this.audit, options.observe ?? null]);
    const told = observer?.fault.bind(observer);
    const doors: FaultDoors = {
      cutWay: (key, from, to) => {
        this.ways.cut(key, { from, to }, engine.nowNs);
        this.#waysChanged();
      },
      mendWay: (key) => {
        this.ways.mend(key);
        this.#waysChanged();
      },
      changeWay: (fault, how) => {
        this.ways[how](fault);
        this.#waysChanged();
      },
      failMetadata: (cluster, how) => this.producers.metadata.fail(this.#clusterOf(cluster), how),
      answerMetadata: (cluster) => this.producers.metadata.answerAgain(this.#clusterOf(cluster)),
      killBroker: (cluster, broker) => this.controllers.kill(this.#brokerOf(cluster, broker)),
      shutDownBroker: (cluster, broker) => this.controllers.shutDown(this.#brokerOf(cluster, broker)),
      startBroker: (cluster, broker, disk) => this.controllers.start(this.#brokerOf(cluster, broker), disk),
      hangBroker: (cluster, broker, session) => this.controllers.hang(this.#brokerOf(cluster, broker), session),
      resumeBroker: (cluster, broker) => this.controllers.resume(this.#brokerOf(cluster, broker)),
      slowBroker: (cluster, broker, factors) => {
        this.clusters.slow(this.#brokerOf(cluster, broker), factors);
        this.producers.courier.faults.replicasChanged();
      },
      killController: (cluster) => this.controllers.killController(this.#clusterOf(cluster)),
      startController: (cluster) => this.controllers.startController(this.#clusterOf(cluster)),
      killZooKeeperNode: (name, node) => this.controllers.zookeepers.named(name).killNode(node),
      startZooKeeperNode: (name, node, replaced) => this.controllers.zookeepers.named(name).startNode(node, replaced),
      stopZooKeeper: (name) => this.controllers.zookeepers.named(name).stop(),
      startZooKeeper: (name) => this.controllers.zookeepers.named(name).start(),
      electZooKeeper: (name) => this.controllers.zookeepers.named(name).elect(),
      restartBrokers: (cluster, downNs) => this.restarts.begin(this.#clusterOf(cluster), downNs),
      rebalanceLeaders: (cluster) => this.controllers.preferLeaders(this.#clusterOf(cluster)),
      operate: (operation) => this.operations.begin(operation),
      cutOffCluster: (cluster) => this.producers.courier.faults.cutOff(this.#clusterOf(cluster)),
      reconnectCluster: (cluster) => this.producers.courier.faults.reconnect(this.#clusterOf(cluster)),
      stopSink: (sink) => {
        this.routers.stopSink(sink);
        this.old?.stopSink(sink);
      },
      startSink: (sink) => {
        this.routers.startSink(sink);
        this.old?.startSink(sink);
      },
      moveTopic: (move) => this.failovers!.move(move),
      failOver: (failover) => {
        this.failoverScores.begin(failover);
        this.failovers!.begin(failover);
      },
      ...this.#hazardDoors(),
      crashRouter: (sink, container) => this.routers.crashContainer(sink, container),
      stickRouter: (sink, container) => this.routers.stickContainer(sink, container),
      freeRouter: (sink, container) => this.routers.freeContainer(sink, container),
      stopStore: (store) => (store === 'checkpoint' ? this.routers.checkpoints : this.routers.desiredState).stop(),
      startStore: (store) =>
        store === 'checkpoint' ? this.routers.startCheckpointStore() : this.routers.startDesiredStateStore(),
    };
    this.faults = new FaultTimeline(engine, doors, told);
    for (const fault of scenario.faults) this.faults.add(fault);
    const warmup = engine.kind('warm-up ends', () => this.#markWarmup());
    engine.schedule(scenario.warmupNs, warmup, 0, 0, 0);

    const regions = scenario.regions.map(({ name }) => name);
    this.ways = new Ways({ topology, regions, sinks: scenario.sinks.map(({ name }) => name) });
    const { ways } = this;
    this.clusters = new Clusters({ engine, topology, scenario, ways, observer });
    this.arrivals = arrivalsOf(scenario, this.plan);
    const { policy, metadataNs, metadataMaxAgeNs } = scenario.producers;
    this.producers = new ProducerFleet({
      engine,
      topology,
      clusters: this.clusters,
      arrivals: this.arrivals,
      plan: this.plan,
      config: { ...producerConfig(policy), ...options.producer },
      seed: scenario.seed,
      fidelity: scenario.fidelity,
      idempotent: policy.idempotent,
      ways,
      metadataNs,
      metadataMaxAgeNs,
      metadataTripNs: scenario.network.crossZoneNs,
      compressionNsPerByte: policy.compressionNsPerByte,
      tenants: policy.quotas.map(({ tenant }) => tenant),
      observer,
    });
    const needed = new RoutePositions(topology.partitions);
    const mirrors = scenario.sinks.map((spec) =>
      scenario.topics.map((topic) =>
        spec.kind === 'kafka' ? (topology.mirrors.get(`${spec.cluster}/${topic.name}`) ?? -1) : -1,
      ),
    );
    const logs = (partition: number) => this.clusters.logs[partition];
    this.routers = new RouterFleet({
      engine,
      scenario,
      topology,
      doors: this.clusters,
      ways,
      logs,
      mirrorOf: (sink, topic) => mirrors[sink][topic],
      onDelivered: (partition) => this.clusters.release(partition, needed.lowest(partition, this.routers)),
      policies: options.router,
      observer,
    });
    needed.learn(this.routers);
    this.clusters.fetchListener = this.routers;
    this.clusters.produceListener = this.routers;
    const { clusters } = this;
    this.usage = new BrokerUsage(
      { clusters, topology, regions },
      (broker) => !this.controllers.sessions.isAbsent(broker),
    );
    this.lag = new LagWatch({ engine, scenario, fleet: this.routers, logs });
    this.clusters.copies.lossListener = (partition, tails) => {
      this.producers.courier.faults.tailLost(partition);
      // Nobody will get it who hasn't got it.
      for (const { from, to } of tails) {
        for (const route of needed.routes(partition)) this.routers.books.lose(route, from, to);
      }
    };
    this.clusters.unmarkListener = (partition, from, to) => {
      for (const route of needed.routes(partition)) this.routers.books.noCopies(route, from, to);
    };
    // Last, so that events which only happen in trouble have no part in the order of all others.
    this.producers.courier.faults.prepare();
    this.controllers = new Controllers({
      engine,
      topology,
      clusters: this.clusters,
      zookeepers: scenario.zookeepers ?? [],
      ways,
      listener: {
        brokerStopped: (broker) => this.producers.courier.faults.brokerStopped(broker),
        brokerHung: () => this.producers.courier.faults.replicasChanged(),
        brokerResumed: (broker) => this.producers.courier.faults.brokerResumed(broker),
        newsChanged: () => {
          this.producers.courier.faults.replicasChanged();
          this.producers.metadata.newsChanged();
        },
        leadersMoved: (partitions) => this.producers.courier.faults.leadersMoved(partitions),
        metadataChanged: (topic) => {
          this.producers.metadata.changed(topic);
          this.routers.metadataChanged(topic);
        },
      },
    });
    this.restarts = new RollingRestarts({ engine, topology, controllers: this.controllers });
    this.operations = new Operations(this);
    this.audit?.watch(this);
    this.alerts = scenario.alerts === undefined ? null : new AlertWatch(scenario.alerts, this);
    this.healing = this.#healing();
    this.ledger = new Ledger({
      topology,
      plan: this.plan,
      arrivals: this.arrivals,
      fleet: this.producers,
      clusters: this.clusters,
      routers: this.routers,
      sinks: scenario.sinks.map((sink) => sink.name),
      frontingTopics: scenario.topics.length,
      nowNs: () => engine.nowNs,
    });
    if (shadow !== null) {
      this.old = new OldPipeline({ engine, scenario, spec: scenario.migration!, topology, plan: this.plan, shadow });
    }
    this.failoverScores = new FailoverScores({ ...scenario, books: () => summarise(this.ledger.take()) });
    const moves = scenario.faults.some(({ kind }) => kind === 'failover' || kind === 'topic-move');
    this.failovers = moves ? this.#failovers() : null;
    this.routers.start();
  }

  get nowNs(): number {
    return this.engine.nowNs;
  }

  /** Events processed so far. */
  get events(): number {
    return this.engine.eventsProcessed;
  }

  /** Records handed to producers so far: request fidelity hands them over late, so this trails the clock a little. */
  get recordsOffered(): number {
    let offered = 0;
    for (let stream = 0; stream < this.plan.streams; stream++) offered += this.arrivals.taken(stream);
    return offered;
  }

  /** Runs until the time or for so many events, whichever is first; true when the scenario has reached its end. */
  advance(options: { untilNs?: number; budgetEvents?: number } = {}): boolean {
    const untilNs = Math.min(options.untilNs ?? this.endNs, this.endNs);
    const budget = options.budgetEvents ?? Number.POSITIVE_INFINITY;
    if (this.#check === 'event') this.#advanceChecked(untilNs, budget);
    else this.engine.runUntil(untilNs, budget);
    return this.engine.nowNs >= this.endNs;
  }

  /** Balances the books and reports. Throws InvariantError when they don't balance: a bug of ours. */
  finish(): RunResult {
    return buildResult(this, this.ledger.check());
  }

  #advanceChecked(untilNs: number, budget: number): void {
    for (let events = 0; events < budget && this.engine.peekNs() <= untilNs; events++) {
      this.engine.step();
      this.ledger.check();
    }
    if (this.engine.peekNs() > untilNs) this.engine.runUntil(untilNs);
  }

  /** Sessions first, then what follows from who hears whom. */
  #waysChanged(): void {
    this.controllers.waysChanged();
    this.clusters.copies.waysChanged();
    this.producers.courier.faults.waysChanged();
  }

  #markWarmup(): void {
    // Answers that came before, and were left to lie, belong to the warm-up.
    this.producers.catchUp();
    this.usage.mark(this.engine.nowNs);
    this.warmupRequests = this.producers.courier.requests;
    this.warmupRecords = this.producers.courier.recordsSent;
    this.producers.courier.latency.clear();
    for (const latency of this.routers.books.latency) latency.clear();
  }

  /** What an automaton does goes through the door of all faults, so that it is on record with them. */
  #healing(): SelfHealing | null {
    const { engine, topology, clusters, controllers, faults } = this;
    const { healing: spec, seed } = this.scenario;
    if (spec === undefined) return null;
    const nameOf = (cluster: number): string => this.scenario.clusters[cluster].name;
    const by = 'self-healing';
    return new SelfHealing({
      engine,
      spec,
      seed,
      topology,
      clusters,
      controllers,
      replace: (cluster, broker, atNs, forNs) =>
        faults.add({ kind: 'broker-kill', atNs, forNs, cluster: nameOf(cluster), broker, disk: 'lost', by }),
      isTroubled: (cluster, broker) =>
        [...faults.lasting].some((fault) => {
          if (!('broker' in fault) || fault.cluster !== nameOf(cluster) || fault.broker !== broker) return false;
          return !('by' in fault) || fault.by !== by;
        }),
    });
  }

  #hazardDoors(): HazardDoors {
    const sinkOf = (name: string): number => this.scenario.sinks.findIndex((sink) => sink.name === name);
    return {
      beginRefusing: (sink, refusal) => this.routers.writes.beginRefusing(sinkOf(sink), refusal),
      endRefusing: (sink, refusal) => this.routers.writes.endRefusing(sinkOf(sink), refusal),
      slowSink: (sink, factors) => {
        this.routers.writes.slow(sinkOf(sink), factors);
        this.old?.slowSink(sink, factors);
      },
      changeClocks: (fault, how) => this.clocks[how](fault, this.engine.nowNs),
      crashRouterHost: (host, containersPerHost) => this.routers.crashHost(host, containersPerHost),
      killCollector: (collector, disk) => this.old!.collectors[collector].kill(disk),
      startCollector: (collector) => this.old!.collectors[collector].start(),
    };
  }

  #failovers(): Failovers {
    const { engine, scenario, topology, producers, clusters } = this;
    const endOf = (partition: number): number => clusters.logs[partition].endOffset();
    const isCutOff = (cluster: number): boolean => producers.courier.isCutOff(cluster);
    const moves = new TopicMoves({ ...this, endOf, seed: scenario.seed });
    return new Failovers({
      engine,
      told: (failover, milestone, nowNs) => this.failoverScores.reach(failover, milestone, nowNs),
      doors: new NamedMoves({
        moves,
        scenario,
        sick: { topology, copies: clusters.copies, ways: this.ways, isCutOff },
      }),
    });
  }

  #clusterOf(name: string): number {
    return this.scenario.clusters.findIndex((cluster) => cluster.name === name);
  }

  #brokerOf(cluster: string, broker: number): number {
    return this.topology.clusterFirstBroker[this.#clusterOf(cluster)] + broker;
  }
}
