/**
 * The pipeline before Keystone: applications' clients, collectors, S3, and a branch for real time. It is fed the records that the
 * producers are offered, from a cursor of its own over the same arrivals, so neither pipeline can hold up the other.
 */
import { type Engine, hash32, InvariantError } from '../../engine/index.ts';
import type { MigrationSpec, Scenario } from '../../scenario/scenario.ts';
import type { Arrivals } from '../arrivals.ts';
import { makeSink } from '../sinks/make-sink.ts';
import type { SinkModel, SinkSlowness } from '../sinks/sink.ts';
import { arrivalsOf } from '../stream-arrivals.ts';
import type { StreamPlan } from '../stream-plan.ts';
import type { Topology } from '../topology.ts';
import { Agenda } from './agenda.ts';
import { Branch } from './branch.ts';
import { CollectorClient } from './client.ts';
import { Collector } from './collector.ts';
import { MessageBook } from './message-book.ts';
import type { ShadowBook } from './shadow-book.ts';

export interface OldPipelineOptions {
  readonly engine: Engine;
  readonly scenario: Scenario;
  readonly spec: MigrationSpec;
  readonly topology: Topology;
  readonly plan: StreamPlan;
  /** Told of the new pipeline. */
  readonly shadow: ShadowBook;
}

export class OldPipeline {
  readonly book: MessageBook;
  /** What became of the same records in the new pipeline. */
  readonly shadow: ShadowBook;
  readonly collectors: readonly Collector[];
  readonly #clients: readonly CollectorClient[];
  readonly #agenda: Agenda;
  readonly #arrivals: Arrivals;
  readonly #plan: StreamPlan;
  /** By name: models of their own, as each collector has connections of its own; faults strike them alike. */
  readonly #sinks = new Map<string, SinkModel>();

  constructor({ engine, scenario, spec, topology, plan, shadow }: OldPipelineOptions) {
    const agenda = new Agenda(engine);
    this.#agenda = agenda;
    this.#plan = plan;
    this.#arrivals = arrivalsOf(scenario, plan);
    this.book = new MessageBook(plan.streams);
    const sinkOf = (name: string): number => scenario.sinks.findIndex((sink) => sink.name === name);
    this.shadow = shadow;
    const model = (name: string): SinkModel => {
      const made = this.#sinks.get(name) ?? makeSink(scenario.sinks[sinkOf(name)]);
      if (made === null) throw new InvariantError('collectors write to no cluster');
      this.#sinks.set(name, made);
      return made;
    };
    const s3 = model(spec.sink);
    const zonesOf = (region: number): number => scenario.regions[region].zones;
    this.collectors = scenario.regions.flatMap((_, region) =>
      Array.from(
        { length: spec.collectorsPerRegion },
        (_, i) =>
          new Collector({
            agenda,
            book: this.book,
            spec: spec.collector,
            zone: topology.regionFirstZone[region] + (i % zonesOf(region)),
            s3,
            branch: spec.branch && new Branch({ agenda, spec: spec.branch, sink: model(spec.branch.sink) }),
          }),
      ),
    );
    this.#clients = Array.from(plan.producerZone, (zone, producer) => {
      const identity = hash32(scenario.seed, producer, 0xc0) | 0;
      return new CollectorClient({
        agenda,
        book: this.book,
        spec: spec.client,
        identity,
        collectors: this.collectors.filter((each) => topology.zoneRegion[each.zone] === topology.zoneRegion[zone]),
        tripNs: (collector, trip) => topology.network.tripNs(zone, collector.zone, identity, trip),
      });
    });
    for (let producer = 0; producer < plan.producers; producer++) this.#awaitRecord(producer, agenda.actor());
  }

  /** Copies that are held somewhere, counted where they are. */
  get held(): number {
    return (
      this.#clients.reduce((sum, each) => sum + each.holds, 0) +
      this.collectors.reduce((sum, each) => sum + each.holds, 0)
    );
  }

  stopSink(name: string): void {
    this.#sinks.get(name)?.outages.stop(this.#agenda.nowNs);
  }

  startSink(name: string): void {
    this.#sinks.get(name)?.outages.start();
  }

  slowSink(name: string, factors: SinkSlowness): void {
    this.#sinks.get(name)?.slow(factors);
  }

  #awaitRecord(producer: number, actor: number): void {
    const { firstStream } = this.#plan;
    let nextNs = Infinity;
    for (let stream = firstStream[producer]; stream < firstStream[producer + 1]; stream++) {
      nextNs = Math.min(nextNs, this.#arrivals.nextNs(stream));
    }
    if (nextNs === Infinity) return;
    this.#agenda.at(nextNs, actor, () => {
      for (let stream = firstStream[producer]; stream < firstStream[producer + 1]; stream++) {
        while (this.#arrivals.nextNs(stream) <= nextNs) {
          const bytes = this.#arrivals.bytes(stream);
          this.#arrivals.take(stream, nextNs, 1);
          this.#clients[producer].send(this.book.offer(stream, bytes, nextNs));
        }
      }
      this.#awaitRecord(producer, actor);
    });
  }
}
