/** From written faults and assertions to resolved ones: names become clusters and sinks, times count from the start. */
import type { Finding } from './check.ts';
import type { Clusters } from './clusters.ts';
import type { PathStep } from './issue.ts';
import { nearest } from './nearest.ts';
import type { AssertionSpec, FaultSpec, SinkSpec } from './scenario.ts';
import type { Sinks } from './sinks.ts';
import { formatQuantity } from './units.ts';
import type { ParsedScenario } from './written.ts';

export interface TimelineContext {
  readonly scenario: ParsedScenario;
  readonly clusters: Clusters;
  readonly sinks: Sinks;
  readonly report: (finding: Finding) => void;
}

type WrittenFault = ParsedScenario['faults'][number];
type WrittenAssertion = ParsedScenario['assert'][number];

/** Looks a name up; one that isn't there is reported at the path, with the nearest that is. */
export function lookUp<T>(
  name: string,
  among: ReadonlyMap<string, readonly T[]>,
  { path, what, report }: { path: readonly PathStep[]; what: string; report: (finding: Finding) => void },
): readonly T[] {
  const found = among.get(name);
  if (found !== undefined) return found;
  const names = [...among.keys()];
  const expected =
    names.length === 0
      ? `${what}; there are none`
      : `${what}: ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''}`;
  report({ path, given: `unknown name ${JSON.stringify(name)}`, expected, nearest: nearest(name, names) });
  return [];
}

/** A fault at a template strikes all that it made. Written times count from the end of the warm-up, resolved ones do not. */
export function buildFaults(context: TimelineContext): FaultSpec[] {
  return context.scenario.faults.flatMap((fault, i) => faultsOf(fault, i, context));
}

function faultsOf(fault: WrittenFault, i: number, { scenario, clusters, sinks, report }: TimelineContext): FaultSpec[] {
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
  const theClusters = (name: string) =>
    lookUp(name, clusters.byName, { path: path('cluster'), what: 'a cluster', report });
  const theSinks = (name: string) => lookUp(name, sinks.byName, { path: path('sink'), what: 'a sink', report });
  const below = (key: 'broker' | 'container', given: number, count: number): void => {
    if (given < count) return;
    report({ path: path(key), given: String(given), expected: `0 to ${count - 1}, as there are ${count} ${key}s` });
  };
  switch (fault.kind) {
    case 'broker-stop':
      return theClusters(fault.cluster).map((cluster) => {
        below('broker', fault.broker, cluster.brokers);
        return { kind: fault.kind, atNs, forNs: fault.for, cluster: cluster.name, broker: fault.broker };
      });
    case 'cluster-unreachable':
      return theClusters(fault.cluster).map(({ name }) => ({
        kind: fault.kind,
        atNs,
        forNs: fault.for,
        cluster: name,
      }));
    case 'sink-stop':
      return theSinks(fault.sink).map(({ name }) => ({ kind: fault.kind, atNs, forNs: fault.for, sink: name }));
    case 'router-crash': {
      const made = theSinks(fault.sink);
      if (made.length === 0) return [];
      below(
        'container',
        fault.container,
        made.reduce((sum, { router }) => sum + router.containers, 0),
      );
      const { sink, container } = containerOf(made, fault.container);
      return [{ kind: fault.kind, atNs, sink: sink.name, container }];
    }
    case 'checkpoint-store-down':
    case 'desired-state-store-down':
      return [{ kind: fault.kind, atNs, forNs: fault.for }];
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

function assertionsOf(assertion: WrittenAssertion, i: number, { sinks, report }: TimelineContext): AssertionSpec[] {
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
    case 'cpu':
      return [{ metric: 'cpu', quantile: assertion.quantile, atMost: assertion.atMost }];
  }
}
