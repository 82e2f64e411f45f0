/** When alerts of `alerts.yaml` are raised and cleared, computed by hand, and what a reader is told of them. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadScenario, Simulation } from '../sim/index.ts';
import { renderSummary } from '../sim/report/terminal.ts';

const FILE = join(import.meta.dirname, 'alerts.yaml');
/** Looks come every 5 s. What begins at a look is seen by it, or by the next if it takes some milliseconds. */
const LOOK = 5;

it('alerts are raised, cleared, false and missed when arithmetic says so', () => {
  const simulation = new Simulation(loadScenario(FILE));
  simulation.advance();
  const result = simulation.finish();
  expect(result.assertions.filter(({ ok }) => !ok)).toEqual([]);
  const { rules, raised, missed } = result.alerts!;
  const of = (rule: string) => rules.find((each) => each.rule === rule)!;

  // Dead at 420 s, noticed after a session of 15 s; the controller then needs a moment, and the rule 30 s.
  const [replicas] = raised.filter(({ rule }) => rule === 'under-replicated');
  expect(replicas).toMatchObject({ subject: 'high', truth: { fromSeconds: 420 } });
  expect(replicas!.raisedSeconds).toBe(420 + 15 + LOOK + 30);
  // Nobody leads until then; who asks for offline partitions never hears of it.
  expect(of('offline')).toMatchObject({ raised: 0, missed: 1 });
  expect(missed.find(({ rule }) => rule === 'offline')).toMatchObject({ fromSeconds: 420, untilSeconds: 440 });
  // The store is away from 240 s on; a look later no commit is new, and after 45 s without one consumers look stuck.
  expect(of('stuck-consumer').raised).toBeGreaterThan(0);
  expect(of('stuck-consumer').false).toBe(of('stuck-consumer').raised);
  const stuck = raised.filter(({ rule }) => rule === 'stuck-consumer');
  expect(Math.min(...stuck.map(({ raisedSeconds }) => raisedSeconds))).toBe(240 + 45);
  // Drops go out of the window of 60 s after the last one, and the alert after 30 s more.
  for (const { raisedSeconds, clearedSeconds, truth } of raised.filter(({ rule }) => rule === 'drops')) {
    expect(raisedSeconds).toBe(truth!.fromSeconds + 10);
    expect(clearedSeconds).toBe(truth!.untilSeconds! + 30);
  }

  const told = renderSummary(result, { command: 'spillway run' });
  expect(told).toContain('  drops on topic-001 and 5 more: raised at 110 s, cleared at 245 s; true, so');
  expect(told).toMatch(/stuck-consumer on .* FALSE, the books\s+know of nothing/s);
  expect(told).toContain('  offline on high: MISSED, so from 420 s to 440 s');
});
