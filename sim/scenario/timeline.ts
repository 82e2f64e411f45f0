/** From written faults and assertions to resolved ones: names become clusters and sinks, times count from the start. */
import { hostOfBroker } from '../model/placement.ts';
import { zoneOfBroker } from '../model/zones.ts';
import { alertAssertion } from './alerts.ts';
import { chaosOf } from './chaos.ts';
import { hazardsOf } from './hazards.ts';
import type { PathStep } from './issue.ts';
import { lookUp, type TimelineContext } from './look-up.ts';
import { movesOf } from './moves.ts';
import { brokersToCome, isOperation, operationsOf } from './operations.ts';
import { placePairs } from './places.ts';
import type { AssertionSpec, ClusterSpec, FaultSpec, SinkSpec } from './scenario.ts';
import { formatQuantity } from './units.ts';
import type { ParsedScenario } from './written.ts';
import { zookeeperFaultsOf } from './zookeepers.ts';

type WrittenFault = ParsedScenario['faults'][number];
type WrittenAssertion = ParsedScenario['assert'][number];

/** A fault at a template strikes all that it made. Written times count from the end of the warm-up, resolved ones do not. */
export function buildFaults(context: TimelineContext): FaultSpec[] {
  return context.scenario.faults.flatMap((fault, i) => faultsOf(fault, i, context));
}

function faultsOf(fault: WrittenFault, i: number, context: TimelineContext): FaultSpec[] {
  const { scenario, clusters, sinks, report } = context;
  const { warmup, for: durationNs } = scenario.run;
  const path = (key: string): PathStep[] => ['faults', i, key];
  if (fault.at >= durationNs) {
    const end = formatQuantity('duration', durationNs);
    report({
      path: path('at'),
      given: formatQuantity('duration', fault.at),
      expected: `a time before the end of the run, ${end}`,
    });
  }
  const atNs = warmup + fault.at;
  if (isOperation(fault)) return operationsOf(fault, { atNs, path }, context);
  const theClusters = (name: string) =>
    lookUp(name, clusters.byName, { path: path('cluster'), what: 'a cluster', report });
  const theSinks = (name: string) => lookUp(name, sinks.byName, { path: path('sink'), what: 'a sink', report });
  const below = (key: 'broker' | 'container' | 'host', given: number, count: number): void => {
    if (given < count) return;
    report({ path: path(key), given: String(given), expected: `0 to ${count - 1}, as there are ${count} ${key}s` });
  };
  /** Those that operators add included: what happens to one that isn't there does nothing. */
  const brokersIn = ({ name, brokers }: ClusterSpec): number => brokers + brokersToCome(context, name);
  const theBrokers = (at: { cluster: string; broker: number; for: number }) =>
    theClusters(at.cluster).map((cluster) => {
      below('broker', at.broker, brokersIn(cluster));
      return { atNs, forNs: at.for, cluster: cluster.name, broker: at.broker };
    });
  const zoneBrokers = (at: { region?: string | undefined; zone: number; for: number }) => {
    const region = at.region ?? Object.keys(scenario.regions)[0]!;
    const known = new Map(Object.entries(scenario.regions).map(([name, { zones }]) => [name, [zones]]));
    const [zones = Infinity] = lookUp(region, known, { path: path('region'), what: 'a region', report });
    if (at.zone >= zones) {
      const expected = `0 to ${zones - 1}, as there are ${zones} zones`;
      report({ path: path('zone'), given: String(at.zone), expected });
    }
    return clusters.all
      .filter((cluster) => cluster.region === region)
      .flatMap((cluster) =>
        Array.from({ length: brokersIn(cluster) }, (_, broker) => broker)
          .filter((broker) => zoneOfBroker(broker, zones) === at.zone)
          .map((broker) => ({ atNs, forNs: at.for, cluster: cluster.name, broker })),
      );
  };
  const hostBrokers = (at: { cluster: string; host: number; for: number }) =>
    theClusters(at.cluster).flatMap((cluster) => {
      const { zones } = scenario.regions[cluster.region]!;
      const hosts = Array.from({ length: brokersIn(cluster) }, (_, broker) =>
        hostOfBroker(broker, zones, cluster.brokersPerHost),
      );
      below('host', at.host, Math.max(...hosts) + 1);
      return hosts.flatMap((host, broker) =>
        host === at.host ? [{ atNs, forNs: at.for, cluster: cluster.name, broker }] : [],
      );
    });
  switch (fault.kind) {
    case 'broker-kill':
    case 'broker-replace':
      return theBrokers(fault).map((at) => ({
        kind: 'broker-kill',
        ...at,
        disk: fault.kind === 'broker-kill' ? fault.disk : 'lost',
      }));
    case 'disk-full':
      return theBrokers({ ...fault, for: fault.for + fault.restart }).map((at) => ({
        kind: 'broker-kill',
        ...at,
        disk: 'kept',
        by: fault.kind,
      }));
    case 'broker-stop':
      return theBrokers(fault).map((at) => ({ kind: fault.kind, ...at }));
    case 'broker-hang':
      return theBrokers(fault).map((at) => ({ kind: fault.kind, ...at, session: fault.session }));
    case 'broker-slow': {
      const { cpu, disk, network } = fault;
      if (cpu === 1 && disk === 1 && network === 1) {
        report({ path: ['faults', i], given: 'nothing that is slower', expected: 'cpu, disk or network above 1' });
      }
      return theBrokers(fault).map((at) => ({ kind: fault.kind, ...at, cpu, disk, network }));
    }
    case 'zone-out':
      return zoneBrokers(fault).map((at) => ({ kind: 'broker-stop', ...at }));
    case 'zone-kill':
      return zoneBrokers(fault).map((at) => ({ kind: 'broker-kill', ...at, disk: fault.disk }));
    case 'host-kill':
      return hostBrokers(fault).map((at) => ({ kind: 'broker-kill', ...at, disk: fault.disk }));
    case 'controller-kill':
      return theClusters(fault.cluster).map(({ name }) => ({
        kind: fault.kind,
        atNs,
        forNs: fault.for,
        cluster: name,
      }));
    case 'zookeeper-node-kill':
    case 'zookeeper-down':
    case 'zookeeper-election':
      return zookeeperFaultsOf(fault, { index: i, atNs }, context);
    case 'rolling-restart':
      return theClusters(fault.cluster).map(({ name }) => ({
        kind: fault.kind,
        atNs,
        cluster: name,
        downNs: fault.down,
      }));
    case 'leader-rebalance':
      return theClusters(fault.cluster).map(({ name }) => ({ kind: fault.kind, atNs, cluster: name }));
    case 'cluster-unreachable':
      return theClusters(fault.cluster).map(({ name }) => ({
        kind: fault.kind,
        atNs,
        forNs: fault.for,
        cluster: name,
      }));
    case 'metadata-away': {
      const { kind, how } = fault;
      const struck = fault.cluster === undefined ? clusters.all : theClusters(fault.cluster);
      return struck
        .filter(({ role }) => role === 'fronting')
        .map(({ name }) => ({ kind, atNs, forNs: fault.for, cluster: name, how }));
    }
    case 'network-partition':
      return placePairs(fault, path, context).map((pair) => ({
        kind: fault.kind,
        atNs,
        forNs: fault.for,
        ...pair,
        oneWay: fault.oneWay,
      }));
    case 'network-loss':
    case 'network-delay': {
      const { kind, oneWay } = fault;
      const how = kind === 'network-loss' ? { loss: fault.loss, delayNs: 0 } : { loss: 0, delayNs: fault.delay };
      return placePairs(fault, path, context).map((pair) => ({
        kind,
        atNs,
        forNs: fault.for,
        ...pair,
        oneWay,
        ...how,
      }));
    }
    case 'sink-stop':
      return theSinks(fault.sink).map(({ name }) => ({ kind: fault.kind, atNs, forNs: fault.for, sink: name }));
    case 'router-stuck':
    case 'router-crash': {
      const made = theSinks(fault.sink);
      if (made.length === 0) return [];
      below(
        'container',
        fault.container,
        made.reduce((sum, { router }) => sum + router.containers, 0),
      );
      const { sink, container } = containerOf(made, fault.container);
      if (fault.kind === 'router-crash') return [{ kind: fault.kind, atNs, sink: sink.name, container }];
      return [{ kind: fault.kind, atNs, forNs: fault.for, sink: sink.name, container }];
    }
    case 'checkpoint-store-down':
    case 'desired-state-store-down':
      return [{ kind: fault.kind, atNs, forNs: fault.for }];
    case 'chaos-monkey':
    case 'chaos-gorilla':
    case 'chaos-kong':
    case 'region-kill':
      return chaosOf(fault, i, context);
    case 'topic-move':
    case 'failover':
    case 'region-evacuation':
      return movesOf(fault, { index: i, atNs }, context);
    default:
      return hazardsOf(fault, { index: i, atNs }, context);
  }
}

/** Containers of a sink in several parts are numbered through. */
function containerOf(sinks: readonly SinkSpec[], container: number): { sink: SinkSpec; container: number } {
  for (const sink of sinks) {
    if (container < sink.router.containers) return { sink, container };
    container -= sink.router.containers;
  }
  return { sink: sinks[0]!, container: 0 };
}

/** An assertion on a sink in several parts must hold for each. */
export function buildAssertions(context: TimelineContext): AssertionSpec[] {
  return context.scenario.assert.flatMap((assertion, i) => assertionsOf(assertion, i, context));
}

function assertionsOf(assertion: WrittenAssertion, i: number, context: TimelineContext): AssertionSpec[] {
  const { scenario, sinks, report } = context;
  const theSinks = (name: string): readonly SinkSpec[] =>
    lookUp(name, sinks.byName, { path: ['assert', i, 'sink'], what: 'a sink', report });
  switch (assertion.metric) {
    case 'loss':
    case 'duplicates': {
      const { metric, atMost, sink } = assertion;
      const amount = { atMost: atMost.value, as: atMost.kind === 'records' ? 'records' : 'fraction' } as const;
      return sink === undefined
        ? [{ metric, sink: null, ...amount }]
        : theSinks(sink).map(({ name }) => ({ metric, sink: name, ...amount }));
    }
    case 'only': {
      const { atMost, pipeline } = assertion;
      if (scenario.migration === undefined) {
        const expected = 'a `migration`, in which there are two pipelines';
        report({ path: ['assert', i, 'metric'], given: 'only', expected });
      }
      return [
        { metric: 'only', pipeline, atMost: atMost.value, as: atMost.kind === 'records' ? 'records' : 'fraction' },
      ];
    }
    case 'dropped': {
      const { atMost } = assertion;
      return [{ metric: 'dropped', atMost: atMost.value, as: atMost.kind === 'records' ? 'records' : 'fraction' }];
    }
    case 'lag': {
      const { atMost, when } = assertion;
      const amount =
        atMost.kind === 'records'
          ? ({ atMost: atMost.value, as: 'records' } as const)
          : ({ atMost: atMost.value / 1e9, as: 'seconds' } as const);
      return theSinks(assertion.sink).map(({ name }) => ({ metric: 'lag', sink: name, ...amount, when }));
    }
    case 'latency':
      return theSinks(assertion.sink).map(({ name }) => ({
        metric: 'latency',
        sink: name,
        quantile: assertion.quantile,
        atMostMs: assertion.atMost / 1e6,
      }));
    case 'alert':
      return alertAssertion(assertion, i, context);
    case 'cpu':
      return cpuAssertion(assertion, i, context);
  }
}

function cpuAssertion(
  { quantile, region, atMost }: Extract<WrittenAssertion, { metric: 'cpu' }>,
  i: number,
  { scenario, report }: TimelineContext,
): AssertionSpec[] {
  const known = new Map(Object.keys(scenario.regions).map((name) => [name, [name]]));
  if (region !== undefined) lookUp(region, known, { path: ['assert', i, 'region'], what: 'a region', report });
  return [{ metric: 'cpu', quantile, region: region ?? null, atMost }];
}
