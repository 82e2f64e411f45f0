/** Scenarios about operators: each is run, holds what it asserts, and shows what it says. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, type RunResult, simulate } from '../sim/index.ts';
import { Simulation } from '../sim/simulation.ts';

const path = (file: string): string => join(import.meta.dirname, file);
const run = (file: string, ...sets: string[]): RunResult => simulate(path(file), { sets });
const failed = ({ assertions }: RunResult): string[] => assertions.filter(({ ok }) => !ok).map(({ name }) => name);
const S = 1_000_000_000;

/** Brokers of the first cluster that are there, and how many partitions each leads, at a time of the run. */
function at(simulation: Simulation, seconds: number): number[] {
  simulation.advance({ untilNs: seconds * S });
  const { topology, controllers } = simulation;
  const led = new Array<number>(topology.clusterBrokers[0]!).fill(0);
  for (let partition = 0; partition < topology.topicPartitions[0]!; partition++) {
    led[topology.partitionLeader[topology.topicFirstPartition[0]! + partition]!]!++;
  }
  return led.filter((_, broker) => !controllers.sessions.isAbsent(broker));
}

describe('an operator', () => {
  it('adds partitions on new brokers, which producers write to when they have found them', () => {
    expect(failed(run('add-partitions.yaml'))).toEqual([]);
    const scenario = loadScenario(path('add-partitions.yaml'));
    const simulation = new Simulation(scenario);
    expect(at(simulation, 22)).toEqual([2, 2, 2]);
    const written = (partition: number) => simulation.clusters.logs[partition]!.endOffset();
    expect(at(simulation, 48)).toEqual([2, 2, 2, 2, 2, 2]);
    // Some of the producers know by now: nobody has asked anybody else.
    expect(written(6)).toBeGreaterThan(0);
    at(simulation, 80);
    const before = written(6);
    at(simulation, 140);
    // Everybody knows all twelve: each gets a twelfth.
    expect(written(6) - before).toBeGreaterThan(((60 * 2_000) / 12) * 0.7);
  }, 60_000);

  it('moves copies, quickly or gently, or never when the throttle is below what comes in', () => {
    const gentle = run('move-partitions.yaml');
    expect(failed(gentle)).toEqual([]);
    const wild = run('move-partitions.yaml', 'faults.1.throttle=unlimited');
    expect(failed(wild)).toEqual([]);
    const moving = (seconds: number, ...sets: string[]) => {
      const simulation = new Simulation(loadScenario(path('move-partitions.yaml'), { sets }));
      const led = at(simulation, seconds);
      return { led, underWay: simulation.operations.reassignments.count };
    };
    expect(moving(180).underWay).toBeGreaterThan(0);
    const quick = moving(180, 'faults.1.throttle=unlimited');
    expect(quick.underWay).toBe(0);
    expect(quick.led[3]).toBeGreaterThan(0);
    expect(moving(290, 'faults.1.throttle=100kB/s').underWay).toBeGreaterThan(0);
  }, 120_000);

  it('has to allow that keys move, and can add no more than is planned', () => {
    const keyed = 'producers.policy.partitioner=keyed';
    const load = (...sets: string[]) => loadScenario(path('add-partitions.yaml'), { sets });
    expect(() => load(keyed)).toThrow(/keyed: allow/);
    const simulation = new Simulation(load(keyed, 'faults.1.keyed=allow'));
    const planned = simulation.scenario.faults.find((fault) => fault.kind === 'add-partitions')!;
    expect(() => simulation.operations.begin({ ...planned, partitions: 7 })).toThrow(RangeError);
  });

  it('empties brokers and retires them', () => {
    expect(failed(run('scale-down.yaml'))).toEqual([]);
    const simulation = new Simulation(loadScenario(path('scale-down.yaml')));
    expect(at(simulation, 20).length).toBe(5);
    expect(at(simulation, 110).length).toBe(3);
  }, 60_000);

  it.each(['image-replacement.yaml', 'topic-change.yaml'])(
    '%s goes as planned',
    (file) => {
      expect(failed(run(file))).toEqual([]);
    },
    60_000,
  );
});
