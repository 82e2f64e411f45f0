import { describe, expect, test } from 'vitest';
import { loadScenario, type Scenario } from '../sim/scenario/index.ts';
import { scaledKeystone } from './scaled-keystone.ts';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const recordsPerSecond = ({ topics }: Scenario): number => sum(topics.map((topic) => topic.recordsPerSecond));
const bytesPerSecond = ({ topics }: Scenario): number => sum(topics.map((t) => t.recordsPerSecond * t.recordBytes));
const streams = ({ topics }: Scenario): number => sum(topics.map((topic) => topic.streams));
const brokers = ({ clusters }: Scenario, role: string): number =>
  sum(clusters.filter((cluster) => cluster.role === role).map((cluster) => cluster.brokers));

const whole = loadScenario('keystone-2015');

test('full size is the preset itself', () => {
  expect(scaledKeystone(1)).toEqual([]);
});

describe.each([1 / 2, 1 / 8, 1 / 25, 1 / 125])('at a scale of %d', (scale) => {
  const part = loadScenario('keystone-2015', { sets: scaledKeystone(scale) });

  test('so much of the traffic is left', () => {
    expect(recordsPerSecond(part) / recordsPerSecond(whole)).toBeCloseTo(scale, 6);
  });

  test('a stream and a broker carry what they do at full size', () => {
    const load = (scenario: Scenario): number[] => [
      recordsPerSecond(scenario) / streams(scenario),
      recordsPerSecond(scenario) / scenario.producers.instances,
      bytesPerSecond(scenario) / brokers(scenario, 'fronting'),
      bytesPerSecond(scenario) / brokers(scenario, 'consumer'),
    ];
    const expected = load(whole);
    load(part).forEach((each, i) => {
      expect(each / expected[i]).toBeGreaterThan(0.9);
      expect(each / expected[i]).toBeLessThan(1.1);
    });
  });
});

test('a scale beyond full size is refused', () => {
  expect(() => scaledKeystone(2)).toThrow('scale');
});
