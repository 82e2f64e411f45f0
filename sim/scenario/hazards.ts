/** From written hazards to resolved ones. */
import { hostOfBroker } from '../model/placement.ts';
import type { PathStep } from './issue.ts';
import { lookUp, type TimelineContext } from './look-up.ts';
import type { ClusterSpec, FaultSpec } from './scenario.ts';
import { formatQuantity } from './units.ts';
import type { ParsedScenario } from './written.ts';
import { type hazardSchemas, SHARE_MAX } from './written-hazards.ts';

type WrittenFault = ParsedScenario['faults'][number];
type HazardKind = (typeof hazardSchemas)[number]['shape']['kind']['value'];
type WrittenHazard = Extract<WrittenFault, { kind: HazardKind }>;

/** Where a hazard stands among the faults, and when it begins on the engine's clock. */
interface HazardPlace {
  readonly index: number;
  readonly atNs: number;
}

export function hazardsOf(hazard: WrittenHazard, { index, atNs }: HazardPlace, context: TimelineContext): FaultSpec[] {
  const { scenario, clusters, sinks, topics, report } = context;
  const path = (...keys: string[]): PathStep[] => ['faults', index, ...keys];
  const below = (key: 'broker' | 'host', given: number, count: number): void => {
    if (given >= count)
      report({ path: path(key), given: String(given), expected: `0 to ${count - 1}, as there are ${count} ${key}s` });
  };
  const theClusters = (name: string) =>
    lookUp(name, clusters.byName, { path: path('cluster'), what: 'a cluster', report });
  const theSinks = (name: string) => lookUp(name, sinks.byName, { path: path('sink'), what: 'a sink', report });
  switch (hazard.kind) {
    case 'collector-kill': {
      const { kind, collector, disk } = hazard;
      const collectors = (scenario.migration?.collectors ?? 0) * Object.keys(scenario.regions).length;
      if (collector >= collectors) {
        const expected = collectors === 0 ? 'a `migration`, which has collectors' : `0 to ${collectors - 1}`;
        report({ path: path('collector'), given: String(collector), expected });
      }
      return [{ kind, atNs, forNs: hazard.for, collector, disk }];
    }
    case 'sink-reject': {
      const { kind, share, manner } = hazard;
      return theSinks(hazard.sink).map(({ name }) => ({ kind, atNs, forNs: hazard.for, sink: name, share, manner }));
    }
    case 'sink-slow': {
      const { kind, rate, latency } = hazard;
      if (rate === 1 && latency === 1)
        report({ path: path(), given: 'nothing that is slower', expected: 'rate or latency above 1' });
      const slowed = theSinks(hazard.sink);
      if (slowed.some((sink) => sink.kind === 'kafka')) {
        const expected = 'a sink that is no cluster; `broker-slow` and `noisy-neighbour` slow its brokers';
        report({ path: path('sink'), given: `${hazard.sink}, which is consumer Kafka`, expected });
      }
      return slowed.map(({ name }) => ({ kind, atNs, forNs: hazard.for, sink: name, rate, latency }));
    }
    case 'noisy-neighbour': {
      const { cpu, disk, network } = hazard;
      if (cpu === 0 && disk === 0 && network === 0)
        report({ path: path(), given: 'nothing that is taken', expected: 'a share of cpu, disk or network above 0%' });
      return theClusters(hazard.cluster).flatMap((each) => {
        const { zones } = scenario.regions[each.region]!;
        const hosts = Array.from({ length: each.brokers }, (_, broker) =>
          hostOfBroker(broker, zones, each.brokersPerHost),
        );
        below('host', hazard.host, Math.max(...hosts) + 1);
        const shares = { cpu, disk, network };
        return hosts.flatMap((host, broker) =>
          host === hazard.host
            ? [slowed(shares, { cluster: each.name, broker, atNs, forNs: hazard.for, by: hazard.kind })]
            : [],
        );
      });
    }
    case 'cold-reader':
      return theClusters(hazard.cluster).map((each) => {
        below('broker', hazard.broker, each.brokers);
        const shares = sharesOfReading(hazard.rate, each);
        if (Math.max(shares.cpu, shares.disk, shares.network) > SHARE_MAX) {
          const most = Math.floor((hazard.rate * SHARE_MAX) / Math.max(shares.cpu, shares.disk, shares.network));
          const expected = `at most ${formatQuantity('byteRate', most)}, what the broker can read`;
          report({ path: path('rate'), given: formatQuantity('byteRate', hazard.rate), expected });
        }
        const where = { cluster: each.name, broker: hazard.broker, atNs, forNs: hazard.for, by: hazard.kind };
        return slowed(shares, where);
      });
    case 'surge': {
      const { topic, class: ofClass, region } = hazard;
      const regions = new Map(Object.keys(scenario.regions).map((name) => [name, [name]]));
      if (region !== undefined) lookUp(region, regions, { path: path('region'), what: 'a region', report });
      const named = new Map<string, string[]>();
      for (const { name } of topics) {
        // A topic that is written out is in each region, by `region.name`.
        for (const key of [name, name.slice(name.indexOf('.') + 1)]) named.set(key, [...(named.get(key) ?? []), name]);
      }
      const called =
        topic === undefined ? null : new Set(lookUp(topic, named, { path: path('topic'), what: 'a topic', report }));
      const regionOf = new Map(clusters.all.map((each) => [each.name, each.region]));
      const hit = topics.filter(
        (each) =>
          (called === null || called.has(each.name)) &&
          (ofClass === undefined || each.class === ofClass) &&
          (region === undefined || regionOf.get(each.cluster) === region),
      );
      if (hit.length === 0 && (called === null || called.size > 0))
        report({ path: path(), given: 'no topic that is all of this', expected: 'one at least' });
      const all = hit.length === topics.length;
      const { kind, factor } = hazard;
      return [{ kind, atNs, forNs: hazard.for, factor, topics: all ? null : hit.map(({ name }) => name) }];
    }
    case 'clock-skew': {
      const { kind, zone, by, direction } = hazard;
      const region = hazard.region ?? (zone === undefined ? undefined : Object.keys(scenario.regions)[0]!);
      const known = new Map(Object.entries(scenario.regions).map(([name, { zones }]) => [name, [zones]]));
      const [zones = Infinity] =
        region === undefined ? [] : lookUp(region, known, { path: path('region'), what: 'a region', report });
      if (zone !== undefined && zone >= zones) {
        const expected = `0 to ${zones - 1}, as there are ${zones} zones`;
        report({ path: path('zone'), given: String(zone), expected });
      }
      const aheadNs = direction === 'ahead' ? by : -by;
      return [{ kind, atNs, forNs: hazard.for, region: region ?? null, zone: zone ?? null, aheadNs }];
    }
    case 'router-host-crash': {
      const containers = sinks.all.reduce((sum, { router }) => {
        return sum + Math.max(router.containers, router.scaling?.containersMax ?? 0);
      }, 0);
      below('host', hazard.host, Math.ceil(containers / hazard.containersPerHost));
      return [{ kind: hazard.kind, atNs, host: hazard.host, containersPerHost: hazard.containersPerHost }];
    }
  }
}

interface Shares {
  readonly cpu: number;
  readonly disk: number;
  readonly network: number;
}

/** What somebody else takes of a server makes it 1 ÷ (1 − share) times slower for all others. */
function slowed(
  { cpu, disk, network }: Shares,
  where: { cluster: string; broker: number; atNs: number; forNs: number; by: string },
): FaultSpec {
  return { kind: 'broker-slow', ...where, cpu: 1 / (1 - cpu), disk: 1 / (1 - disk), network: 1 / (1 - network) };
}

/** Cold bytes come off the disk, cross the card, and cost the cores what any fetch costs. */
function sharesOfReading(bytesPerSecond: number, { broker }: ClusterSpec): Shares {
  return {
    cpu: (bytesPerSecond * broker.cpu.perFetchByteNs) / (broker.cores * 1e9),
    disk: bytesPerSecond / broker.diskBytesPerSecond,
    network: bytesPerSecond / broker.networkBytesPerSecond,
  };
}
