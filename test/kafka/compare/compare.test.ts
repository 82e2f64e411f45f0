/** What the comparison does without brokers: two of its three columns, and the table. */
import { expect, it } from 'vitest';
import type { Figures } from './figures.ts';
import { modelRun, portsRun } from './simulated-runs.ts';
import { render } from './table.ts';
import { OUTAGES, type OutageSpan, S, workload } from './workload.ts';

const SECONDS = 12;
/** Records a second, in all. */
const RATE = 3_000;
const dropped = (figures: Figures): number =>
  Object.values(figures.dropped).reduce<number>((sum, n) => sum + (n ?? 0), 0);

const sides = async (span: OutageSpan) => {
  const scenario = workload({ outage: span.kind, seconds: SECONDS, oneWayNs: 1_000_000, span });
  return { model: modelRun(scenario, span), ports: await portsRun(scenario, span) };
};

it.each(OUTAGES)('%s: the driver on simulated ports comes to what the simulator comes to', async (kind) => {
  const { model, ports } = await sides({ kind, atNs: kind === 'cluster-away' ? 0 : S, forNs: 8 * S });
  expect(ports.delivered + dropped(ports) + ports.unknown + ports.inFlight).toBe(ports.offered);
  expect(ports.offered).toBe(model.offered);
  expect(dropped(ports)).toBeGreaterThan(500);
  // When the next attempt comes is drawn, at most a second apart; what is offered until then finds the buffer full.
  const apartMs = Math.abs(model.resumeMs - ports.resumeMs);
  const late = (RATE * (apartMs + 100)) / 1_000;
  expect(apartMs).toBeLessThan(1_000);
  for (const cause of ['buffer-full', 'evicted'] as const) {
    expect(Math.abs((model.dropped[cause] ?? 0) - (ports.dropped[cause] ?? 0))).toBeLessThan(late);
  }
  expect(Math.abs(model.unknown - ports.unknown)).toBeLessThan(100);
  expect(Math.abs(model.duplicates - ports.duplicates)).toBeLessThan(100);
  expect(ports.duplicates > 0).toBe(kind === 'broker-hang');
  expect(Math.abs(model.recordsPerRequest / ports.recordsPerRequest - 1)).toBeLessThan(0.15);
});

it('while no broker answers, both decide the same of each record', async () => {
  const { model, ports } = await sides({ kind: 'cluster-away', atNs: 0, forNs: (SECONDS + 1) * S });
  expect(model.delivered).toBe(0);
  expect(ports.dropped).toEqual(model.dropped);
  expect(ports.dropped.evicted).toBeGreaterThan(10_000);
  expect(ports.dropped['buffer-full']).toBeGreaterThan(10_000);
  expect(ports.delivered).toBe(model.inFlight);
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
