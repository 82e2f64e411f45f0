/** What the smaller examples show, and that it goes away, or comes, with the variation that each of them proposes. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, type RunResult, Simulation, simulate } from '../sim/index.ts';

const file = (name: string): string => join(import.meta.dirname, `${name}.yaml`);
const run = (name: string, ...sets: string[]): RunResult => simulate(file(name), { sets });
const failing = (result: RunResult): string[] => result.assertions.filter(({ ok }) => !ok).map(({ name }) => name);
const sinkOf = (result: RunResult, name: string) => result.sinks.find((sink) => sink.name === name)!;
const routeOf = (result: RunResult, name: string) => result.ledger.routes.find(({ sink }) => sink === name)!;

describe('a sink that is away for 2 h under a retention of 8 h', () => {
  it('loses nothing, catches up, and troubles no other sink', () => {
    const result = run('sink-down');
    expect(failing(result)).toEqual([]);
    expect(sinkOf(result, 'elasticsearch').lagMaxSeconds).toBeGreaterThan(7200);
    expect(result.ledger).toMatchObject({ dropped: {}, unknown: 0, lost: {} });
  });
});

describe('one job for two sinks', () => {
  const shared = run('shared-router');
  const apart = run('shared-router', 'sinks.s3.router.sharedWith=[]');

  it('stalls the good sink with the slow one', () => {
    expect(failing(shared)).toHaveLength(1);
    expect(sinkOf(shared, 's3').lagMaxSeconds).toBeGreaterThan(30);
    // All that S3 is ahead by is what the job holds in memory: it has not seen more.
    const ahead = routeOf(shared, 's3').delivered - routeOf(shared, 'elasticsearch').delivered;
    const { router } = loadScenario(file('shared-router')).sinks.find(({ name }) => name === 's3')!;
    const bytesLeast = Math.min(...loadScenario(file('shared-router')).topics.map(({ recordBytes }) => recordBytes));
    expect(ahead).toBeLessThan((shared.routers.containers * router.bufferBytes) / bytesLeast);
  });

  it('is no faster for the slow one than a job a sink, which leaves the good one alone', () => {
    expect(failing(apart)).toEqual([]);
    expect(sinkOf(apart, 's3').lagMaxSeconds).toBeLessThan(4);
    const slow = [shared, apart].map((result) => routeOf(result, 'elasticsearch').delivered);
    expect(Math.abs(slow[0]! / slow[1]! - 1)).toBeLessThan(0.03);
  });
});

describe('credit', () => {
  it('gets as much into a slow sink as pausing does, without a single reject', () => {
    const credit = run('credit');
    const pause = run('credit', 'sinks.elasticsearch.router.backpressure=pause');
    expect(failing(credit)).toEqual([]);
    expect(sinkOf(credit, 'elasticsearch').rejects).toBe(0);
    expect(sinkOf(pause, 'elasticsearch').rejects).toBeGreaterThan(100);
    const delivered = [credit, pause].map((result) => routeOf(result, 'elasticsearch').delivered);
    expect(Math.abs(delivered[0]! / delivered[1]! - 1)).toBeLessThan(0.02);
    // The sink is busy all the time in both: 200 records/s, less the first bulks, which wait a second for company.
    const { simulatedSeconds, warmupSeconds } = credit;
    expect(delivered[0]).toBeGreaterThan(200 * (simulatedSeconds + warmupSeconds) * 0.97);
    expect(delivered[0]).toBeLessThanOrEqual(200 * (simulatedSeconds + warmupSeconds));
  });
});

describe('containers that follow lag', () => {
  it('outlast a surge that as many as before would not', () => {
    const scaled = run('autoscaling');
    const fixed = run('autoscaling', 'sinks.archive.router.scaling.kind=fixed');
    expect(failing(scaled)).toEqual([]);
    expect(failing(fixed)).toHaveLength(2);
    // At least once: what moved to another container before its commit is written again, and nothing is lost.
    expect(Object.keys(routeOf(scaled, 'archive').duplicates)).toEqual(['rebalance']);
    expect(routeOf(fixed, 'archive').duplicates).toEqual({});
    expect(routeOf(scaled, 'archive').lost).toEqual({});
  });

  it('are more during the surge, and one again after it', () => {
    const simulation = new Simulation(loadScenario(file('autoscaling')));
    const seen: number[] = [];
    for (let minute = 1; minute <= 20; minute++) {
      simulation.advance({ untilNs: minute * 60e9 });
      seen.push(simulation.routers.containersRunning);
    }
    expect(seen[0]).toBe(1);
    expect(Math.max(...seen)).toBeGreaterThan(1);
    expect(Math.max(...seen)).toBeLessThanOrEqual(8);
    expect(seen.at(-1)).toBe(1);
  });
});

describe('a broker that is shut down and returns', () => {
  it('keeps nobody waiting: others lead before it stops', () => {
    const scenario = loadScenario(file('broker-stop'));
    const fault = scenario.faults[0] as { atNs: number; forNs: number };
    const simulation = new Simulation(scenario);
    const at = (ns: number) => {
      simulation.advance({ untilNs: ns });
      return simulation.finish().ledger;
    };
    const before = at(fault.atNs);
    const down = at(fault.atNs + fault.forNs / 2);
    const end = at(simulation.endNs);
    expect(down.inFlight - before.inFlight).toBeLessThan(50);
    expect(down.stored - before.stored).toBeGreaterThan(2_500);
    expect(end).toMatchObject({ dropped: {}, unknown: 0, balanced: true });
  });
});

describe('a router that crashes', () => {
  it('writes again exactly what it had written since its last commit', () => {
    const scenario = loadScenario(file('router-crash'));
    const simulation = new Simulation(scenario);
    const { routers } = simulation;
    const sink = scenario.sinks.findIndex(({ name }) => name === 'kafka');
    const jobs = routers.plan.jobs.filter((job) => job.sinks.includes(sink));
    let expected = 0;
    for (const fault of scenario.faults) {
      // What was under way at the crash lands, or is committed, within 50 ms; the next launch is seconds away.
      simulation.advance({ untilNs: fault.atNs + 50e6 });
      for (const { firstRoute, firstConsumer, partitions } of jobs) {
        for (let p = 0; p < partitions; p++) {
          const stopped = routers.runOf(jobs.find((job) => job.firstRoute === firstRoute)!, firstConsumer + p);
          if (stopped !== null) continue;
          const { books, checkpoints } = routers;
          expected += books.position(firstRoute + p) - checkpoints.committed(firstConsumer + p);
        }
      }
    }
    simulation.advance();
    const result = simulation.finish();
    expect(expected).toBeGreaterThan(50);
    expect(routeOf(result, 'kafka').duplicates).toEqual({ relaunch: expected });
    expect(routeOf(result, 'kafka').lost).toEqual({});
    expect(routeOf(result, 's3').duplicates).toEqual({});
    expect(result.routers.relaunches).toBe(3);
  });

  it('takes what it held with it when it had committed ahead of its writes', () => {
    const ahead = run('commit-ahead');
    expect(ahead.assertions.map(({ ok }) => ok)).toEqual([true, true, true]);
    const { lost, duplicates } = routeOf(ahead, 'elasticsearch');
    expect(lost.unwritten).toBeGreaterThan(10);
    expect(duplicates).toEqual({});
    expect(routeOf(run('commit-ahead', 'router.commitUpTo=written'), 'elasticsearch').lost).toEqual({});
  });

  it('writes more again when it commits less often', () => {
    const often = routeOf(run('router-crash', 'router.commitInterval=1s'), 'kafka').duplicates.relaunch ?? 0;
    const seldom = routeOf(run('router-crash', 'router.commitInterval=30s'), 'kafka').duplicates.relaunch ?? 0;
    expect(seldom).toBeGreaterThan(3 * often);
  });
});
