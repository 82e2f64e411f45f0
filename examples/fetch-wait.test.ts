/** What the polls of many consumers cost in `fetch-wait.yaml`: one fetch a wait and partition, and CPU by the fetch. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadScenario, Simulation } from '../sim/index.ts';

const GROUPS = 8;
const PARTITIONS = 4;
/** Trips to the broker and back, and its work: more than that a fetch does not take beyond its wait. */
const AROUND_SECONDS = 0.003;

function run(set: string) {
  const scenario = loadScenario(join(import.meta.dirname, 'fetch-wait.yaml'), { sets: [set] });
  const simulation = new Simulation(scenario);
  simulation.advance();
  const result = simulation.finish();
  const fetches = result.brokers.requestsPerSecond - result.producers.requests / result.simulatedSeconds;
  return {
    fetches,
    cpu: result.brokers.cpu.mean,
    events: result.engineEvents,
    ok: result.assertions.every(({ ok }) => ok),
  };
}

it('polls once a wait where more never comes, and costs less the longer it waits, simulating it too', () => {
  const waits = [0.1, 0.5, 5];
  const runs = waits.map((seconds) => run(`router.fetchWait=${seconds * 1000}ms`));
  runs.forEach(({ fetches }, i) => {
    const most = (GROUPS * PARTITIONS) / waits[i];
    expect(fetches).toBeLessThanOrEqual(most * 1.01);
    expect(fetches).toBeGreaterThan(((GROUPS * PARTITIONS) / (waits[i] + AROUND_SECONDS)) * 0.95);
  });
  const each = run('router.fetchMin=1B');
  const by = [each, ...runs];
  for (let i = 1; i < by.length; i++) {
    expect(by[i].cpu).toBeLessThan(by[i - 1].cpu);
    expect(by[i].events).toBeLessThan(by[i - 1].events);
  }
  expect(each.cpu).toBeGreaterThan(1.8 * runs[1].cpu);
  expect([each.ok, runs[1].ok]).toEqual([false, true]);
}, 120_000);
