/**
 * Known theorems over generated schedules: a few of each here; `npm run test:deep` sets SPILLWAY_DEEP and runs ten
 * thousand and more in all.
 */
import { describe, expect, it } from 'vitest';
import { checkPolicy } from './check.ts';
import { THEOREMS } from './theorems.fixture.ts';

const DEEP = process.env.SPILLWAY_DEEP !== undefined;
/** Of each theorem: together more than 10,000. */
const RUNS = DEEP ? 1_100 : 25;

describe(`over ${RUNS} schedules each`, () => {
  it.each(THEOREMS)(
    '$says',
    ({ check }) => {
      // Deep runs look somewhere else each time; the seed is in the failure's text.
      const { failure } = checkPolicy({ runs: RUNS, ...(DEEP ? {} : { seed: 1 }), ...check });
      expect(failure?.text).toBeUndefined();
    },
    1_200_000,
  );
});
