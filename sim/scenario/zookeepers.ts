/** From written ensembles to resolved ones, and the faults that name them. */
import type { PathStep } from './issue.ts';
import { lookUp, type TimelineContext } from './look-up.ts';
import type { ClusterSpec, FaultSpec, ZooKeeperSpec } from './scenario.ts';
import type { ParsedScenario } from './written.ts';
import { zookeeperSchema } from './written-zookeeper.ts';

type WrittenFault = ParsedScenario['faults'][number];
type ZooKeeperFault = Extract<WrittenFault, { kind: `zookeeper-${string}` }>;

/** Ensembles, and what faults may call them: by their own names, those of their clusters, and of the templates of these. */
export interface ZooKeepers {
  readonly all: readonly ZooKeeperSpec[];
  readonly byName: ReadonlyMap<string, readonly ZooKeeperSpec[]>;
}

export function buildZooKeepers({
  scenario,
  clusters,
  report,
}: Pick<TimelineContext, 'scenario' | 'clusters' | 'report'>): ZooKeepers {
  const shared = new Map(Object.entries(scenario.zookeepers).map(([name, written]) => [name, [written]]));
  const members = new Map<string, ClusterSpec[]>();
  const own: ClusterSpec[] = [];
  const users: [string, string][] = [];
  for (const [template, { zookeeper, controller }] of Object.entries(scenario.clusters)) {
    const path = ['clusters', template, 'zookeeper'];
    if (zookeeper !== undefined) {
      if (controller.kind === 'kraft') {
        report({ path, given: zookeeper, expected: 'a cluster with controller.kind zookeeper; this one has KRaft' });
      }
      lookUp(zookeeper, shared, { path, what: 'one of zookeepers', report });
    }
    if (controller.kind === 'kraft') continue;
    for (const name of new Set([template, ...(clusters.byName.get(template) ?? []).map((each) => each.name)])) {
      // A fault would strike one where the other is meant.
      if (!shared.has(name) || zookeeper === name) continue;
      const expected = `a name of its own: cluster ${name} registers ${zookeeper === undefined ? 'in one that is called after it' : `in ${zookeeper}`}`;
      report({ path: ['zookeepers', name], given: JSON.stringify(name), expected });
    }
    for (const cluster of clusters.byName.get(template) ?? []) {
      for (const name of new Set([template, cluster.name])) users.push([name, zookeeper ?? cluster.name]);
      if (zookeeper === undefined) own.push(cluster);
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
  const plain = zookeeperSchema.parse({}) as ParsedScenario['zookeepers'][string];
  const all: ZooKeeperSpec[] = [
    ...[...shared].map(([name, [written]]) => specOf(name, written!, members.get(name) ?? [])),
    ...own.map((cluster) => specOf(cluster.name, plain, [cluster])),
  ];
  const byName = new Map<string, readonly ZooKeeperSpec[]>();
  for (const [name, ensemble] of [...users, ...all.map((spec): [string, string] => [spec.name, spec.name])]) {
    const found = all.filter((spec) => spec.name === ensemble);
    byName.set(name, [...new Set([...(byName.get(name) ?? []), ...found])]);
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
  const { byName } = context.zookeepers;
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
