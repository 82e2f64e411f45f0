/** From a finished simulation and its balanced books to the result. Wall-clock figures are whoever ran it's to fill in. */
import { type Books, summarise } from '../ledger/ledger.ts';
import type { HealingCounts } from '../model/self-healing.ts';
import type { Simulation } from '../simulation.ts';
import { alertsReport } from './alerts.ts';
import { auditReport } from './audit.ts';
import { migrationReport } from './migration.ts';
import type { HealingReport, RunResult, SinkReport, TopicReport } from './result.ts';
import { struckReports } from './struck.ts';
import { judge } from './verdicts.ts';

const MS = 1_000_000;

export function buildResult(simulation: Simulation, books: Books): RunResult {
  const { scenario, producers, plan, engine } = simulation;
  const requests = producers.courier.requests - simulation.warmupRequests;
  const records = producers.courier.recordsSent - simulation.warmupRecords;
  const nowNs = engine.nowNs;
  const ledger = summarise(books);
  const sinks = scenario.sinks.map((_, sink) => sinkReport(simulation, sink, ledger.routes[sink].delivered));
  const brokers = simulation.usage.report(nowNs, producers.courier.latency.toSummary(MS));
  const lagEnd = new Map(
    scenario.sinks.map((sink, index) => {
      const { records: behind, ageNs } = simulation.lag.now(index);
      return [sink.name, { records: behind, seconds: ageNs / 1e9 }];
    }),
  );
  const { old } = simulation;
  const compared = old === null ? {} : { migration: migrationReport(old, scenario.migration!.sink) };
  const struck = struckReports(simulation.faults.all, { nowNs, warmupNs: scenario.warmupNs });
  const simulatedSeconds = Math.max(0, nowNs - scenario.warmupNs) / 1e9;
  const times = { warmupNs: scenario.warmupNs, nowNs };
  const watched = simulation.alerts === null ? {} : { alerts: alertsReport(simulation.alerts, times) };
  return {
    scenario: scenario.name,
    scenarioHash: simulation.scenarioHash,
    seed: scenario.seed,
    version: simulation.version,
    fidelity: scenario.fidelity,
    simulatedSeconds,
    warmupSeconds: Math.min(nowNs, scenario.warmupNs) / 1e9,
    complete: nowNs >= simulation.endNs,
    digest: `${engine.digest()}-${engine.streamsDigest()}`,
    wall: { seconds: 0, realTimeFactor: 0, peakRssBytes: 0 },
    producers: {
      count: plan.producers,
      streams: plan.streams,
      requests,
      recordsPerRequest: requests === 0 ? 0 : records / requests,
    },
    engineEvents: engine.eventsProcessed,
    ledger,
    topics: topicReports(simulation, books),
    brokers,
    routers: { containers: simulation.routers.containersRunning, relaunches: simulation.routers.relaunches },
    ...groupsReport(simulation),
    sinks,
    ...watched,
    ...(simulation.audit !== null && { audit: auditReport(simulation.audit, nowNs) }),
    assertions: judge(scenario.assertions, {
      ledger,
      sinks,
      brokers,
      lagEnd,
      simulatedSeconds,
      ...watched,
      ...compared,
    }),
    ...compared,
    ...(simulation.healing !== null && { healing: healingReport(simulation.healing.counts) }),
    ...(simulation.failoverScores.count > 0 && { failovers: simulation.failoverScores.report(ledger) }),
    ...(struck.length > 0 && { struck }),
    guesses: scenario.guesses,
  };
}

function healingReport(counts: HealingCounts): HealingReport {
  return {
    checks: counts.checks,
    detected: { right: counts.detectedRight, wrong: counts.detectedWrong },
    replaced: { right: counts.replacedRight, wrong: counts.replacedWrong },
  };
}

function groupsReport({ routers }: Simulation): Pick<RunResult, 'groups'> {
  if (routers.groups === null) return {};
  const { count, maxNs, totalNs } = routers.groups.pauses;
  const groups = {
    rebalances: routers.rebalances,
    pauses: count,
    pauseMaxSeconds: maxNs / 1e9,
    pauseSeconds: totalNs / 1e9,
  };
  return { groups };
}

function topicReports({ scenario, topology }: Simulation, books: Books): TopicReport[] {
  return scenario.topics.map((topic, index) => {
    const { offered, stored, dropped, unknown, inFlight, balanced } = books.topics[index];
    return {
      name: topic.name,
      class: topic.class,
      cluster: topic.cluster,
      partitions: topology.topicPartitions[index],
      offered,
      stored,
      dropped,
      unknown,
      inFlight,
      balanced,
    };
  });
}

function sinkReport({ scenario, routers, lag }: Simulation, sink: number, delivered: number): SinkReport {
  const spec = scenario.sinks[sink];
  const retentionNs = scenario.topics
    .filter((topic) => topic.routes.includes(spec.name))
    .reduce((least, topic) => Math.min(least, topic.retentionNs), Number.POSITIVE_INFINITY);
  return {
    name: spec.name,
    kind: spec.kind,
    latencyMs: routers.books.latency[sink].toSummary(MS),
    lagMax: lag.recordsMax[sink],
    lagMaxSeconds: lag.ageMaxNs[sink] / 1e9,
    retentionMinSeconds: retentionNs === Number.POSITIVE_INFINITY ? 0 : retentionNs / 1e9,
    delivered,
    writes: routers.writes.writes[sink],
    rejects: routers.writes.rejects[sink],
  };
}
