/**
 * Draws without a generator: 32-bit mixing, so that a choice can be a pure function of who asks and for which time.
 * Nobody's draw then moves anybody else's, and asking twice gives the same answer.
 *
 * The mixer is "lowbias32" as revised in C. Wellons' hash-prospector (public domain): a bijection of low bias (about 0.107 by its author's measure).
 */

/** Bijective mixing of 32 bits; takes any integer (its low 32 bits count) and answers an unsigned one. */
export function mix32(value: number): number {
  value ^= value >>> 16;
  value = Math.imul(value, 0x21f0aaad);
  value ^= value >>> 15;
  value = Math.imul(value, 0xd35a2d97);
  value ^= value >>> 15;
  return value >>> 0;
}

/** Unsigned 32-bit hash of an ordered pair. Positional on purpose: this is called for every draw. */
export function hash32(identity: number, ordinal: number): number {
  // 0x9e3779b9 = 2^32 ÷ golden ratio, odd: neighbouring ordinals land far apart before they are mixed.
  return mix32((mix32(identity) + Math.imul(ordinal, 0x9e3779b9)) | 0);
}

/** Unsigned 32-bit hash of a text (FNV-1a over UTF-16 units, then mixed). For identities, not for security. */
export function textHash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix32(hash);
}

/** Maps an unsigned 32-bit hash to 0 … `count` − 1, evenly to within count ÷ 2^32. `count` in 1 … 2^21: exact in a double. */
export function below(hash: number, count: number): number {
  return Math.floor((hash * count) / 0x1_0000_0000);
}

/** Maps an unsigned 32-bit hash to a fraction in [0, 1). */
export function fraction(hash: number): number {
  return hash / 0x1_0000_0000;
}
