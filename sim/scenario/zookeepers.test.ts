import { describe, expect, it } from 'vitest';
import { resolveScenario } from './resolve.ts';
import type { WrittenScenario } from './written.ts';

const faults: WrittenScenario['faults'] = [{ kind: 'zookeeper-down', at: '1s', for: '1s', zookeeper: 'normal' }];
const scenario = (normal: object, zookeepers: WrittenScenario['zookeepers']) =>
  resolveScenario({
    name: 'ensembles',
    extends: 'laptop',
    clusters: { normal: { controller: { kind: 'zookeeper' }, ...normal } },
    zookeepers,
    faults,
  } as never);
const struck = (of: ReturnType<typeof scenario>) => of.faults.map((fault) => 'zookeeper' in fault && fault.zookeeper);

describe('a fault of ZooKeeper', () => {
  it('strikes the ensemble that its name stands for: a cluster stands for the one that it registers in', () => {
    expect(struck(scenario({}, {}))).toEqual(['normal']);
    expect(struck(scenario({ zookeeper: 'shared' }, { shared: {} }))).toEqual(['shared']);
    expect(struck(scenario({ zookeeper: 'normal' }, { normal: {} }))).toEqual(['normal']);
  });

  it('is refused where the name stands for two', () => {
    expect(() => scenario({}, { normal: {} })).toThrow(/zookeepers\.normal.*one that is called after it/s);
    expect(() => scenario({ zookeeper: 'shared' }, { normal: {}, shared: {} })).toThrow(/zookeepers\.normal.*shared/s);
  });
});
