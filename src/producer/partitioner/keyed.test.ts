import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyed } from './keyed.ts';
import { keyHashOf, murmur2 } from './murmur2.ts';
import { roundRobin } from './round-robin.ts';
import { sticky } from './sticky.ts';
import { healthy, LIMITS, StreamFixture, viewOf } from './stream.fixture.ts';

describe('keyed', () => {
  it('a key goes to murmur2 mod partitions, whoever is down', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.array(fc.integer({ min: -1, max: 3 }), { minLength: 1, maxLength: 20 }),
        (key, leaders) => {
          const world = new StreamFixture(keyed(sticky())(LIMITS), viewOf(...leaders));
          expect(world.append(1, 1, keyHashOf(key))).toBe((murmur2(key) & 0x7fffffff) % leaders.length);
        },
      ),
    );
  });

  it('records without a key go on where the inner policy says, undisturbed by keyed ones', () => {
    const mixed = new StreamFixture(keyed(roundRobin())(LIMITS), healthy(5));
    const alone = new StreamFixture(roundRobin()(), healthy(5));
    for (let i = 0; i < 50; i++) {
      mixed.append(1, 1, i * 7_919);
      expect(mixed.append()).toBe(alone.append());
    }
  });

  it('a keyed batch that closes on the sticky partition does not move the sticky one', () => {
    const world = new StreamFixture(keyed(sticky())(LIMITS), healthy(5));
    const partition = world.peek();
    world.append(1, 1, partition);
    world.close(partition);
    expect(world.peek()).toBe(partition);
  });

  it('says what it is made of', () => {
    expect(keyed(sticky())(LIMITS).name).toBe('keyed, else sticky');
  });
});
