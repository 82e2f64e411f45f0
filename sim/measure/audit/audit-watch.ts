/**
 * Auditors in the simulated world: counters in producers' send callbacks, at brokers and at sinks, whose reports travel by a
 * topic that suffers the outage too; and beside them the truth by the same windows. Fed by runs, not by records.
 */
import { Reconciler } from '../../../src/audit/reconciler.ts';
import { SendLosses } from '../../../src/audit/send-losses.ts';
import { TierCounter } from '../../../src/audit/tier-counter.ts';
import { BATCH } from '../../../src/producer/batch-pool.ts';
import { FATE_UNKNOWN } from '../../../src/producer/outcome.ts';
import { invariant } from '../../engine/invariant.ts';
import { Observer, type Offer, type RouteRange } from '../../model/observer.ts';
import type { AuditSpec, Scenario } from '../../scenario/scenario.ts';
import type { AlertWorld } from '../alert-watch.ts';
import { producerLossesOf } from '../producer-losses.ts';
import { KAFKA, legName, legsOf, PRODUCER, sinkTier, toKafka, toSink } from './legs.ts';
import { ReportRoad } from './report-road.ts';
import { Scores } from './scores.ts';
import { spreadByWindow } from './spread.ts';
import { WindowMap } from './window-map.ts';
import { WindowTruth } from './window-truth.ts';

const { B_CREATED_AT_NS, B_FLOATS, B_INTS, B_LAST_AT_NS, B_N, B_STREAM } = BATCH;
const MS = 1_000_000;
/** Looks at what is due, a window: the grain of the auditors' times. */
const TICKS = 10;

export class AuditWatch extends Observer {
  readonly spec: AuditSpec;
  readonly scores: Scores;
  readonly road: ReportRoad;
  #world: AlertWorld | null = null;
  /** Losses on the way to Kafka, second copies there, and all that sinks were given. */
  readonly #seen = new WindowTruth();
  readonly #reconciler: Reconciler;
  readonly #counters = new Map<string, { readonly counter: TierCounter; readonly stops: number }>();
  readonly #maps: WindowMap[] = [];
  readonly #givenUp = new Set<number>();
  /** The producers' own counts: fed by what their callbacks hear. */
  readonly #sends = new SendLosses();

  constructor(spec: AuditSpec, { topics, sinks }: Pick<Scenario, 'topics' | 'sinks'>) {
    super();
    this.spec = spec;
    this.scores = new Scores(legsOf(topics));
    this.road = new ReportRoad({ delayNs: spec.delayNs, holdNs: spec.holdNs });
    this.#reconciler = new Reconciler({
      pairs: [[PRODUCER, KAFKA], ...sinks.map(({ name }) => [KAFKA, sinkTier(name)] as const)],
      windowMs: spec.windowNs / MS,
      settleMs: spec.settleNs / MS,
      keepMs: spec.keepNs / MS,
      onFinding: (finding) => this.scores.word(finding, this.#nowNs),
    });
  }

  /** The world that was built with this as its observer. */
  watch(world: AlertWorld): void {
    this.#world = world;
    const { engine } = world;
    const everyNs = Math.ceil(this.spec.windowNs / TICKS);
    const kind = engine.kind('audit looked at', () => {
      this.#tick();
      engine.schedule(engine.nowNs + everyNs, kind, 0, 0, 0);
    });
    engine.schedule(everyNs, kind, 0, 0, 0);
  }

  // What producers see, in their callbacks.

  override offered({ stream, n, admitted, atNs }: Offer): void {
    if (admitted === n) return;
    const madeNs = atNs + this.#aheadNs(stream, atNs);
    const run = { n: n - admitted, firstNs: madeNs, lastNs: madeNs, windowNs: this.spec.windowNs };
    spreadByWindow(run, (window, records) => this.#attempted(stream, window, records, records));
  }

  override dropped(stream: number, n: number, _cause: number, batch: number): void {
    this.#sends.settled(this.#topicOf(stream), 'dropped', n);
    if (batch >= 0) this.#spread(batch, (stream, window, n) => this.#attempted(stream, window, n, n));
  }

  override ended(batch: number, fate: number): void {
    const { ints } = this.#world!.producers.core.batches;
    const [stream, records] = [ints[batch * B_INTS + B_STREAM], ints[batch * B_INTS + B_N]];
    this.#sends.settled(this.#topicOf(stream), fate === FATE_UNKNOWN ? 'unknown' : 'delivered', records);
    this.#spread(batch, (_stream, window, n) => this.#attempted(stream, window, n, 0));
    if (fate === FATE_UNKNOWN) this.#givenUp.add(batch);
  }

  /** Whether what was given up is in a log is known for good when its slot is used again. */
  override freed(batch: number): void {
    if (!this.#givenUp.delete(batch) || this.#world!.producers.books.storedNs(batch) >= 0) return;
    this.#spread(batch, (stream, window, n) => {
      this.#seen.at(legName(toKafka(this.#topicOf(stream))), window).lost += n;
    });
  }

  // What brokers see.

  override appended(batch: number, partition: number, base: number, _n: number, atNs: number): void {
    const { producers, topology } = this.#world!;
    const again = producers.books.storedNs(batch) >= 0 && !producers.books.isLost(batch);
    const map = this.#mapOf(partition);
    let from = base;
    const { ints, floats } = producers.core.batches;
    const madeNs = floats[batch * B_FLOATS + B_CREATED_AT_NS];
    const firstNs = madeNs + this.#aheadNs(ints[batch * B_INTS + B_STREAM], madeNs);
    this.#spread(batch, (stream, window, n) => {
      map.append({ from, to: from + n, window, again, firstNs });
      from += n;
      this.#passKafka(this.#topicOf(stream), topology.partitionLeader[partition], {
        ...{ window, n, ageNs: atNs - firstNs, again },
      });
    });
  }

  override truncated(partition: number, from: number): void {
    const { clusters, topology, scenario } = this.#world!;
    const home = topology.homeOf(partition);
    // A tail that is lost stays a gap; what was not done with is taken back.
    if (clusters.logs[partition].endOffset() > from || home < 0) return;
    const topic = scenario.topics[home].name;
    this.#mapOf(partition).truncate(from, (window, n, again) => {
      this.#passKafka(topic, topology.partitionLeader[partition], { window, n: -n, ageNs: -Infinity, again });
    });
  }

  // What sinks see.

  override delivered({ sink, partition, from, to }: RouteRange, nowNs: number): void {
    const { scenario, topology } = this.#world!;
    const topic = scenario.topics[topology.homeOf(partition)].name;
    const into = toSink(topic, scenario.sinks[sink].name);
    const leg = legName(into);
    this.#mapOf(partition).visit(from, to, ({ window, firstNs }, n) => {
      // All that the sink is given; what it should have got once is taken off at the end.
      this.#seen.at(leg, window).copies += n;
      this.#count(into.to, topic, window, n, nowNs - firstNs, 0);
    });
  }

  /** The truth so far, with what routes never get, and without what they got once: from the sinks' own sets. */
  truthNow(): WindowTruth {
    const whole = this.#seen.copy();
    const { routers, scenario } = this.#world!;
    const { books, plan } = routers;
    for (const job of plan.jobs) {
      const topic = scenario.topics[job.topic].name;
      job.sinks.forEach((sink, m) => {
        const leg = legName(toSink(topic, scenario.sinks[sink].name));
        for (let p = 0; p < job.partitions; p++) {
          const route = job.firstRoute + m * job.partitions + p;
          for (const { window, from, to } of this.#mapOf(job.firstPartition + p).stretches) {
            const truth = whole.at(leg, window);
            truth.copies -= books.deliveredIntervals(route).covered(from, to);
            truth.lost += books.lostIntervals(route)?.covered(from, to) ?? 0;
          }
        }
      });
    }
    return whole;
  }

  /**
   * What producers count in their send callbacks, by topic: what is given up counts as lost. Held against the books: each
   * drop is in both, and what was given up is in the books as lost or stored once its slot is used again. With acks 0 the
   * books know of more: producers don't notice what no log has.
   */
  sends(): { topic: string; reported: number; lost: number }[] {
    const { producers, scenario, plan } = this.#world!;
    const { ints } = producers.core.batches;
    const open = new Map<number, number>();
    for (const batch of this.#givenUp) {
      const topic = plan.streamTopic[ints[batch * B_INTS + B_STREAM]];
      open.set(topic, (open.get(topic) ?? 0) + ints[batch * B_INTS + B_N]);
    }
    return scenario.topics.map(({ name }, topic) => {
      const told = this.#sends.of(name);
      const { dropped, lost, unknownStored, unnoticed } = producerLossesOf(producers.books, topic);
      invariant(told.lost - told.unknown === dropped, 'producers were told of each drop, once');
      const givenUp = lost - dropped - unnoticed + unknownStored + (open.get(topic) ?? 0);
      invariant(
        told.unknown === givenUp,
        `given up by what producers were told ${told.unknown}, by the books ${givenUp}`,
      );
      return { topic: name, reported: told.lost, lost };
    });
  }

  get #nowNs(): number {
    return this.#world!.engine.nowNs;
  }

  #topicOf(stream: number): string {
    const { plan, scenario } = this.#world!;
    return scenario.topics[plan.streamTopic[stream]].name;
  }

  #mapOf(partition: number): WindowMap {
    let map = this.#maps[partition];
    if (map === undefined) {
      map = new WindowMap();
      this.#maps[partition] = map;
    }
    return map;
  }

  #attempted(stream: number, window: number, n: number, lost: number): void {
    const topic = this.#topicOf(stream);
    if (lost > 0) this.#seen.at(legName(toKafka(topic)), window).lost += lost;
    this.#count(PRODUCER, topic, window, n, 0, 0);
  }

  #passKafka(topic: string, broker: number, of: { window: number; n: number; ageNs: number; again: boolean }): void {
    if (of.again) this.#seen.at(legName(toKafka(topic)), of.window).copies += of.n;
    this.#count(KAFKA, topic, of.window, of.n, of.ageNs, broker);
  }

  /** A broker that has stopped since has lost what it had counted and not reported. */
  #count(tier: string, topic: string, window: number, n: number, ageNs: number, broker: number): void {
    const stops = tier === KAFKA ? this.#world!.clusters.copies.stops(broker) : 0;
    const key = `${tier} ${broker}`;
    let at = this.#counters.get(key);
    if (at === undefined || at.stops !== stops) {
      const { windowNs, graceNs } = this.spec;
      const counter = new TierCounter({
        ...{ tier, instance: String(broker), windowMs: windowNs / MS, graceMs: graceNs / MS },
        onReport: (report) => this.road.send(report, this.#nowNs),
      });
      at = { counter, stops };
      this.#counters.set(key, at);
    }
    at.counter.add({ topic, window, records: n, ageMaxMs: ageNs / MS }, this.#nowNs / MS);
  }

  #tick(): void {
    const { clusters, producers } = this.#world!;
    const nowNs = this.#nowNs;
    producers.catchUp();
    for (const [key, { counter, stops }] of this.#counters) {
      const broker = Number(key.slice(key.lastIndexOf(' ') + 1));
      if (key.startsWith(KAFKA) && clusters.copies.stops(broker) !== stops) this.#counters.delete(key);
      else counter.onTime(nowNs / MS);
    }
    const { cluster } = this.spec;
    const isAway = producers.courier.isCutOff(cluster) || !clusters.copies.answers(cluster);
    this.road.arrive(nowNs, isAway, (report) => this.#reconciler.report(report, nowNs / MS));
    this.#reconciler.onTime(nowNs / MS);
  }

  /** How far the clock was ahead that stamped a record of the stream. */
  #aheadNs(stream: number, madeNs: number): number {
    const { clocks, plan } = this.#world!;
    return clocks.aheadNs(plan.producerZone[plan.streamProducer[stream]], madeNs);
  }

  /**
   * Records of a batch by window of event time. One function for all tiers: what it says of a record, all say. A clock that
   * is set meanwhile counts from the next batch on.
   */
  #spread(batch: number, each: (stream: number, window: number, n: number) => void): void {
    const { ints, floats } = this.#world!.producers.core.batches;
    const stream = ints[batch * B_INTS + B_STREAM];
    const madeNs = floats[batch * B_FLOATS + B_CREATED_AT_NS];
    const aheadNs = this.#aheadNs(stream, madeNs);
    const firstNs = madeNs + aheadNs;
    const lastNs = floats[batch * B_FLOATS + B_LAST_AT_NS] + aheadNs;
    const { windowNs } = this.spec;
    spreadByWindow({ n: ints[batch * B_INTS + B_N], firstNs, lastNs, windowNs }, (window, n) =>
      each(stream, window, n),
    );
  }
}
