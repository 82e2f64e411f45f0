/** What the protocols of consumer groups cost, side by side: `rebalance-eager.yaml` and `surge-autoscale.yaml`. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, Simulation } from '../sim/index.ts';

function run(file: string, protocol: string) {
  const sets = [`router.group.protocol=${protocol}`];
  const scenario = loadScenario(join(import.meta.dirname, file), { sets });
  const simulation = new Simulation(scenario);
  let most = 0;
  for (let ns = 0; !simulation.advance({ untilNs: ns }); ns += 1e9) {
    most = Math.max(most, simulation.routers.containersRunning);
  }
  const result = simulation.finish();
  const sink = result.sinks.find(({ name }) => name === 'archive')!;
  const uncommitted = simulation.routers.uncommittedLeft;
  return { result, sink, most, uncommitted, groups: result.groups!, ok: result.assertions.every(({ ok }) => ok) };
}

describe('a router that dies and comes back', () => {
  const [eager, cooperative, server] = ['eager', 'cooperative', 'kip-848'].map((each) =>
    run('rebalance-eager.yaml', each),
  );

  it('stops all 16 partitions of an eager group twice, and the 4 that move twice of the others', () => {
    expect([eager, cooperative, server].map(({ groups }) => groups.pauses)).toEqual([32, 8, 8]);
    expect([eager, cooperative, server].every(({ ok }) => ok)).toBe(true);
  });

  it('costs copies only of what was not committed: at each revocation of an eager group, too', () => {
    const copies = [eager, cooperative, server].map(
      ({ result }) => result.ledger.routes.find(({ sink }) => sink === 'archive')!.duplicates,
    );
    [eager, cooperative, server].forEach(({ uncommitted }, i) => {
      const { relaunch = 0, rebalance = 0 } = copies[i];
      expect(relaunch + rebalance).toBeGreaterThan(0);
      expect(relaunch + rebalance).toBeLessThanOrEqual(uncommitted);
    });
    expect(copies[0].rebalance).toBeGreaterThan(0);
    expect(copies[1].relaunch).toBe(copies[0].relaunch);
  });
});

describe('a fleet that scales with a surge', () => {
  const [eager, cooperative] = ['eager', 'cooperative'].map((each) => run('surge-autoscale.yaml', each));

  it('grows and shrinks again, with its lag bounded', () => {
    for (const { most, result, ok } of [eager, cooperative]) {
      expect(most).toBeGreaterThanOrEqual(5);
      expect(result.ledger.lost).toEqual({});
      expect(ok).toBe(true);
    }
    expect(cooperative.result.routers.containers).toBeLessThan(cooperative.most);
  });

  it('lags more where each step stops all of it', () => {
    expect(eager.groups.pauseSeconds).toBeGreaterThan(2 * cooperative.groups.pauseSeconds);
    expect(eager.sink.lagMaxSeconds).toBeGreaterThan(1.1 * cooperative.sink.lagMaxSeconds);
  });
});
