/** How complicated a scenario is, for laws about shrinking: compared number by number, the first that differs decides. */
import { resolveScenario, type Scenario, type Written, type WrittenScenario } from '../../scenario/index.ts';
import { msOf } from './duration.ts';
import { WORLD_BASE } from './worlds.ts';

/** Faults; entities; total outage, then how round its times are; traffic; settings. */
export function sizeOf(written: Written): number[] {
  const scenario = resolveScenario(written);
  return [
    written.faults?.length ?? 0,
    entitiesOf(scenario),
    ...outagesOf(written),
    ...trafficOf(scenario),
    settingsOf(written as WrittenScenario),
  ];
}

function entitiesOf({ regions, clusters, topics, producers, sinks }: Scenario): number {
  const sum = (...numbers: number[]) => numbers.reduce((total, n) => total + n, 0);
  return sum(
    ...regions.map(({ zones }) => zones),
    ...clusters.map(
      ({ brokers, replicationFactor, minInsyncReplicas }) => 1 + brokers + replicationFactor + minInsyncReplicas,
    ),
    ...topics.map(({ partitions, streams }) => 1 + partitions + streams),
    producers.instances,
    ...sinks.map(({ router }) => 1 + router.containers),
  );
}

function outagesOf({ faults = [] }: Written): [number, number] {
  let outageMs = 0;
  let roughness = 0;
  for (const fault of faults ?? []) {
    if ('for' in fault && fault.for !== undefined) outageMs += msOf(fault.for);
    roughness += [10, 100, 1000].filter((step) => msOf(fault.at) % step !== 0).length;
  }
  return [outageMs, roughness];
}

function trafficOf({ producers, topics }: Scenario): number[] {
  return [
    producers.shape.kind === 'constant' ? 0 : 1,
    topics.some(({ sizes }) => sizes.kind !== 'fixed') ? 1 : 0,
    producers.arrivals === 'even' ? 0 : 1,
    topics.some(({ recordBytes }) => recordBytes !== 100) ? 1 : 0,
    Math.max(0, ...topics.map(({ recordsPerSecond }) => recordsPerSecond)),
  ];
}

function settingsOf({ producers, router }: WrittenScenario): number {
  const changed = (settings: object | undefined, base: Readonly<Record<string, unknown>>): number =>
    Object.entries(settings ?? {}).filter(([key, value]) => value !== base[key]).length;
  return changed(producers?.policy, WORLD_BASE.producers.policy) + changed(router, WORLD_BASE.router);
}

/** The first number in which a is smaller than b, by index; −1 when it is not smaller. */
export function smallerAt(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((n, i) => n !== b[i]);
  return at >= 0 && a[at]! < b[at]! ? at : -1;
}
