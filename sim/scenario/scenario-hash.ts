/** A name for everything that a run depends on, but its seed. */
import { createHash } from 'node:crypto';
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

/** JSON with sorted keys, so that the order in which something was written does not count. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(',')}}`;
}
