/** From a written scenario to the numbers that the world is built from. */

import { buildAlerts } from './alerts.ts';
import { buildAudit } from './audit.ts';
import { check, type Finding } from './check.ts';
import { buildClusters } from './clusters.ts';
import { guessesOf } from './guesses.ts';
import { formatPath, parsePath, ScenarioError, type ScenarioIssue } from './issue.ts';
import { chainOf, type Layer, mergeLayers, objectLayer, placeIn } from './layers.ts';
import { lookUp } from './look-up.ts';
import { isTree, merge, type Tree, valueAt } from './merge.ts';
import { buildMigration } from './migration.ts';
import { PROFILES } from './profile.ts';
import type { ProducerSpec, Scenario, TrafficShape } from './scenario.ts';
import { checkSense, mayBeIdempotent } from './sense.ts';
import { buildSinks } from './sinks.ts';
import { buildAssertions, buildFaults } from './timeline.ts';
import { buildTopics } from './topics.ts';
import { resolveTrace } from './trace-file.ts';
import { type ParsedScenario, type ScenarioPatch, type WrittenScenario, writtenSchema } from './written.ts';
import { healingOf } from './written-healing.ts';
import { acksOf } from './written-producer.ts';
import { buildZooKeepers } from './zookeepers.ts';

export type Written = WrittenScenario | (ScenarioPatch & { extends: string });

/**
 * Resolves a scenario in written form: follows `extends`, lays the Kafka profile under it, applies defaults, and
 * generates clusters and topics. Throws a `ScenarioError` with all that is wrong. `directory` is what relative paths
 * start from; default the working directory.
 */
export function resolveScenario(written: Written, { directory = '.' }: { directory?: string } = {}): Scenario {
  return resolveLayers(chainOf(objectLayer(written, { directory })));
}

/** How long a scenario runs, ns, without resolving the rest of it. Throws a `ScenarioError` if that can't be read. */
export function runTimesOf(written: Written): { readonly warmupNs: number; readonly durationNs: number } {
  const merged = mergeLayers(chainOf(objectLayer(written, { directory: '.' })));
  const run = writtenSchema.shape.run.safeParse(merged.run);
  if (run.success) return { warmupNs: run.data.warmup, durationNs: run.data.for };
  return resolveScenario(written);
}

/** The same from layers, what everything rests on first. */
export function resolveLayers(layers: readonly Layer[]): Scenario {
  const fail = (findings: readonly Finding[]): never => {
    throw new ScenarioError(findings.map((finding) => issueOf(finding, layers)));
  };
  const merged = withProfile(mergeLayers(layers));
  const checked = check(withInheritance(merged));
  if ('findings' in checked) {
    // First what is wrong by itself: a bad default would otherwise be told once for each that inherits it.
    const alone = check(merged);
    return fail('findings' in alone ? alone.findings : checked.findings);
  }
  const findings: Finding[] = [];
  const issues: ScenarioIssue[] = [];
  const resolved = build(
    checked.scenario,
    merged,
    (finding) => findings.push(finding),
    (issue) => issues.push(issue),
  );
  if (findings.length === 0 && issues.length === 0) return resolved;
  const told = new Set<string>();
  const placed = (issue: ScenarioIssue): ScenarioIssue => ({ ...placeOfIssue(issue, layers), ...issue });
  const all = [...findings.map((finding) => issueOf(finding, layers)), ...issues.map(placed)].filter(
    ({ path, given }) => {
      const key = `${path} ${given}`;
      return !told.has(key) && told.add(key);
    },
  );
  throw new ScenarioError(all);
}

/** Where a file that a setting names is at fault, that file has the place. */
function placeOfIssue({ path, file }: ScenarioIssue, layers: readonly Layer[]): Partial<ScenarioIssue> {
  return file === undefined ? placeIn(layers, parsePath(path)) : {};
}

function issueOf({ path, given, expected, nearest }: Finding, layers: readonly Layer[]): ScenarioIssue {
  return {
    path: formatPath(path),
    ...placeIn(layers, path),
    given,
    expected,
    ...(nearest === undefined ? {} : { nearest }),
  };
}

function withProfile(merged: Tree): Tree {
  // What is no profile is told by the check; until then any will do.
  const profile = PROFILES[String(valueAt(merged, ['kafka', 'profile']))] ?? {};
  return merge(profile as Tree, merged);
}

/** Clusters and sinks take what they do not say from the groups `broker`, `log`, `controller` and `router`. */
function withInheritance(merged: Tree): Tree {
  const inherit = (map: unknown, groups: readonly string[]): unknown => {
    // What is no map is told by the check.
    if (!isTree(map)) return map;
    return Object.fromEntries(
      Object.entries(map).map(([name, item]) => {
        if (!isTree(item)) return [name, item];
        const base = Object.fromEntries(groups.map((group) => [group, merged[group] ?? {}]));
        return [name, merge(base, item)];
      }),
    );
  };
  return {
    ...merged,
    clusters: inherit(merged.clusters, ['broker', 'log', 'controller']),
    sinks: inherit(merged.sinks, ['router']),
  };
}

function build(
  written: ParsedScenario,
  merged: Tree,
  report: (finding: Finding) => void,
  reportIssue: (issue: ScenarioIssue) => void,
): Scenario {
  const { run, producers } = written;
  const clusters = buildClusters(written);
  const sinks = buildSinks(written, clusters);
  const sinksOf = (name: string, region: string): readonly string[] => {
    const made = sinks.byName.get(name) ?? [];
    const near = made.filter((sink) => (sinks.regionOf.get(sink.name) ?? region) === region);
    return (near.length > 0 ? near : made).map((sink) => sink.name);
  };
  for (const sink of Object.keys(written.topics.routes)) {
    lookUp(sink, sinks.byName, { path: ['topics', 'routes', sink], what: 'a sink', report });
  }
  Object.entries(written.topics.named).forEach(([topic, { routes }]) => {
    routes.forEach((sink, i) => {
      lookUp(sink, sinks.byName, { path: ['topics', 'named', topic, 'routes', i], what: 'a sink', report });
    });
  });
  const topics = buildTopics({ scenario: written, clusters: clusters.all, sinksOf, report });
  const zookeepers = buildZooKeepers({ scenario: written, clusters, report });
  const context = { scenario: written, clusters, sinks, topics, zookeepers, report };
  checkSense(context);
  const migration = buildMigration(context);
  return {
    name: written.name,
    description: written.description,
    seed: written.seed,
    fidelity: run.fidelity,
    warmupNs: run.warmup,
    durationNs: run.for,
    kafkaProfile: written.kafka.profile,
    regions: Object.entries(written.regions).map(([name, { zones }]) => ({ name, zones })),
    network: {
      sameZoneNs: written.network.sameZone,
      crossZoneNs: written.network.crossZone,
      crossRegionNs: written.network.crossRegion,
      jitterFraction: written.network.jitter,
    },
    clusters: clusters.all,
    topics,
    producers: {
      instances: producers.instances,
      arrivals: producers.arrivals,
      shape: shapeOf(written, reportIssue),
      ...(written.traffic.until !== undefined && { untilNs: run.warmup + written.traffic.until }),
      policy: policyOf(producers),
      metadataNs: producers.metadata,
      metadataMaxAgeNs: producers.metadataMaxAge,
    },
    sinks: sinks.all,
    stores: {
      checkpointLatencyNs: written.stores.checkpointLatency,
      desiredStateLatencyNs: written.stores.desiredStateLatency,
    },
    ...(migration !== null && { migration }),
    ...(zookeepers.all.length > 0 && { zookeepers: zookeepers.all }),
    faults: buildFaults(context),
    ...buildAudit(context),
    ...(written.alerts !== undefined && { alerts: buildAlerts(written.alerts) }),
    ...(written.healing.kind !== 'off' && { healing: healingOf(written.healing) }),
    assertions: buildAssertions(context),
    guesses: guessesOf(merged),
  };
}

/** Written times of a shape count from the end of the warm-up. */
function shapeOf({ traffic: { shape }, run }: ParsedScenario, report: (issue: ScenarioIssue) => void): TrafficShape {
  switch (shape.kind) {
    case 'constant':
      return { kind: 'constant' };
    case 'diurnal': {
      const { period: periodNs, phase, peakToMean } = shape;
      const phaseNs = (((phase - run.warmup) % periodNs) + periodNs) % periodNs;
      return { kind: 'diurnal', periodNs, peakToMean, phaseNs };
    }
    case 'surge':
      return { kind: 'surge', atNs: run.warmup + shape.at, forNs: shape.for, factor: shape.factor, rampNs: shape.ramp };
    case 'trace': {
      const resolved = resolveTrace(shape, run);
      if ('shape' in resolved) return resolved.shape;
      report(resolved.issue);
      return { kind: 'constant' };
    }
  }
}

function policyOf({ policy, quotas }: ParsedScenario['producers']): ProducerSpec {
  return {
    partitioner: policy.partitioner,
    stickForBatches: policy.stickForBatches,
    adaptive: policy.adaptive,
    keys: policy.keys,
    lingerNs: policy.linger,
    batchBytes: policy.batch,
    requestBytesMax: policy.requestMax,
    recordBytesMax: policy.recordMax,
    bufferBytes: policy.buffer,
    bufferRecords: policy.bufferRecords,
    overheadBytesPerRecord: policy.overheadPerRecord,
    overheadBytesPerBatch: policy.overheadPerBatch,
    overflow: policy.overflow,
    inFlight: policy.inFlight,
    acks: acksOf(policy.acks),
    idempotent: policy.idempotence === 'auto' ? mayBeIdempotent(policy) : policy.idempotence === 'on',
    requestTimeoutNs: policy.requestTimeout,
    deliveryTimeoutNs: policy.deliveryTimeout,
    retries: policy.retries,
    retryBackoffNs: policy.retryBackoff,
    retryBackoffMaxNs: policy.retryBackoffMax,
    reconnectBackoffNs: policy.reconnectBackoff,
    reconnectBackoffMaxNs: policy.reconnectBackoffMax,
    compressionRatio: policy.compressionRatio,
    compressionNsPerByte: policy.compressionPerByte,
    quotas: Object.entries(quotas).map(([tenant, { records, burst, bytes, burstBytes }]) => ({
      tenant,
      recordsPerSecond: records,
      burstRecords: burst,
      bytesPerSecond: bytes,
      burstBytes,
    })),
  };
}
