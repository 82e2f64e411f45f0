import { describe, expect, it } from 'vitest';
import type { AssertionSpec } from '../scenario/scenario.ts';
import { resultFixture } from './result.fixture.ts';
import type { RunResult } from './result.ts';
import { judge } from './verdicts.ts';

const lagEnd = new Map([
  ['s3', { records: 40, seconds: 0.5 }],
  ['elasticsearch', { records: 7, seconds: 0.25 }],
]);

const verdict = (assertion: AssertionSpec, changes: Partial<RunResult> = {}) =>
  judge([assertion], { ...resultFixture(changes), lagEnd })[0];

describe('loss', () => {
  const loss = { metric: 'loss', sink: null, atMost: 0, as: 'records' } as const;

  it('of the whole pipeline is what producers dropped, what is unknown and what routes lost', () => {
    expect(verdict(loss)).toEqual({ name: 'loss, records', ok: false, observed: 10_500, bound: 0 });
    expect(verdict({ ...loss, as: 'fraction', atMost: 0.04 })).toEqual({
      name: 'loss, fraction',
      ok: true,
      observed: 10_500 / 310_000,
      bound: 0.04,
    });
  });

  it('at a sink is what its route lost, of what was stored for it', () => {
    expect(verdict({ ...loss, sink: 's3' })).toMatchObject({ name: 'loss at s3, records', ok: true, observed: 0 });
    expect(verdict({ ...loss, sink: 'elasticsearch' })).toMatchObject({ ok: false, observed: 1_000 });
    expect(verdict({ ...loss, sink: 'elasticsearch', as: 'fraction' }).observed).toBe(1_000 / 60_000);
  });
});

describe('duplicates', () => {
  const duplicates = { metric: 'duplicates', sink: null, atMost: 5, as: 'records' } as const;

  it('are counted over all sinks, or at one', () => {
    expect(verdict(duplicates)).toEqual({ name: 'duplicates, records', ok: false, observed: 12, bound: 5 });
    expect(verdict({ ...duplicates, sink: 's3' }).observed).toBe(12);
    expect(verdict({ ...duplicates, sink: 'elasticsearch' })).toMatchObject({ ok: true, observed: 0 });
  });

  it('as a fraction are of what was stored for those sinks', () => {
    expect(verdict({ ...duplicates, as: 'fraction' }).observed).toBe(12 / 360_000);
    expect(verdict({ ...duplicates, sink: 's3', as: 'fraction' }).observed).toBe(12 / 300_000);
  });
});

describe('dropped', () => {
  it('is over all causes, of what was offered', () => {
    const dropped = { metric: 'dropped', atMost: 9_100, as: 'records' } as const;
    expect(verdict(dropped)).toEqual({ name: 'dropped, records', ok: true, observed: 9_100, bound: 9_100 });
    expect(verdict({ ...dropped, as: 'fraction', atMost: 0.01 })).toMatchObject({
      ok: false,
      observed: 9_100 / 310_000,
    });
  });

  it('is nothing of nothing when nothing was offered', () => {
    const ledger = { ...resultFixture().ledger, offered: 0, dropped: {} };
    expect(verdict({ metric: 'dropped', atMost: 0, as: 'fraction' }, { ledger })).toMatchObject({
      ok: true,
      observed: 0,
    });
  });
});

describe('lag', () => {
  const lag = { metric: 'lag', sink: 's3', atMost: 40, as: 'records', when: 'end' } as const;

  it('is that of the end, or the most that was seen; records or seconds', () => {
    expect(verdict(lag)).toEqual({ name: 'lag at s3, end, records', ok: true, observed: 40, bound: 40 });
    expect(verdict({ ...lag, as: 'seconds' }).observed).toBe(0.5);
    expect(verdict({ ...lag, when: 'max' })).toMatchObject({ ok: false, observed: 15_000 });
    expect(verdict({ ...lag, when: 'max', as: 'seconds' })).toMatchObject({ ok: true, observed: 3 });
    expect(verdict({ ...lag, sink: 'elasticsearch' }).observed).toBe(7);
  });
});

describe('latency', () => {
  it.each([
    ['mean', 3012.4],
    ['p50', 2900],
    ['p99', 5100],
    ['p999', 5300],
    ['max', 5400.6],
  ] as const)('has its %s', (quantile, observed) => {
    const at = { metric: 'latency', sink: 's3', quantile } as const;
    const name = `latency to s3, ${quantile}, ms`;
    expect(verdict({ ...at, atMostMs: observed })).toEqual({ name, ok: true, observed, bound: observed });
    expect(verdict({ ...at, atMostMs: observed - 0.1 }).ok).toBe(false);
  });
});

describe('cpu', () => {
  it.each([
    ['mean', 0.33],
    ['p99', 0.41],
    ['max', 0.45],
  ] as const)('has its %s over the brokers', (quantile, observed) => {
    const name = `broker cpu, ${quantile}`;
    expect(verdict({ metric: 'cpu', quantile, region: null, atMost: 0.42 })).toEqual({
      name,
      ok: observed <= 0.42,
      observed,
      bound: 0.42,
    });
  });

  it('may be that of a region', () => {
    const { brokers } = resultFixture();
    const east = { name: 'east', count: 3, cpu: { mean: 0.5, p99: 0.6, max: 0.7 } };
    const seen = { ...resultFixture(), brokers: { ...brokers, regions: [east, { ...east, name: 'west' }] } };
    const [{ name, observed }] = judge([{ metric: 'cpu', quantile: 'p99', region: 'east', atMost: 1 }], {
      ...seen,
      lagEnd,
    });
    expect([name, observed]).toEqual(['broker cpu in east, p99', 0.6]);
  });
});

describe('verdicts', () => {
  it('are given for each assertion, in their order; none without', () => {
    const seen = { ...resultFixture(), lagEnd };
    const assertions: AssertionSpec[] = [
      { metric: 'cpu', quantile: 'max', region: null, atMost: 1 },
      { metric: 'loss', sink: null, atMost: 0, as: 'records' },
    ];
    expect(judge(assertions, seen).map(({ name, ok }) => [name, ok])).toEqual([
      ['broker cpu, max', true],
      ['loss, records', false],
    ]);
    expect(judge([], seen)).toEqual([]);
  });
});
