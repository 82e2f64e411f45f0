/** From written moves to resolved ones. */
import type { PathStep } from './issue.ts';
import { lookUp, type TimelineContext } from './look-up.ts';
import type { ClusterSpec, FaultSpec } from './scenario.ts';
import { formatQuantity } from './units.ts';
import type { ParsedScenario } from './written.ts';

type WrittenFault = ParsedScenario['faults'][number];
type Written<K extends WrittenFault['kind']> = Extract<WrittenFault, { kind: K }>;
export type WrittenMove = Written<'topic-move' | 'failover' | 'region-evacuation'>;

/** Where a move stands among the faults, and when it begins on the engine's clock. */
export interface MovePlace {
  readonly index: number;
  readonly atNs: number;
}

export function movesOf(move: WrittenMove, place: MovePlace, context: TimelineContext): FaultSpec[] {
  switch (move.kind) {
    case 'topic-move':
      return topicMove(move, place, context);
    case 'failover':
      return failover(move, place, context);
    case 'region-evacuation':
      return evacuation(move, place, context);
  }
}

function topicMove(move: Written<'topic-move'>, { index, atNs }: MovePlace, context: TimelineContext): FaultSpec[] {
  const { topics, clusters, report } = context;
  const path = (key: string): PathStep[] => ['faults', index, key];
  const byName = new Map(topics.map((topic) => [topic.name, [topic]]));
  const found = lookUp(move.topic, byName, { path: path('topic'), what: 'a topic', report });
  const [to] = lookUp(move.to, clusters.byName, { path: path('to'), what: 'a cluster', report });
  if (to?.role === 'consumer') {
    report({ path: path('to'), given: `${to.name}, a consumer cluster`, expected: 'a fronting cluster or a stand-by' });
  }
  if (to === undefined) return [];
  return found.map(({ name }) => ({
    kind: 'topic-move',
    atNs,
    topic: name,
    to: to.name,
    createNs: move.create,
    pollNs: move.poll,
  }));
}

function failover(move: Written<'failover'>, { index, atNs }: MovePlace, context: TimelineContext): FaultSpec[] {
  const { clusters, report } = context;
  const path = (key: string): PathStep[] => ['faults', index, key];
  const from = lookUp(move.cluster, clusters.byName, { path: path('cluster'), what: 'a cluster', report });
  const standbys = lookUp(move.to, clusters.byName, { path: path('to'), what: 'a stand-by', report });
  if (move.hits > move.window) {
    report({
      path: path('hits'),
      given: String(move.hits),
      expected: `at most ${move.window}, the checks of the window`,
    });
  }
  return from.flatMap((cluster): FaultSpec[] => {
    if (cluster.role !== 'fronting') {
      report({
        path: path('cluster'),
        given: `${cluster.name}, a ${cluster.role} cluster`,
        expected: 'a fronting one',
      });
      return [];
    }
    const to = standbys.find(({ role, region }) => role === 'stand-by' && region === cluster.region);
    if (to === undefined) {
      if (standbys.length > 0) reportNoStandby(standbys, cluster, path('to'), context);
      return [];
    }
    return [
      {
        kind: 'failover',
        atNs,
        cluster: cluster.name,
        to: to.name,
        rule:
          move.by === 'operator'
            ? null
            : { checkNs: move.check, hits: move.hits, window: move.window, sickFraction: move.sick },
        bootNs: move.boot,
        createNs: move.create,
        pollNs: move.poll,
        stayNs: move.returns ? move.stay : null,
        lookNs: move.look,
      },
    ];
  });
}

function reportNoStandby(
  given: readonly ClusterSpec[],
  { region }: ClusterSpec,
  path: PathStep[],
  { clusters, report }: TimelineContext,
): void {
  const fit = clusters.all.filter((each) => each.role === 'stand-by' && each.region === region);
  report({
    path,
    given: given.map(({ name, role }) => `${name} (${role})`).join(', '),
    expected: `a cluster of role stand-by in region ${region}; there are ${fit.map(({ name }) => name).join(', ') || 'none'}`,
  });
}

function evacuation(
  move: Written<'region-evacuation'>,
  { index, atNs }: MovePlace,
  context: TimelineContext,
): FaultSpec[] {
  const { scenario, report } = context;
  const path = (key: string): PathStep[] => ['faults', index, key];
  const known = new Map(Object.keys(scenario.regions).map((name) => [name, [name]]));
  if (lookUp(move.region, known, { path: path('region'), what: 'a region', report }).length === 0) return [];
  if (known.size < 2) {
    report({ path: path('region'), given: `${move.region}, the only region`, expected: 'one of several' });
    return [];
  }
  if (move.over > move.for) {
    const expected = `at most for:, ${formatQuantity('duration', move.for)}: traffic leaves before it returns`;
    report({ path: path('over'), given: formatQuantity('duration', move.over), expected });
  }
  scenario.faults.slice(0, index).forEach((other) => {
    if (other.kind !== 'region-evacuation') return;
    if (other.at >= move.at + move.for + move.over || move.at >= other.at + other.for + other.over) return;
    const given = `${formatQuantity('duration', move.at)}, while ${other.region} is evacuated`;
    report({ path: path('at'), given, expected: 'one evacuation at a time' });
  });
  return [{ kind: 'region-evacuation', atNs, forNs: move.for, region: move.region, overNs: move.over }];
}
