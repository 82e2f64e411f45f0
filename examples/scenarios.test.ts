/** The scenarios shown here can be loaded, and so can the variations that their comments propose. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../sim/scenario/index.ts';

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.yaml'));

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(import.meta.dirname, file), 'utf8');
  const commands = [...text.matchAll(/^# {3}spillway run (\S+)(.*?)(?: {2,}#.*)?$/gm)];

  it('is shown with the commands that run it', () => {
    expect(commands.map(([, path]) => path)).toContain(`examples/${file}`);
  });

  it.each(commands.map(([line, path, options]) => ({ line: line.slice(4), path, options })))(
    '$line',
    ({ path, options }) => {
      const sets = [...options.matchAll(/--set (\S+)/g)].map(([, set]) => set);
      const scenario = loadScenario(join(import.meta.dirname, '..', path), { sets });
      expect(scenario.name).toBe(file.replace('.yaml', ''));
      expect(scenario.assertions.length).toBeGreaterThan(0);
    },
  );
});
