/**
 * Raises alerts as a monitor in production would, from what producers, brokers, controllers and the checkpoint store tell
 * it, and asks the books at the same looks whether it should have. The rules are those of `src/audit`, for both.
 */
import { AlertBoard } from '../../src/audit/alert-board.ts';
import { ALERT_RULES, type AlertRuleName } from '../../src/audit/alert-rules.ts';
import type { Engine } from '../engine/index.ts';
import type { ApplicationClocks } from '../model/application-clocks.ts';
import type { Arrivals } from '../model/arrivals.ts';
import type { Clusters } from '../model/clusters.ts';
import type { RouterFleet } from '../model/fleet/fleet.ts';
import type { Job } from '../model/fleet/job.ts';
import type { ProducerFleet } from '../model/producer-fleet.ts';
import type { StreamPlan } from '../model/stream-plan.ts';
import type { Topology } from '../model/topology.ts';
import type { AlertsSpec, Scenario } from '../scenario/scenario.ts';
import { ClusterHealth } from './cluster-health.ts';
import { producerLossesOf } from './producer-losses.ts';
import { routeName } from './route-name.ts';
import { Spells } from './spells.ts';

export interface AlertWorld {
  readonly engine: Engine;
  readonly scenario: Scenario;
  readonly topology: Topology;
  readonly plan: StreamPlan;
  readonly clocks: ApplicationClocks;
  readonly arrivals: Arrivals;
  readonly producers: ProducerFleet;
  readonly clusters: Clusters;
  readonly routers: RouterFleet;
}

const spellName = (rule: AlertRuleName, subject: string): string => `${rule} ${subject}`;

export class AlertWatch {
  readonly spec: AlertsSpec;
  looks = 0;
  /** By rule and subject: when alerts were raised, and when the books say that they should have been. */
  readonly raised = new Spells();
  readonly truth = new Spells();
  readonly #world: AlertWorld;
  readonly #board: AlertBoard;
  readonly #books: AlertBoard;
  readonly #health: ClusterHealth;
  readonly #subjects = new Map<AlertRuleName, Set<string>>(ALERT_RULES.map((rule) => [rule, new Set()]));

  constructor(spec: AlertsSpec, world: AlertWorld) {
    this.spec = spec;
    this.#world = world;
    this.#health = new ClusterHealth(world);
    this.#board = this.#boardOf(this.raised, spec);
    const atOnce = Object.fromEntries(
      ALERT_RULES.map((rule) => [rule, { ...spec.rules[rule], forNs: 0, clearForNs: 0 }]),
    );
    this.#books = this.#boardOf(this.truth, { ...spec, rules: atOnce as AlertsSpec['rules'] });
    const { engine, scenario } = world;
    const kind = engine.kind('alerts looked at', () => {
      this.#look();
      engine.schedule(engine.nowNs + spec.intervalNs, kind, 0, 0, 0);
    });
    // The first look is where growth begins to count.
    engine.schedule(scenario.warmupNs, kind, 0, 0, 0);
  }

  subjects(rule: AlertRuleName): readonly string[] {
    return [...this.#subjects.get(rule)!];
  }

  spells(rule: AlertRuleName, subject: string) {
    const name = spellName(rule, subject);
    return { raised: this.raised.of(name), truth: this.truth.of(name) };
  }

  #boardOf(spells: Spells, { rules }: AlertsSpec): AlertBoard {
    return new AlertBoard({
      rules,
      onChange: ({ rule, subject, raised, atNs }) => {
        this.#subjects.get(rule)!.add(subject);
        if (raised) spells.begin(spellName(rule, subject), atNs);
        else spells.end(spellName(rule, subject), atNs);
      },
    });
  }

  #look(): void {
    this.looks++;
    this.#drops();
    const { jobs } = this.#world.routers.plan;
    for (const job of jobs)
      if (job.place === job.topic)
        this.#job(
          job,
          jobs.filter(({ home }) => home === job.home),
        );
    this.#clusters();
  }

  /**
   * Producers count in their send callbacks: what they give up counts as lost, though it may be in a log; with acks 0 they
   * don't notice what is lost on the way.
   */
  #drops(): void {
    const { engine, scenario, plan, arrivals, producers } = this.#world;
    producers.catchUp();
    const offered = new Float64Array(scenario.topics.length);
    for (let stream = 0; stream < plan.streams; stream++) offered[plan.streamTopic[stream]] += arrivals.taken(stream);
    scenario.topics.forEach(({ name }, topic) => {
      const { lost, unknownStored, unnoticed } = producerLossesOf(producers.books, topic);
      this.#board.drops(name, { offered: offered[topic], lost: lost + unknownStored - unnoticed }, engine.nowNs);
      this.#books.drops(name, { offered: offered[topic], lost }, engine.nowNs);
    });
  }

  /** A lag monitor sees committed offsets; what sinks have, the books know. Summed over the clusters that have the topic. */
  #job({ topic, sinks }: Job, places: readonly Job[]): void {
    const { engine, scenario, clusters, routers } = this.#world;
    const { nowNs } = engine;
    const ends: number[] = [];
    const committed: number[] = [];
    let stored = 0;
    let uncommitted = 0;
    for (const { partitions, firstPartition, firstConsumer } of places) {
      for (let p = 0; p < partitions; p++) {
        const end = clusters.logs[firstPartition + p].endOffsetAt(nowNs);
        const done = Math.min(end, routers.checkpoints.committed(firstConsumer + p));
        ends.push(end);
        committed.push(done);
        stored += end;
        uncommitted += end - done;
      }
    }
    sinks.forEach((sink, m) => {
      const subject = routeName(scenario.topics[topic].name, scenario.sinks[sink].name);
      const positions: number[] = [];
      let open = stored;
      for (const { partitions, firstRoute } of places) {
        for (let route = firstRoute + m * partitions; route < firstRoute + (m + 1) * partitions; route++) {
          positions.push(routers.books.position(route));
          open -= routers.books.deliveredUnique(route) + routers.books.lostRecords(route);
        }
      }
      this.#board.lag(subject, { stored, lag: uncommitted }, nowNs);
      this.#books.lag(subject, { stored, lag: Math.max(0, open) }, nowNs);
      this.#board.consumer(subject, { positions: committed, ends }, nowNs);
      this.#books.consumer(subject, { positions, ends }, nowNs);
    });
  }

  #clusters(): void {
    const { engine, scenario } = this.#world;
    scenario.clusters.forEach(({ name }, cluster) => {
      const { told, truth } = this.#health.look(cluster);
      this.#board.cluster(name, told, engine.nowNs);
      this.#books.cluster(name, truth, engine.nowNs);
    });
  }
}
