/** What the producer's core would refuse of a quota, told with its place. */
import type { Finding } from './check.ts';
import type { PathStep } from './issue.ts';
import { formatQuantity } from './units.ts';

export interface WrittenQuotaBounds {
  readonly records?: number | undefined;
  readonly burst?: number | undefined;
  readonly bytes?: number | undefined;
  readonly burstBytes?: number | undefined;
}

export function checkQuotaBounds(
  { records, burst, bytes, burstBytes }: WrittenQuotaBounds,
  how: {
    readonly path: (key: string) => PathStep[];
    /** `policy.recordMax` of the producers, bytes. */
    readonly recordMax: number;
    readonly report: (finding: Finding) => void;
  },
): void {
  const { path, recordMax, report } = how;
  for (const [key, rate] of [
    ['records', records],
    ['bytes', bytes],
  ] as const) {
    if (rate === undefined || Number.isInteger(rate)) continue;
    report({ path: path(key), given: `${rate} a second`, expected: 'a whole number a second' });
  }
  if (burst !== undefined && records === undefined)
    report({ path: path('burst'), given: String(burst), expected: '`records:` beside it' });
  if (burstBytes === undefined) return;
  const given = formatQuantity('bytes', burstBytes);
  if (bytes === undefined) report({ path: path('burstBytes'), given, expected: '`bytes:` beside it' });
  if (burstBytes < recordMax) {
    const expected = `at least policy.recordMax, ${formatQuantity('bytes', recordMax)}: a larger record would never fit`;
    report({ path: path('burstBytes'), given, expected });
  }
}
