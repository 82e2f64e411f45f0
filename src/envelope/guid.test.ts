import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuidSource, guidText, isGuid } from './guid.ts';
import { randomWords } from './random-words.ts';

/** Draws in turn what it was given. */
const drawing = (words: readonly number[]) => {
  let at = 0;
  return () => words[at++ % words.length];
};

describe('a UUIDv7', () => {
  it('is laid out as in the test vector of RFC 9562, appendix A.6', () => {
    const fields = { unixTsMs: 0x017f22e279b0, randA: 0xcc3, randBHigh: 0x18c4dc0c, randBLow: 0x0c07398f };
    expect(guidText(fields)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('says its time, version 7 and variant 10, whatever is drawn', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff_ffff }),
        fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1 }),
        (ms, words) => {
          const guid = new GuidSource(drawing(words)).next(ms);
          expect(isGuid(guid)).toBe(true);
          expect(Number.parseInt(guid.slice(0, 8) + guid.slice(9, 13), 16)).toBe(ms);
          expect(guid[14]).toBe('7');
          expect('89ab').toContain(guid[19]);
        },
      ),
    );
  });
});

describe('guids of a process', () => {
  it('ascend strictly, whatever the clock and the draws do', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.nat(), fc.double(), fc.constant(2 ** 48 - 1)), {
          minLength: 2,
          maxLength: 300,
        }),
        fc.array(fc.constantFrom(0, 1, 0x7fff_ffff, 0xffff_ffff), { minLength: 1, maxLength: 9 }),
        (times, words) => {
          const source = new GuidSource(drawing(words));
          const guids = times.map((ms) => source.next(ms));
          for (let i = 1; i < guids.length; i++) expect(guids[i] > guids[i - 1]).toBe(true);
        },
      ),
    );
  });

  it('go on in the next millisecond when their counter is used up, and ahead of the clock from there', () => {
    const source = new GuidSource(drawing([0xffff_ffff]), 0x8000_0001);
    const guids = Array.from({ length: 8 }, () => source.next(1_000));
    expect(guids.map((guid) => Number.parseInt(guid.slice(9, 13), 16))).toEqual([
      1_000, 1_000, 1_000, 1_001, 1_001, 1_001, 1_002, 1_002,
    ]);
    expect(guids).toEqual([...guids].sort());
    expect(source.next(1_001) > guids[7]).toBe(true);
  });

  it('are the same for the same draws and times', () => {
    const of = () => {
      const source = new GuidSource(drawing([1, 2, 3, 5, 8, 13]));
      return Array.from({ length: 50 }, (_, i) => source.next(1_700_000_000_000 + (i >> 3)));
    };
    expect(of()).toEqual(of());
  });

  it('of many processes in one millisecond do not meet', () => {
    const guids = new Set<string>();
    for (let process = 0; process < 200; process++) {
      const source = new GuidSource(randomWords());
      for (let i = 0; i < 100; i++) guids.add(source.next(1_700_000_000_000));
    }
    expect(guids.size).toBe(20_000);
  });
});

it('nothing else is a guid', () => {
  for (const text of ['', '017f22e2', '017f22e279b07cc398c4dc0c0c07398f', '017f22e2-79b0-7cc3-98c4-dc0c0c07398g']) {
    expect(isGuid(text)).toBe(false);
  }
});
