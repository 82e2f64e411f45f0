/**
 * The summary of a run for a person, in a planner's order: does it hold, where did the records go, what was lost and
 * why, how late is it, how near is retention, what is the cluster short of, what is guessed, how to run it again.
 */
import { alertLines } from './alert-lines.ts';
import { auditLines } from './audit-lines.ts';
import { failoverLines } from './failover-lines.ts';
import { bytes, compact, count, counted, milliseconds, share, shareOf, significant, span } from './figures.ts';
import { migrationLines } from './migration.ts';
import type { Counts, GroupsReport, RunResult, SinkReport } from './result.ts';
import { healingLines, struckLines } from './struck.ts';
import { PLAIN, type Style } from './style.ts';
import { cut, table, wrap } from './table.ts';

export interface SummaryOptions {
  /** The command that gives this result again. */
  readonly command: string;
  /** Width of the terminal; 80 when there is none. */
  readonly columns?: number;
  readonly style?: Style;
}

const GUESSES_SHOWN = 12;
const COLUMNS_MIN = 40;

/** Ends with a newline. */
export function renderSummary(result: RunResult, options: SummaryOptions): string {
  const page = { columns: Math.max(COLUMNS_MIN, options.columns ?? 80), style: options.style ?? PLAIN };
  const sections = [
    header(result, page),
    verdict(result, page),
    section('Where records went', [...producerLeg(result, page), '', ...routeLeg(result, page)], page),
    section('Loss by cause', lossByCause(result, page), page),
    ...(result.failovers === undefined
      ? []
      : [section('Failover', failoverLines(result.failovers, page.columns), page)]),
    section('Latency by sink, from offer to sink, ms', latency(result, page), page),
    section('Lag against retention', lag(result, page), page),
    ...(result.audit === undefined ? [] : [section('Auditors, and the truth', auditLines(result.audit, page), page)]),
    ...(result.alerts === undefined ? [] : [section('Alerts', alertLines(result.alerts, page), page)]),
    section('Fronting brokers', brokers(result), page),
    section('Requests and routers', requests(result), page),
    ...(result.healing === undefined ? [] : [section('Self-healing', healingLines(result.healing), page)]),
    ...(result.migration === undefined
      ? []
      : [section('The old pipeline beside the new', migrationLines(result.migration, page.columns), page)]),
    ...(result.struck === undefined ? [] : [section('What struck', struckLines(result.struck, page.columns), page)]),
    section('What this rests on that is a guess', guesses(result, page), page),
    section('This run', run(result, options.command, page), page),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

interface Page {
  readonly columns: number;
  readonly style: Style;
}

function section(title: string, lines: readonly string[], { style }: Page): string[] {
  return [style.heading(title), ...lines];
}

function header(result: RunResult, { columns, style }: Page): string[] {
  const warmup = result.warmupSeconds > 0 ? ` after ${span(result.warmupSeconds)} of warm-up` : '';
  const about = `${span(result.simulatedSeconds)} simulated${warmup}, ${result.fidelity} fidelity`;
  return [style.heading(cut(result.scenario, columns)), ...wrap(about, columns)];
}

function verdict(result: RunResult, { columns, style }: Page): string[] {
  const { assertions, ledger } = result;
  const lines: string[] = [];
  if (!result.complete) lines.push(style.warn('STOPPED EARLY: the figures are what was reached'));
  if (!ledger.balanced) lines.push(style.bad('BROKEN: the books do not balance'));
  const broken = assertions.filter((each) => !each.ok).length;
  if (broken > 0)
    lines.push(
      style.bad(
        `FAILS: ${broken} of ${counted(assertions.length, 'assertion')} ${broken === 1 ? 'does' : 'do'} not hold`,
      ),
    );
  else if (assertions.length > 0)
    lines.push(style.good(`HOLDS: ${assertions.length} of ${counted(assertions.length, 'assertion')}`));
  else lines.push('No assertion in this scenario');
  if (ledger.balanced) lines[lines.length - 1] += '; every record is accounted for';
  for (const each of assertions) {
    const figures = `observed ${significantOrExact(each.observed)}, bound ${significantOrExact(each.bound)}`;
    const mark = each.ok ? style.good('ok  ') : style.bad('FAIL');
    lines.push(`  ${mark}  ${cut(each.name, Math.max(8, columns - figures.length - 10))}  ${figures}`);
  }
  return lines;
}

// Six digits: an observation just beyond its bound must not print as the bound.
const significantOrExact = (value: number): string => (Number.isInteger(value) ? count(value) : significant(value, 6));

function producerLeg({ ledger }: RunResult, { columns }: Page): string[] {
  const rows: [string, number][] = [
    ['offered', ledger.offered],
    ['stored', ledger.stored],
    ['dropped', total(ledger.dropped)],
    ['unknown', ledger.unknown],
    ['in flight', ledger.inFlight],
  ];
  const lines = table({
    head: ['producers', 'records', 'of offered'],
    rows: rows.map(([name, records]) => [name, count(records), shareOf(records, ledger.offered)]),
    columns,
  });
  if (ledger.unknownStored > 0) {
    lines.push(`  of stored, ${count(ledger.unknownStored)} were given up by their producers as unknown`);
  }
  const duplicates = total(ledger.duplicates);
  if (duplicates > 0)
    lines.push(
      `  beside the sum, ${counted(duplicates, 'second copy', 'second copies')}: ${causes(ledger.duplicates)}`,
    );
  return lines;
}

/** A sink that no topic is routed to has no retention to keep up with, and nothing to tell. */
const isRouted = (sink: SinkReport): boolean => sink.retentionMinSeconds > 0;

function routeLeg({ ledger, sinks }: RunResult, { columns }: Page): string[] {
  const idle = new Set(sinks.filter((sink) => !isRouted(sink)).map(({ name }) => name));
  const routes = ledger.routes.filter(({ sink }) => !idle.has(sink));
  if (routes.length === 0) return ['  no routes'];
  const lines = table({
    head: ['routes to', 'stored', 'delivered', 'lost', 'backlog', 'duplicates'],
    rows: routes.map((route) => [
      route.sink,
      count(route.stored),
      count(route.delivered),
      count(total(route.lost)),
      count(route.backlog),
      count(total(route.duplicates)),
    ]),
    columns,
  });
  if (idle.size > 0) lines.push(...wrap(`nothing is routed to ${[...idle].join(', ')}`, columns, '  '));
  return lines;
}

function lossByCause({ ledger }: RunResult, { columns, style }: Page): string[] {
  const lines: string[] = [];
  const tell = (where: string, by: Counts, whole: number): void => {
    for (const [cause, records] of largestFirst(by)) {
      const line = `${where}: ${cause} ${count(records)} (${shareOf(records, whole)})`;
      lines.push(...wrap(line, columns, '  ').map(style.warn));
    }
  };
  tell('producers dropped', ledger.dropped, ledger.offered);
  if (ledger.unknown > 0) tell('producers', { 'sent, never answered, in no log': ledger.unknown }, ledger.offered);
  for (const route of ledger.routes) tell(`route to ${route.sink} lost`, route.lost, route.stored);
  for (const route of ledger.routes) {
    if (total(route.duplicates) > 0) lines.push(`  route to ${route.sink} duplicated: ${causes(route.duplicates)}`);
  }
  return lines.length > 0 ? lines : ['  none'];
}

function latency({ sinks }: RunResult, { columns }: Page): string[] {
  const routed = sinks.filter(isRouted);
  if (routed.length === 0) return ['  no routes'];
  return table({
    head: ['sink', 'mean', 'p50', 'p99', 'p99.9', 'max'],
    rows: routed.map(({ name, latencyMs: ms }) => [
      name,
      // Nothing arrives in no time at all: a greatest latency of 0 says that nothing arrived.
      ...[ms.mean, ms.p50, ms.p99, ms.p999, ms.max].map((each) => (ms.max === 0 ? '–' : milliseconds(each))),
    ]),
    columns,
  });
}

function lag({ sinks }: RunResult, { columns }: Page): string[] {
  const routed = sinks.filter(isRouted);
  if (routed.length === 0) return ['  no routes'];
  return table({
    head: ['sink', 'records', 'oldest', 'retention', 'used'],
    rows: routed.map((sink) => [
      sink.name,
      count(sink.lagMax),
      span(sink.lagMaxSeconds),
      span(sink.retentionMinSeconds),
      shareOf(sink.lagMaxSeconds, sink.retentionMinSeconds),
    ]),
    columns,
  });
}

const RESOURCES = { cpu: 'CPU', network: 'network', disk: 'disk' } as const;

function brokers({ brokers: all }: RunResult): string[] {
  const { cpu, busiest, produceLatencyMs: ms } = all;
  const used = busiest.utilisation;
  const answered =
    ms.max === 0
      ? 'no produce request was answered'
      : `produce answered in ${milliseconds(ms.mean)} ms mean, ${milliseconds(ms.p99)} p99, ${milliseconds(ms.max)} max`;
  return [
    `  ${counted(all.count, 'broker')}, CPU mean ${share(cpu.mean)}, p99 ${share(cpu.p99)}, max ${share(cpu.max)}`,
    ...(all.regions ?? []).map(
      ({ name, count: n, cpu: own }) =>
        `    ${name}: ${counted(n, 'broker')}, CPU mean ${share(own.mean)}, p99 ${share(own.p99)}, max ${share(own.max)}`,
    ),
    `  busiest is ${busiest.name}, shortest of ${RESOURCES[busiest.shortOf]}`,
    `    CPU ${share(used.cpu)}, network ${share(used.network)}, disk ${share(used.disk)}`,
    `  ${compact(all.requestsPerSecond)} requests/s, produce and fetch, without followers'`,
    `  ${answered}`,
  ];
}

function requests({ producers, routers, groups }: RunResult): string[] {
  const { recordsPerRequest, requests: sent } = producers;
  const records = `${significant(recordsPerRequest)} ${recordsPerRequest === 1 ? 'record' : 'records'}`;
  return [
    sent === 0 ? '  no produce request' : `  ${records} a request, over ${counted(sent, 'produce request')}`,
    `  ${counted(producers.streams, 'stream')} of ${counted(producers.count, 'producer')}`,
    `  ${counted(routers.containers, 'router container')} at the end; relaunches: ${count(routers.relaunches)}`,
    ...(groups === undefined ? [] : groupLines(groups)),
  ];
}

function groupLines({ rebalances, pauses, pauseMaxSeconds, pauseSeconds }: GroupsReport): string[] {
  const stood = `partitions stood still ${counted(pauses, 'time')}, ${span(pauseMaxSeconds)} at most, ${span(pauseSeconds)} in all`;
  return [`  ${counted(rebalances, 'rebalance')} of consumer groups; ${stood}`];
}

function guesses({ guesses: all }: RunResult, { columns, style }: Page): string[] {
  if (all.length === 0) return ['  nothing'];
  const lines = all.slice(0, GUESSES_SHOWN).flatMap(({ path, note }) => {
    const room = columns - path.length - 4;
    return room < 16 ? [`  ${path}`] : [`  ${path}  ${style.faint(cut(note, room))}`];
  });
  if (all.length > GUESSES_SHOWN) lines.push(`  and ${all.length - GUESSES_SHOWN} more, listed by --json`);
  return lines;
}

function run(result: RunResult, command: string, { columns }: Page): string[] {
  const { wall } = result;
  const identity = `seed ${result.seed}, scenario ${result.scenarioHash.slice(0, 16)}, version ${result.version}`;
  const speed =
    `${compact(result.engineEvents)} events in ${span(wall.seconds)} of wall time, ` +
    `${significant(wall.realTimeFactor)} times real time, ${bytes(wall.peakRssBytes)} at most`;
  return [
    ...wrap(identity, columns, '  '),
    ...wrap(`digest ${result.digest}`, columns, '  '),
    ...wrap(speed, columns, '  '),
    // Never wrapped: it is there to be copied.
    `  ${command}`,
  ];
}

function total(by: Counts): number {
  let sum = 0;
  for (const records of Object.values(by)) sum += records ?? 0;
  return sum;
}

function largestFirst(by: Counts): [string, number][] {
  const rows = Object.entries(by).filter((row): row is [string, number] => (row[1] ?? 0) > 0);
  return rows.sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
}

function causes(by: Counts): string {
  return largestFirst(by)
    .map(([cause, records]) => `${cause} ${count(records)}`)
    .join(', ');
}
