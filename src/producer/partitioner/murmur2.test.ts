import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyHashOf, murmur2 } from './murmur2.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('murmur2', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('agrees with the vectors of Kafka: %s', (text, expected) => {
    expect(murmur2(bytesOf(text))).toBe(expected);
  });

  it('handles every tail length and bytes above 127 (recorded, and the same as kafkajs 2.2.4)', () => {
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => (i * 37 + 200) & 0xff);
    let rolling = 0;
    for (let length = 0; length <= 64; length++)
      rolling = (Math.imul(rolling, 31) + murmur2(bytes.subarray(0, length))) | 0;
    expect(rolling).toBe(-1441124034);
  });

  it('gives a key hash of 31 bits', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (key) => {
        expect(keyHashOf(key)).toBeGreaterThanOrEqual(0);
        expect(keyHashOf(key)).toBe(murmur2(key) & 0x7fffffff);
      }),
    );
  });
});
