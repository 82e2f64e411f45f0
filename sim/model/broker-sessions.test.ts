import { describe, expect, it } from 'vitest';
import { Simulation } from '../simulation.ts';
import { fronting, MS, S, smallWorld } from './small-world.fixture.ts';

describe("a broker's session with its controller", () => {
  it.each(['zookeeper', 'kraft'] as const)(
    'begins anew when it hangs and is stopped and started meanwhile: %s',
    (kind) => {
      const cluster = { ...fronting, brokers: 1, replicationFactor: 1, controller: { ...fronting.controller, kind } };
      const at = { cluster: 'fronting', broker: 0 } as const;
      for (const stop of [
        { atNs: 800 * MS, forNs: 50 * MS },
        { atNs: 900 * MS, forNs: 1_000 * MS },
        { atNs: 1_900 * MS, forNs: 50 * MS },
        { atNs: 1_950 * MS, forNs: 1 * S },
      ]) {
        const simulation = new Simulation(
          smallWorld({
            cluster,
            durationNs: 6 * S,
            faults: [
              { kind: 'broker-hang', ...at, atNs: 700 * MS, forNs: 1_300 * MS, session: 'lost' },
              { kind: 'broker-stop', ...at, ...stop },
            ],
          }),
        );
        simulation.advance();
        expect({ stop, down: simulation.clusters.copies.isDown(0) }).toEqual({ stop, down: false });
      }
    },
  );
});
