/** Written moves: what they resolve to, and what is said of those that can't be. */
import { describe, expect, it } from 'vitest';
import { ScenarioError } from './issue.ts';
import { merge, type Tree } from './merge.ts';
import { resolveScenario, type Written } from './resolve.ts';
import { tiny } from './tiny.fixture.ts';

const withSpare = { clusters: { spare: { role: 'stand-by', brokers: 3 } } };
const resolved = (change: Tree) => resolveScenario(merge(merge(tiny, withSpare), change) as unknown as Written);

function saidOf(change: Tree): string {
  try {
    resolved(change);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message;
    throw error;
  }
  return 'no error';
}
const failover = { kind: 'failover', at: '1s', cluster: 'normal', to: 'spare' };

describe('a failover', () => {
  it('is decided at its time, or watched for from then on', () => {
    const rule = { by: 'rule', hits: 2, window: 4 };
    const { faults } = resolved({ faults: [failover, { ...failover, ...rule, returns: false }] });
    expect(faults).toMatchObject([
      { kind: 'failover', atNs: 2e9, cluster: 'normal', to: 'spare', rule: null, stayNs: 1_800e9 },
      { rule: { checkNs: 10e9, hits: 2, window: 4, sickFraction: 0.1 }, stayNs: null },
    ]);
  });

  it.each([
    [{ to: 'consumer' }, 'faults[0].to: consumer (consumer); expected a cluster of role stand-by in region'],
    [{ cluster: 'consumer' }, 'faults[0].cluster: consumer, a consumer cluster; expected a fronting one'],
    [{ cluster: 'normla' }, 'did you mean normal?'],
    [{ by: 'rule', hits: 5, window: 3 }, 'faults[0].hits: 5; expected at most 3, the checks of the window'],
    [{ by: 'rule', window: 32 }, 'faults[0].window: 32; expected'],
  ])('says what is wrong with %j', (change, said) => {
    expect(saidOf({ faults: [{ ...failover, ...change }] })).toContain(said);
  });
});

describe('a topic that moves', () => {
  const move = { kind: 'topic-move', at: '1s', topic: 'topic-0', to: 'spare' };
  const [{ name }] = resolved({}).topics;

  it('goes to a fronting cluster or a stand-by', () => {
    expect(resolved({ faults: [{ ...move, topic: name }] }).faults).toMatchObject([{ topic: name, to: 'spare' }]);
    expect(saidOf({ faults: [{ ...move, topic: name, to: 'consumer' }] })).toContain(
      'faults[0].to: consumer, a consumer cluster; expected a fronting cluster or a stand-by',
    );
    expect(saidOf({ faults: [{ ...move, topic: `${name}x` }] })).toContain(`did you mean ${name}?`);
  });
});

describe('a region that is evacuated', () => {
  const regions = { regions: { east: { zones: 3 }, west: { zones: 3 } } };
  const evacuation = { kind: 'region-evacuation', at: '1s', for: '2s', region: 'east', over: '1s' };

  it.each([
    [{ faults: [evacuation] }, 'faults[0].region'],
    [{ ...regions, faults: [{ ...evacuation, over: '3s' }] }, 'faults[0].over: 3s; expected at most for:, 2s'],
    [
      { ...regions, faults: [evacuation, { ...evacuation, at: '3s', region: 'west' }] },
      'faults[1].at: 3s, while east is evacuated; expected one evacuation at a time',
    ],
    [{ ...regions, assert: [{ metric: 'cpu', region: 'wset', atMost: '50%' }] }, 'did you mean west?'],
  ])('%#: says what is wrong', (change, said) => {
    expect(saidOf(change as unknown as Tree)).toContain(said);
  });

  it('may be asserted to have busy brokers', () => {
    const assertion = { metric: 'cpu', region: 'west', atMost: '50%' };
    expect(resolved({ ...regions, assert: [assertion] } as unknown as Tree).assertions).toEqual([
      { metric: 'cpu', quantile: 'max', region: 'west', atMost: 0.5 },
    ]);
  });
});
