import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import {
  type BoundedPareto,
  boundedParetoFrom,
  exponentialFrom,
  type Lognormal,
  lognormalFrom,
  normalFrom,
  type Pareto,
  paretoFrom,
} from './distribution.ts';
import { hash32, hashString } from './hash.ts';
import { invariant } from './invariant.ts';
import { exp } from './math.ts';

const TWO_POW_32 = 4294967296;
const TWO_POW_MINUS_53 = 1 / 9007199254740992;
/** A mean of 512 takes about as many draws; above it a Poisson variate is the sum of two of half the mean. */
const POISSON_MEAN_MAX = 512;

/**
 * A stream of random numbers, one per entity, told by (seed, name) alone: what others draw never moves it.
 * Generator: xoroshiro128+ of pure-rand, its 128 bits of state filled by hashing seed and name.
 */
export class RandomStream {
  readonly name: string;
  private readonly generator: ReturnType<typeof xoroshiro128plusFromState>;

  constructor(seed: number, name: string) {
    this.name = name;
    const first = hashString(name);
    const second = hashString(`${name}\u0000`);
    const word = (i: number) => hash32(seed, hash32(first, second, i), i) | 0;
    // The last word is forced odd: the all-zero state is the one that never leaves itself.
    this.generator = xoroshiro128plusFromState([word(1), word(2), word(3), word(4) | 1]);
  }

  /** Unsigned 32-bit integer. */
  next(): number {
    return this.generator.next() >>> 0;
  }

  /** Uniform in [0, 1), a multiple of 2^-53. Two draws. */
  uniform(): number {
    const high = this.next();
    return (high * 2097152 + (this.next() >>> 11)) * TWO_POW_MINUS_53;
  }

  /** Uniform integer in [0, n), 1 ≤ n ≤ 2^32, without bias: draws again for the few values that would favour some. */
  int(n: number): number {
    invariant(n >= 1 && n <= TWO_POW_32 && Math.floor(n) === n, `int(${n}): expected an integer from 1 to 2^32`);
    const limit = TWO_POW_32 - (TWO_POW_32 % n);
    let x = this.next();
    while (x >= limit) x = this.next();
    return x % n;
  }

  exponential(mean: number): number {
    return exponentialFrom(this.uniform(), mean);
  }

  /** Default: standard normal. */
  normal(mean = 0, deviation = 1): number {
    return mean + deviation * normalFrom(this.uniform());
  }

  lognormal(shape: Lognormal): number {
    return lognormalFrom(this.uniform(), shape);
  }

  pareto(shape: Pareto): number {
    return paretoFrom(this.uniform(), shape);
  }

  boundedPareto(shape: BoundedPareto): number {
    return boundedParetoFrom(this.uniform(), shape);
  }

  /** Poisson variate. Cost grows with the mean: about one draw a unit. */
  poisson(mean: number): number {
    invariant(mean >= 0 && mean < TWO_POW_32, `poisson(${mean}): expected a mean from 0 to 2^32`);
    let count = 0;
    for (; mean > POISSON_MEAN_MAX; mean -= POISSON_MEAN_MAX) count += this.smallPoisson(POISSON_MEAN_MAX);
    return count + this.smallPoisson(mean);
  }

  /** Shuffles in place, every order equally likely (Fisher–Yates). */
  shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const item = items[i];
      items[i] = items[j];
      items[j] = item;
    }
    return items;
  }

  /** Where the stream stands, as four unsigned 32-bit words; draws nothing. Streams at one position go on alike. */
  position(): [number, number, number, number] {
    const [a, b, c, d] = this.generator.getState();
    return [a >>> 0, b >>> 0, c >>> 0, d >>> 0];
  }

  /** By multiplying uniforms until they fall below e^-mean; e^-512 is still a normal number. */
  private smallPoisson(mean: number): number {
    const floor = exp(-mean);
    let count = 0;
    for (let product = this.uniform(); product > floor; product *= this.uniform()) count++;
    return count;
  }
}
