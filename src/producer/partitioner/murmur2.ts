/**
 * MurmurHash2, 32 bits, with the seed and byte order of Kafka's Java client (AK, `Utils.murmur2`), so that a key goes to
 * the same partition whether a Java producer or this one sends it.
 */

const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** Signed 32-bit hash of the bytes. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let hash = SEED ^ length;
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    let word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
    word = Math.imul(word, M);
    word ^= word >>> 24;
    word = Math.imul(word, M);
    hash = Math.imul(hash, M) ^ word;
  }
  const left = length - at;
  if (left > 0) {
    if (left > 2) hash ^= bytes[at + 2] << 16;
    if (left > 1) hash ^= bytes[at + 1] << 8;
    hash = Math.imul(hash ^ bytes[at], M);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, M);
  hash ^= hash >>> 15;
  return hash;
}

/** The hash that streams hand to the core: 31 bits, as Kafka's `toPositive`; never `NO_KEY`. */
export function keyHashOf(key: Uint8Array): number {
  return murmur2(key) & 0x7fffffff;
}
