/** From written sinks to those of the world. */
import { apportion } from './apportion.ts';
import type { Clusters } from './clusters.ts';
import type { GroupSpec } from './group-spec.ts';
import type { RouterSpec, SinkSpec } from './scenario.ts';
import type { ParsedScenario } from './written.ts';

type WrittenSink = ParsedScenario['sinks'][string];
type WrittenRouter = WrittenSink['router'];

export interface Sinks {
  readonly all: readonly SinkSpec[];
  /** Resolved sinks by written name: one, but for a kafka sink before several clusters. */
  readonly byName: ReadonlyMap<string, readonly SinkSpec[]>;
  /** Regions of the kafka sinks' clusters, by resolved name. Other sinks serve every region. */
  readonly regionOf: ReadonlyMap<string, string>;
}

/** A kafka sink whose cluster is a template becomes `name-1`, `name-2`, …, with the containers split among them. */
export function buildSinks(scenario: ParsedScenario, clusters: Clusters): Sinks {
  const all: SinkSpec[] = [];
  const byName = new Map<string, readonly SinkSpec[]>();
  const regionOf = new Map<string, string>();
  for (const [name, written] of Object.entries(scenario.sinks)) {
    const targets = written.kind === 'kafka' ? (clusters.byName.get(written.cluster) ?? []) : [];
    const made: SinkSpec[] = [];
    if (written.kind === 'kafka') {
      const containers = apportion(
        written.router.containers,
        targets.map((cluster) => cluster.brokers),
        1,
      );
      targets.forEach((cluster, i) => {
        const one = targets.length === 1 ? name : `${name}-${i + 1}`;
        made.push({
          name: one,
          kind: 'kafka',
          cluster: cluster.name,
          router: routerOf(written.router, containers[i]!),
        });
        regionOf.set(one, cluster.region);
      });
    } else {
      made.push(sinkOf(name, written));
    }
    all.push(...made);
    byName.set(name, made);
  }
  for (const sink of all) byName.set(sink.name, byName.get(sink.name) ?? [sink]);
  const shared = (names: readonly string[]) =>
    names.flatMap((name) => (byName.get(name) ?? []).map((sink) => sink.name));
  const withShared = new Map(
    all.map((sink) => [sink, { ...sink, router: { ...sink.router, sharedWith: shared(sink.router.sharedWith) } }]),
  );
  return {
    all: [...withShared.values()],
    byName: new Map([...byName].map(([name, sinks]) => [name, sinks.map((sink) => withShared.get(sink)!)])),
    regionOf,
  };
}

function sinkOf(name: string, written: Exclude<WrittenSink, { kind: 'kafka' }>): SinkSpec {
  const router = routerOf(written.router, written.router.containers);
  switch (written.kind) {
    case 's3':
      return {
        name,
        kind: 's3',
        fileBytes: written.file,
        fileAgeNs: written.fileAge,
        putLatencyNs: written.putLatency,
        putBytesPerSecond: written.putRate,
        visibilityDelayNs: written.visibilityDelay,
        router,
      };
    case 'elasticsearch':
      return {
        name,
        kind: 'elasticsearch',
        bulkRecords: written.bulk,
        bulkBytes: written.bulkSize,
        recordsPerSecond: written.rate,
        queueMax: written.queue,
        latencyNs: written.latency,
        refreshNs: written.refresh,
        router,
      };
    case 'rate-limited':
      return {
        name,
        kind: 'rate-limited',
        recordsPerSecond: written.rate,
        latencyNs: written.latency,
        batchRecords: written.batch,
        router,
      };
  }
}

function groupOf(written: WrittenRouter['group']): GroupSpec | null {
  const { protocol } = written;
  if (protocol === 'static') return null;
  const assignor = protocol === 'eager' ? 'range' : 'sticky';
  return {
    protocol,
    assignor: written.assignor === 'default' ? assignor : written.assignor,
    sessionTimeoutNs: written.session,
    heartbeatNs: written.heartbeat,
    maxPollIntervalNs: written.maxPollInterval,
    heartbeatThread: written.heartbeatThread,
    staticMembership: written.staticMembership,
  };
}

function routerOf(written: WrittenRouter, containers: number): RouterSpec {
  const { scaling } = written;
  return {
    containers,
    partitionsPerContainerMax: written.partitionsPerContainerMax,
    fetchBytesMin: written.fetchMin,
    fetchBytesMax: written.fetchMax,
    fetchWaitNs: written.fetchWait,
    writesInFlightMax: written.writesInFlight,
    bufferBytes: written.buffer,
    commitIntervalNs: written.commitInterval,
    commitUpTo: written.commitUpTo,
    relaunchNs: written.relaunch,
    retryBackoffNs: written.retryBackoff,
    retryBackoffMaxNs: written.retryBackoffMax,
    ...(written.refused === 'drop' && { refused: 'drop' as const }),
    reset: written.reset,
    sharedWith: written.sharedWith,
    backpressure: written.backpressure,
    credit: written.credit,
    group: groupOf(written.group),
    scaling:
      scaling.kind === 'fixed'
        ? null
        : {
            containersMin: scaling.containersMin,
            containersMax: scaling.containersMax,
            lagSecondsUp: scaling.up / 1e9,
            lagSecondsDown: scaling.down / 1e9,
            window: scaling.window,
            hits: scaling.hits,
            sampleNs: scaling.sample,
            cooldownNs: scaling.cooldown,
          },
  };
}
