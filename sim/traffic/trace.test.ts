import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTrace, TraceError, windowOf } from './trace.ts';

const csv = (...rows: string[]): string => `timestamp,value\n${rows.map((row) => `2014-04-10 ${row}`).join('\n')}\n`;
const GAP = csv('00:00:00,10', '00:05:00,20', '00:10:00,20', '00:25:00,80', '00:30:00,10');

function errorOf(text: string): string {
  try {
    parseTrace(text, undefined);
  } catch (error) {
    if (error instanceof TraceError) return error.message;
    throw error;
  }
  return 'no error';
}

describe('an even trace', () => {
  it('holds each value for a step', () => {
    const trace = parseTrace(csv('00:00:00,10', '00:05:00,30'), undefined);
    expect(trace).toEqual({ stepUs: 300e6, startsUs: [0, 300e6], values: [10, 30], endUs: 600e6, mean: 20, peak: 30 });
  });

  it('takes carriage returns, a byte-order mark and empty lines at the end', () => {
    expect(parseTrace(`\uFEFF${csv('00:00:00,10', '00:05:00,30').replaceAll('\n', '\r\n')}\r\n`, undefined).mean).toBe(
      20,
    );
  });
});

describe('gaps', () => {
  it('without a policy are an error that names the line', () => {
    expect(errorOf(GAP)).toBe(
      'line 5: 900 s after the line before, where the step is 300 s; expected an even step, or `gaps:` with one of hold, interpolate, zero',
    );
  });

  it('hold the value before', () => {
    const { startsUs, values, mean } = parseTrace(GAP, 'hold');
    expect(startsUs.map((us) => us / 60e6)).toEqual([0, 5, 10, 25, 30]);
    expect(values).toEqual([10, 20, 20, 80, 10]);
    expect(mean).toBeCloseTo((10 + 20 + 3 * 20 + 80 + 10) / 7, 9);
  });

  it('interpolate in steps', () => {
    const { startsUs, values } = parseTrace(GAP, 'interpolate');
    expect(startsUs.map((us) => us / 60e6)).toEqual([0, 5, 10, 15, 20, 25, 30]);
    expect(values).toEqual([10, 20, 20, 40, 60, 80, 10]);
  });

  it('are zero after the step of the value before', () => {
    const { startsUs, values } = parseTrace(GAP, 'zero');
    expect(startsUs.map((us) => us / 60e6)).toEqual([0, 5, 10, 15, 25, 30]);
    expect(values).toEqual([10, 20, 20, 0, 80, 10]);
  });

  it('a sample that comes early ends the one before', () => {
    const early = csv('00:00:00,10', '00:05:00,20', '00:07:00,40', '00:12:00,40', '00:17:00,40');
    expect(errorOf(early)).toMatch(/^line 4: 120 s after the line before/);
    for (const policy of ['hold', 'interpolate', 'zero'] as const)
      expect(parseTrace(early, policy).values).toEqual([10, 20, 40, 40, 40]);
  });
});

describe('malformed traces', () => {
  it.each([
    ['time,load\n', 'line 1: "time,load"; expected the head `timestamp,value`'],
    [csv('00:00:00,10'), 'line 0: 1 samples; expected two or more'],
    [csv('00:00:00,10', '00:05:00'), 'line 3: "2014-04-10 00:05:00"; expected two fields, `timestamp,value`'],
    [csv('00:00:00,10', '00:05,10'), 'line 3: "2014-04-10 00:05,10"; expected a time such as 2014-04-10 00:04:00'],
    [csv('00:00:00,10', '00:05:00,-3'), 'line 3: "2014-04-10 00:05:00,-3"; expected a number, 0 or more'],
    [csv('00:00:00,10', '00:05:00,'), 'line 3: "2014-04-10 00:05:00,"; expected a number, 0 or more'],
    [csv('00:05:00,10', '00:05:00,10'), 'line 3: "2014-04-10 00:05:00,10"; expected a time later than the line before'],
    [csv('00:00:00,0', '00:05:00,0'), 'line 0: all values are 0; expected a load to scale'],
  ])('%j', (text, message) => {
    expect(errorOf(text)).toBe(message);
  });
});

describe('the window of a run', () => {
  const trace = parseTrace(csv('00:00:00,10', '00:05:00,30', '00:10:00,20'), undefined);

  it('is scaled to the mean or to the peak', () => {
    const options = { skipNs: 0, leadNs: 0, forNs: 900e9 };
    expect(windowOf(trace, { ...options, rateIs: 'mean' })).toEqual({
      startsNs: [0, 300e9, 600e9],
      factors: [0.5, 1.5, 1],
    });
    expect(windowOf(trace, { ...options, rateIs: 'peak' }).factors).toEqual([1 / 3, 1, 2 / 3]);
  });

  it('skips, and holds its first value through the warm-up', () => {
    expect(windowOf(trace, { skipNs: 400e9, leadNs: 10e9, forNs: 300e9, rateIs: 'mean' })).toEqual({
      startsNs: [0, 210e9],
      factors: [1.5, 1],
    });
  });
});

// Recorded traces lie beside the repository, not in it.
const recorded = (name: string): URL => new URL(`../../../shared/traces/${name}.csv`, import.meta.url);

describe('recorded traces', () => {
  it.skipIf(!existsSync(recorded('elb-request-count')))(
    'a load balancer of 2014, with eight samples missing (skipped without ../shared/traces)',
    () => {
      const text = readFileSync(recorded('elb-request-count'), 'utf8');
      expect(() => parseTrace(text, undefined)).toThrow(
        /^line \d+: 600 s after the line before, where the step is 300 s/,
      );
      const trace = parseTrace(text, 'hold');
      expect(trace).toMatchObject({ stepUs: 300e6, peak: 656 });
      expect(trace.endUs).toBe((4032 + 8) * 300e6);
      expect(parseTrace(text, 'interpolate').values).toHaveLength(4040);
      expect(parseTrace(text, 'zero').values.filter((value) => value === 0)).toHaveLength(8);
    },
  );

  it.skipIf(!existsSync(recorded('nyc-taxi')))(
    'seven months of taxis, longer than nanoseconds are exact (skipped without ../shared/traces)',
    () => {
      const trace = parseTrace(readFileSync(recorded('nyc-taxi'), 'utf8'), undefined);
      expect(trace.values).toHaveLength(10_320);
      expect(trace.mean).toBeCloseTo(15_138, -1);
      const window = windowOf(trace, { skipNs: 0, leadNs: 2e9, forNs: 86_400e9, rateIs: 'mean' });
      expect(window.startsNs).toHaveLength(48);
      expect(window.startsNs[1]).toBe(1802e9);
    },
  );
});
