/**
 * Rolling 64-bit hash of rows of five 32-bit integers, in order. Not against an adversary: it tells two runs that differ
 * apart. Two 32-bit lanes, two multiplications a row: a row that differs in one word always leaves the lanes different.
 */
export class Digest {
  private low = 0x2545f491;
  private high = 0x9e3779b9 | 0;

  /** Integers are taken mod 2^32. Positional: once per event. */
  add(a: number, b: number, c: number, d: number, e: number): void {
    const low = (Math.imul(this.low ^ a, 0x5bd1e995) + c) | 0;
    const high = (Math.imul(this.high ^ d ^ (b << 11), 0x297a2d39) + e) | 0;
    this.low = low ^ (high >>> 15);
    this.high = high ^ (this.low >>> 13) ^ (b >>> 21);
  }

  /** 16 hexadecimal digits. */
  hex(): string {
    return word(this.high) + word(this.low);
  }
}

function word(x: number): string {
  return (x >>> 0).toString(16).padStart(8, '0');
}
