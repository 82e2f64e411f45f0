/**
 * Rolling 64-bit hash of rows of five 32-bit integers, in order. Not against an adversary: it tells two runs that differ
 * apart. Two 32-bit lanes; within a row the words are multiplied side by side, so that a row adds only two
 * multiplications to the chain.
 */
export class Digest {
  private low = 0x2545f491;
  private high = 0x9e3779b9 | 0;

  /** Integers are taken mod 2^32. Positional: once per event. */
  add(a: number, b: number, c: number, d: number, e: number): void {
    const first =
      (Math.imul(a, 0x85ebca6b) + Math.imul(b, 0xc2b2ae35)) ^
      (Math.imul(c, 0x27d4eb2f) + Math.imul(d, 0x165667b1)) ^
      Math.imul(e, 0x9e3779b1);
    const second =
      (Math.imul(a ^ e, 0x7feb352d) + Math.imul(c, 0x846ca68b)) ^ (Math.imul(d ^ (b << 16), 0x2c1b3c6d) + (e >>> 7));
    const low = Math.imul(this.low ^ first, 0x5bd1e995);
    const high = Math.imul((this.high + second) ^ (low >>> 15), 0x297a2d39);
    this.low = low ^ (high >>> 16);
    this.high = high ^ (high >>> 13);
  }

  /** 16 hexadecimal digits. */
  hex(): string {
    return word(this.high) + word(this.low);
  }
}

function word(x: number): string {
  return (x >>> 0).toString(16).padStart(8, '0');
}
