/** From written operations to resolved ones: names become clusters and topics, and what can't work is told before the run. */

import type { PathStep } from './issue.ts';
import { lookUp, type TimelineContext } from './look-up.ts';
import type { OperationSpec } from './operation-spec.ts';
import { checkQuotaBounds } from './quota-bounds.ts';
import type { TopicSpec } from './scenario.ts';
import type { ParsedScenario } from './written.ts';

type Written = ParsedScenario['faults'][number];
type WrittenOf<K> = Extract<Written, { kind: K }>;
/** Of these each is one operation for each cluster or topic that its name finds; `zone-out` is many stops of brokers. */
type OperationKind = OperationSpec['kind'];
export type WrittenOperation = WrittenOf<OperationKind>;

const OPERATIONS: ReadonlySet<string> = new Set<OperationKind>([
  'add-brokers',
  'add-partitions',
  'move-partitions',
  'scale-down',
  'copies-change',
  'image-replacement',
  'retention-change',
  'class-change',
  'quota-change',
]);

export function isOperation(fault: Written): fault is WrittenOperation {
  return OPERATIONS.has(fault.kind);
}

export function operationsOf(
  written: WrittenOperation,
  at: { readonly atNs: number; readonly path: (key: string) => PathStep[] },
  context: TimelineContext,
): OperationSpec[] {
  const { scenario, clusters, topics, report } = context;
  const { atNs, path } = at;
  const theClusters = (name: string) =>
    lookUp(name, clusters.byName, { path: path('cluster'), what: 'a cluster', report });
  const theTopics = (name: string) =>
    lookUp(name, topicsByName(scenario, topics), { path: path('topic'), what: 'a topic', report });
  const clusterOf = ({ cluster }: TopicSpec) => clusters.all.find(({ name }) => name === cluster)!;
  const pace = ({ throttle, atOnce }: { throttle: number; atOnce: number }) => ({
    throttleBytesPerSecond: throttle,
    atOnce,
  });
  switch (written.kind) {
    case 'add-brokers':
      return theClusters(written.cluster).map(({ name }) => ({
        kind: written.kind,
        atNs,
        cluster: name,
        brokers: written.brokers,
        turnNs: written.turn,
      }));
    case 'add-partitions':
      if (written.keyed === 'refuse' && scenario.producers.policy.partitioner === 'keyed') {
        report({
          path: path('kind'),
          given: 'add-partitions to a topic whose producers partition by key',
          expected: 'another partitioner, or `keyed: allow`: most keys would go to another partition than before',
        });
      }
      return theTopics(written.topic).map(({ name, cluster }) => {
        const comes = brokersToCome(context, cluster);
        if (written.on === 'new-brokers' && comes === 0) {
          report({
            path: path('on'),
            given: 'new-brokers, and none joins',
            expected: `an add-brokers of ${cluster} among the faults, or on: all-brokers`,
          });
        }
        const { kind, partitions, on } = written;
        return { kind, atNs, cluster, topic: name, partitions, on, everyNs: written.every };
      });
    case 'move-partitions': {
      if (written.topic === undefined) {
        return theClusters(written.cluster).map(({ name }) => ({
          kind: written.kind,
          atNs,
          cluster: name,
          topic: null,
          ...pace(written),
        }));
      }
      const among = new Set(theClusters(written.cluster).map(({ name }) => name));
      const found = theTopics(written.topic);
      const there = found.filter(({ cluster }) => among.has(cluster));
      if (found.length > 0 && among.size > 0 && there.length === 0) {
        report({ path: path('topic'), given: written.topic, expected: `a topic of ${written.cluster}` });
      }
      return there.map(({ name, cluster }) => ({ kind: written.kind, atNs, cluster, topic: name, ...pace(written) }));
    }
    case 'scale-down':
      return theClusters(written.cluster).map((cluster) => {
        const copies = Math.max(
          1,
          ...topics.filter((each) => each.cluster === cluster.name).map((each) => each.replicationFactor),
        );
        const most = cluster.brokers + brokersToCome(context, cluster.name) - copies;
        if (written.brokers > most) {
          const expected = `at most ${most}: ${copies} must stay for as many copies`;
          report({ path: path('brokers'), given: String(written.brokers), expected });
        }
        return { kind: written.kind, atNs, cluster: cluster.name, brokers: written.brokers, ...pace(written) };
      });
    case 'copies-change':
      return theTopics(written.topic).map((topic) => {
        const { replicationFactor } = written;
        const { brokers, minInsyncReplicas } = clusterOf(topic);
        const most = brokers + brokersToCome(context, topic.cluster);
        if (replicationFactor > most || replicationFactor < minInsyncReplicas) {
          const expected = `from ${minInsyncReplicas} (minInsyncReplicas) to ${most} (brokers of ${topic.cluster})`;
          report({ path: path('replicationFactor'), given: String(replicationFactor), expected });
        }
        return {
          kind: written.kind,
          atNs,
          cluster: topic.cluster,
          topic: topic.name,
          replicationFactor,
          ...pace(written),
        };
      });
    case 'image-replacement':
      return theClusters(written.cluster).map(({ name }) => {
        const single = topics.find((topic) => topic.cluster === name && topic.replicationFactor === 1);
        if (written.disk === 'lost' && single !== undefined) {
          report({
            path: path('disk'),
            given: `lost, and ${single.name} has one copy`,
            expected: 'two copies of each topic at least, or disk: kept',
          });
        }
        return { kind: written.kind, atNs, cluster: name, downNs: written.down, disk: written.disk };
      });
    case 'retention-change':
      return theTopics(written.topic).map(({ name }) => ({
        kind: written.kind,
        atNs,
        topic: name,
        retentionNs: written.retention,
      }));
    case 'class-change':
      return theTopics(written.topic).map(({ name }) => ({
        kind: written.kind,
        atNs,
        topic: name,
        class: written.class,
      }));
    case 'quota-change':
      return quotaChange(written, at, context);
  }
}

function quotaChange(
  written: WrittenOf<'quota-change'>,
  { atNs, path }: { readonly atNs: number; readonly path: (key: string) => PathStep[] },
  { scenario, report }: TimelineContext,
): OperationSpec[] {
  const { tenant, records, burst, bytes, burstBytes } = written;
  const known = new Map(Object.entries(scenario.producers.quotas).map(([name, quota]) => [name, [quota]]));
  lookUp(tenant, known, { path: path('tenant'), what: 'a tenant of producers.quotas', report });
  checkQuotaBounds(written, { path, recordMax: scenario.producers.policy.recordMax, report });
  return [
    {
      kind: written.kind,
      atNs,
      tenant,
      recordsPerSecond: records,
      burstRecords: burst,
      bytesPerSecond: bytes,
      burstBytes,
    },
  ];
}

/** Resolved topics by their names, and by the written name where each region has its own. */
function topicsByName(scenario: ParsedScenario, topics: readonly TopicSpec[]): ReadonlyMap<string, TopicSpec[]> {
  const byName = new Map(topics.map((topic) => [topic.name, [topic]]));
  for (const region of Object.keys(scenario.regions)) {
    for (const topic of topics) {
      if (!topic.name.startsWith(`${region}.`)) continue;
      const name = topic.name.slice(region.length + 1);
      byName.set(name, [...(byName.get(name) ?? []), topic]);
    }
  }
  return byName;
}

/** Brokers that operators add to a cluster. */
export function brokersToCome({ scenario, clusters }: TimelineContext, cluster: string): number {
  return scenario.faults.reduce((sum, each) => {
    if (each.kind !== 'add-brokers') return sum;
    return sum + (clusters.byName.get(each.cluster)?.some(({ name }) => name === cluster) ? each.brokers : 0);
  }, 0);
}

/** Partitions that operators add to a topic. */
export function partitionsToCome(scenario: ParsedScenario, topics: readonly TopicSpec[], topic: string): number {
  const byName = topicsByName(scenario, topics);
  return scenario.faults.reduce((sum, each) => {
    if (each.kind !== 'add-partitions') return sum;
    return sum + (byName.get(each.topic)?.some(({ name }) => name === topic) ? each.partitions : 0);
  }, 0);
}
