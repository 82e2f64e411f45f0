/** How full a producer's buffer is, how soon it will be full, and when to tell the application. */
import type { ServiceClass } from '../record.ts';
import type { Outlook } from './admission.ts';

export interface PressureOptions {
  /** Share of the buffer in use, bytes or records, above which back-pressure begins. Default 0.8, a guess. */
  readonly highShare?: number;
  /** At or below it back-pressure ends. Default 0.5, a guess: well below, so that the signal does not flutter. */
  readonly lowShare?: number;
  /**
   * It begins earlier, from half-way between the two shares, when the buffer would be full within so long if it went on
   * filling as it does. Default 1,000 ms, a guess: time to spill, sample or turn a caller away.
   */
  readonly noticeMs?: number;
}

export interface PressureNews {
  /** True when it has begun, false when it is over. */
  readonly high: boolean;
  /** Of the buffer's bytes or records, whichever is fuller, 0 … 1. */
  readonly share: number;
  /** Time until the buffer is full if it goes on filling as in the last seconds; `Infinity` while it does not fill. */
  readonly fullInMs: number;
  readonly bufferedBytes: number;
  readonly bufferedRecords: number;
}

export interface Pressure extends PressureNews {
  /**
   * What would become of the next record of each class, were it as large as those that are buffered: there is room, others
   * are evicted for it, or it drops.
   */
  readonly outlook: Readonly<Record<ServiceClass, Outlook>>;
}

const NS_PER_MS = 1_000_000;
/** How fast it fills is seen over two seconds: shorter follows every request, longer comes too late. A guess. */
const SAMPLES = 20;
const SAMPLE_NS = 100 * NS_PER_MS;
/** Over less time it says nothing. */
const SEEN_MIN_NS = 20 * NS_PER_MS;

export class PressureGauge {
  high = false;
  readonly #bufferBytesMax: number;
  readonly #bufferRecordsMax: number;
  readonly #highShare: number;
  readonly #lowShare: number;
  readonly #noticeMs: number;
  /** At which `high` changes: multiplied once, as they are compared for every record. */
  #bytesAt = 0;
  #recordsAt = 0;
  /** Ring of times and shares. */
  readonly #atNs = new Float64Array(SAMPLES);
  readonly #shares = new Float64Array(SAMPLES);
  #samples = 0;
  #sampleAtNs = 0;

  constructor(buffer: { bufferBytesMax: number; bufferRecordsMax: number }, options: PressureOptions = {}) {
    const { highShare = 0.8, lowShare = 0.5, noticeMs = 1_000 } = options;
    if (!(lowShare > 0 && lowShare < highShare && highShare <= 1)) {
      throw new RangeError(
        `pressure: expected 0 < lowShare < highShare ≤ 1, got lowShare ${lowShare} and highShare ${highShare}`,
      );
    }
    if (!(noticeMs >= 0)) throw new RangeError(`pressure.noticeMs: expected a number ≥ 0, got ${noticeMs}`);
    this.#bufferBytesMax = buffer.bufferBytesMax;
    this.#bufferRecordsMax = buffer.bufferRecordsMax;
    this.#highShare = highShare;
    this.#lowShare = lowShare;
    this.#noticeMs = noticeMs;
    this.#set(false);
  }

  /**
   * How full the buffer is now; true when `high` has changed. Now and then it looks at how fast it fills, too. Positional:
   * called for every record.
   */
  check(bytes: number, records: number, nowNs: number): boolean {
    let above = bytes > this.#bytesAt || records > this.#recordsAt;
    if (nowNs >= this.#sampleAtNs && this.#sample(bytes, records, nowNs)) above = true;
    if (above === this.high) return false;
    this.#set(above);
    return true;
  }

  read(bytes: number, records: number, nowNs: number): PressureNews {
    const share = this.#share(bytes, records);
    return {
      high: this.high,
      share,
      fullInMs: this.#fullInMs(share, nowNs),
      bufferedBytes: bytes,
      bufferedRecords: records,
    };
  }

  /** True when the buffer will be full before long. While `high` holds, only its share ends it. */
  #sample(bytes: number, records: number, nowNs: number): boolean {
    const share = this.#share(bytes, records);
    this.#atNs[this.#samples % SAMPLES] = nowNs;
    this.#shares[this.#samples % SAMPLES] = share;
    this.#samples++;
    this.#sampleAtNs = nowNs + SAMPLE_NS;
    const enough = share > (this.#lowShare + this.#highShare) / 2;
    return !this.high && enough && this.#fullInMs(share, nowNs) < this.#noticeMs;
  }

  #share(bytes: number, records: number): number {
    return Math.max(bytes / this.#bufferBytesMax, records / this.#bufferRecordsMax);
  }

  /** By the oldest sample of the last seconds. */
  #fullInMs(share: number, nowNs: number): number {
    if (share >= 1) return 0;
    const oldestNs = nowNs - SAMPLES * SAMPLE_NS;
    for (let i = Math.max(0, this.#samples - SAMPLES); i < this.#samples; i++) {
      const at = i % SAMPLES;
      if (this.#atNs[at] < oldestNs) continue;
      const seenNs = nowNs - this.#atNs[at];
      const grown = share - this.#shares[at];
      if (seenNs < SEEN_MIN_NS || grown <= 0) return Infinity;
      return ((1 - share) * seenNs) / grown / NS_PER_MS;
    }
    return Infinity;
  }

  #set(high: boolean): void {
    this.high = high;
    const share = high ? this.#lowShare : this.#highShare;
    this.#bytesAt = share * this.#bufferBytesMax;
    this.#recordsAt = share * this.#bufferRecordsMax;
  }
}
