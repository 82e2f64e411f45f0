/** What the comparison does without brokers: two of its three columns, and the table. */
import { expect, it } from 'vitest';
import type { Figures } from './figures.ts';
import { modelRun, portsRun } from './simulated-runs.ts';
import { render } from './table.ts';
import { OUTAGES, type OutageSpan, S, workload } from './workload.ts';

const SECONDS = 12;
const dropped = (figures: Figures): number =>
  Object.values(figures.dropped).reduce<number>((sum, n) => sum + (n ?? 0), 0);

it.each(OUTAGES)('%s: the driver on simulated ports comes to what the simulator comes to', async (kind) => {
  const span: OutageSpan = { kind, atNs: kind === 'cluster-away' ? 0 : S, forNs: 8 * S };
  const scenario = workload({ outage: kind, seconds: SECONDS, oneWayNs: 1_000_000, span });
  const ports = await portsRun(scenario, span);
  expect(ports.offered).toBe(3_000 * SECONDS);
  expect(ports.delivered + dropped(ports) + ports.unknown + ports.inFlight).toBe(ports.offered);
  const model = modelRun(scenario, span);
  if (kind === 'broker-hang') {
    expect(model).toBeNull();
    expect(ports.duplicates).toBeGreaterThan(0);
    return;
  }
  expect(dropped(ports)).toBeGreaterThan(500);
  // Keys are drawn in the one and dealt in the other, so the partitions' shares differ a little.
  // Who finds nobody to ask who leads asks again once a second: where in that second the cluster returns is chance.
  const off = kind === 'cluster-away' ? 0.12 : 0.05;
  expect(Math.abs(model!.delivered / ports.delivered - 1)).toBeLessThan(off);
  expect(model!.recordsPerRequest / ports.recordsPerRequest).toBeCloseTo(1, 0);
});

const figures: Figures = {
  offered: 100,
  delivered: 90_000,
  dropped: { evicted: 10 },
  unknown: 0,
  inFlight: 0,
  duplicates: 0,
  requests: 500,
  recordsPerRequest: 18,
  resumeMs: 12.34,
  gapMs: Number.NaN,
};

it('tells why where the columns differ, and only there', () => {
  const real = { name: 'real', figures };
  expect(render('broker-stop', [real, { name: 'model', figures: { ...figures, delivered: 90_100 } }])).toMatch(
    /They agree\.$/,
  );
  const told = render('broker-stop', [
    real,
    { name: 'model', figures: { ...figures, requests: 900, resumeMs: Infinity } },
  ]);
  expect(told).toContain('  requests: ');
  expect(told).toContain('  time to resume: ');
  expect(told).not.toContain('  delivered: ');
  expect(told).toMatch(/time to resume +12\.3 ms +never/);
});

it('says of a column that can not be run that it can not', () => {
  expect(
    render('broker-hang', [
      { name: 'real', figures },
      { name: 'model', figures: null },
    ]),
  ).toContain('—: a scenario has');
});
