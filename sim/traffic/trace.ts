/** Recorded load curves: a CSV `timestamp,value` becomes steps of a value in time. */
import { parseTimestamp } from './timestamp.ts';

/** What holds where samples are missing or come off their step. */
export type GapPolicy = 'hold' | 'interpolate' | 'zero';

/** What is wrong with a trace, and in which line (from 1; 0 = the file as a whole). */
export class TraceError extends Error {
  readonly line: number;
  readonly given: string;
  readonly expected: string;

  constructor({ line, given, expected }: { line: number; given: string; expected: string }) {
    super(`line ${line}: ${given}; expected ${expected}`);
    this.name = 'TraceError';
    this.line = line;
    this.given = given;
    this.expected = expected;
  }
}

/** A trace in steps. Times are whole microseconds from the first sample: months of nanoseconds would not be exact. */
export interface Trace {
  /** The most usual distance of two samples; of several equally usual ones the shortest. */
  readonly stepUs: number;
  readonly startsUs: readonly number[];
  readonly values: readonly number[];
  /** The end of the last sample, which holds for one step. */
  readonly endUs: number;
  /** Time-weighted. */
  readonly mean: number;
  readonly peak: number;
}

interface Sample {
  readonly line: number;
  readonly atUs: number;
  readonly value: number;
}

/** Reads a trace. Malformed lines, times that do not rise, and irregular steps without a policy throw a TraceError. */
export function parseTrace(text: string, gaps: GapPolicy | undefined): Trace {
  const samples = readSamples(text);
  const stepUs = usualStep(samples);
  const startsUs: number[] = [];
  const values: number[] = [];
  const push = (atUs: number, value: number): void => {
    startsUs.push(atUs);
    values.push(value);
  };
  samples.forEach((sample, i) => {
    push(sample.atUs, sample.value);
    const next = samples[i + 1];
    if (next === undefined) return;
    const distance = next.atUs - sample.atUs;
    if (distance === stepUs) return;
    if (gaps === undefined) {
      const given = `${distance / 1e6} s after the line before, where the step is ${stepUs / 1e6} s`;
      throw new TraceError({
        line: next.line,
        given,
        expected: 'an even step, or `gaps:` with one of hold, interpolate, zero',
      });
    }
    // A sample that comes early simply ends the one before it, whatever the policy.
    if (gaps === 'hold' || distance < stepUs) return;
    if (gaps === 'zero') {
      push(sample.atUs + stepUs, 0);
      return;
    }
    for (let at = stepUs; at < distance; at += stepUs) {
      push(sample.atUs + at, sample.value + ((next.value - sample.value) * at) / distance);
    }
  });
  const endUs = samples[samples.length - 1]!.atUs + stepUs;
  let area = 0;
  let peak = 0;
  values.forEach((value, i) => {
    area += value * ((startsUs[i + 1] ?? endUs) - startsUs[i]!);
    peak = Math.max(peak, value);
  });
  if (peak === 0) throw new TraceError({ line: 0, given: 'all values are 0', expected: 'a load to scale' });
  return { stepUs, startsUs, values, endUs, mean: area / endUs, peak };
}

function readSamples(text: string): Sample[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trim() !== 'timestamp,value') {
    throw new TraceError({
      line: 1,
      given: JSON.stringify((lines[0] ?? '').slice(0, 60)),
      expected: 'the head `timestamp,value`',
    });
  }
  const samples: Sample[] = [];
  let originSeconds: number | undefined;
  for (let i = 1; i < lines.length; i++) {
    const row = lines[i]!.trim();
    const line = i + 1;
    if (row === '') continue;
    const fields = row.split(',');
    const fail = (expected: string): never => {
      throw new TraceError({ line, given: JSON.stringify(row.slice(0, 60)), expected });
    };
    if (fields.length !== 2) fail('two fields, `timestamp,value`');
    const instant = parseTimestamp(fields[0]!);
    if (instant === undefined) return fail('a time such as 2014-04-10 00:04:00');
    const digits = fields[1]!.trim();
    const value = Number(digits);
    if (digits === '' || !Number.isFinite(value) || value < 0) fail('a number, 0 or more');
    originSeconds ??= instant.seconds;
    const atUs = (instant.seconds - originSeconds) * 1e6 + instant.us;
    const last = samples[samples.length - 1];
    if (last !== undefined && atUs <= last.atUs) fail('a time later than the line before');
    samples.push({ line, atUs, value });
  }
  if (samples.length < 2)
    throw new TraceError({ line: 0, given: `${samples.length} samples`, expected: 'two or more' });
  return samples;
}

function usualStep(samples: readonly Sample[]): number {
  const seen = new Map<number, number>();
  for (let i = 1; i < samples.length; i++) {
    const step = samples[i]!.atUs - samples[i - 1]!.atUs;
    seen.set(step, (seen.get(step) ?? 0) + 1);
  }
  let usual = 0;
  let most = 0;
  for (const [step, times] of seen) {
    if (times > most || (times === most && step < usual)) {
      usual = step;
      most = times;
    }
  }
  return usual;
}

/** The part of a trace that a run sees, as factors of the mean or of the peak. */
export function windowOf(
  trace: Trace,
  { skipNs, leadNs, forNs, rateIs }: { skipNs: number; leadNs: number; forNs: number; rateIs: 'mean' | 'peak' },
): { startsNs: number[]; factors: number[] } {
  const from = skipNs / 1e3;
  const to = from + forNs / 1e3;
  const scale = rateIs === 'mean' ? trace.mean : trace.peak;
  const startsNs: number[] = [];
  const factors: number[] = [];
  trace.startsUs.forEach((start, i) => {
    const end = trace.startsUs[i + 1] ?? trace.endUs;
    if (end <= from || start >= to) return;
    // The first value also holds during the lead, the warm-up before the measured time.
    const startNs = startsNs.length === 0 ? 0 : leadNs + Math.round((start - from) * 1e3);
    if (startsNs.length > 0 && startNs <= startsNs[startsNs.length - 1]!) return;
    startsNs.push(startNs);
    factors.push(trace.values[i]! / scale);
  });
  return { startsNs, factors };
}
