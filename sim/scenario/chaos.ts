/** From faults that come at a rate to the faults that they come to. */
import { zoneOfBroker } from '../model/zones.ts';
import { canonicalJson } from './canonical-json.ts';
import type { PathStep } from './issue.ts';
import { lookUp, type TimelineContext } from './look-up.ts';
import type { ClusterSpec, FaultSpec } from './scenario.ts';
import { NEVER_NS } from './setting.ts';
import { DRAWS_MAX, STRIKES_MAX, type Strike, strikesOf } from './strikes.ts';
import { formatQuantity } from './units.ts';
import type { ParsedScenario } from './written.ts';
import type { chaosSchemas } from './written-chaos.ts';

type ChaosKind = (typeof chaosSchemas)[number]['shape']['kind']['value'];
type WrittenChaos = Extract<ParsedScenario['faults'][number], { kind: ChaosKind }>;

interface Prey {
  readonly cluster: string;
  readonly broker: number;
}

/** All faults that a generator comes to, in order of time. */
export function chaosOf(chaos: WrittenChaos, index: number, context: TimelineContext): FaultSpec[] {
  const { scenario, clusters, sinks, report } = context;
  const path = (key: string): PathStep[] => ['faults', index, key];
  const regions = Object.entries(scenario.regions);
  const theRegions = (name: string | undefined): string[] => {
    if (name === undefined) return regions.map(([each]) => each);
    const known = new Map(regions.map(([each]) => [each, [each]]));
    return [...lookUp(name, known, { path: path('region'), what: 'a region', report })];
  };
  const kills = (preys: readonly Prey[], { atNs, forNs }: Omit<Strike, 'draw'>): FaultSpec[] =>
    preys.map((prey) => ({ kind: 'broker-kill', atNs, forNs, ...prey, disk: chaos.disk, by: chaos.kind }));
  const inRegion = (region: string): Prey[] => brokersOf(clusters.all.filter((each) => each.region === region));
  if (chaos.kind === 'region-kill') {
    const region = theRegions(chaos.region ?? regions[0]![0])[0];
    const atNs = scenario.run.warmup + chaos.at;
    return region === undefined ? [] : kills(inRegion(region), { atNs, forNs: chaos.for });
  }
  const strikes = strikesIn(chaos, index, context);
  switch (chaos.kind) {
    case 'chaos-monkey': {
      const ignored = chaos.prey === 'containers' ? 'cluster' : 'sink';
      if (chaos[ignored] !== undefined) {
        const expected = `nothing, with \`prey: ${chaos.prey}\`: it would choose none of them`;
        report({ path: path(ignored), given: chaos[ignored], expected });
      }
      if (chaos.prey === 'containers') {
        const among = chaos.sink === undefined ? sinks.all : theSinks(chaos.sink);
        const all = among.flatMap(({ name, router }) =>
          Array.from({ length: router.containers }, (_, container) => ({ sink: name, container })),
        );
        return struck(all, strikes, (prey, { atNs }) => [{ kind: 'router-crash', atNs, ...prey, by: chaos.kind }]);
      }
      const among =
        chaos.cluster === undefined
          ? clusters.all
          : lookUp(chaos.cluster, clusters.byName, { path: path('cluster'), what: 'a cluster', report });
      return struck(brokersOf(among), strikes, (prey, strike) => kills([prey], strike));
    }
    case 'chaos-gorilla': {
      const zones = theRegions(chaos.region).flatMap((region) =>
        Array.from({ length: scenario.regions[region]!.zones }, (_, zone) => ({ region, zone })),
      );
      return struck(zones, strikes, ({ region, zone }, strike) => {
        const { zones: count } = scenario.regions[region]!;
        const hit = inRegion(region).filter(({ broker }) => zoneOfBroker(broker, count) === zone);
        return kills(hit, strike);
      });
    }
    case 'chaos-kong':
      return struck(theRegions(undefined), strikes, (region, strike) => kills(inRegion(region), strike));
  }

  function theSinks(name: string) {
    return lookUp(name, sinks.byName, { path: path('sink'), what: 'a sink', report });
  }
}

function strikesIn(
  chaos: Exclude<WrittenChaos, { kind: 'region-kill' }>,
  index: number,
  { scenario, report }: TimelineContext,
): Strike[] {
  const { run, seed, faults } = scenario;
  if (chaos.every >= NEVER_NS) return [];
  const { at, for: lasting, every, down, ...self } = chaos;
  const fromNs = run.warmup + at;
  const name = canonicalJson(self);
  // Two that are alike must not strike together.
  const alike = faults.slice(0, index).filter(({ at: _at, ...other }) => {
    const { for: _for, every: _every, down: _down, ...rest } = other as typeof chaos;
    return canonicalJson(rest) === name;
  }).length;
  let hours: Parameters<typeof strikesOf>[0]['hours'];
  if (chaos.kind === 'chaos-monkey' && (chaos.opens !== undefined || chaos.closes !== undefined)) {
    if (chaos.opens === undefined || chaos.closes === undefined) {
      const [has, lacks] = chaos.opens === undefined ? ['closes', 'opens'] : ['opens', 'closes'];
      report({ path: ['faults', index, has], given: 'alone', expected: `\`${lacks}:\` beside it` });
    }
    if (chaos.opens !== undefined && chaos.opens === chaos.closes) {
      const given = formatQuantity('duration', chaos.opens);
      report({
        path: ['faults', index, 'closes'],
        given,
        expected: 'another time than `opens:`; without both: always',
      });
    }
    hours = { opensNs: chaos.opens ?? 0, closesNs: chaos.closes ?? 0, clockNs: chaos.clock - run.warmup };
  }
  const untilNs = lasting === undefined ? run.warmup + run.for : fromNs + lasting;
  const identity = `${name} ${alike}`;
  const strikes = strikesOf({ seed, identity, fromNs, untilNs, everyNs: every, downNs: down, hours });
  if (strikes === null) {
    const out = hours === undefined ? '' : `, and comes at most ${DRAWS_MAX} times, working hours or not`;
    const expected = `a time with which it strikes at most ${STRIKES_MAX} times${out}`;
    report({ path: ['faults', index, 'every'], given: formatQuantity('duration', every), expected });
    return [];
  }
  return strikes;
}

function brokersOf(clusters: readonly ClusterSpec[]): Prey[] {
  return clusters.flatMap(({ name, brokers }) =>
    Array.from({ length: brokers }, (_, broker) => ({ cluster: name, broker })),
  );
}

/** Each strike hits one of the preys, all alike. */
function struck<T>(
  preys: readonly T[],
  strikes: readonly Strike[],
  hit: (prey: T, strike: Strike) => FaultSpec[],
): FaultSpec[] {
  if (preys.length === 0) return [];
  return strikes.flatMap((strike) => hit(preys[Math.floor(strike.draw * preys.length)]!, strike));
}
