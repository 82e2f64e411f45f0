/** Reading the trace that a scenario names. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseTrace, type Trace, TraceError, windowOf } from '../traffic/trace.ts';
import type { ScenarioIssue } from './issue.ts';
import type { TrafficShape } from './scenario.ts';
import { formatQuantity } from './units.ts';
import type { ParsedScenario } from './written.ts';

type WrittenTrace = Extract<ParsedScenario['traffic']['shape'], { kind: 'trace' }>;

/** The resolved shape, or what is wrong. Issues of the file's own lines carry them. */
export function resolveTrace(
  written: WrittenTrace,
  { warmup, for: forNs }: ParsedScenario['run'],
): { shape: TrafficShape } | { issue: ScenarioIssue } {
  const { file, gaps, skip: skipNs, rateIs } = written;
  const path = 'traffic.shape.file';
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return {
      issue: {
        path,
        given: `no such file ${JSON.stringify(file)}`,
        expected: 'a CSV file with the head `timestamp,value`',
      },
    };
  }
  let trace: Trace;
  try {
    trace = parseTrace(text, gaps);
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    const place = error.line > 0 ? { line: error.line, column: 1 } : {};
    return { issue: { path, file, ...place, given: error.given, expected: error.expected } };
  }
  const endNs = trace.endUs * 1e3;
  if (skipNs + forNs > endNs) {
    // Microseconds of a trace of many months are beyond what is exact in ns, but then no run is as long either.
    const left = formatQuantity('duration', Math.max(0, Math.floor((endNs - skipNs) / 1e9) * 1e9));
    const given = `${formatQuantity('duration', forNs)}, longer than the trace`;
    return { issue: { path: 'run.for', given, expected: `at most ${left}, what is left of ${file} after skip` } };
  }
  const fileSha256 = createHash('sha256').update(text).digest('hex');
  return { shape: { kind: 'trace', file, fileSha256, ...windowOf(trace, { skipNs, leadNs: warmup, forNs, rateIs }) } };
}
