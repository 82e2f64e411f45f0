/**
 * Ids of events: UUIDv7 (RFC 9562), so that they sort by time. Clock and randomness come in, so a run can be replayed.
 */

const HEX = Buffer.from('0123456789abcdef', 'latin1');
const DASH = 0x2d;
/** 48 bits: until the year 10889. */
const MS_MAX = 0xffff_ffff_ffff;
const COUNTER_MAX = 0xffff_ffff;
const PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for the text form of a UUID, of any version. */
export function isGuid(text: string): boolean {
  return PATTERN.test(text);
}

/** The fields of a UUIDv7, by the names of RFC 9562, section 5.7. */
export interface GuidFields {
  /** Whole ms since 1970, 0 … 2^48 − 1. */
  readonly unixTsMs: number;
  /** 12 bits. */
  readonly randA: number;
  /** Upper 30 and lower 32 bits of the 62 of `rand_b`. */
  readonly randBHigh: number;
  readonly randBLow: number;
}

const scratch = Buffer.alloc(36);

/** The text form, lower case. */
export function guidText({ unixTsMs, randA, randBHigh, randBLow }: GuidFields): string {
  hex(0, Math.floor(unixTsMs / 0x1_0000), 8);
  scratch[8] = DASH;
  hex(9, unixTsMs % 0x1_0000, 4);
  scratch[13] = DASH;
  hex(14, 0x7000 | randA, 4);
  scratch[18] = DASH;
  const high = (0x8000_0000 | randBHigh) >>> 0;
  hex(19, high >>> 16, 4);
  scratch[23] = DASH;
  hex(24, high & 0xffff, 4);
  hex(28, randBLow, 8);
  // Through bytes: a text that is joined from pieces keeps all of them on the heap.
  return scratch.toString('latin1');
}

function hex(at: number, value: number, digits: number): void {
  for (let i = at + digits - 1; i >= at; i--) {
    scratch[i] = HEX[value & 15];
    value >>>= 4;
  }
}

/**
 * Strictly ascending ids, even when the clock stands still or goes back (RFC 9562, section 6.2, method 1): 32 bits after
 * the time count, from a random start below 2^31 in each millisecond; 42 random bits follow, so that two processes do not meet.
 */
export class GuidSource {
  readonly #random: () => number;
  readonly #counterMax: number;
  #ms = -1;
  #counter = 0;

  /**
   * @param random draws an unsigned 32-bit integer, evenly
   * @param counterMax last count of a millisecond, 2^31 … 2^32 − 1; after it the next one begins early
   */
  constructor(random: () => number, counterMax: number = COUNTER_MAX) {
    this.#random = random;
    this.#counterMax = counterMax;
  }

  /** @param nowMs time of day, ms since 1970; what is no such time counts as one that stands still */
  next(nowMs: number): string {
    const ms = Math.floor(nowMs);
    if (ms > this.#ms && ms <= MS_MAX) this.#begin(ms);
    else if (this.#ms < 0) this.#begin(0);
    else if (this.#counter === this.#counterMax) this.#begin(this.#ms + 1);
    else this.#counter++;
    const counter = this.#counter;
    const tail = this.#random();
    return guidText({
      unixTsMs: this.#ms,
      randA: counter >>> 20,
      randBHigh: ((counter & 0xf_ffff) << 10) | (tail & 0x3ff),
      randBLow: this.#random() >>> 0,
    });
  }

  #begin(ms: number): void {
    this.#ms = ms;
    this.#counter = this.#random() >>> 1;
  }
}
