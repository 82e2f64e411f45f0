import { describe, expect, it } from 'vitest';
import { MS, S, smallWorld } from '../model/small-world.fixture.ts';
import type { FaultSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';
import { ClusterHealth } from './cluster-health.ts';

/** Three copies in place of two: the third catches up for a while. */
const more: FaultSpec = {
  kind: 'copies-change',
  atNs: 5 * S,
  cluster: 'fronting',
  topic: 'topic-0',
  replicationFactor: 3,
  throttleBytesPerSecond: 30_000,
  atOnce: 1,
};

function world() {
  const simulation = new Simulation(
    smallWorld({
      brokers: 3,
      durationNs: 60 * S,
      topics: [{ partitions: 1, replicationFactor: 2, recordsPerSecond: 200 }],
      faults: [more],
    }),
  );
  const health = new ClusterHealth(simulation);
  const at = (ns: number) => {
    simulation.advance({ untilNs: ns });
    const { told, truth } = health.look(0);
    return { told: told.underReplicated, truth: truth.underReplicated };
  };
  return { simulation, at };
}

describe('partitions that lack copies', () => {
  it('are none that get more, while new copies catch up', () => {
    const { simulation, at } = world();
    expect(at(6 * S)).toEqual({ told: 0, truth: 0 });
    const [set] = simulation.clusters.copies.sets;
    expect(set!.replicas).toBe(3);
    expect(set!.inSyncAt(6 * S)).toBe(2);
    expect(at(50 * S)).toEqual({ told: 0, truth: 0 });
    expect(set!.inSyncAt(50 * S)).toBe(3);
  });

  it('are those of which a wanted copy fails meanwhile, at once in truth, and told when it has left the in-sync set', () => {
    const { simulation, at } = world();
    at(6 * S);
    const { topology, controllers } = simulation;
    const follower = topology.replicasOf(0).find((broker, copy) => copy < 2 && broker !== topology.partitionLeader[0])!;
    controllers.kill(follower);
    expect(at(6 * S + MS)).toEqual({ told: 0, truth: 1 });
    expect(at(7 * S)).toEqual({ told: 1, truth: 1 });
    // The new one has caught up: as many are in sync as were wanted, and one of those wanted now is not there.
    expect(at(50 * S)).toEqual({ told: 1, truth: 1 });
  });
});
