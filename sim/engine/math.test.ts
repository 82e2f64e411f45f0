import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cos, exp, ln, pow, sin } from './math.ts';

/** The bits of a double, so that −0 and the last place count. */
function bits(x: number): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, x);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

function relative(actual: number, expected: number): number {
  return actual === expected ? 0 : Math.abs(actual / expected - 1);
}

const positive = fc.oneof(
  fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }),
  fc.double({ min: 0.5, max: 2, noNaN: true }),
  fc.double({ min: 1 - 1e-9, max: 1 + 1e-9, noNaN: true }),
);

describe('ln', () => {
  it('agrees with Math.log', () => {
    fc.assert(
      fc.property(positive, (x) => relative(ln(x), Math.log(x)) < 1e-15),
      { numRuns: 5000 },
    );
  });

  it('keeps its promises at the edges', () => {
    expect([ln(1), ln(0), ln(-1), ln(Number.NaN), ln(Number.POSITIVE_INFINITY)]).toEqual([
      0,
      Number.NEGATIVE_INFINITY,
      Number.NaN,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
    expect(relative(ln(Number.MIN_VALUE), Math.log(Number.MIN_VALUE))).toBeLessThan(1e-15);
  });
});

describe('exp', () => {
  it('agrees with Math.exp', () => {
    const exponent = fc.oneof(
      fc.double({ min: -700, max: 709.7, noNaN: true }),
      fc.double({ min: -1, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(exponent, (x) => relative(exp(x), Math.exp(x)) < 1e-15),
      { numRuns: 5000 },
    );
  });

  it('keeps its promises at the edges', () => {
    expect([exp(0), exp(-800), exp(Number.NEGATIVE_INFINITY), exp(710), exp(Number.POSITIVE_INFINITY)]).toEqual([
      1,
      0,
      0,
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    expect(exp(Number.NaN)).toBeNaN();
    // Subnormal: a few bits are left.
    expect(Math.abs(exp(-740) / Math.exp(-740) - 1)).toBeLessThan(0.01);
  });
});

describe('pow', () => {
  it('agrees with Math.pow to 10^-13 while exponent · ln base is below 100', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        fc.double({ min: -4, max: 4, noNaN: true }),
        (base, exponent) => relative(pow(base, exponent), base ** exponent) < 1e-13,
      ),
      { numRuns: 5000 },
    );
  });

  it('keeps its promises at the edges', () => {
    expect([pow(0, 0), pow(0, 2), pow(0, -1), pow(7, 1), pow(1, Number.MAX_VALUE)]).toEqual([
      1,
      0,
      Number.POSITIVE_INFINITY,
      7,
      1,
    ]);
  });
});

describe('sin and cos', () => {
  it('agree with Math.sin and Math.cos', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e5, max: 1e5, noNaN: true }), (x) => {
        return Math.abs(sin(x) - Math.sin(x)) < 5e-16 && Math.abs(cos(x) - Math.cos(x)) < 5e-16;
      }),
      { numRuns: 5000 },
    );
  });
});

describe('on every machine', () => {
  it('all give these bits', () => {
    expect(
      [ln(10), ln(0.3), ln(123456789), exp(1), exp(-20.5), exp(300.7), pow(10, 0.3), sin(1), cos(1000)].map(bits),
    ).toEqual([
      '40026bb1bbb55516',
      'bff34378fcbda721',
      '4032a1a38bd0540a',
      '4005bf0a8b14576a',
      '3e157a3afeed00ac',
      '5b0c3714f17ae742',
      '3fffec982d5bb8b0',
      '3feaed548f090cee',
      '3fe1ff026793f1bb',
    ]);
  });
});
