import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../scenario/scenario.ts';
import { Simulation } from '../../simulation.ts';
import { generic, MS, smallWorld } from '../small-world.fixture.ts';
import { containersOfHost } from './hosts.ts';

const router = { commitIntervalNs: 300 * MS, relaunchNs: 100 * MS, containers: 6 };
const world = (faults: readonly FaultSpec[], seed = 1) =>
  smallWorld({ seed, sinks: [generic], router, topics: [{ partitions: 6, recordsPerSecond: 2_000 }, {}], faults });

describe('hosts of containers', () => {
  it('take all of them, each on one, the neighbours of a job apart', () => {
    const { plan } = new Simulation(world([])).routers;
    const hosts = [0, 1].map((host) => containersOfHost(plan, host, 3));
    expect(hosts.flat().sort()).toEqual(Array.from({ length: plan.containers }, (_, i) => i));
    expect(Math.max(...hosts.map((on) => on.length))).toBeLessThanOrEqual(3);
    expect(containersOfHost(plan, 2, 3)).toEqual(hosts[0]);
    expect(hosts[0]).toEqual([0, 2, 4]);
  });
});

describe('a host that crashes', () => {
  it('makes copies of at most what lay between the last commits and the crash, and loses nothing', () => {
    let copies = 0;
    fc.assert(
      fc.property(fc.nat(1_000), fc.integer({ min: 200, max: 1_200 }), fc.constantFrom(1, 2, 10), (seed, at, each) => {
        const crash: FaultSpec = { kind: 'router-host-crash', atNs: at * MS, host: 0, containersPerHost: each };
        const simulation = new Simulation(world([crash], seed), { check: 'event' });
        // A fault is the first thing that happens at its time.
        simulation.advance({ untilNs: crash.atNs - 1 });
        const { routers } = simulation;
        const on = containersOfHost(routers.plan, 0, each);
        let between = 0;
        for (const job of routers.plan.jobs) {
          for (let p = 0; p < job.partitions; p++) {
            if (!on.includes(job.firstContainer + (p % job.containers))) continue;
            const run = routers.runOf(job, job.firstConsumer + p)!;
            const position = run.core.position(run.slotOf(job.firstConsumer + p));
            between += position - routers.checkpoints.committed(job.firstConsumer + p);
          }
        }
        simulation.advance();
        const [route] = simulation.finish().ledger.routes;
        expect(routers.relaunches).toBe(on.length);
        expect(route.duplicates.relaunch ?? 0).toBeLessThanOrEqual(between);
        expect(route.lost).toEqual({});
        copies += route.duplicates.relaunch ?? 0;
      }),
      { numRuns: 12 },
    );
    expect(copies).toBeGreaterThan(100);
  }, 60_000);

  it('waits for the store that says what should run', () => {
    const crash: FaultSpec = { kind: 'router-host-crash', atNs: 500 * MS, host: 0, containersPerHost: 10 };
    const away: FaultSpec = { kind: 'desired-state-store-down', atNs: 400 * MS, forNs: 1_000 * MS };
    const simulation = new Simulation(world([crash, away]));
    simulation.advance({ untilNs: 1_399 * MS });
    expect(simulation.routers.containersRunning).toBe(0);
    simulation.advance({ untilNs: 1_450 * MS });
    expect(simulation.routers.containersRunning).toBe(simulation.routers.plan.containers);
  });
});
