import { expect, it } from 'vitest';
import type { FaultSpec } from '../scenario/scenario.ts';
import { struckReports } from './struck.ts';

const targets = (...faults: object[]) =>
  struckReports(faults.map((fault) => ({ atNs: 0, forNs: 1, ...fault })) as FaultSpec[], { nowNs: 1, warmupNs: 0 }).map(
    ({ target }) => target,
  );

it('a fault says what it struck, in the words of scenarios', () => {
  const from = { kind: 'zone', region: 'main', zone: 1 };
  const to = { kind: 'broker', cluster: 'normal', broker: 2 };
  const cut = { kind: 'network-partition', from };
  expect(
    targets(
      { kind: 'zookeeper-node-kill', zookeeper: 'shared', node: 3, replaced: false },
      { kind: 'zookeeper-down', zookeeper: 'shared' },
      { ...cut, to, oneWay: true },
      { ...cut, to: { kind: 'rest' }, oneWay: false },
      { ...cut, to: { kind: 'routers', region: 'main', zone: null }, oneWay: false },
    ),
  ).toEqual(['shared/3', 'shared', 'zone:main/1 → broker:normal/2', 'zone:main/1 ↔ rest', 'zone:main/1 ↔ routers']);
});
