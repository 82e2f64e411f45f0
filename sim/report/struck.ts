/** Which faults struck, and what an automaton did about them, as a person would tell it. */
import type { FaultSpec, PlaceSpec } from '../scenario/scenario.ts';
import { count, counted, span } from './figures.ts';
import type { HealingReport, StruckReport } from './result.ts';
import { table } from './table.ts';

/** Those that have begun by now. */
export function struckReports(
  faults: readonly FaultSpec[],
  { nowNs, warmupNs }: { nowNs: number; warmupNs: number },
): StruckReport[] {
  return faults
    .filter(({ atNs }) => atNs <= nowNs)
    .sort((one, other) => one.atNs - other.atNs)
    .map((fault) => ({
      kind: fault.kind,
      ...('by' in fault && fault.by !== undefined && { by: fault.by }),
      target: targetOf(fault),
      atSeconds: (fault.atNs - warmupNs) / 1e9,
      forSeconds: 'forNs' in fault ? fault.forNs / 1e9 : 0,
    }));
}

/** No default: a new kind has to say what it strikes. */
function targetOf(fault: FaultSpec): string {
  switch (fault.kind) {
    case 'broker-kill':
    case 'broker-stop':
    case 'broker-hang':
    case 'broker-slow':
      return `${fault.cluster}/${fault.broker}`;
    case 'controller-kill':
    case 'rolling-restart':
    case 'leader-rebalance':
    case 'cluster-unreachable':
    case 'metadata-away':
    case 'add-brokers':
    case 'scale-down':
    case 'image-replacement':
      return fault.cluster;
    case 'topic-move':
      return `${fault.topic} to ${fault.to}`;
    case 'failover':
      return `${fault.cluster} to ${fault.to}`;
    case 'region-evacuation':
      return fault.region;
    case 'add-partitions':
    case 'copies-change':
    case 'retention-change':
    case 'class-change':
      return fault.topic;
    case 'move-partitions':
      return fault.topic ?? fault.cluster;
    case 'quota-change':
      return fault.tenant;
    case 'zookeeper-node-kill':
      return `${fault.zookeeper}/${fault.node}`;
    case 'zookeeper-down':
    case 'zookeeper-election':
      return fault.zookeeper;
    case 'network-partition':
    case 'network-loss':
    case 'network-delay':
      return `${placeName(fault.from)} ${fault.oneWay ? '→' : '↔'} ${placeName(fault.to)}`;
    case 'router-stuck':
    case 'router-crash':
      return `${fault.sink}/${fault.container}`;
    case 'sink-stop':
    case 'sink-reject':
    case 'sink-slow':
      return fault.sink;
    case 'router-host-crash':
      return `host ${fault.host}`;
    case 'clock-skew':
      return `clocks of ${fault.region ?? 'all applications'}${fault.zone === null ? '' : `/${fault.zone}`} by ${fault.aheadNs / 1e9} s`;
    case 'surge':
      return `${fault.topics?.length ?? 'all'} topics × ${fault.factor}`;
    case 'collector-kill':
      return `collector ${fault.collector}`;
    case 'checkpoint-store-down':
      return 'checkpoint store';
    case 'desired-state-store-down':
      return 'desired-state store';
  }
}

/** As a scenario writes it. */
function placeName(place: PlaceSpec): string {
  switch (place.kind) {
    case 'rest':
      return 'rest';
    case 'zone':
      return `zone:${place.region}/${place.zone}`;
    case 'applications':
    case 'routers':
      return place.zone === null ? place.kind : `${place.kind}:${place.region}/${place.zone}`;
    case 'cluster':
    case 'controller':
      return `${place.kind}:${place.cluster}`;
    case 'broker':
      return `broker:${place.cluster}/${place.broker}`;
    case 'sink':
      return `sink:${place.sink}`;
  }
}

const SHOWN = 16;

/** The first of them, and how many more there were. */
export function struckLines(struck: readonly StruckReport[], columns: number): string[] {
  const lines = table({
    head: ['fault', 'target', 'at', 'for'],
    rows: struck
      .slice(0, SHOWN)
      .map(({ kind, by, target, atSeconds, forSeconds }) => [
        by === undefined ? kind : `${kind} by ${by}`,
        target,
        atSeconds < 0 ? `${span(-atSeconds)} early` : span(atSeconds),
        forSeconds === 0 ? '–' : span(forSeconds),
      ]),
    columns,
  });
  const more = struck.length - SHOWN;
  if (more > 0) lines.push(`  and ${counted(more, 'other')}; ${count(struck.length)} in all`);
  return lines;
}

/** What it did, and how much of that was right. */
export function healingLines({ checks, detected, replaced }: HealingReport): string[] {
  const of = ({ right, wrong }: HealingReport['detected']): string =>
    `${count(right)} with a fault, ${count(wrong)} without`;
  return [
    `  ${counted(checks, 'check')} of a cluster`,
    `  taken for outliers: ${of(detected)}`,
    `  replaced: ${of(replaced)}`,
  ];
}
