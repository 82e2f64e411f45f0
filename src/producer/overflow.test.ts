import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASSES, DROP_CAUSES } from '../record.ts';
import { dropNew, dropOldest, evictLower } from './overflow.ts';
import type { BufferView } from './policy.ts';

const LOW = 0;
const NORMAL = 1;
const HIGH = 2;

/** Batches by class, oldest first, as [slot, created at]. */
function buffer(...classes: [number, number][][]): BufferView {
  const created = new Map(classes.flat());
  return {
    oldest: (serviceClass) => classes[serviceClass]?.[0]?.[0] ?? -1,
    createdAtNs: (batch) => created.get(batch)!,
  };
}

describe('overflow', () => {
  it('drop-new never evicts', () => {
    expect(dropNew.victim(buffer([[1, 10]], [[2, 20]], [[3, 30]]), HIGH)).toBe(-1);
  });

  it('drop-oldest evicts the oldest whatever its class, and the lower class of two as old', () => {
    expect(dropOldest.victim(buffer([[1, 10]], [[2, 5]], [[3, 30]]), LOW)).toBe(2);
    expect(dropOldest.victim(buffer([], [], [[3, 30]]), LOW)).toBe(3);
    expect(dropOldest.victim(buffer([[1, 7]], [[2, 7]], [[3, 7]]), HIGH)).toBe(1);
    expect(dropOldest.victim(buffer([], [], []), HIGH)).toBe(-1);
  });

  it('evict-lower empties low before normal and spares its own class', () => {
    const full = buffer([[1, 10]], [[2, 5]], [[3, 1]]);
    expect(evictLower.victim(full, HIGH)).toBe(1);
    expect(evictLower.victim(buffer([], [[2, 5]], [[3, 1]]), HIGH)).toBe(2);
    expect(evictLower.victim(buffer([], [], [[3, 1]]), HIGH)).toBe(-1);
    expect(evictLower.victim(buffer([], [[2, 5]], [[3, 1]]), NORMAL)).toBe(-1);
    expect(evictLower.victim(full, LOW)).toBe(-1);
  });

  it('evict-lower: a victim is always of a lower class, and there is one whenever a lower class has a batch', () => {
    fc.assert(
      fc.property(fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), fc.nat(2), (present, incoming) => {
        const view = buffer(...present.map((has, i): [number, number][] => (has ? [[i, 100 - i]] : [])));
        const victim = evictLower.victim(view, incoming);
        expect(victim).toBeLessThan(incoming);
        expect(victim >= 0).toBe(present.slice(0, incoming).includes(true));
      }),
    );
  });

  it.each([dropNew, dropOldest, evictLower])('$name states its cause and its effect on order', (policy) => {
    expect(DROP_CAUSES).toContain(policy.cause);
    expect(policy.effectOnOrder).toMatch(/^None by itself: .+\.$/);
    expect(CLASSES).toHaveLength(3);
  });
});
