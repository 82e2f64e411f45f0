import fc from 'fast-check';
import { expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

it('counts insertions, deletions, substitutions and swapped neighbours', () => {
  expect(editDistance('linger', 'lingr')).toBe(1);
  expect(editDistance('linger', 'lnger')).toBe(1);
  expect(editDistance('linger', 'lignre')).toBe(2);
  expect(editDistance('linger', 'LINGER')).toBe(0);
});

it('finds what was meant, and nothing when nothing is near', () => {
  expect(nearest('lingerMs', ['batch', 'linger', 'acks'])).toBe('linger');
  expect(nearest('colour', ['batch', 'linger', 'acks'])).toBeUndefined();
});

it('law: the distance is symmetric, and 0 only between equals', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
    }),
  );
});
