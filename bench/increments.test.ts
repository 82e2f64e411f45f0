import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Simulation } from '../sim/index.ts';
import { loadScenario } from '../sim/scenario/index.ts';
import { INCREMENTS, linesOf, recordIncrements } from './increments.ts';
import { scaledKeystone } from './scaled-keystone.ts';

const text = readFileSync(new URL('./increments.json', import.meta.url), 'utf8');
const committed = JSON.parse(text) as number[];

test('the recording in the repository is as many whole nanoseconds ahead, in the lines that the formatter wants', () => {
  expect(committed).toHaveLength(INCREMENTS);
  expect(committed.every((ns) => Number.isSafeInteger(ns) && ns >= 0)).toBe(true);
  expect(linesOf(committed)).toBe(text);
});

test('recording changes nothing that happens', () => {
  const scenario = loadScenario('keystone-2015', {
    sets: [...scaledKeystone(1 / 125), 'run.warmup=0s', 'run.for=300ms'],
  });
  const [watched, alone] = [new Simulation(scenario), new Simulation(scenario)];
  const increments = recordIncrements(watched, 200_000_000);
  expect(increments).toHaveLength(INCREMENTS);
  expect(Math.max(...increments)).toBeGreaterThan(50_000_000);
  watched.advance();
  alone.advance();
  expect(watched.finish()).toEqual(alone.finish());
});
