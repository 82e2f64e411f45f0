import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASSES } from '../record.ts';
import { encodeFrame, type FramedRecord, frameBytes, readFrame } from './frame.ts';

const bytes = fc.uint8Array({ maxLength: 30 }).map((each) => Buffer.from(each));
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const framedRecord: fc.Arbitrary<FramedRecord> = fc.record({
  topic: text,
  class: fc.constantFrom(...CLASSES),
  spilledAtMs: fc.nat(),
  record: fc.record(
    {
      key: fc.option(bytes),
      value: fc.option(bytes),
      headers: fc
        .array(fc.tuple(fc.oneof(text, fc.constant('__proto__')), fc.oneof(bytes, text)), {
          minLength: 1,
          maxLength: 4,
        })
        .map((entries) => Object.fromEntries(entries)),
      timestampMs: fc.double({ noNaN: true }),
    },
    { requiredKeys: ['key', 'value', 'timestampMs'] },
  ),
});

describe('a frame', () => {
  it('is read back as it was written, wherever it lies', () => {
    fc.assert(
      fc.property(fc.array(framedRecord, { minLength: 1, maxLength: 5 }), fc.nat(20), (all, offset) => {
        const file = Buffer.concat([Buffer.alloc(offset, 7), ...all.map(encodeFrame)]);
        let at = offset;
        for (const framed of all) {
          const read = readFrame(file, at);
          expect(read).toEqual({ kind: 'whole', framed, end: at + frameBytes(framed) });
          at += frameBytes(framed);
        }
        expect(at).toBe(file.length);
      }),
    );
  });

  it('that is cut anywhere is short, and says how long it would be', () => {
    fc.assert(
      fc.property(framedRecord, fc.nat(), (framed, pick) => {
        const frame = encodeFrame(framed);
        const cut = pick % frame.length;
        expect(readFrame(frame.subarray(0, cut), 0)).toEqual({ kind: 'short', bytes: cut < 8 ? 8 : frame.length });
      }),
    );
  });

  it('with any bit turned is never read as a record', () => {
    fc.assert(
      fc.property(framedRecord, fc.nat(), fc.nat(7), (framed, pick, bit) => {
        const frame = encodeFrame(framed);
        frame[pick % frame.length] ^= 1 << bit;
        expect(readFrame(frame, 0).kind).not.toBe('whole');
      }),
      { numRuns: 500 },
    );
  });

  it('is not found among zeros, nor in anything at all', () => {
    expect(readFrame(Buffer.alloc(100), 0)).toEqual({ kind: 'bad' });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(readFrame(Buffer.from(noise), 0).kind).not.toBe('whole');
      }),
    );
  });
});
