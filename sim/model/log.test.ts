import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartitionLog, type PartitionLogOptions } from './log.ts';
import { NaiveLog } from './naive-log.fixture.ts';

const POLICY = { segmentBytes: 500, segmentNs: 400 };
const FOREVER = Number.POSITIVE_INFINITY;

/** One step in the life of a log; times are relative, so that every generated life is a possible one. */
const step = fc.record({
  waitNs: fc.integer({ min: 0, max: 60 }),
  /** How far ahead of the present the append is dated. */
  aheadNs: fc.integer({ min: 0, max: 40 }),
  records: fc.integer({ min: 1, max: 9 }),
  bytes: fc.integer({ min: 0, max: 200 }),
  createdNs: fc.integer({ min: 0, max: 30 }),
  action: fc.constantFrom('', '', '', '', 'truncate', 'retain-time', 'retain-bytes', 'release'),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
});
const life = fc.array(step, { minLength: 1, maxLength: 80 });

/** Lives a life twice, in the real log and in the model, and stops after each step. */
function live(
  options: PartitionLogOptions,
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  check: (world: { log: PartitionLog; model: NaiveLog; nowNs: number; share: number }) => void,
): void {
  const log = new PartitionLog(options);
  const model = new NaiveLog(options);
  let nowNs = 0;
  let lastNs = 0;
  for (const { waitNs, aheadNs, records, bytes, createdNs, action, share } of steps) {
    nowNs += waitNs;
    const atNs = Math.max(lastNs, nowNs + aheadNs);
    const created: [number, number] = [nowNs - createdNs, nowNs - Math.floor(createdNs / 2)];
    expect(log.append(atNs, records, bytes, ...created)).toBe(model.append(atNs, records, bytes, ...created));
    lastNs = atNs;
    if (action === 'truncate') {
      expect(log.truncateAfter(nowNs)).toBe(model.truncateAfter(nowNs));
      lastNs = nowNs;
    } else if (action === 'retain-time' || action === 'retain-bytes') {
      const retention = {
        retentionNs: action === 'retain-time' ? 300 : FOREVER,
        retentionBytes: action === 'retain-bytes' ? 600 : -1,
      };
      expect(log.retain(nowNs, retention)).toBe(model.retain(nowNs, retention));
    } else if (action === 'release') {
      // A log is released only up to what has been read, which is past.
      log.release(Math.floor(share * log.endOffsetAt(nowNs)));
    }
    check({ log, model, nowNs, share });
  }
}

describe('PartitionLog', () => {
  it('answers as a log that keeps everything, while nothing is merged', () => {
    fc.assert(
      fc.property(life, (steps) => {
        live({ ...POLICY, exactNs: FOREVER }, steps, ({ log, model, nowNs, share }) => {
          const end = model.endOffset();
          const known = log.knownFromOffset();
          expect(log.endOffset()).toBe(end);
          expect(log.startOffset()).toBe(model.start);
          for (const atNs of [nowNs, nowNs + 20]) {
            expect(log.endOffsetAt(atNs)).toBe(Math.max(known, model.endOffsetAt(atNs)));
            expect(log.endBytesAt(atNs)).toBe(Math.max(model.bytesAt(known), model.endBytesAt(atNs)));
          }
          if (known === end) return;
          const from = known + Math.floor(share * (end - known - 1));
          expect(log.bytesAt(from)).toBe(model.bytesAt(from));
          expect(log.appendTimeOf(from)).toBe(model.appendTimeOf(from));
          const bytes = Math.floor(share * 700);
          expect(log.offsetAtBytes(model.bytesAt(known) + bytes)).toBe(
            Math.max(known, model.offsetAtBytes(model.bytesAt(known) + bytes)),
          );
          for (const visible of [model.endOffsetAt(nowNs), end]) {
            log.offsetForBytes(from, bytes, visible);
            expect({ end: log.readEnd, bytes: log.readBytes }).toEqual(model.read(from, bytes, visible));
          }
          const batches: number[][] = [];
          log.visit(known, end, (records, first, last) => batches.push([records, first, last]));
          expect(batches).toEqual(
            model.batches
              .filter((batch) => batch.base >= known)
              .map((batch) => [batch.end - batch.base, batch.firstCreatedNs, batch.lastCreatedNs]),
          );
        });
      }),
      { numRuns: 200 },
    );
  });

  it('stays exact to the record where it matters when it merges: recent ends, stops, retention', () => {
    let merges = 0;
    fc.assert(
      fc.property(life, (steps) => {
        live({ ...POLICY, entriesMax: 8, exactNs: 50 }, steps, ({ log, model, nowNs }) => {
          expect(log.endOffset()).toBe(model.endOffset());
          expect(log.startOffset()).toBe(model.start);
          // The newest creation time is up to 30 ns ago here, and exactness counts from it.
          for (const atNs of [nowNs - 20, nowNs, nowNs + 20]) {
            const exact = model.endOffsetAt(atNs);
            if (exact >= log.knownFromOffset()) expect(log.endOffsetAt(atNs)).toBe(exact);
          }
          if (log.entries < model.batches.filter((batch) => batch.end > log.knownFromOffset()).length) merges++;
        });
      }),
      { numRuns: 200 },
    );
    expect(merges).toBeGreaterThan(0);
  });

  it('reads a merged backlog through, in steps no larger than asked and never without progress', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 300 }), fc.integer({ min: 1, max: 400 }), (appends, bytesMax) => {
        const log = new PartitionLog({ ...POLICY, entriesMax: 8, exactNs: 0 });
        for (let i = 0; i < appends; i++) log.append(10 * i, 1 + (i % 3), 50, 10 * i - 5, 10 * i);
        expect(log.entries).toBeLessThanOrEqual(8);
        const end = log.endOffset();
        let bytes = 0;
        let records = 0;
        let createdNs = -5;
        for (let from = 0; from < end; from = log.readEnd) {
          log.offsetForBytes(from, bytesMax, end);
          expect(log.readEnd).toBeGreaterThan(from);
          expect(log.readEnd - from === 1 || log.readBytes <= Math.max(bytesMax, 50)).toBe(true);
          bytes += log.readBytes;
          log.visit(from, log.readEnd, (n, first, last) => {
            records += n;
            expect(first).toBeGreaterThanOrEqual(createdNs - 10);
            expect(last).toBeGreaterThanOrEqual(first);
            createdNs = last;
          });
        }
        expect([records, bytes]).toEqual([end, 50 * appends]);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps memory bounded under an endless backlog, and grows only for what is too young to merge', () => {
    const log = new PartitionLog({ ...POLICY, entriesMax: 32, exactNs: 1000 });
    for (let i = 0; i < 10_000; i++) log.append(100 * i, 1, 10, 100 * i, 100 * i);
    expect(log.entries).toBeLessThanOrEqual(32);
    const busy = new PartitionLog({ ...POLICY, entriesMax: 32, exactNs: 1000 });
    for (let i = 0; i < 10_000; i++) busy.append(10 * i, 1, 10, 10 * i, 10 * i);
    expect(busy.entries).toBeGreaterThan(100);
    expect(busy.entries).toBeLessThanOrEqual(256);
  });

  it('lets its watcher settle what is past before times are merged, and keep what it needs single', () => {
    const log = new PartitionLog({ ...POLICY, entriesMax: 8, exactNs: 30 });
    let nowNs = 0;
    let calls = 0;
    log.watcher = {
      beforeMerge: (pastNs) => {
        calls++;
        expect(pastNs).toBe(nowNs - 10);
        expect(log.endOffsetAt(pastNs - 20)).toBe(pastNs / 10 - 6);
        return 20;
      },
    };
    for (nowNs = 0; nowNs < 500; nowNs += 10) log.append(nowNs + 50, 1, 1, nowNs, nowNs);
    expect(calls).toBeGreaterThan(3);
    const single: number[] = [];
    log.visit(0, 50, (records, first) => records === 1 && single.push(first / 10));
    expect(single.slice(-30)).toEqual(Array.from({ length: 30 }, (_, i) => 20 + i));
  });

  it('cuts created times with the stretch', () => {
    const log = new PartitionLog(POLICY);
    log.append(100, 11, 110, 0, 100);
    const cut: number[][] = [];
    log.visit(2, 6, (...stretch) => cut.push(stretch));
    expect(cut).toEqual([[4, 20, 50]]);
    expect(log.bytesAt(3)).toBe(30);
  });

  it('counts duplicates by cause, and forgets those that a stop undid', () => {
    const log = new PartitionLog(POLICY);
    for (let i = 0; i < 4; i++) log.append(10 * i, 5, 5, 0, 0);
    expect(log.duplicatesIn(0, 20)).toBe(0);
    log.markDuplicate(5, 10, 1);
    log.markDuplicate(10, 12, 1);
    log.markDuplicate(14, 20, 0);
    expect([log.duplicatesIn(0, 20), log.duplicatesIn(6, 15), log.duplicatesIn(12, 14)]).toEqual([13, 7, 0]);
    expect(log.duplicates).toEqual([6, 7]);
    expect(log.truncateAfter(25)).toBe(5);
    expect(log.duplicates).toEqual([1, 7]);
    log.release(10);
    expect([log.duplicatesIn(0, 15), log.duplicates]).toEqual([8, [1, 7]]);
  });

  it('remembers which records of a lost tail were copies, however far reads have come', () => {
    const log = new PartitionLog(POLICY);
    for (let i = 0; i < 4; i++) log.append(10 * i, 5, 5, 0, 0);
    log.markDuplicate(0, 5, 0);
    log.markDuplicate(15, 20, 0);
    log.cutTail(15, 30, 'leader-lost');
    log.append(40, 5, 5, 0, 0);
    log.release(25);
    expect([log.duplicatesIn(0, 5), log.duplicatesIn(15, 20)]).toEqual([0, 5]);
  });

  it('takes a mark back, in the middle of others', () => {
    const log = new PartitionLog(POLICY);
    log.append(10, 20, 20, 0, 0);
    log.markDuplicate(4, 16, 1);
    log.unmarkDuplicate(8, 10);
    expect([log.duplicatesIn(0, 9), log.duplicatesIn(8, 10), log.duplicatesIn(9, 20)]).toEqual([4, 0, 6]);
    expect(log.duplicates).toEqual([0, 10]);
  });

  it('refuses what cannot be: time going back, offsets nobody knows any more', () => {
    const log = new PartitionLog(POLICY);
    log.append(100, 5, 50, 0, 0);
    expect(() => log.append(99, 1, 1, 0, 0)).toThrow('append of 1 records, 1 bytes at 99 ns after 100 ns');
    expect(() => log.append(100, 0, 1, 0, 0)).toThrow('append of 0 records');
    log.append(100, 5, 50, 0, 0);
    log.release(5);
    expect(() => log.visit(4, 6, () => {})).toThrow('offset 4 is outside of what the log knows: [5, 10)');
    expect(() => log.visit(9, 11, () => {})).toThrow('visit to 11 beyond the log');
    log.release(10);
    expect(() => log.truncateAfter(50)).toThrow('merged or released');
  });
});
