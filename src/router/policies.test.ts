import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byCredit, pauseWhenFull } from './backpressure.ts';
import { commitAfter, commitEvery } from './commit.ts';
import { DedupeWindow } from './dedupe.ts';
import { exponentialRetry } from './retry.ts';
import { RollingCount } from './scaling.ts';

describe('policies', () => {
  it('have the names that traces tell them by', () => {
    const credit = { bufferBytesMax: 1, creditRecords: 1 };
    const names = [
      commitEvery(1),
      commitAfter({ records: 1, intervalNs: 1 }),
      pauseWhenFull(1),
      byCredit(credit),
      exponentialRetry({ backoffNs: 1, backoffMaxNs: 1 }),
    ].map(({ name }) => name);
    expect(names).toEqual(['interval', 'number', 'pause', 'credit', 'exponential']);
    expect(pauseWhenFull(10).mayFetch(4, 3, 3)).toBe(true);
    expect(pauseWhenFull(10).mayFetch(4, 3, 4)).toBe(false);
  });
});

describe('commit policies', () => {
  it('commit by time, or by number with a time for a trickle', () => {
    expect(commitEvery(10).dueNs(1, 5)).toBe(15);
    const policy = commitAfter({ records: 100, intervalNs: 10 });
    expect(policy.dueNs(99, 5)).toBe(15);
    expect(policy.dueNs(100, 5)).toBe(5);
  });
});

describe('exponential retry', () => {
  it('doubles up to its bound and spreads over the upper half', () => {
    const policy = exponentialRetry({ backoffNs: 100, backoffMaxNs: 350 });
    expect([1, 2, 3, 4, 1000].map((attempt) => policy.backoffNs(attempt, 'failed', 1))).toEqual([
      100, 200, 350, 350, 350,
    ]);
    expect(policy.backoffNs(1, 'failed', 0)).toBe(50);
  });
});

describe('a window against copies', () => {
  it('knows an id for as long as its window, counted from the first arrival', () => {
    const window = new DedupeWindow({ idsMax: 10, windowNs: 100 });
    expect([0, 50, 99, 100].map((now) => window.isDuplicate('a', now))).toEqual([false, true, true, false]);
  });

  it('counts the window from the arrival, whenever that was', () => {
    const window = new DedupeWindow({ idsMax: 10, windowNs: 100 });
    expect([1000, 1099, 1100].map((now) => window.isDuplicate('a', now))).toEqual([false, true, false]);
  });

  it('says what is wrong with its options', () => {
    expect(() => new DedupeWindow({ idsMax: 0, windowNs: 1 })).toThrow('idsMax must be at least 1, not 0');
    expect(() => new DedupeWindow({ idsMax: 1, windowNs: 0 })).toThrow('windowNs must be above 0, not 0');
  });

  it('is bounded, and never calls new what the bound still covers', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(12), { maxLength: 60, size: 'max' }),
        fc.integer({ min: 1, max: 6 }),
        (ids, idsMax) => {
          const window = new DedupeWindow({ idsMax, windowNs: Infinity });
          const remembered: number[] = [];
          for (const id of ids) {
            expect(window.isDuplicate(`guid-${id}`, 0)).toBe(remembered.includes(id));
            if (!remembered.includes(id)) remembered.push(id);
            if (remembered.length > idsMax) remembered.shift();
            expect(window.size).toBeLessThanOrEqual(idsMax);
          }
        },
      ),
    );
  });
});

describe('scaling by a rolling count', () => {
  const options = { containersMin: 2, containersMax: 10, up: 60, down: 5, window: 10, hits: 6, cooldownNs: 100 };

  it('grows after 6 bad samples of 10, not after 5', () => {
    const policy = new RollingCount(options);
    const answers = [99, 99, 1, 99, 99, 30, 99, 99].map((lag, i) => policy.sample(lag, 4, i));
    expect(answers).toEqual([4, 4, 4, 4, 4, 4, 4, 5]);
  });

  it('shrinks when there is nothing to do, and never below its least', () => {
    const policy = new RollingCount(options);
    let containers = 4;
    for (let i = 0; i < 100; i++) containers = policy.sample(0, containers, i * 50);
    expect(containers).toBe(2);
  });

  it('keeps within its bounds and changes once a cool-down', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { maxLength: 60, size: 'max' }), (lags) => {
        const policy = new RollingCount(options);
        let containers = 5;
        let changedAt = -Infinity;
        lags.forEach((lag, i) => {
          const now = i * 30;
          const next = policy.sample(lag, containers, now);
          expect(next).toBeGreaterThanOrEqual(2);
          expect(next).toBeLessThanOrEqual(10);
          if (next !== containers) {
            expect(now - changedAt).toBeGreaterThanOrEqual(options.cooldownNs);
            changedAt = now;
          }
          containers = next;
        });
      }),
    );
  });

  it('takes a sample that equals a bound as neither', () => {
    const policy = new RollingCount(options);
    expect(policy.name).toBe('rolling-count');
    for (const signal of [options.up, options.down]) {
      for (let i = 0; i < 10; i++) expect(policy.sample(signal, 4, i)).toBe(4);
    }
  });

  it('changes again as soon as the cool-down is over, if enough samples since then ask for it', () => {
    const policy = new RollingCount(options);
    const changes: number[] = [];
    let containers = 2;
    for (let now = 0; now <= 300; now += 10) {
      const next = policy.sample(99, containers, now);
      if (next !== containers) changes.push(now);
      containers = next;
    }
    expect(changes).toEqual([50, 150, 250]);
  });

  it('may hold a job at one container, or at a fixed number', () => {
    const one = new RollingCount({ ...options, containersMin: 1, containersMax: 1 });
    for (let i = 0; i < 10; i++) expect(one.sample(99, 1, i)).toBe(1);
    expect(() => new RollingCount({ ...options, containersMin: 0 })).toThrow('not 0 of 10');
  });

  it('says what is wrong with its options', () => {
    expect(() => new RollingCount({ ...options, hits: 11 })).toThrow('hits must be in [1, window]');
    expect(() => new RollingCount({ ...options, containersMin: 11 })).toThrow('containersMin');
    expect(() => new RollingCount({ ...options, down: 60 })).toThrow('down must be below up');
  });
});
