import { expect, it } from 'vitest';
import { merge, treeOf } from './merge.ts';

it('merges maps key by key and replaces lists', () => {
  const base = { run: { for: '1s', warmup: '2s' }, faults: [1, 2] };
  expect(merge(base, { run: { for: '3s' }, faults: [3] })).toEqual({ run: { for: '3s', warmup: '2s' }, faults: [3] });
  expect(base.run.for).toBe('1s');
});

it('starts anew when the kind changes', () => {
  const base = { traffic: { rate: '1/s', shape: { kind: 'diurnal', period: '1d' } } };
  const over = { traffic: { shape: { kind: 'surge', factor: 2 } } };
  expect(merge(base, over)).toEqual({ traffic: { rate: '1/s', shape: { kind: 'surge', factor: 2 } } });
});

it('removes a named thing by null, and keeps null elsewhere for the check to refuse', () => {
  const base = { sinks: { s3: {}, kafka: {} }, producers: { instances: 3 } };
  expect(merge(base, { sinks: { kafka: null }, producers: { instances: null } })).toEqual({
    sinks: { s3: {} },
    producers: { instances: null },
  });
});

it('removes an inherited setting by null where it may be left out', () => {
  const rules = { isOptional: (path: readonly unknown[]) => path.join('.') === 'traffic.gaps' };
  const base = { traffic: { rate: '1/s', gaps: 'hold' } };
  expect(merge(base, { traffic: { gaps: null } }, rules)).toEqual({ traffic: { rate: '1/s' } });
  expect(merge(base, { traffic: { rate: null } }, rules)).toEqual({ traffic: { rate: null, gaps: 'hold' } });
  // Nothing to remove: most likely a value was forgotten, so it stays for the check to refuse.
  expect(merge({ traffic: {} }, { traffic: { gaps: null } }, rules)).toEqual({ traffic: { gaps: null } });
});

it('tells of a null that removes nothing', () => {
  const missing: unknown[] = [];
  merge({ sinks: { s3: {} } }, { sinks: { kafak: null } }, { onMissing: (path, names) => missing.push([path, names]) });
  expect(missing).toEqual([[['sinks', 'kafak'], ['s3']]]);
});

it('does not touch prototypes', () => {
  merge({}, JSON.parse('{"__proto__": {"polluted": true}}'));
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

it('makes a tree of one path, through lists too', () => {
  const within = { faults: [{ at: '1s' }, { at: '2s', broker: 1 }] };
  expect(treeOf(['run', 'for'], '3s', within)).toEqual({ run: { for: '3s' } });
  expect(treeOf(['faults', 1, 'at'], '3s', within)).toEqual({ faults: [{ at: '1s' }, { at: '3s', broker: 1 }] });
});
