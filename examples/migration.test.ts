/** The pipeline before Keystone beside the new one: what the scenario says of both is what comes out. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type MigrationReport, simulate } from '../sim/index.ts';

const compared = (...sets: string[]): MigrationReport => {
  const { assertions, migration } = simulate(join(import.meta.dirname, 'migration.yaml'), { sets });
  if (sets.length === 0) expect(assertions.filter(({ ok }) => !ok)).toEqual([]);
  return migration!;
};

it('a collector takes what it held in memory with it, and its files only with its disk; Kafka loses nothing', () => {
  const kept = compared();
  expect(Object.keys(kept.old.lost)).toEqual(['collector-memory']);
  expect(kept.onlyNew).toEqual(kept.old.lost);
  const lost = compared('faults.0.disk=lost');
  expect(lost.old.lost['collector-memory']).toBe(kept.old.lost['collector-memory']);
  expect(lost.old.lost['collector-disk']).toBeGreaterThan(0);
}, 60_000);

it('a branch that waits on disk survives a crash, as Kafka does', () => {
  expect(compared('migration.branch.queue=file').branch!.lost).toEqual({});
}, 60_000);
