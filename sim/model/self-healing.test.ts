import { describe, expect, it } from 'vitest';
import type { FaultSpec, HealingSpec } from '../scenario/scenario.ts';
import { Simulation } from '../simulation.ts';
import { MS, S, smallWorld } from './small-world.fixture.ts';

const spec: HealingSpec = {
  checkNs: 100 * MS,
  probeBytes: 100,
  timeoutNs: 10 * S,
  factor: 5,
  floorNs: 5 * MS,
  window: 4,
  hits: 3,
  delayNs: 10 * MS,
  replaceNs: 200 * MS,
  cooldownNs: 0,
  replacedMax: 1,
  falsePositives: 0,
  guard: 'none',
};
const hang: FaultSpec = {
  kind: 'broker-hang',
  atNs: 410 * MS,
  forNs: 5 * S,
  cluster: 'fronting',
  broker: 1,
  session: 'kept',
};
const run = (healing: Partial<HealingSpec> | undefined, faults: readonly FaultSpec[] = []) => {
  const simulation = new Simulation(
    smallWorld({ brokers: 3, durationNs: 2 * S, faults, healing: healing && { ...spec, ...healing } }),
    { check: 'event' },
  );
  simulation.advance();
  return { ...simulation.finish(), simulation };
};

describe('self-healing', () => {
  it('replaces a broker that hangs after so many checks and its delay, through the door of all faults', () => {
    const { healing, struck, simulation } = run({}, [hang]);
    // Checks at 500, 600 and 700 ms find no answer; 100 ms are warm-up.
    expect(struck).toContainEqual({
      kind: 'broker-kill',
      by: 'self-healing',
      target: 'fronting/1',
      atSeconds: 0.61,
      forSeconds: 0.2,
    });
    expect(healing).toMatchObject({ detected: { right: 1, wrong: 0 }, replaced: { right: 1, wrong: 0 } });
    expect(simulation.clusters.copies.isHung(1)).toBe(false);
    expect(simulation.controllers.view.isRecovering(1, simulation.nowNs)).toBe(false);
  });

  it('knows a broker by how slow it is, and one replaced is another machine', () => {
    const slow = { kind: 'broker-slow', atNs: 410 * MS, forNs: 5 * S, cluster: 'fronting', broker: 2 } as const;
    const { healing, simulation } = run({}, [{ ...slow, cpu: 1000, disk: 1, network: 1 }]);
    expect(healing).toMatchObject({ replaced: { right: 1, wrong: 0 } });
    expect(simulation.clusters.brokers.probeNs(2, 100, simulation.nowNs)).toBeLessThan(5 * MS);
  });

  it('does nothing where nothing is wrong, and errs as often as it is told to', () => {
    expect(run({}).healing).toMatchObject({ detected: { right: 0, wrong: 0 }, replaced: { right: 0, wrong: 0 } });
    const often = { falsePositives: 0.3, hits: 1, replacedMax: 3, replaceNs: 1 };
    expect(run(often).healing!.replaced.wrong).toBeGreaterThan(3);
  });

  it('that is guarded spares a broker while another copy of what it has is out of sync or away', () => {
    // Two of four hang, and some partitions have both of their copies there.
    const both = [hang, { ...hang, broker: 0 }];
    const replaced = (guard: 'none' | 'in-sync') => {
      const world = { brokers: 4, topics: [{ partitions: 8 }], faults: both, durationNs: 2 * S };
      const healing = { ...spec, replacedMax: 2, replaceNs: 3 * S, guard };
      const simulation = new Simulation(smallWorld({ ...world, healing }), { check: 'event' });
      simulation.advance();
      return simulation.finish().healing!.replaced.right;
    };
    expect([replaced('none'), replaced('in-sync')]).toEqual([2, 0]);
  });

  it('costs an event a check and cluster, and none where there is none', () => {
    const without = run(undefined);
    expect(without.healing).toBe(undefined);
    const { checks } = run({}).healing!;
    expect(checks).toBe(2 * 21);
    expect(run({}).engineEvents - without.engineEvents).toBe(checks);
  });
});
