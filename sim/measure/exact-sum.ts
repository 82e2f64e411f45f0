/** A sum of products of whole numbers that stays exact far beyond 2^53, so that it has the same bits in any order. */

/** The low part stays below this, so that adding another number below it is exact. */
const CARRY = 0x10_0000_0000_0000;
const HALF_WORD = 0x400_0000;

export class ExactSum {
  /** [low, high]: the sum is high × 2^52 + low. One array, so that adding allocates nothing. */
  private readonly parts = new Float64Array(2);

  /** Adds value × count; whole numbers, value below 2^53, count below 2^52. */
  addProduct(value: number, count: number): void {
    const product = value * count;
    if (product < CARRY) {
      this.addLow(product);
      return;
    }
    // Schoolbook in 26-bit words: no partial product reaches 2^53.
    const valueHigh = Math.floor(value / HALF_WORD);
    const valueLow = value - valueHigh * HALF_WORD;
    const countHigh = Math.floor(count / HALF_WORD);
    const countLow = count - countHigh * HALF_WORD;
    this.addWords(valueLow * countLow, 0);
    this.addWords(valueHigh * countLow, 1);
    this.addWords(valueLow * countHigh, 1);
    this.addWords(valueHigh * countHigh, 2);
  }

  add(other: ExactSum): void {
    this.addLow(other.parts[0]);
    this.parts[1] += other.parts[1];
  }

  clear(): void {
    this.parts.fill(0);
  }

  /** The nearest number: always the same for the same sum. */
  toNumber(): number {
    return this.parts[1] * CARRY + this.parts[0];
  }

  /** Adds product × 2^(26 × words), words ≤ 2, product below 2^53. */
  private addWords(product: number, words: number): void {
    if (words === 2) {
      this.parts[1] += product;
      return;
    }
    const unit = words === 0 ? CARRY : HALF_WORD;
    const high = Math.floor(product / unit);
    this.parts[1] += high;
    this.addLow((product - high * unit) * (CARRY / unit));
  }

  private addLow(amount: number): void {
    const low = this.parts[0] + amount;
    if (low < CARRY) {
      this.parts[0] = low;
    } else {
      this.parts[0] = low - CARRY;
      this.parts[1] += 1;
    }
  }
}
