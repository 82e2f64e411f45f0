import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CoreWorld, MS } from './core.fixture.ts';
import { type Quota, Quotas } from './quotas.ts';

const S = 1_000 * MS;

/** Offers one record of `bytes` at each time; answers which were admitted. */
function admitted(quota: Quota, offers: readonly { readonly atNs: number; readonly bytes: number }[]): boolean[] {
  const quotas = new Quotas([quota], 1_000);
  quotas.addProducer();
  return offers.map(({ atNs, bytes }) => {
    const fits = quotas.fitting(0, 1, bytes, atNs) === 1;
    if (fits) quotas.take(0, 1, bytes);
    return fits;
  });
}

const every = (ns: number, n: number, bytes = 100) => Array.from({ length: n }, (_, i) => ({ atNs: i * ns, bytes }));

describe('a quota', () => {
  it('admits its burst at once, then as its rate allows', () => {
    const quota = { recordsPerSecond: 10, burstRecords: 3 };
    expect(admitted(quota, every(0, 5))).toEqual([true, true, true, false, false]);
    const later = [
      ...every(0, 3),
      { atNs: 99 * MS, bytes: 1 },
      { atNs: 100 * MS, bytes: 1 },
      { atNs: 101 * MS, bytes: 1 },
    ];
    expect(admitted(quota, later)).toEqual([true, true, true, false, true, false]);
  });

  it('counts bytes, records or both', () => {
    const bytes = { bytesPerSecond: 1_000, burstBytes: 1_000 };
    expect(admitted(bytes, every(0, 3, 400))).toEqual([true, true, false]);
    expect(admitted({ ...bytes, recordsPerSecond: 1 }, every(0, 3, 400))).toEqual([true, false, false]);
    expect(admitted({}, every(0, 1_000))).not.toContain(false);
  });

  it('admits exactly its rate in the long run: nothing is lost to rounding', () => {
    const third = admitted({ recordsPerSecond: 3, burstRecords: 2 }, every(7 * MS, 100_001));
    // 700 s at 3 a second, and the burst.
    expect(third.filter(Boolean)).toHaveLength(2_102);
  });

  it('fills exactly at rates whose product with a time no double holds', () => {
    const rate = 2 ** 39 + 1_234_567;
    const quotas = new Quotas([{ bytesPerSecond: rate, burstBytes: 2 ** 52 }], 1_000);
    quotas.addProducer();
    const level = (nowNs: number) => quotas.fitting(0, Number.MAX_SAFE_INTEGER, 1, nowNs);
    quotas.take(0, 1, 2 ** 52);
    expect(level(0)).toBe(0);
    for (const nowNs of [1, 2, 3, 1_000, 999_999_999, 1_000_000_000, 1_000_000_001, 2_345_678_901, 4_000_000_000_007]) {
      expect(level(nowNs)).toBe(Number((BigInt(rate) * BigInt(nowNs)) / 1_000_000_000n));
    }
    // Full again, and not beyond it, after however long.
    for (const nowNs of [9_000_000_000_000, 2 ** 53]) expect(level(nowNs)).toBe(2 ** 52);
  });

  it('is a bucket of each producer', () => {
    const quotas = new Quotas([{ recordsPerSecond: 1 }], 1);
    quotas.addProducer();
    quotas.addProducer();
    for (const producer of [0, 1]) {
      const bucket = quotas.bucket(producer, 0);
      expect(quotas.fitting(bucket, 5, 1, 0)).toBe(1);
      quotas.take(bucket, 1, 1);
      expect(quotas.fitting(bucket, 5, 1, 0)).toBe(0);
    }
  });

  it('has its buckets by producer and quota, each with its own rate', () => {
    const quotas = new Quotas([{ recordsPerSecond: 2 }, { recordsPerSecond: 5 }, { bytesPerSecond: 100 }], 1);
    expect([quotas.any, new Quotas([], 1).any]).toEqual([true, false]);
    for (let i = 0; i < 3; i++) quotas.addProducer();
    const room = () =>
      [0, 1, 2].map((producer) => [0, 1, 2].map((quota) => quotas.fitting(quotas.bucket(producer, quota), 9, 20, 0)));
    const full = [2, 5, 5];
    expect(room()).toEqual([full, full, full]);
    quotas.take(quotas.bucket(1, 1), 4, 20);
    quotas.take(quotas.bucket(2, 2), 3, 20);
    quotas.take(quotas.bucket(0, 0), 2, 20);
    expect(room()).toEqual([
      [0, 5, 5],
      [2, 1, 5],
      [2, 5, 2],
    ]);
  });

  it('has a burst of bytes that takes the largest record, if its rate would not', () => {
    const quotas = new Quotas([{ bytesPerSecond: 10 }, { bytesPerSecond: 3_000 }], 1_000);
    quotas.addProducer();
    expect([quotas.fitting(0, 9, 1_000, 0), quotas.fitting(1, 9, 1_000, 0)]).toEqual([1, 3]);
    expect(quotas.fitting(0, 9, 0, 0)).toBe(9);
  });

  it('may be as large as doubles count exactly, and as small as one', () => {
    const rates = 2 ** 40;
    const bursts = 2 ** 52;
    const most = { recordsPerSecond: rates, burstRecords: bursts, bytesPerSecond: rates, burstBytes: bursts };
    const least = { recordsPerSecond: 1, burstRecords: 1, bytesPerSecond: 1, burstBytes: 1_000 };
    for (const quota of [most, least]) expect(() => new Quotas([quota], 1_000)).not.toThrow();
    for (const [name, value] of Object.entries(most)) {
      expect(() => new Quotas([least, { ...most, [name]: value + 1 }], 1_000)).toThrow(
        `quotas[1].${name}: expected a whole number from ${name === 'burstBytes' ? 1_000 : 1} to ${value}, got`,
      );
    }
  });

  it.each([
    [{ recordsPerSecond: 0 }, 'quotas[0].recordsPerSecond: expected a whole number from 1 to 1099511627776, got 0'],
    [{ bytesPerSecond: 1.5 }, 'quotas[0].bytesPerSecond'],
    [{ bytesPerSecond: 1, burstBytes: 999 }, 'quotas[0].burstBytes: expected a whole number from 1000'],
    [
      { burstRecords: 5 },
      'quotas[0].burstRecords: expected recordsPerSecond beside it, got a burst of 5 without a rate',
    ],
    [{ burstBytes: 5_000 }, 'quotas[0].burstBytes: expected bytesPerSecond beside it'],
    [{ recordsPerSecond: 1, burstRecords: 0 }, 'quotas[0].burstRecords: expected a whole number from 1'],
    [{ bytesPerSecond: 0 }, 'quotas[0].bytesPerSecond: expected a whole number from 1'],
  ])('%j is refused by name', (quota, message) => {
    expect(() => new Quotas([quota], 1_000)).toThrow(message);
  });
});

describe('whatever is offered and whenever', () => {
  const rate = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 2 ** 40 }));
  const quota = fc.record(
    {
      recordsPerSecond: rate,
      burstRecords: fc.integer({ min: 1, max: 100 }),
      bytesPerSecond: rate,
      burstBytes: fc.integer({ min: 1_000, max: 1_000_000 }),
    },
    { requiredKeys: ['recordsPerSecond', 'bytesPerSecond'] },
  );
  const gap = fc.oneof(
    fc.nat(3),
    fc.integer({ min: 0, max: 50 * MS }),
    fc.integer({ min: 0, max: 3 * S }),
    fc.integer({ min: 0, max: 2 ** 48 }),
  );
  /** Buckets that run full and empty all the time. */
  const tight = fc.record({
    recordsPerSecond: fc.integer({ min: 1, max: 7 }),
    burstRecords: fc.integer({ min: 1, max: 3 }),
    bytesPerSecond: fc.constantFrom(2_000, 1_000_000),
  });
  const offers = fc
    .array(
      fc.tuple(
        fc.oneof(
          gap,
          fc.nat(40).map((n) => n * 17 * MS),
        ),
        fc.nat(1_000),
      ),
      { maxLength: 60, size: 'max' },
    )
    .map((steps) => {
      let atNs = 0;
      return steps.map(([gapNs, bytes]) => {
        atNs = Math.min(2 ** 52, atNs + gapNs);
        return { atNs, bytes };
      });
    });

  it('admits within any window at most its burst and its rate × the window; what it drops did not fit', () => {
    fc.assert(
      fc.property(
        fc.oneof(quota, tight),
        offers,
        (given: Quota & { bytesPerSecond: number; recordsPerSecond: number }, all) => {
          const limits = [
            {
              rate: BigInt(given.recordsPerSecond),
              burst: BigInt(given.burstRecords ?? given.recordsPerSecond),
              of: () => 1n,
            },
            {
              rate: BigInt(given.bytesPerSecond),
              burst: BigInt(given.burstBytes ?? Math.max(1_000, given.bytesPerSecond)),
              of: (i: number) => BigInt(all[i].bytes),
            },
          ];
          const taken = admitted(given, all);
          /** In billionths, exactly: the most that any window ending at `i` leaves for it. */
          const room = ({ rate, burst, of }: (typeof limits)[number], i: number): bigint => {
            let least = burst * 1_000_000_000n;
            let inWindow = 0n;
            for (let from = i - 1; from >= 0; from--) {
              if (taken[from]) inWindow += of(from);
              const windowNs = BigInt(all[i].atNs - all[from].atNs);
              const left = (burst - inWindow) * 1_000_000_000n + rate * windowNs;
              if (left < least) least = left;
            }
            return least;
          };
          for (const i of all.keys()) {
            const fits = limits.every((limit) => limit.of(i) * 1_000_000_000n <= room(limit, i));
            expect(taken[i]).toBe(fits);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('a producer with quotas', () => {
  it('drops what is beyond them as over-quota, and only that', () => {
    const world = new CoreWorld({ quotas: [{ recordsPerSecond: 10 }] });
    world.start({ classes: [1, 1], options: [{ quota: 0 }] });
    expect([world.offer(15), world.offer(15, { stream: 1 })]).toEqual([10, 15]);
    expect(world.drops).toEqual({ 'over-quota': 5 });
    world.pass(500 * MS);
    expect(world.offer(15)).toBe(5);
  });

  it('takes nothing from a quota for what drops for another reason', () => {
    const world = new CoreWorld({ quotas: [{ recordsPerSecond: 10 }], bufferRecordsMax: 4 });
    world.start({ leaders: null, options: [{ quota: 0 }] });
    world.offer(1, { bytes: 5_000 });
    expect(world.offer(12)).toBe(4);
    expect(world.drops).toEqual({ 'too-large': 1, 'buffer-full': 8 });
    world.core.terminate(0, 0);
    world.offer(20);
    expect(world.drops).toMatchObject({ closed: 24 });
    expect(world.drops).not.toHaveProperty('over-quota');
  });

  it('counts the streams of one quota together', () => {
    const world = new CoreWorld({ quotas: [{ recordsPerSecond: 10 }] });
    world.start({ classes: [0, 2], options: [{ quota: 0 }, { quota: 0 }] });
    expect([world.offer(7), world.offer(7, { stream: 1 })]).toEqual([7, 3]);
  });
});
