import type { WriteResult } from '../../../src/router/policy.ts';
import type { Engine } from '../../engine/engine.ts';
import { hash32, hashString } from '../../engine/hash.ts';
import { invariant } from '../../engine/invariant.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { type LogView, PRODUCED, type ProduceDoor, type ProduceListener } from '../doors.ts';
import { sentAgainNs } from '../retransmission.ts';
import { MirroredTopics } from '../sinks/kafka.ts';
import { makeSink } from '../sinks/make-sink.ts';
import type { Outages } from '../sinks/outages.ts';
import { type Refusal, Refusals } from '../sinks/refusals.ts';
import type { SinkModel, SinkSlowness } from '../sinks/sink.ts';
import type { Ways } from '../ways.ts';
import type { ContainerRun } from './container-run.ts';
import { Flights } from './flights.ts';
import type { FleetTopology } from './job.ts';

/** What a sink says of a write. */
const ANSWER_BYTES = 200;

/** Takes writes to sinks and answers back, and tells the books what the sinks have, whoever still wants to know. */
export class WriteLane implements ProduceListener {
  /** By sink: answers by kind, attempts that were given up not among them. */
  readonly writes: Float64Array;
  readonly rejects: Float64Array;
  readonly failures: Float64Array;
  readonly flights = new Flights();
  /** What was read ahead: means nothing, but what is read has to go somewhere. */
  foreseen = 0;
  private readonly engine: Engine;
  private readonly topology: FleetTopology;
  private readonly door: ProduceDoor;
  private readonly ways: Ways;
  /** Flights whose answer is lost on a cut way, though what they brought is there; and since when they are on their way. */
  private readonly unheard = new Map<number, number>();
  /** Flights that would be there, had their packets not been late, or lost and sent again. */
  private readonly heldUp = new Set<number>();
  private readonly logs: (partition: number) => LogView;
  private readonly mirrorOf: (sink: number, topic: number) => number;
  private readonly landed: (sink: number, consumer: number, run: ContainerRun, flight: number, range: Landed) => void;
  private readonly identity: number;
  private readonly arriveKind: number;
  private readonly answerKind: number;
  private readonly models: readonly (SinkModel | null)[];
  private readonly mirrors: readonly MirroredTopics[];
  private readonly latencyNs: number;
  /** By sink; none until a fault makes one. */
  private refusals: (Refusals | undefined)[] | null = null;
  private readonly ordinals: Uint32Array;
  private readonly range: Landed = { from: 0, to: 0 };
  private createdFirstNs = 0;
  private createdLastNs = 0;

  constructor(options: {
    readonly engine: Engine;
    readonly scenario: Scenario;
    readonly topology: FleetTopology;
    readonly door: ProduceDoor;
    readonly ways: Ways;
    readonly logs: (partition: number) => LogView;
    readonly containers: number;
    readonly mirrorOf: (sink: number, topic: number) => number;
    /** A range is with a sink. `range` is valid until the next call. */
    readonly landed: (sink: number, consumer: number, run: ContainerRun, flight: number, range: Landed) => void;
  }) {
    const { engine, scenario } = options;
    this.engine = engine;
    this.topology = options.topology;
    this.door = options.door;
    this.ways = options.ways;
    this.logs = options.logs;
    this.mirrorOf = options.mirrorOf;
    this.landed = options.landed;
    this.identity = hash32(scenario.seed, hashString('router write'), 0);
    this.arriveKind = engine.kind(
      'router write arrives',
      (_container, flight) => this.arrive(flight),
      (_containers, flights, count) => this.foresee(flights, count),
    );
    this.answerKind = engine.kind(
      'router write answered',
      (_container, flight) => this.answer(flight),
      (_containers, flights, count) => this.foresee(flights, count),
    );
    this.models = scenario.sinks.map(makeSink);
    this.mirrors = scenario.sinks.map(() => new MirroredTopics(options.containers));
    this.latencyNs = scenario.network.sameZoneNs;
    this.ordinals = new Uint32Array(options.containers);
    this.writes = new Float64Array(scenario.sinks.length);
    this.rejects = new Float64Array(scenario.sinks.length);
    this.failures = new Float64Array(scenario.sinks.length);
  }

  outages(sink: number): Outages {
    return (this.models[sink] ?? this.mirrors[sink]).outages;
  }

  beginRefusing(sink: number, refusal: Refusal): void {
    this.refusals ??= [];
    this.refusals[sink] ??= new Refusals(hash32(this.identity, sink, 7) | 0);
    this.refusals[sink].begin(refusal);
  }
  endRefusing(sink: number, refusal: Refusal): void {
    this.refusals![sink]!.end(refusal);
  }

  /** Consumer Kafka is as fast as its brokers. */
  slow(sink: number, factors: SinkSlowness): void {
    this.models[sink]!.slow(factors);
  }

  send(run: ContainerRun, write: number, member: number): void {
    const flight = this.flights.take(run, write, member);
    run.flights[write * run.job.sinks.length + member] = flight;
    const sink = run.job.sinks[member];
    const model = this.models[sink];
    if (model === null) this.produce(run, flight, sink);
    else this.offer(run, flight, model);
  }

  /** The write goes to a sink that isn't Kafka: it is lost on the way, or turned down, or taken. */
  private offer(run: ContainerRun, flight: number, model: SinkModel): void {
    const { core } = run;
    const write = this.flights.write(flight);
    if ((this.ways.slowed || this.heldUp.size > 0) && this.isHeldUp(flight)) return;
    if (this.ways.troubled && this.isCut(flight, 'there')) {
      this.again(flight, this.arriveKind, this.engine.nowNs);
      return;
    }
    if (this.unheard.size > 0) this.unheard.delete(flight);
    if (this.refusals !== null && this.refuse(run, flight)) return;
    const result = model.accept(core.records(write), core.bytes(write), this.engine.nowNs);
    this.flights.settle(flight, result, model.outages.epoch, model.landNs, model.visibleNs);
    this.engine.schedule(model.answerNs, this.answerKind, run.container, this.ordinals[run.container]++, flight);
  }

  /** True when the sink turns the write down. One that is stopped does not even do that. */
  private refuse(run: ContainerRun, flight: number): boolean {
    const sink = run.job.sinks[this.flights.member(flight)];
    const { epoch, stopped } = this.outages(sink);
    const refusals = this.refusals![sink];
    if (refusals === undefined || stopped) return false;
    const range = run.core.firstRange(this.flights.write(flight));
    const consumer = run.consumer(run.core.rangeSlot(range));
    const result = refusals.judge(run.container, this.ordinals[run.container], consumer, run.core.rangeFrom(range));
    if (result === null) return false;
    const model = this.models[sink];
    const { nowNs } = this.engine;
    model?.refuse(nowNs);
    this.flights.settle(flight, result, epoch, 0, 0);
    const atNs = model?.answerNs ?? nowNs + 2 * this.latencyNs;
    this.engine.schedule(atNs, this.answerKind, run.container, this.ordinals[run.container]++, flight);
    return true;
  }

  /** Whether what travels is lost: to the sink, or back to the container. */
  private isCut(flight: number, way: 'there' | 'back'): boolean {
    const here = this.ways.routers(this.flights.run(flight).zone);
    const there = this.spotOf(flight);
    return way === 'there' ? this.ways.isCut(here, there) : this.ways.isCut(there, here);
  }

  private spotOf(flight: number): number {
    const sink = this.flights.run(flight).job.sinks[this.flights.member(flight)];
    return this.models[sink] === null
      ? this.ways.broker(this.topology.partitionLeader[this.flights.partition(flight)])
      : this.ways.sink(sink);
  }

  /** True when the write gets there later. */
  private isHeldUp(flight: number): boolean {
    if (this.heldUp.delete(flight)) return false;
    const longerNs = this.longerNs(flight, 'there');
    if (longerNs === 0) return false;
    this.heldUp.add(flight);
    const { container } = this.flights.run(flight);
    this.engine.schedule(this.engine.nowNs + longerNs, this.arriveKind, container, this.ordinals[container]++, flight);
    return true;
  }

  /** How much longer what travels takes. */
  private longerNs(flight: number, way: 'there' | 'back'): number {
    const run = this.flights.run(flight);
    const here = this.ways.routers(run.zone);
    const there = this.spotOf(flight);
    const isKafka = this.models[run.job.sinks[this.flights.member(flight)]] === null;
    const message = {
      bytes: way === 'there' ? run.core.bytes(this.flights.write(flight)) : ANSWER_BYTES,
      baseNs: isKafka ? this.topology.baseNs(run.zone, this.zoneOf(this.flights.partition(flight))) : this.latencyNs,
      draw: hash32((this.identity + run.container) | 0, this.ordinals[run.container], 0x1057),
    };
    return way === 'there' ? this.ways.longerNs(here, there, message) : this.ways.longerNs(there, here, message);
  }

  /** It is lost, and sent again at its next turn. */
  private again(flight: number, kind: number, sentNs: number): void {
    const { container } = this.flights.run(flight);
    if (!this.unheard.has(flight)) this.unheard.set(flight, sentNs);
    const atNs = sentAgainNs(this.unheard.get(flight)!, this.engine.nowNs);
    this.engine.schedule(atNs, kind, container, this.ordinals[container]++, flight);
  }

  /** The container waits for the answer no longer; the write may still land. */
  gaveUp(run: ContainerRun, write: number, member: number): void {
    const ranges: number[] = [];
    const { core } = run;
    for (let r = core.firstRange(write); r >= 0; r = core.nextRange(r)) {
      ranges.push(run.consumer(core.rangeSlot(r)), core.rangeFrom(r), core.rangeTo(r));
    }
    this.flights.giveUp(run.flights[write * run.job.sinks.length + member], ranges);
  }

  onProduced(flight: number, status: number, departNs: number): void {
    const run = this.flights.run(flight);
    const { epoch } = this.outages(run.job.sinks[this.flights.member(flight)]);
    this.flights.settle(flight, status === PRODUCED ? 'ok' : 'failed', epoch, departNs, departNs);
    const atNs = departNs + this.tripNs(this.zoneOf(this.flights.partition(flight)), run.zone, run.container);
    this.engine.schedule(atNs, this.answerKind, run.container, this.ordinals[run.container]++, flight);
  }

  private produce(run: ContainerRun, flight: number, sink: number): void {
    const mirror = this.mirrors[sink];
    const topic = this.mirrorOf(sink, run.job.topic);
    const { topicFirstPartition, topicPartitions } = this.topology;
    const partition = topicFirstPartition[topic] + mirror.nextPartition(run.container, topicPartitions[topic]);
    this.flights.setPartition(flight, partition);
    if (mirror.outages.stopped) {
      this.flights.settle(flight, 'failed', mirror.outages.epoch, 0, 0);
      const atNs = this.engine.nowNs + 2 * this.latencyNs;
      this.engine.schedule(atNs, this.answerKind, run.container, this.ordinals[run.container]++, flight);
      return;
    }
    if (this.refusals !== null && this.refuse(run, flight)) return;
    const atNs = this.engine.nowNs + this.tripNs(run.zone, this.zoneOf(partition), run.container);
    this.engine.schedule(atNs, this.arriveKind, run.container, this.ordinals[run.container]++, flight);
  }

  /** Reads what the next step of the flights will read, to have it in cache. */
  private foresee(flights: Int32Array, count: number): void {
    let read = 0;
    for (let i = 0; i < count; i++) read += this.flights.run(flights[i]).core.foresee();
    for (let i = 0; i < count; i++) {
      const { core, job } = this.flights.run(flights[i]);
      if (this.flights.late(flights[i]) !== null) continue;
      const write = this.flights.write(flights[i]);
      const first = job.firstPartition - job.firstConsumer;
      for (let r = core.firstRange(write); r >= 0; r = core.nextRange(r)) {
        read += this.logs(first + this.flights.run(flights[i]).consumer(core.rangeSlot(r))).foresee();
      }
    }
    this.foreseen += read;
  }

  private arrive(flight: number): void {
    const run = this.flights.run(flight);
    const late = this.flights.late(flight);
    if (this.ways.troubled || this.unheard.size > 0 || this.heldUp.size > 0) {
      if (late !== null || (!run.alive && this.unheard.has(flight))) {
        // Given up before it got there, or its container is gone: its connection is closed.
        this.unheard.delete(flight);
        this.heldUp.delete(flight);
        this.flights.release(flight);
        return;
      }
      const model = this.models[run.job.sinks[this.flights.member(flight)]];
      if (model !== null) {
        this.offer(run, flight, model);
        return;
      }
      if ((this.ways.slowed || this.heldUp.size > 0) && this.isHeldUp(flight)) return;
      if (this.ways.troubled && this.isCut(flight, 'there')) {
        this.again(flight, this.arriveKind, this.engine.nowNs);
        return;
      }
      this.unheard.delete(flight);
    }
    invariant(late === null, 'a trip takes less time than a time-out');
    const { core, job } = run;
    const write = this.flights.write(flight);
    this.createdFirstNs = Infinity;
    this.createdLastNs = 0;
    for (let r = core.firstRange(write); r >= 0; r = core.nextRange(r)) {
      const partition = job.firstPartition + run.consumer(core.rangeSlot(r)) - job.firstConsumer;
      const log = this.logs(partition);
      log.visit(Math.max(core.rangeFrom(r), log.knownFromOffset()), core.rangeTo(r), this.widen);
    }
    // Lost with a leader while they were on their way, and forgotten: when they were offered nobody knows any more.
    if (this.createdFirstNs === Infinity) this.createdFirstNs = this.createdLastNs = this.engine.nowNs;
    this.door.produce(
      flight,
      this.flights.partition(flight),
      core.records(write),
      core.bytes(write),
      this.createdFirstNs,
      this.createdLastNs,
    );
  }

  private readonly widen = (_records: number, firstCreatedNs: number, lastCreatedNs: number): void => {
    if (firstCreatedNs < this.createdFirstNs) this.createdFirstNs = firstCreatedNs;
    if (lastCreatedNs > this.createdLastNs) this.createdLastNs = lastCreatedNs;
  };

  private answer(flight: number): void {
    const { flights } = this;
    const run = flights.run(flight);
    const { core, job } = run;
    const write = flights.write(flight);
    const member = flights.member(flight);
    const sink = job.sinks[member];
    const late = flights.late(flight);
    let result = flights.result(flight);
    const heardOf = this.unheard.size > 0 && this.unheard.has(flight);
    const lost = this.ways.troubled && this.isCut(flight, 'back');
    if (heardOf) {
      if (lost) this.again(flight, this.answerKind, this.engine.nowNs);
      else this.tell(flight, result);
      return;
    }
    if (result === 'ok' && this.outages(sink).cutOff(flights.epoch(flight), flights.landNs(flight))) result = 'failed';
    if (result === 'rejected' || result === 'refused') this.rejects[sink]++;
    else if (result === 'failed') this.failures[sink]++;
    else {
      this.writes[sink]++;
      const { range } = this;
      if (late !== null) {
        for (let i = 0; i < late.length; i += 3) {
          range.from = late[i + 1];
          range.to = late[i + 2];
          this.landed(sink, late[i], run, flight, range);
        }
      } else {
        for (let r = core.firstRange(write); r >= 0; r = core.nextRange(r)) {
          range.from = core.rangeFrom(r);
          range.to = core.rangeTo(r);
          this.landed(sink, run.consumer(core.rangeSlot(r)), run, flight, range);
        }
      }
    }
    if (lost) {
      // What it brought is there, or isn't; that much is settled. Its container doesn't hear of it.
      flights.settle(flight, result, flights.epoch(flight), 0, 0);
      this.again(flight, this.answerKind, this.engine.nowNs);
      return;
    }
    const longerNs = this.ways.slowed ? this.longerNs(flight, 'back') : 0;
    if (longerNs > 0) {
      const { nowNs } = this.engine;
      flights.settle(flight, result, flights.epoch(flight), 0, 0);
      this.unheard.set(flight, nowNs);
      this.engine.schedule(nowNs + longerNs, this.answerKind, run.container, this.ordinals[run.container]++, flight);
      return;
    }
    this.tell(flight, result);
  }

  /** The container hears of it, if it still waits. */
  private tell(flight: number, result: WriteResult): void {
    const { flights } = this;
    const run = flights.run(flight);
    const heard = flights.late(flight) === null && run.alive;
    const write = flights.write(flight);
    const member = flights.member(flight);
    this.unheard.delete(flight);
    flights.release(flight);
    if (heard) run.written(write, member, result, this.engine.nowNs);
  }

  private zoneOf(partition: number): number {
    return this.topology.brokerZone[this.topology.partitionLeader[partition]];
  }

  private tripNs(fromZone: number, toZone: number, container: number): number {
    const entity = (this.identity + container) | 0;
    return this.topology.tripNs(fromZone, toZone, entity, this.ordinals[container]);
  }
}

/** A range that a sink has now. */
export interface Landed {
  from: number;
  to: number;
}
