/** Places of the network, as they are written: `zone:main/0`, `broker:normal/1`, `applications`. */
import type { PathStep } from './issue.ts';
import { lookUp, type TimelineContext } from './look-up.ts';
import type { PlaceSpec } from './place-spec.ts';
import { text } from './setting.ts';

const EXPECTED =
  'a place: zone:main/0, cluster:normal, broker:normal/1, controller:normal, sink:s3, applications, applications:main/0, routers, routers:main/0 or rest';
const PATTERN =
  /^(?:rest|applications|routers|(?:zone|applications|routers):(?:[^/]+\/)?\d+|broker:[^/]+\/\d+|(?:cluster|controller|sink):[^/]+)$/;

export const place = () => text(EXPECTED, { example: 'zone:main/0', pattern: PATTERN });

type Actor = 'application' | 'router' | 'broker' | 'controller' | 'sink';
const ACTORS: Readonly<Record<PlaceSpec['kind'], readonly Actor[]>> = {
  rest: ['application', 'router', 'broker', 'controller', 'sink'],
  zone: ['application', 'router', 'broker'],
  applications: ['application'],
  routers: ['router'],
  cluster: ['broker', 'controller'],
  controller: ['controller'],
  broker: ['broker'],
  sink: ['sink'],
};
/** Who talks to whom. */
const TALK = new Set(['application broker', 'router broker', 'broker broker', 'broker controller', 'router sink']);

/** Both ends of a fault of the network: more than one pair where a name stands for several clusters or sinks. */
export function placePairs(
  written: { readonly from: string; readonly to: string },
  path: (key: string) => PathStep[],
  context: TimelineContext,
): { from: PlaceSpec; to: PlaceSpec }[] {
  const fromPlaces = placesOf(written.from, path('from'), context);
  const toPlaces = placesOf(written.to, path('to'), context);
  const pairs = fromPlaces.flatMap((from) => toPlaces.map((to) => ({ from, to })));
  const bad = pairs.find(({ from, to }) => !talk(from, to));
  if (bad !== undefined) {
    const expected =
      'two places that talk: applications, routers or brokers to brokers, brokers to their controller, routers to sinks';
    context.report({ path: path('to'), given: `${written.from} and ${written.to}`, expected });
  }
  return pairs;
}

function talk(from: PlaceSpec, to: PlaceSpec): boolean {
  if (from.kind === 'rest' && to.kind === 'rest') return false;
  return ACTORS[from.kind].some((one) =>
    ACTORS[to.kind].some((other) => TALK.has(`${one} ${other}`) || TALK.has(`${other} ${one}`)),
  );
}

function placesOf(written: string, path: PathStep[], context: TimelineContext): PlaceSpec[] {
  const [kind = '', name = ''] = written.split(':');
  const { clusters, sinks } = context;
  switch (kind) {
    case 'rest':
      return [{ kind }];
    case 'zone':
    case 'applications':
    case 'routers': {
      const { region, zone } = zoneOf(name, path, context);
      if (kind !== 'zone') return [{ kind, region, zone }];
      return [{ kind, region, zone: zone ?? 0 }];
    }
    case 'cluster':
    case 'controller':
      return lookUp(name, clusters.byName, { path, what: 'a cluster', report: context.report }).map((cluster) => ({
        kind,
        cluster: cluster.name,
      }));
    case 'broker': {
      const [of = '', number = '0'] = name.split('/');
      return lookUp(of, clusters.byName, { path, what: 'a cluster', report: context.report }).map((cluster) => {
        below(Number(number), cluster.brokers, 'brokers', path, context);
        return { kind, cluster: cluster.name, broker: Number(number) };
      });
    }
    default:
      return lookUp(name, sinks.byName, { path, what: 'a sink', report: context.report }).map((sink) =>
        sink.kind === 'kafka' ? { kind: 'cluster', cluster: sink.cluster } : { kind: 'sink', sink: sink.name },
      );
  }
}

function zoneOf(
  name: string,
  path: PathStep[],
  context: TimelineContext,
): { readonly region: string; readonly zone: number | null } {
  const { regions } = context.scenario;
  const first = Object.keys(regions)[0]!;
  if (name === '') return { region: first, zone: null };
  const [region = first, number = '0'] = name.includes('/') ? name.split('/') : [first, name];
  const known = new Map(Object.entries(regions).map(([each, { zones }]) => [each, [zones]]));
  const [zones = Number.POSITIVE_INFINITY] = lookUp(region, known, { path, what: 'a region', report: context.report });
  below(Number(number), zones, 'zones', path, context);
  return { region, zone: Number(number) };
}

function below(given: number, count: number, what: string, path: PathStep[], { report }: TimelineContext): void {
  if (given < count) return;
  report({ path, given: String(given), expected: `0 to ${count - 1}, as there are ${count} ${what}` });
}
