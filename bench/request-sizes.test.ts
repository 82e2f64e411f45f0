import { expect, test } from 'vitest';
import { Simulation } from '../sim/index.ts';
import { loadScenario } from '../sim/scenario/index.ts';
import { requestSizes } from './request-sizes.ts';
import { scaledKeystone } from './scaled-keystone.ts';

const scenario = loadScenario('keystone-2015', {
  sets: [...scaledKeystone(1 / 125), 'producers.policy.linger=400ms', 'run.for=1s', 'run.warmup=500ms'],
});

function warm(batchBytesMax: number): Simulation {
  const simulation = new Simulation(scenario, { producer: { batchBytesMax } });
  simulation.advance({ untilNs: scenario.warmupNs });
  return simulation;
}

test('producers fill their batches and no more', () => {
  const { requests, fullest, recordsMean } = requestSizes(warm(scenario.producers.policy.batchBytes), 500_000_000);
  expect(requests).toBeGreaterThan(100);
  expect(recordsMean).toBeGreaterThan(16);
  expect(fullest).toBe(1);
});

test('a batch larger than the scenario allows is found', () => {
  expect(() => requestSizes(warm(2 * scenario.producers.policy.batchBytes), 500_000_000)).toThrow(/expected at most/);
});
