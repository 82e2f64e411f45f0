import { describe, expect, it } from 'vitest';
import { PartitionLog } from './log.ts';

const HOUR = 3_600_000_000_000;
const KEEP_ALL = { retentionNs: Number.POSITIVE_INFINITY, retentionBytes: -1 };

/** A log of one record of 100 bytes every minute, its segments of 10 records or half an hour. */
function hourly(appends: number, segmentNs = Number.POSITIVE_INFINITY): PartitionLog {
  const log = new PartitionLog({ segmentBytes: 1000, segmentNs });
  for (let i = 0; i < appends; i++) log.append((i * HOUR) / 60, 1, 100, 0, 0);
  return log;
}

describe('segments and retention', () => {
  it('roll before the append that would not fit', () => {
    expect(hourly(10).segmentCount).toBe(1);
    expect(hourly(11).segmentCount).toBe(2);
  });

  it('roll before an append later than the segment may be old', () => {
    const segmentNs = (5 * HOUR) / 60;
    expect(hourly(6, segmentNs).segmentCount).toBe(1);
    expect(hourly(7, segmentNs).segmentCount).toBe(2);
  });

  it('go as a whole once the last append in them has expired, not at once', () => {
    const log = hourly(25);
    const retention = { retentionNs: HOUR, retentionBytes: -1 };
    // The first segment's last append was in minute 9.
    expect(log.retain((69 * HOUR) / 60, retention)).toBe(0);
    expect(log.retain((69 * HOUR) / 60 + 1, retention)).toBe(10);
    expect(log.retain((80 * HOUR) / 60, retention)).toBe(20);
  });

  it('go even while active when all in them has expired, and the next append opens a new one', () => {
    const log = hourly(25);
    const retention = { retentionNs: HOUR, retentionBytes: -1 };
    expect(log.retain((84 * HOUR) / 60, retention)).toBe(20);
    expect(log.retain((84 * HOUR) / 60 + 1, retention)).toBe(25);
    expect(log.segmentCount).toBe(0);
    log.append(2 * HOUR, 1, 100, 0, 0);
    expect([log.startOffset(), log.endOffset(), log.segmentCount]).toEqual([25, 26, 1]);
  });

  it('go by size only while as much as the bound remains', () => {
    const log = hourly(25);
    const remain = (retentionBytes: number) => log.retain(HOUR, { ...KEEP_ALL, retentionBytes });
    expect(remain(1501)).toBe(0);
    expect(remain(1500)).toBe(10);
    expect(remain(0)).toBe(20);
  });

  it('that a stop undid come back as if never closed', () => {
    const log = hourly(11);
    expect(log.truncateAfter((9 * HOUR) / 60)).toBe(1);
    expect(log.segmentCount).toBe(1);
    log.append(HOUR, 1, 100, 0, 0);
    expect(log.segmentCount).toBe(2);
  });

  it('may hold a batch larger than a segment', () => {
    const log = new PartitionLog({ segmentBytes: 1000, segmentNs: HOUR });
    log.append(0, 1, 5000, 0, 0);
    log.append(0, 1, 100, 0, 0);
    expect(log.segmentCount).toBe(2);
  });
});
