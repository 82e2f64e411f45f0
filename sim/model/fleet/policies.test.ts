import { describe, expect, it } from 'vitest';
import { commitAfter } from '../../../src/router/commit.ts';
import { Simulation } from '../../simulation.ts';
import { generic, MS, smallWorld } from '../small-world.fixture.ts';

const scaling = {
  containersMin: 1,
  containersMax: 3,
  lagSecondsUp: 1,
  lagSecondsDown: 0.1,
  window: 5,
  hits: 3,
  sampleNs: 100 * MS,
  cooldownNs: 100 * MS,
};

describe('policies of one’s own', () => {
  it('take the place of those that the scenario names, job by job', () => {
    const asked: string[] = [];
    const crash = { kind: 'router-crash', atNs: 900 * MS, sink: 'generic', container: 0 } as const;
    const scenario = smallWorld({ sinks: [generic], faults: [crash], router: { commitIntervalNs: 700 * MS } });
    const duplicates = (options: ConstructorParameters<typeof Simulation>[1]) => {
      const simulation = new Simulation(scenario, options);
      simulation.advance();
      return simulation.finish().ledger.routes[0]!.duplicates.relaunch ?? 0;
    };
    const own = duplicates({
      router: ({ topic, sinks }) => {
        asked.push(`${topic} to ${sinks.join()}`);
        return { commit: commitAfter({ records: 1, intervalNs: 700 * MS }) };
      },
    });
    expect(asked).toEqual(['topic-0 to generic']);
    expect(own).toBeLessThan(duplicates({}));
  });

  it('scale within what the scenario allows, whatever they ask for', () => {
    const sinks = [{ ...generic, router: { ...generic.router, containers: 1, scaling } }];
    const seen: number[] = [];
    const simulation = new Simulation(smallWorld({ sinks, topics: [{ partitions: 3 }] }), {
      router: () => ({
        scaling: () => ({
          name: 'greedy',
          sample: (_lag, containers) => {
            seen.push(containers);
            return 1_000.4;
          },
        }),
      }),
    });
    simulation.advance();
    expect(seen[0]).toBe(1);
    expect(Math.max(...seen)).toBe(3);
    expect(simulation.routers.containersRunning).toBe(3);
  });
});
