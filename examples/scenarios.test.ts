/**
 * The scenarios shown here can be loaded and run, and so can the variations that their comments propose. A comment says
 * `exits with 1` where an assertion of the scenario does not hold, and only there.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, Simulation } from '../sim/index.ts';

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.yaml'));

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8');
  const commands = [...text.matchAll(/^# {3}spillway run (\S+)(.*?)(?: {2,}#(.*))?$/gm)];

  it('is shown with the commands that run it', () => {
    expect(commands.map(([, path]) => path)).toContain(`examples/${file}`);
    // Drills are run by `sim/cli/drill.test.ts`.
    expect(text.match(/^#\s*spillway (?!drill )/gm)).toHaveLength(commands.length);
  });

  it.each(commands.map(([line, path, options, says = '']) => ({ line: line.slice(4), path, options, says })))(
    '$line',
    ({ path, options, says }) => {
      const sets = [...options.matchAll(/--set (\S+)/g)].map(([, set]) => set);
      expect(options.replaceAll(/ --set \S+/g, '').trim(), 'what this test does not pass on').toBe('');
      const scenario = loadScenario(join(import.meta.dirname, '..', path), { sets });
      expect(scenario.name).toBe(file.replace('.yaml', ''));
      expect(scenario.assertions.length).toBeGreaterThan(0);
      const simulation = new Simulation(scenario);
      simulation.advance();
      const broken = simulation.finish().assertions.filter(({ ok }) => !ok);
      expect(broken.length > 0, JSON.stringify(broken)).toBe(says.includes('exits with 1'));
    },
  );
});
