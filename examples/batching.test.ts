import { describe, expect, it } from 'vitest';
import {
  type BatchingRow,
  batchingTable,
  LINGER_BOUND_STREAM_RATE,
  MEASURED,
  PREDICTED,
  runBatching,
  STREAM_RATE,
} from './batching.ts';

const nameOf = (row: BatchingRow) => `${row.partitioner}, linger ${row.lingerMs} ms`;

describe('what T15 measured, in one world', () => {
  it('differs between the rows in partitioner and linger alone', () => {
    expect(new Set(MEASURED.map((row) => row.streamRate))).toEqual(new Set([STREAM_RATE]));
    expect(new Set(MEASURED.map(nameOf)).size).toBe(3);
  });

  describe.each([1, 2, 3])('with seed %i', (seed) => {
    it.each(MEASURED.map((row) => ({ name: nameOf(row), row })))('$name', ({ row }) => {
      const got = runBatching(row, { seed });
      expect(Math.abs(got.recordsPerRequest / row.measured.recordsPerRequest - 1)).toBeLessThan(0.1);
      expect(Math.abs(got.cpuPercent - row.measured.cpuPercent)).toBeLessThan(3);
    });
  });

  it('comes out the same when every record is simulated by itself', () => {
    // Same arrivals, same answers, record for record: what differs is the order in which a broker meets requests that
    // arrive in the same nanosecond.
    for (const row of MEASURED) {
      const coarse = runBatching(row, { seed: 1, fidelity: 'request' });
      const fine = runBatching(row, { seed: 1, fidelity: 'record' });
      expect(Math.abs(coarse.recordsPerRequest / fine.recordsPerRequest - 1), nameOf(row)).toBeLessThan(0.005);
      expect(Math.abs(coarse.cpuPercent - fine.cpuPercent), nameOf(row)).toBeLessThan(0.3);
    }
  });
});

describe('what nobody measured', () => {
  // A batch opens with one record; those that come during the linger join it, as long as they fit.
  it.each(PREDICTED.filter((row) => row.streamRate === LINGER_BOUND_STREAM_RATE && row.lingerMs <= 50))(
    'is 1 + rate × linger where the linger cuts batches off: $lingerMs ms',
    (row) => {
      const expected = 1 + (row.streamRate * row.lingerMs) / 1000;
      expect(Math.abs(runBatching(row).recordsPerRequest / expected - 1)).toBeLessThan(0.03);
    },
  );

  it('is a full batch where streams are fast, long before 100 ms', () => {
    const filled = PREDICTED.filter((row) => row.streamRate === STREAM_RATE && row.lingerMs >= 25);
    for (const row of filled) expect(runBatching(row).recordsPerRequest).toBeCloseTo(15, 1);
  });
});

it('prints measured and predicted rows beside each other', () => {
  const table = batchingTable();
  expect(table.match(/^(random|sticky), /gm)).toHaveLength(MEASURED.length + PREDICTED.length);
  expect(table).toContain('empirical constant');
});
