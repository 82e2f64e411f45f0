import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RollingVotes } from './rolling-votes.ts';

describe('rolling votes', () => {
  it('say yes while so many of the last samples do, of all windows up to 31', () => {
    const window = fc.integer({ min: 1, max: 31 });
    const some = fc.record({ window, hits: window }).filter(({ window, hits }) => hits <= window);
    fc.assert(
      fc.property(some, fc.array(fc.boolean(), { maxLength: 100 }), ({ window, hits }, samples) => {
        const votes = new RollingVotes({ window, hits });
        samples.forEach((yes, i) => {
          const last = samples.slice(Math.max(0, i + 1 - window), i + 1);
          expect(votes.vote(yes)).toBe(last.filter(Boolean).length >= hits);
        });
        votes.forget();
        expect(votes.vote(true)).toBe(hits === 1);
      }),
    );
  });

  it.each([
    { window: 5, hits: 6 },
    { window: 5, hits: 0 },
    { window: 32, hits: 1 },
    { window: NaN, hits: 1 },
  ])('refuse $hits of $window', (options) => {
    expect(() => new RollingVotes(options)).toThrow(RangeError);
  });
});
