/**
 * The batching experiment: what T15 measured on a broker for three kinds of producer, met by one world in which only
 * partitioner and linger differ, and what that world predicts between the measured points. `batching.yaml` says which
 * of its figures were chosen to fit, and why CPU is calibration here and not proof.
 *
 * ```sh
 * npm run build && node dist/examples/batching.js
 * ```
 */
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { simulate } from '../sim/index.ts';

export interface BatchingRow {
  readonly partitioner: 'random' | 'sticky';
  readonly lingerMs: number;
  /** Records a second of one stream; the brokers get 10,000 each whatever it is. */
  readonly streamRate: number;
}

export interface BatchingResult extends BatchingRow {
  readonly recordsPerRequest: number;
  /** Mean over the brokers, per cent of all cores. */
  readonly cpuPercent: number;
}

export interface Measured {
  readonly recordsPerRequest: number;
  readonly cpuPercent: number;
}

/** Records a second over the three brokers of the world. */
const RATE = 30_000;
/** Fitted to the first two rows: with it a stream offers 1.5 records while a request is under way for a millisecond. */
export const STREAM_RATE = 1500;
/** The other reading of the third row: the linger cuts batches off, and 1 + 140/s × 100 ms = 15 records. */
export const LINGER_BOUND_STREAM_RATE = 140;

/** Source: T15. */
export const MEASURED: readonly (BatchingRow & { readonly measured: Measured })[] = [
  {
    partitioner: 'random',
    lingerMs: 0,
    streamRate: STREAM_RATE,
    measured: { recordsPerRequest: 1.25, cpuPercent: 75 },
  },
  { partitioner: 'sticky', lingerMs: 0, streamRate: STREAM_RATE, measured: { recordsPerRequest: 2, cpuPercent: 50 } },
  {
    partitioner: 'sticky',
    lingerMs: 100,
    streamRate: STREAM_RATE,
    measured: { recordsPerRequest: 15, cpuPercent: 33 },
  },
];

/** Nobody measured these. */
export const PREDICTED: readonly BatchingRow[] = [STREAM_RATE, LINGER_BOUND_STREAM_RATE].flatMap((streamRate) =>
  [10, 25, 50, 100].map((lingerMs) => ({ partitioner: 'sticky' as const, lingerMs, streamRate })),
);

const beside = fileURLToPath(new URL('batching.yaml', import.meta.url));
/** Beside this file in the source; the build does not copy it. */
const SCENARIO = existsSync(beside) ? beside : fileURLToPath(new URL('../../examples/batching.yaml', import.meta.url));

export function runBatching(
  row: BatchingRow,
  options: { seed?: number; fidelity?: 'record' | 'request' } = {},
): BatchingResult {
  const streams = Math.round(RATE / row.streamRate);
  const { producers, brokers } = simulate(SCENARIO, {
    ...options,
    sets: [
      `producers.policy.partitioner=${row.partitioner}`,
      `producers.policy.linger=${row.lingerMs}ms`,
      `producers.instances=${streams}`,
      `topics.named.events.streams=${streams}`,
    ],
  });
  return { ...row, recordsPerRequest: producers.recordsPerRequest, cpuPercent: 100 * brokers.cpu.mean };
}

/** The table as text: measured rows with what was measured, then predictions under both readings of the third row. */
export function batchingTable(seed = 1): string {
  const line = (row: BatchingRow, measured?: Measured): string => {
    const got = runBatching(row, { seed });
    return [
      `${row.partitioner}, ${row.lingerMs === 0 ? 'no linger' : `linger ${row.lingerMs} ms`}`.padEnd(24),
      got.recordsPerRequest.toFixed(2).padStart(8),
      (measured?.recordsPerRequest.toFixed(2) ?? '–').padStart(8),
      `${got.cpuPercent.toFixed(1)} %`.padStart(10),
      (measured === undefined ? '–' : `${measured.cpuPercent} %`).padStart(8),
    ].join('');
  };
  const [sizeBound, lingerBound] = [STREAM_RATE, LINGER_BOUND_STREAM_RATE].map((streamRate) =>
    PREDICTED.filter((row) => row.streamRate === streamRate).map((row) => line(row)),
  );
  return [
    `${'a broker at 10 MB/s'.padEnd(24)}${'rec/req'.padStart(8)}${'T15'.padStart(8)}${'CPU'.padStart(10)}${'T15'.padStart(8)}`,
    ...MEASURED.map((row) => line(row, row.measured)),
    '',
    `predicted, ${STREAM_RATE} records/s a stream: batches fill before the linger passes`,
    ...sizeBound!,
    '',
    `predicted, ${LINGER_BOUND_STREAM_RATE} records/s a stream: the linger cuts batches off, 1 + rate × linger`,
    ...lingerBound!,
    '',
    'At 100 ms both give about 15, so the measured table does not say which of the two its producers were. The convex term of',
    'the CPU law is an empirical constant fitted to the three measured rows: CPU there is calibration, not proof.',
  ].join('\n');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(batchingTable());
}
