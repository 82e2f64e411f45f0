import { Engine } from '../../engine/engine.ts';
import type { RouterSpec, Scenario, SinkSpec } from '../../scenario/scenario.ts';
import {
  FETCH_DISCONNECTED,
  FETCH_OK,
  type FetchDoor,
  type LogView,
  PRODUCE_DISCONNECTED,
  PRODUCED,
  type ProduceDoor,
} from '../doors.ts';
import type { Topology } from '../topology.ts';
import { Ways } from '../ways.ts';
import { RouterFleet } from './fleet.ts';
import { sinkLag, visitRoutes } from './fleet-report.ts';
import type { FleetTopology } from './job.ts';

export const MS = 1_000_000;
export const S = 1_000_000_000;
export const MIN = 60 * S;
export const HOUR = 60 * MIN;
export const RECORD_BYTES = 100;

export const router: RouterSpec = {
  containers: 2,
  partitionsPerContainerMax: 12,
  fetchBytesMin: 1,
  fetchBytesMax: 10_000,
  fetchWaitNs: 500 * MS,
  writesInFlightMax: 2,
  bufferBytes: 100_000,
  commitIntervalNs: 5 * S,
  commitUpTo: 'written',
  relaunchNs: 20 * S,
  retryBackoffNs: 100 * MS,
  retryBackoffMaxNs: 10 * S,
  reset: 'earliest',
  sharedWith: [],
  backpressure: 'pause',
  credit: 0,
  group: null,
  scaling: null,
};

type Overrides = Partial<RouterSpec>;

export const s3 = (name: string, overrides: Overrides = {}): SinkSpec => ({
  name,
  kind: 's3',
  fileBytes: 20_000,
  fileAgeNs: 2 * S,
  putLatencyNs: 50 * MS,
  putBytesPerSecond: 1e7,
  visibilityDelayNs: 0,
  router: { ...router, ...overrides },
});

export const elasticsearch = (
  name: string,
  limits: { readonly recordsPerSecond: number; readonly queueMax: number },
  overrides: Overrides = {},
): SinkSpec => ({
  name,
  kind: 'elasticsearch',
  bulkRecords: 50,
  bulkBytes: 1e6,
  latencyNs: 20 * MS,
  refreshNs: S,
  ...limits,
  router: { ...router, ...overrides },
});

export const kafka = (name: string, overrides: Overrides = {}): SinkSpec => ({
  name,
  kind: 'kafka',
  cluster: 'consumer',
  router: { ...router, ...overrides },
});

/** A log into which one record comes every `everyNs` until `untilNs`, kept for `retentionNs`. */
export class SteadyLog implements LogView {
  private readonly clock: { readonly nowNs: number };
  private readonly everyNs: number;
  private readonly untilNs: number;
  private readonly retentionNs: number;

  constructor(
    clock: { readonly nowNs: number },
    how: { readonly everyNs: number; readonly untilNs: number; readonly retentionNs: number },
  ) {
    this.clock = clock;
    this.everyNs = how.everyNs;
    this.untilNs = how.untilNs;
    this.retentionNs = how.retentionNs;
  }

  foresee(): number {
    return 0;
  }
  endOffsetAt(atNs: number): number {
    return Math.floor(Math.min(atNs, this.untilNs) / this.everyNs);
  }
  startOffset(): number {
    return Math.max(0, Math.floor(Math.min(this.clock.nowNs - this.retentionNs, this.untilNs) / this.everyNs));
  }
  knownFromOffset(): number {
    return 0;
  }
  duplicatesIn(): number {
    return 0;
  }
  /** When the record is in the log: it was offered at the same time. `Infinity` when it never will be. */
  createdNs(offset: number): number {
    const atNs = (offset + 1) * this.everyNs;
    return atNs <= this.untilNs ? atNs : Infinity;
  }
  visit(from: number, to: number, each: (records: number, firstNs: number, lastNs: number) => void): void {
    if (to > from) each(to - from, this.createdNs(from), this.createdNs(to - 1));
  }
}

/** One broker in each of two zones, answering fetches and produce requests without delay. */
export class SteadyWorld implements FetchDoor, ProduceDoor {
  readonly engine: Engine;
  readonly scenario: Scenario;
  readonly fleet: RouterFleet;
  readonly logs: SteadyLog[] = [];
  reachable = true;
  /** Produce requests get this: an answer, a refusal, an answer after a minute, or none at all. */
  produceMode: 'ok' | 'refused' | 'late' | 'silent' = 'ok';
  readonly produced: { readonly partition: number; readonly records: number }[] = [];
  readonly positions: number[] = [];
  fetches = 0;

  constructor(how: {
    readonly sinks: readonly SinkSpec[];
    readonly partitions?: number;
    readonly everyNs?: number;
    readonly untilNs?: number;
    readonly retentionNs?: number;
    readonly seed?: number;
  }) {
    const { sinks, partitions = 4, everyNs = 20 * MS, untilNs = Infinity, retentionNs = Infinity, seed = 1 } = how;
    this.engine = new Engine({ seed });
    for (let p = 0; p < partitions; p++) this.logs.push(new SteadyLog(this.engine, { everyNs, untilNs, retentionNs }));
    this.scenario = {
      seed,
      network: { sameZoneNs: 200_000, crossZoneNs: 600_000, crossRegionNs: 0, jitterFraction: 0 },
      topics: [{ name: 'play', partitions, routes: sinks.map((sink) => sink.name) }],
      sinks,
      stores: { checkpointLatencyNs: 5 * MS, desiredStateLatencyNs: 5 * MS },
      producers: { metadataMaxAgeNs: 300_000 * MS },
    } as unknown as Scenario;
    const topology: FleetTopology = {
      brokerZone: Int32Array.of(0, 1),
      partitionLeader: Int32Array.from({ length: 2 * partitions }, (_, i) => i % 2),
      topicFirstPartition: Int32Array.of(0, partitions),
      topicPartitions: Int32Array.of(partitions, partitions),
      baseNs: (from, to) => (from === to ? 200_000 : 600_000),
      topicHome: Int32Array.of(0, -1),
      topicPartitionsMax: Int32Array.of(partitions, partitions),
      tripNs: (from, to, entity, ordinal) => (from === to ? 200_000 : 600_000) + ((entity + ordinal) & 1023),
    };
    this.fleet = new RouterFleet({
      engine: this.engine,
      scenario: this.scenario,
      topology,
      doors: this,
      ways: new Ways({
        topology: { zones: 2, brokers: 2, clusters: [] } as unknown as Topology,
        regions: [],
        sinks: sinks.map(({ name }) => name),
      }),
      logs: (partition) => this.logs[partition],
      mirrorOf: () => 1,
      onDelivered: (_partition, route, position) => {
        this.positions[route] = position;
      },
    });
    this.fleet.start();
  }

  fetch(consumer: number, partition: number, from: number, bytesMin: number, bytesMax: number, waitNs: number): void {
    this.fetches++;
    const { nowNs } = this.engine;
    const log = this.logs[partition];
    if (!this.reachable) this.fleet.onFetched(consumer, FETCH_DISCONNECTED, from, from, 0, nowNs);
    else if (from < log.startOffset()) {
      this.fleet.onOutOfRange(consumer, from, log.startOffset(), log.endOffsetAt(nowNs), nowNs);
    } else {
      const enoughNs = log.createdNs(from + Math.ceil(bytesMin / RECORD_BYTES) - 1);
      const departNs = Math.min(nowNs + waitNs, Math.max(nowNs, enoughNs));
      const to = Math.max(from, Math.min(log.endOffsetAt(departNs), from + Math.floor(bytesMax / RECORD_BYTES)));
      this.fleet.onFetched(consumer, FETCH_OK, from, to, (to - from) * RECORD_BYTES, departNs);
    }
  }

  produce(writer: number, partition: number, records: number): void {
    const { nowNs } = this.engine;
    if (this.produceMode === 'silent') return;
    if (this.produceMode === 'refused') {
      this.fleet.onProduced(writer, PRODUCE_DISCONNECTED, nowNs);
      return;
    }
    this.produced.push({ partition, records });
    this.fleet.onProduced(writer, PRODUCED, nowNs + (this.produceMode === 'late' ? MIN : MS));
  }

  runUntil(ns: number): this {
    this.engine.runUntil(ns);
    return this;
  }

  /** Delivered, lost, backlog, duplicates over all routes of a sink; throws when a route does not balance. */
  books(sinkName = this.scenario.sinks[0].name) {
    const sum = { stored: 0, delivered: 0, lost: 0, backlog: 0, relaunch: 0, rebalance: 0, retry: 0 };
    visitRoutes({ fleet: this.fleet, logs: (p) => this.logs[p], nowNs: this.engine.nowNs }, (route) => {
      const { stored, delivered, lost, backlog } = route;
      if (delivered + lost + backlog !== stored) {
        throw new Error(`route ${route.route}: ${JSON.stringify({ stored, delivered, lost, backlog })}`);
      }
      if (this.scenario.sinks[route.sink].name !== sinkName) return;
      sum.stored += stored;
      sum.delivered += delivered;
      sum.lost += lost;
      sum.backlog += backlog;
      sum.relaunch += route.duplicates.relaunch;
      sum.rebalance += route.duplicates.rebalance;
      sum.retry += route.duplicates.retry;
    });
    return sum;
  }

  lag(sinkName = this.scenario.sinks[0].name) {
    const sink = this.scenario.sinks.findIndex((spec) => spec.name === sinkName);
    return sinkLag(
      { scenario: this.scenario, fleet: this.fleet, logs: (p) => this.logs[p], nowNs: this.engine.nowNs },
      sink,
    );
  }
}
