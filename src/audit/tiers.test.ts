import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSampled, windowOf } from './event-window.ts';
import { type Finding, Reconciler } from './reconciler.ts';
import { TierCounter, type TierReport } from './tier-counter.ts';

const WINDOW = 1_000;
const GRACE = 500;
const SETTLE = 2_000;

/** Two tiers and whoever compares them; reports arrive at once. */
function audit({ share = 1, instances = 1 } = {}) {
  const findings: Finding[] = [];
  const reports: TierReport[] = [];
  const reconciler = new Reconciler({
    pairs: [['producer', 'kafka']],
    windowMs: WINDOW,
    settleMs: SETTLE,
    keepMs: 60_000,
    onFinding: (finding) => findings.push(finding),
  });
  let nowMs = 0;
  const counter = (tier: string, instance: number) =>
    new TierCounter({
      ...{ tier, instance: String(instance), windowMs: WINDOW, graceMs: GRACE, share },
      onReport: (report) => {
        reports.push(report);
        reconciler.report(report, nowMs);
      },
    });
  const upstream = Array.from({ length: instances }, (_, i) => counter('producer', i));
  const downstream = Array.from({ length: instances }, (_, i) => counter('kafka', i));
  const all = [...upstream, ...downstream, reconciler];
  const runTo = (untilMs: number) => {
    for (;;) {
      const dueMs = Math.min(...all.map((each) => each.deadlineMs()));
      if (dueMs > untilMs) break;
      nowMs = Math.max(nowMs, dueMs);
      for (const each of all) each.onTime(nowMs);
    }
    nowMs = untilMs;
  };
  return { findings, reports, upstream, downstream, reconciler, runTo };
}

/** The last word on each window. */
const last = (findings: readonly Finding[]) =>
  new Map(findings.map((finding) => [`${finding.topic} ${finding.window}`, finding]));

const guid = (n: number): string => `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;

describe('tiers compared', () => {
  it('tell a loss exactly, after the grace and the settling, when nothing is late', () => {
    const world = fc.record({
      instances: fc.integer({ min: 1, max: 3 }),
      records: fc.array(fc.record({ atMs: fc.nat(9_999), lost: fc.boolean() }), {
        maxLength: 300,
      }),
    });
    fc.assert(
      fc.property(world, ({ instances, records }) => {
        const { findings, upstream, downstream, runTo } = audit({ instances });
        const lost = new Map<number, number>();
        [...records]
          .sort((a, b) => a.atMs - b.atMs)
          .forEach(({ atMs, lost: isLost }, n) => {
            runTo(atMs);
            const envelope = { id: guid(n), timestampMs: atMs };
            upstream[n % instances].count('play', envelope, atMs);
            if (!isLost) downstream[(n * 7) % instances].count('play', envelope, atMs);
            else lost.set(windowOf(atMs, WINDOW), (lost.get(windowOf(atMs, WINDOW)) ?? 0) + 1);
          });
        runTo(30_000);
        for (const { window, missing, surplus, late, standardError, revision } of findings) {
          expect({ missing, surplus, late, standardError, revision }).toEqual({
            ...{ missing: lost.get(window) ?? 0, surplus: 0, late: 0, standardError: 0, revision: 0 },
          });
        }
        expect(findings.reduce((sum, { missing }) => sum + missing, 0)).toBe(
          [...lost.values()].reduce((sum, n) => sum + n, 0),
        );
      }),
    );
  });

  it('give the first word when the window has settled, to the millisecond', () => {
    const { findings, upstream, runTo } = audit();
    upstream[0].count('play', { id: guid(1), timestampMs: 700 }, 700);
    runTo(WINDOW + SETTLE - 1);
    expect(findings).toEqual([]);
    runTo(WINDOW + SETTLE);
    expect(findings).toMatchObject([{ window: 0, missing: 1, upstream: 1, downstream: 0, ageMaxMs: -Infinity }]);
  });

  it('take what is late for lost until it has come, and say so again', () => {
    const { findings, upstream, downstream, runTo } = audit();
    for (let n = 0; n < 10; n++) upstream[0].count('play', { id: guid(n), timestampMs: 100 }, 100);
    for (let n = 0; n < 6; n++) downstream[0].count('play', { id: guid(n), timestampMs: 100 }, 120);
    runTo(5_000);
    for (let n = 6; n < 9; n++) downstream[0].count('play', { id: guid(n), timestampMs: 100 }, 5_000);
    runTo(7_000);
    expect(findings.map(({ missing, late, revision }) => [missing, late, revision])).toEqual([
      [4, 0, 0],
      [1, 3, 1],
    ]);
    expect(findings[1].ageMaxMs).toBe(4_900);
    expect(downstream[0].late).toBe(3);
  });

  it('see nothing where one record is lost and another is there twice: counts are all that they have', () => {
    const { findings, upstream, downstream, runTo } = audit();
    for (const n of [1, 2]) upstream[0].count('play', { id: guid(n), timestampMs: 0 }, 0);
    for (const n of [1, 1]) downstream[0].count('play', { id: guid(n), timestampMs: 0 }, 0);
    runTo(10_000);
    expect(findings).toMatchObject([{ missing: 0, surplus: 0 }]);
  });

  it('take an instance that died with its counts for a loss', () => {
    const { findings, upstream, downstream, runTo } = audit({ instances: 2 });
    for (let n = 0; n < 8; n++) {
      upstream[0].count('play', { id: guid(n), timestampMs: 0 }, 0);
      if (n < 5) downstream[0].count('play', { id: guid(n), timestampMs: 0 }, 0);
    }
    // The other three passed an instance that never reports.
    runTo(10_000);
    expect(findings).toMatchObject([{ missing: 3 }]);
  });

  it('estimate from a sample within its error, as all tiers sample the same records', () => {
    const share = 0.1;
    const { findings, upstream, downstream, runTo } = audit({ share });
    const [total, lost] = [20_000, 4_000];
    for (let n = 0; n < total; n++) {
      upstream[0].count('play', { id: guid(n), timestampMs: 0 }, 0);
      if (n >= lost) downstream[0].count('play', { id: guid(n), timestampMs: 0 }, 0);
    }
    runTo(10_000);
    const [{ missing, upstream: estimate, standardError }] = findings;
    const sampled = Array.from({ length: lost }, (_, n) => isSampled(guid(n), share)).filter(Boolean).length;
    expect(missing).toBeCloseTo(sampled / share, 6);
    expect(Math.abs(missing - lost)).toBeLessThan(4 * standardError);
    expect(standardError).toBeCloseTo(Math.sqrt(sampled * 0.9) / share, 6);
    expect(Math.abs(estimate - total)).toBeLessThan((4 * Math.sqrt(total * share * 0.9)) / share);
  });

  it('come to the same last word in whatever order reports arrive', () => {
    const report = fc.record({
      tier: fc.constantFrom('producer', 'kafka'),
      window: fc.nat(3),
      records: fc.integer({ min: 1, max: 9 }),
      late: fc.boolean(),
    });
    const word = (reports: readonly Pick<TierReport, 'tier' | 'window' | 'records' | 'late'>[]) => {
      const { findings, reconciler } = audit();
      for (const each of reports) {
        reconciler.report({ ...each, instance: 'a', topic: 'play', share: 1, ageMaxMs: 0 }, 0);
      }
      reconciler.onTime(10_000);
      return [...last(findings).values()].sort((a, b) => a.window - b.window);
    };
    const shuffled = fc.array(report, { maxLength: 20 }).chain((reports) => {
      const order = fc.shuffledSubarray(reports, { minLength: reports.length });
      return fc.tuple(fc.constant(reports), order);
    });
    fc.assert(
      fc.property(shuffled, ([reports, others]) => {
        expect(word(others)).toEqual(word(reports));
      }),
    );
  });

  it('ignore what comes after a window is forgotten', () => {
    const { findings, reconciler } = audit();
    const report = { tier: 'kafka', instance: 'a', topic: 'play', window: 0, records: 7, late: true, share: 1 };
    reconciler.report({ ...report, ageMaxMs: 0 }, 61_000);
    expect([findings, reconciler.ignored, reconciler.deadlineMs()]).toEqual([[], 7, Infinity]);
  });
});

describe('a reconciler', () => {
  it.each([{ windowMs: NaN }, { windowMs: 0 }, { settleMs: NaN }, { settleMs: -1 }, { keepMs: NaN }, { keepMs: 1 }])(
    'refuses %j',
    (change) => {
      const options = { pairs: [], windowMs: 10, settleMs: 20, keepMs: 30, onFinding: () => undefined };
      expect(() => new Reconciler({ ...options, ...change })).toThrow(RangeError);
    },
  );
});

describe('a counter', () => {
  it('reports early rather than grow, and its counts still add up', () => {
    const reports: TierReport[] = [];
    const counter = new TierCounter({
      ...{ tier: 'kafka', instance: 'a', windowMs: WINDOW, graceMs: GRACE, cellsMax: 3 },
      onReport: (report) => reports.push(report),
    });
    for (let n = 0; n < 100; n++) counter.count('play', { id: guid(n), timestampMs: (n % 10) * WINDOW }, 0);
    counter.close();
    expect(reports.reduce((sum, { records }) => sum + records, 0)).toBe(100);
    expect(counter.deadlineMs()).toBe(Infinity);
  });

  it.each([
    [{ windowMs: 0 }, 'windowMs: expected a time above 0, got 0'],
    [{ graceMs: -1 }, 'graceMs: expected a time of 0 or more, got -1'],
    [{ share: 1.5 }, 'share: expected a share above 0, up to 1, got 1.5'],
  ])('refuses %j', (change, message) => {
    const options = { tier: 'kafka', instance: 'a', windowMs: 1, graceMs: 0, onReport: () => undefined };
    expect(() => new TierCounter({ ...options, ...change })).toThrow(message);
  });
});
