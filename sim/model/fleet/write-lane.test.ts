import { describe, expect, it } from 'vitest';
import type { PlaceSpec } from '../../scenario/place-spec.ts';
import type { FaultSpec } from '../../scenario/scenario.ts';
import { Simulation } from '../../simulation.ts';
import { generic, MS, S, type SmallWorld, smallWorld } from '../small-world.fixture.ts';

const routers: PlaceSpec = { kind: 'routers', region: 'main', zone: null };
const rejects = (sink: string, manner: 'retriable' | 'for-good'): FaultSpec => ({
  kind: 'sink-reject',
  atNs: 0,
  forNs: 10 * S,
  sink,
  share: 1,
  manner,
});
const cut = (from: PlaceSpec, to: PlaceSpec): FaultSpec => ({
  kind: 'network-partition',
  atNs: 500 * MS,
  forNs: 900 * MS,
  from,
  to,
  oneWay: true,
});

function run(how: SmallWorld): Simulation {
  const simulation = new Simulation(smallWorld({ durationNs: 3 * S, ...how }), { check: 'event' });
  simulation.advance();
  simulation.finish();
  return simulation;
}

describe('a write whose sink turns it down', () => {
  it('is turned down as well when a cut has held it back', () => {
    const { writes } = run({
      sinks: [generic],
      faults: [rejects('generic', 'for-good'), cut(routers, { kind: 'sink', sink: 'generic' })],
    }).routers;
    expect(writes.rejects[0]).toBeGreaterThan(0);
    expect(writes.writes[0]).toBe(0);
  });

  it.each(['turns down', 'is stopped'] as const)(
    'hears so from the Kafka that it was for, whichever broker another was for (%s)',
    (what) => {
      const world = (faults: readonly FaultSpec[]): SmallWorld => ({
        sinks: [{ ...generic, name: 'mirror', kind: 'kafka', cluster: 'consumer' }],
        // Nobody reads the first topic, whose leader is cut off.
        topics: [{ partitions: 1, routes: [] }, { partitions: 1 }],
        faults: [
          what === 'turns down'
            ? rejects('mirror', 'retriable')
            : { kind: 'sink-stop', sink: 'mirror', atNs: 0, forNs: 10 * S },
          ...faults,
        ],
      });
      const whole = run(world([]));
      const [other, own] = whole.topology.partitionLeader;
      expect(other).not.toBe(own);
      const faults = [cut({ kind: 'broker', cluster: 'fronting', broker: other }, routers)];
      const answersOf = ({ routers: { writes } }: Simulation): number => writes.rejects[0] + writes.failures[0];
      expect(answersOf(whole)).toBeGreaterThan(10);
      expect(answersOf(run(world(faults)))).toBe(answersOf(whole));
    },
  );
});
