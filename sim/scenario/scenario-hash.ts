/** A name for everything that a run depends on, but its seed. */
import { createHash } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import type { Scenario } from './scenario.ts';

/**
 * SHA-256, hexadecimal, over the resolved scenario: two files that come to the same numbers have the same hash, and a
 * trace counts by its content, not by where it lies. What only people read (description, guesses) does not count.
 */
export function scenarioHash(scenario: Scenario): string {
  const { seed: _seed, description: _description, guesses: _guesses, ...rest } = scenario;
  const { shape } = rest.producers;
  const placeless = shape.kind === 'trace' ? { ...shape, file: '' } : shape;
  const hashed = { ...rest, producers: { ...rest.producers, shape: placeless } };
  return createHash('sha256').update(canonicalJson(hashed)).digest('hex');
}
