/**
 * The pair that zookeeper-shared.yaml tells: only the sharing, or only the number of partitions, decides the outcome. And
 * zookeeper-replace.yaml: only the last address that brokers know.
 */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Simulation } from '../sim/index.ts';
import { loadScenario } from '../sim/scenario/index.ts';

const FILE = join(import.meta.dirname, 'zookeeper-shared.yaml');
const S = 1_000_000_000;

function run(...sets: string[]) {
  const simulation = new Simulation(loadScenario(FILE, { sets: ['run.for=50s', ...sets] }));
  const fenced = (fromS: number, toS: number): number => {
    let most = 0;
    for (let atS = fromS; atS <= toS; atS++) {
      simulation.advance({ untilNs: atS * S });
      const { copies } = simulation.clusters;
      let down = 0;
      for (let broker = 0; broker < simulation.topology.brokers; broker++) if (copies.isDown(broker)) down++;
      most = Math.max(most, down);
    }
    return most;
  };
  const early = fenced(1, 40);
  const late = fenced(46, 52);
  return { early, late, dropped: Object.keys(simulation.finish().ledger.dropped) };
}

it('a shared ensemble of 60,000 partitions does not recover; with less to do it does; one for each cluster notices nothing', () => {
  const shared = run();
  expect(shared.late).toBeGreaterThan(24);
  expect(shared.dropped).not.toEqual([]);
  const smaller = run('topics.named.views.partitions=2000');
  expect(smaller.early).toBeGreaterThan(0);
  expect(smaller.late).toBe(0);
  expect(run('clusters.normal.zookeeper=null')).toEqual({ early: 0, late: 0, dropped: [] });
}, 120_000);

/** Brokers that are down before, while and after the last of the old nodes is away, and at 330 s; restarts come later. */
function replaced(...sets: string[]): number[] {
  const late = [5, 6, 7].map((fault) => `faults.${fault}.at=9min`);
  const file = join(import.meta.dirname, 'zookeeper-replace.yaml');
  const scenario = loadScenario(file, { sets: [...late, ...sets] });
  const simulation = new Simulation(scenario);
  return [150, 168, 175, 330].map((seconds) => {
    simulation.advance({ untilNs: scenario.warmupNs + seconds * S });
    const { topology, clusters } = simulation;
    return Array.from({ length: topology.brokers }, (_, broker) => clusters.copies.isDown(broker)).filter(Boolean)
      .length;
  });
}

it('brokers whose last address of ZooKeeper is replaced are away until they restart; one that comes back is enough', () => {
  const [before, away, after, end] = replaced();
  expect(before).toBe(0);
  expect(away).toBeGreaterThan(0);
  expect([after, end]).toEqual([away, away]);
  expect(replaced('faults.4.returns=itself')).toEqual([0, away, 0, 0]);
}, 120_000);
