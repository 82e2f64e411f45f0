/** What auditors of `audit.yaml` and `audit-late.yaml` said, held against the books. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadScenario, Simulation } from '../sim/index.ts';
import { renderSummary } from '../sim/report/terminal.ts';

function run(file: string, sets: readonly string[] = []) {
  const simulation = new Simulation(loadScenario(join(import.meta.dirname, file), { sets }));
  simulation.advance();
  const result = simulation.finish();
  expect(result.assertions.filter(({ ok }) => !ok)).toEqual([]);
  const { scores, reportsLost } = result.audit!;
  type Score = (typeof scores)[number];
  const sum = (auditor: string, to: string, of: (score: Score) => number) =>
    scores.filter((each) => each.auditor === auditor && each.to === to).reduce((total, each) => total + of(each), 0);
  return { result, sum, reportsLost };
}

it('an outage: counts at both ends come to the loss of the books, after false words on what waited in buffers', () => {
  const { result, sum, reportsLost } = run('audit.yaml');
  const lost = result.ledger.dropped['buffer-full']!;
  expect(lost).toBeGreaterThan(1_000);
  for (const auditor of ['sends', 'tiers']) {
    expect(sum(auditor, 'kafka', ({ reportedLost }) => reportedLost)).toBe(lost);
    expect(sum(auditor, 'kafka', ({ trueLost }) => trueLost)).toBe(lost);
  }
  expect(sum('tiers', 'kafka', ({ falseWindows }) => falseWindows)).toBeGreaterThan(0);
  expect(sum('tiers', 'kafka', ({ neverRight }) => neverRight)).toBe(0);
  expect(reportsLost).toBe(0);
  expect(renderSummary(result, { command: 'spillway run' })).toMatch(/tiers, kafka +35,436 +35,436/);
});

it('an outage of the reports themselves: what auditors say is wrong for good', () => {
  const { result, sum, reportsLost } = run('audit.yaml', ['audit.cluster=normal', 'audit.hold=20s']);
  expect(reportsLost).toBeGreaterThan(0);
  expect(sum('tiers', 'kafka', ({ neverRight }) => neverRight)).toBeGreaterThan(0);
  expect(sum('tiers', 'kafka', ({ reportedLost }) => reportedLost)).not.toBe(result.ledger.dropped['buffer-full']);
});

it('a sink that is away: late events look lost until they have come, or until nobody asks before', () => {
  const soon = run('audit-late.yaml').sum;
  const tier = 'sink elasticsearch';
  expect(soon('tiers', tier, ({ late }) => late)).toBeGreaterThan(1_000);
  expect(soon('tiers', tier, ({ falseWindows }) => falseWindows)).toBeGreaterThan(5);
  expect(soon('tiers', tier, ({ neverRight }) => neverRight)).toBe(0);
  const later = run('audit-late.yaml', ['audit.settle=2min']).sum;
  expect(later('tiers', tier, ({ falseWindows }) => falseWindows)).toBe(0);
  expect(later('tiers', tier, ({ neverRight }) => neverRight)).toBe(0);
});

it('clocks that are behind: what the zone writes looks late, and is all there; ahead, nobody notices', () => {
  const behind = run('clock-skew.yaml').sum;
  // A third of the applications, for a minute of 600 records a second.
  const written = behind('tiers', 'kafka', ({ late }) => late);
  expect(written / (600 * 60)).toBeGreaterThan(0.2);
  expect(written / (600 * 60)).toBeLessThan(0.5);
  expect(behind('tiers', 'kafka', ({ falseWindows }) => falseWindows)).toBeGreaterThan(0);
  expect(behind('tiers', 'kafka', ({ reportedLost }) => reportedLost)).toBe(0);
  const ahead = run('clock-skew.yaml', ['faults.0.direction=ahead']).sum;
  expect(ahead('tiers', 'kafka', ({ late }) => late)).toBe(0);
});
