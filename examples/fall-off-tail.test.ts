/** The loss of `fall-off-tail.yaml` by cause, computed by hand and compared to the record. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, Simulation } from '../sim/index.ts';
import { Observer } from '../sim/model/observer.ts';
import { afterTheStop, recordsBefore, topicsOf } from './retention.fixture.ts';

const FILE = join(import.meta.dirname, 'fall-off-tail.yaml');
const SECOND = 1e9;

/** Hears when the router was told that its offset is gone. */
class ResetWatch extends Observer {
  atNs = Number.NaN;
  override lost(_range: unknown, nowNs: number): void {
    this.atNs = nowNs;
  }
}

function run(how: { seed: number; sets: readonly string[]; fidelity: 'record' | 'request' }) {
  const { fidelity, ...load } = how;
  const scenario = { ...loadScenario(FILE, load), fidelity };
  const watch = new ResetWatch();
  const simulation = new Simulation(scenario, { observe: watch });
  const [topic] = topicsOf(scenario, simulation);
  simulation.advance();
  const { ledger } = simulation.finish();
  const route = ledger.routes.find(({ sink }) => sink === 'elasticsearch')!;
  return { scenario, topic, watch, ledger, route, ...afterTheStop(topic, scenario) };
}

// Seeds of which no record comes so near a boundary that milliseconds decide.
describe.each([
  { seed: 1, fidelity: 'request' as const },
  { seed: 2, fidelity: 'record' as const },
  { seed: 3, fidelity: 'request' as const },
])('a router that falls off the tail, with seed $seed at $fidelity fidelity', (how) => {
  it.each([
    { name: '', sets: [] },
    { name: 'with rare checks', sets: ['log.retentionCheck=7min'] },
    { name: 'with large segments', sets: ['log.segment=150kB'] },
  ])('loses what retention took, and to a reset what the log still had $name', ({ sets }) => {
    const { scenario, topic, watch, ledger, route, position, start } = run({ ...how, sets });
    const fault = scenario.faults[0] as { atNs: number; forNs: number };
    // A write in flight was answered when the sink was back, or tried again within its longest wait.
    expect(watch.atNs).toBeGreaterThan(fault.atNs + fault.forNs);
    expect(watch.atNs).toBeLessThan(fault.atNs + fault.forNs + 11 * SECOND);
    const skipped = recordsBefore(topic, watch.atNs) - start;
    expect(start - position).toBeGreaterThan(300);
    expect(skipped).toBeGreaterThan(300);
    expect(route.lost).toEqual({ retention: start - position, 'skipped-by-reset': skipped });
    expect(route).toMatchObject({ backlog: 0, delivered: ledger.offered - (start - position) - skipped });
  });

  it('loses what retention took and no more when it is reset to the earliest', () => {
    const { ledger, route, position, start } = run({ ...how, sets: ['router.reset=earliest'] });
    expect(route.lost).toEqual({ retention: start - position });
    expect(route).toMatchObject({ backlog: 0, delivered: ledger.offered - (start - position) });
  });

  it('stops where it is without a reset: what comes is its backlog, until retention takes that too', () => {
    const { scenario, route, topic, ledger, position } = run({ ...how, sets: ['router.reset=none'] });
    const { retentionCheckNs, retentionNs, segmentBytes } = scenario.clusters.find(({ name }) => name === 'normal')!;
    const endNs = scenario.warmupNs + scenario.durationNs;
    const lastCheckNs = Math.floor(endNs / retentionCheckNs) * retentionCheckNs;
    const segment = Math.floor(segmentBytes / topic.bytes);
    const start = segment * Math.floor(recordsBefore(topic, lastCheckNs - retentionNs) / segment);
    expect(route).toMatchObject({ delivered: position, lost: { retention: start - position } });
    expect(route.backlog).toBe(ledger.offered - start);
  });
});
