import { describe, expect, it } from 'vitest';
import type { WireRecord } from '../ports.ts';
import { NO_KEY } from '../record.ts';
import { keyHashOf } from './partitioner/index.ts';
import { PayloadStore } from './payload-store.ts';

const record = (value: string, key: string | null = null): WireRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(value),
  headers: undefined,
  timestampMs: 0,
});
const [a, b, c] = ['a', 'bb', 'ccc'].map((value) => record(value));

/** A store in which batch 3 holds a, b and c, and somebody waits for b and c. */
function filled() {
  const store = new PayloadStore();
  const heard: string[] = [];
  store.add(3, a);
  store.add(3, b);
  store.waitFor(3, () => heard.push('b'));
  store.add(3, c);
  store.waitFor(3, () => heard.push('c'));
  return { store, heard };
}

describe('the records of batches', () => {
  it('are kept by batch, in order, with their keys and sizes', () => {
    const { store } = filled();
    store.add(1, record('v', 'key'));
    expect(store.records(3)).toEqual([a, b, c]);
    expect(store.records(0)).toBeUndefined();
    expect([0, 1, 2].map((i) => store.bytes(3, i))).toEqual([1, 2, 3]);
    expect(store.keyHash(3, 0)).toBe(NO_KEY);
    expect(store.keyHash(1, 0)).toBe(keyHashOf(Buffer.from('key')));
    const counted: number[][] = [];
    store.count((batch, records) => counted.push([batch, records]));
    expect(counted).toEqual([
      [1, 1],
      [3, 3],
    ]);
  });

  it('are forgotten when the batch is settled, and whoever waits for one of them is called once', () => {
    const { store, heard } = filled();
    store.add(4, a);
    expect(store.awaited).toBe(true);
    store.settle(4, (onSettled) => onSettled({ fate: 'delivered' }));
    expect([store.records(4), heard, store.awaited]).toEqual([undefined, [], true]);
    store.settle(3, (onSettled) => onSettled({ fate: 'delivered' }));
    expect([store.records(3), heard, store.awaited]).toEqual([undefined, ['b', 'c'], false]);
    store.settle(3, () => expect.unreachable());
  });

  it('are visited with those who wait for them', () => {
    const { store, heard } = filled();
    const visited: [WireRecord, boolean][] = [];
    store.visit(3, (each, onSettled) => {
      visited.push([each, onSettled !== undefined]);
      onSettled?.({ fate: 'spilled' });
    });
    expect(visited).toEqual([
      [a, false],
      [b, true],
      [c, true],
    ]);
    expect(heard).toEqual(['b', 'c']);
    store.visit(0, () => expect.unreachable());
  });

  it('move to other batches, and those who wait for them go with them', () => {
    const { store, heard } = filled();
    store.moved(3, 0, 5);
    store.moved(3, 1, 6);
    expect(store.records(3)).toEqual([a, b, c]);
    store.moved(3, 2, 5);
    expect([3, 5, 6].map((batch) => store.records(batch))).toEqual([undefined, [a, c], [b]]);
    store.settle(5, (onSettled) => onSettled({ fate: 'delivered' }));
    expect(heard).toEqual(['c']);
    expect(store.awaited).toBe(true);
    store.settle(6, (onSettled) => onSettled({ fate: 'delivered' }));
    expect([heard, store.awaited]).toEqual([['c', 'b'], false]);
  });
});
