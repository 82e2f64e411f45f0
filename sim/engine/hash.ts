/**
 * Draws by hashing: the same three integers give the same number wherever and whenever they are asked. A draw made for
 * (seed, entity, ordinal) doesn't depend on how many draws others made before it, so two policies meet the same storm.
 */

const TWO_POW_MINUS_53 = 1 / 9007199254740992;

/** Bijective mixing of a 32-bit integer: every input bit reaches every output bit (MurmurHash3's finalizer). */
function mix(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Mixes three 32-bit integers (larger ones are taken mod 2^32) into an unsigned 32-bit one. */
export function hash32(a: number, b: number, c: number): number {
  let h = mix(a ^ 0x9e3779b9);
  h = mix(Math.imul(h, 5) ^ b ^ 0x7f4a7c15);
  return mix(Math.imul(h, 9) ^ c ^ 0x94d049bb) >>> 0;
}

/** Uniform in [0, 1), a multiple of 2^-53, from three 32-bit integers. */
export function uniform(a: number, b: number, c: number): number {
  const high = hash32(a, b, c);
  // Low bits hash the high ones with other constants: two rounds of mixing, cheaper than a second hash of all three.
  const low = mix(Math.imul(high, 0x2545f491) ^ c ^ 0x632be5ab) >>> 11;
  return (high * 2097152 + low) * TWO_POW_MINUS_53;
}

/** Unsigned 32-bit hash of a string's UTF-16 units (FNV-1a, then mixed, as FNV alone leaves short names close). */
export function hashString(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    h = Math.imul(h ^ (unit & 0xff), 0x01000193);
    h = Math.imul(h ^ (unit >>> 8), 0x01000193);
  }
  return mix(h) >>> 0;
}
