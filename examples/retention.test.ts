/** The loss of `retention.yaml`, computed by hand from when records come, and compared to the record. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, Simulation } from '../sim/index.ts';
import { afterTheStop, topicsOf } from './retention.fixture.ts';

const FILE = join(import.meta.dirname, 'retention.yaml');
const MINUTE = 60e9;
function runAndCompute(seed: number, sets: readonly string[] = []) {
  const scenario = loadScenario(FILE, { seed, sets });
  const simulation = new Simulation(scenario);
  const expected = topicsOf(scenario, simulation).reduce((sum, topic) => {
    const { position, start } = afterTheStop(topic, scenario);
    return sum + Math.max(0, start - position);
  }, 0);
  simulation.advance();
  const { ledger } = simulation.finish();
  return { expected, ledger, route: (name: string) => ledger.routes.find(({ sink }) => sink === name)! };
}

describe('a sink that is away for 2 h', () => {
  it('loses nothing under a retention of 8 h, and its lag returns to zero', () => {
    const { expected, ledger, route } = runAndCompute(1, ['clusters.normal.retention=8h']);
    expect(expected).toBe(0);
    expect(route('elasticsearch').lost).toEqual({});
    expect(route('elasticsearch').backlog).toBe(0);
    expect(route('elasticsearch').delivered).toBe(ledger.offered);
  });

  // Seeds of which no record comes so near a boundary that milliseconds decide.
  describe.each([1, 4, 6])('with seed %i', (seed) => {
    it.each([
      { name: 'under 1 h', sets: [] },
      { name: 'under 100 min, with small segments', sets: ['clusters.normal.retention=100min', 'log.segment=37kB'] },
      {
        name: 'with rare checks and routers that hold more',
        sets: ['log.retentionCheck=47min', 'router.buffer=800kB'],
      },
    ])('loses what arithmetic says $name', ({ sets }) => {
      const { expected, ledger, route } = runAndCompute(seed, sets);
      expect(route('elasticsearch').lost).toEqual(expected === 0 ? {} : { retention: expected });
      expect(route('elasticsearch').backlog).toBe(0);
      expect(route('elasticsearch').delivered).toBe(ledger.offered - expected);
      expect(route('s3').delivered).toBe(ledger.offered);
    });
  });

  it('loses thousands of records under 1 h, and none while everything lies in one segment', () => {
    expect(runAndCompute(1).route('elasticsearch').lost.retention).toBeGreaterThan(3000);
    const { expected, route } = runAndCompute(1, ['log.segment=1GiB']);
    expect([expected, route('elasticsearch').lost]).toEqual([0, {}]);
  });
});

it('counts times from the end of the warm-up', () => {
  const scenario = loadScenario(FILE);
  expect((scenario.faults[0] as { atNs: number }).atNs).toBe(10 * MINUTE + scenario.warmupNs);
});
