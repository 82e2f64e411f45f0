import { describe, expect, it } from 'vitest';
import { loadScenario, presets } from './scenario/index.ts';
import { Simulation } from './simulation.ts';

describe('a simulation', () => {
  it.each(presets.map(({ name }) => name))(
    'builds the world of %s, and its books balance from the first events on',
    (name) => {
      const simulation = new Simulation(loadScenario(name));
      expect(simulation.advance({ budgetEvents: 2_000 })).toBe(false);
      const result = simulation.finish();
      expect(result.complete).toBe(false);
      expect(result.engineEvents).toBe(2_000);
      expect(result.ledger.balanced).toBe(true);
    },
  );

  it('stops early as well as late: what was reached is reported, and it can go on', () => {
    const simulation = new Simulation(loadScenario('laptop', { for: '1s' }));
    simulation.advance({ untilNs: 300e6 });
    expect(simulation.finish().complete).toBe(false);
    expect(simulation.advance()).toBe(true);
    expect(simulation.finish().complete).toBe(true);
  });
});
