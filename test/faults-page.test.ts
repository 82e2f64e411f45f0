/** The page about faults names every kind that a scenario may have. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { faultSchema } from '../sim/scenario/written-timeline.ts';
import { ROOT } from './installed.ts';

const kinds = faultSchema.options.flatMap(({ shape }) => [...shape.kind.values]);

it('docs/faults.md names every kind of fault', () => {
  expect(kinds.length).toBeGreaterThan(30);
  const page = readFileSync(join(ROOT, 'docs/faults.md'), 'utf8');
  expect(kinds.filter((kind) => !page.includes(`\`${kind}\``))).toEqual([]);
});
