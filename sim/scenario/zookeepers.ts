/** From written ensembles to resolved ones, and the faults that name them. */
import type { PathStep } from './issue.ts';
import { lookUp, type TimelineContext } from './look-up.ts';
import type { ClusterSpec, FaultSpec, ZooKeeperSpec } from './scenario.ts';
import type { ParsedScenario } from './written.ts';
import { zookeeperSchema } from './written-zookeeper.ts';

type WrittenFault = ParsedScenario['faults'][number];
export type ZooKeeperFault = Extract<WrittenFault, { kind: `zookeeper-${string}` }>;

/** By what a fault may call them: their own names, and the templates whose clusters have one each. */
export function buildZooKeepers({
  scenario,
  clusters,
  report,
}: Pick<TimelineContext, 'scenario' | 'clusters' | 'report'>): {
  all: readonly ZooKeeperSpec[];
  byName: ReadonlyMap<string, readonly ZooKeeperSpec[]>;
} {
  const shared = new Map(Object.entries(scenario.zookeepers).map(([name, written]) => [name, [written]]));
  const members = new Map<string, ClusterSpec[]>();
  const own: [string, ClusterSpec][] = [];
  for (const [template, { zookeeper, controller }] of Object.entries(scenario.clusters)) {
    const path = ['clusters', template, 'zookeeper'];
    if (zookeeper !== undefined) {
      if (controller.kind === 'kraft') {
        report({ path, given: zookeeper, expected: 'a cluster with controller.kind zookeeper; this one has KRaft' });
      }
      lookUp(zookeeper, shared, { path, what: 'one of zookeepers', report });
    }
    if (controller.kind === 'kraft') continue;
    for (const cluster of clusters.byName.get(template) ?? []) {
      if (zookeeper === undefined) own.push([template, cluster]);
      else members.set(zookeeper, [...(members.get(zookeeper) ?? []), cluster]);
    }
  }
  const specOf = (name: string, written: ParsedScenario['zookeepers'][string], of: readonly ClusterSpec[]) => ({
    name,
    clusters: of.map((cluster) => cluster.name),
    nodes: written.nodes,
    electionNs: written.election,
    readNs: written.read,
    writeNs: written.write,
    reconnectNs: written.reconnect,
    sessionsPerReplica: written.sessionsPerReplica,
  });
  const byName = new Map<string, ZooKeeperSpec[]>();
  const all: ZooKeeperSpec[] = [];
  for (const [name, [written]] of shared) {
    const of = members.get(name) ?? [];
    if (of.length === 0) {
      report({ path: ['zookeepers', name], given: 'an ensemble', expected: 'a cluster whose zookeeper it is' });
      continue;
    }
    const spec = specOf(name, written!, of);
    all.push(spec);
    byName.set(name, [spec]);
  }
  const plain = zookeeperSchema.parse({}) as ParsedScenario['zookeepers'][string];
  for (const [template, cluster] of own) {
    const spec = specOf(cluster.name, plain, [cluster]);
    all.push(spec);
    for (const name of new Set([template, cluster.name])) byName.set(name, [...(byName.get(name) ?? []), spec]);
  }
  return { all, byName };
}

export function zookeeperFaultsOf(
  fault: ZooKeeperFault,
  { index, atNs }: { index: number; atNs: number },
  context: TimelineContext,
): FaultSpec[] {
  const path = (key: string): PathStep[] => ['faults', index, key];
  const what = 'a ZooKeeper ensemble (clusters with KRaft have none)';
  // What is wrong with the ensembles themselves is told once, elsewhere.
  const { byName } = buildZooKeepers({ ...context, report: () => {} });
  return lookUp(fault.zookeeper, byName, { path: path('zookeeper'), what, report: context.report }).map(
    ({ name, nodes }): FaultSpec => {
      if (fault.kind === 'zookeeper-election') return { kind: fault.kind, atNs, zookeeper: name };
      if (fault.kind === 'zookeeper-down') return { kind: fault.kind, atNs, forNs: fault.for, zookeeper: name };
      if (fault.node >= nodes) {
        const expected = `0 to ${nodes - 1}, as there are ${nodes} nodes`;
        context.report({ path: path('node'), given: String(fault.node), expected });
      }
      const replaced = fault.returns === 'replaced';
      return { kind: fault.kind, atNs, forNs: fault.for, zookeeper: name, node: fault.node, replaced };
    },
  );
}
