import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyWorld, generic, MS, type SmallWorld, smallWorld } from '../../model/small-world.fixture.ts';
import type { AuditSpec } from '../../scenario/scenario.ts';
import { Simulation } from '../../simulation.ts';
import { spreadByWindow } from './spread.ts';

const spec: AuditSpec = {
  cluster: 1,
  windowNs: 200 * MS,
  graceNs: 300 * MS,
  settleNs: 400 * MS,
  delayNs: 20 * MS,
  holdNs: 1_000 * MS,
  keepNs: 60_000 * MS,
};

function run(world: SmallWorld, audit: AuditSpec | undefined, fidelity: 'record' | 'request' = 'request') {
  const simulation = new Simulation({ ...smallWorld({ ...world, fidelity }), ...(audit && { audit }) });
  simulation.advance();
  return simulation.finish();
}

const lossOf = (by: Readonly<Partial<Record<string, number>>>) =>
  Object.values(by).reduce<number>((a, b) => a + (b ?? 0), 0);

describe('a run over windows', () => {
  it('is counted once each, evenly, in the windows that records fall into', () => {
    const runs = fc.record({ n: fc.integer({ min: 1, max: 50 }), firstNs: fc.nat(1_000), longNs: fc.nat(1_000) });
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 300 }), ({ n, firstNs, longNs }, windowNs) => {
        const lastNs = firstNs + longNs;
        const counts = new Map<number, number>();
        spreadByWindow({ n, firstNs, lastNs, windowNs }, (window, records) => counts.set(window, records));
        const expected = new Map<number, number>();
        for (let i = 0; i < n; i++) {
          // At firstNs + longNs · i ÷ (n − 1), in whole numbers.
          const steps = Math.max(1, n - 1);
          const window = Math.floor((firstNs * steps + longNs * i) / (steps * windowNs));
          expected.set(window, (expected.get(window) ?? 0) + 1);
        }
        expect(counts).toEqual(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('clocks of applications that are off', () => {
  const skew = (aheadNs: number): SmallWorld => ({
    sinks: [generic],
    topics: [{ streams: 1, partitions: 1, replicationFactor: 1 }],
    policy: { lingerNs: 0 },
    faults: [{ kind: 'clock-skew', atNs: 500 * MS, forNs: 500 * MS, region: 'main', zone: null, aheadNs }],
  });
  const scoresOf = (world: SmallWorld, fidelity: 'record' | 'request') =>
    run(world, spec, fidelity).audit!.scores.filter(({ auditor }) => auditor === 'tiers');

  it.each(['record', 'request'] as const)(
    'make late what is stamped too early, to the record, and nothing else (%s)',
    (fidelity) => {
      // A window closes 0.3 s after its end: 0.7 s behind is late wherever in its window it falls.
      const right = scoresOf(skew(0), fidelity);
      expect(right.every(({ late }) => late === 0)).toBe(true);
      for (const { late, trueLost } of scoresOf(skew(-700 * MS), fidelity)) {
        // 200 records a second for half a second; one more or less at each end.
        expect(Math.abs(late - 100)).toBeLessThan(3);
        expect(trueLost).toBe(0);
      }
      // What is stamped too late is early everywhere, and as much at each tier.
      for (const { late, reportedLost, falseWindows } of scoresOf(skew(150 * MS), fidelity))
        expect({ late, reportedLost, falseWindows }).toEqual({ late: 0, reportedLost: 0, falseWindows: 0 });
    },
  );

  it('change no record’s fate', () => {
    const [off, right] = [skew(-700 * MS), skew(0)].map((world) => run(world, spec));
    expect(off!.ledger).toEqual(right!.ledger);
  });
});

describe('auditors', () => {
  it('change nothing of what they watch', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        const { ledger, audit } = run(world, spec);
        const alone = run(world, undefined);
        expect(ledger).toEqual(alone.ledger);
        expect(alone.audit).toBeUndefined();
        expect(audit).toBeDefined();
      }),
      { numRuns: 30 },
    );
  });

  it('are scored against what the books say: losses on the way to Kafka, topic by topic', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        // Not where brokers stop before they are done with what nobody waits for: see docs/audit.md.
        const { topics, audit } = run({ ...world, faults: [], healing: undefined }, spec);
        for (const { name, dropped, unknown } of topics) {
          const [sends] = audit!.scores.filter((each) => each.auditor === 'sends' && each.topic === name);
          expect(sends.trueLost).toBe(lossOf(dropped) + unknown);
          expect(sends.reportedLost).toBeGreaterThanOrEqual(sends.trueLost);
          const tiers = audit!.scores.find(
            (each) => each.auditor === 'tiers' && each.to === 'kafka' && each.topic === name,
          );
          expect(tiers!.trueLost).toBe(sends.trueLost);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are right about everything, and say nothing false, where nothing is late and nobody dies', () => {
    const world: SmallWorld = {
      sinks: [generic],
      policy: { lingerNs: 20 * MS, bufferRecords: 5 },
      perRequestNs: 40 * MS,
    };
    const [record, request] = (['record', 'request'] as const).map((fidelity) => run(world, spec, fidelity));
    expect(lossOf(request.ledger.dropped)).toBeGreaterThan(0);
    expect(request.audit).toEqual(record.audit);
    for (const each of request.audit!.scores.filter(({ auditor }) => auditor === 'tiers')) {
      expect(each).toMatchObject({ falseWindows: 0, neverRight: 0, late: 0 });
      // Closed after the grace; the report travels; looks are a tenth of a window apart.
      expect(each.firstRightMeanSeconds! - 0.4).toBeLessThanOrEqual(0.02);
      expect(each.firstRightMeanSeconds! - 0.4).toBeGreaterThanOrEqual(0);
    }
  });

  it('of whom one never said a word have a row all the same, with the truth in it', () => {
    const world: SmallWorld = { sinks: [generic], policy: { bufferRecords: 5 }, perRequestNs: 40 * MS };
    const { audit, ledger } = run(world, { ...spec, settleNs: 60_000 * MS });
    const tiers = audit!.scores.filter(({ auditor, to }) => auditor === 'tiers' && to === 'kafka');
    expect(tiers).not.toEqual([]);
    expect(tiers.every(({ reportedLost, windows }) => reportedLost === 0 && windows === 0)).toBe(true);
    expect(tiers.reduce((sum, { trueLost }) => sum + trueLost, 0)).toBe(lossOf(ledger.dropped));
    expect(lossOf(ledger.dropped)).toBeGreaterThan(0);
  });

  it('take what a broker had counted when it died for lost', () => {
    const kill = {
      kind: 'broker-kill',
      cluster: 'fronting',
      broker: 0,
      disk: 'kept',
      atNs: 1_050 * MS,
      forNs: 200 * MS,
    };
    const calm: SmallWorld = { policy: { requestTimeoutNs: 300 * MS } };
    const killed = run({ ...calm, faults: [kill as never] }, spec).audit!.scores.find(
      ({ to, auditor }) => auditor === 'tiers' && to === 'kafka',
    )!;
    const alive = run(calm, spec).audit!.scores.find(({ to, auditor }) => auditor === 'tiers' && to === 'kafka')!;
    expect(alive).toMatchObject({ falseWindows: 0, neverRight: 0 });
    expect(killed.falseWindows).toBeGreaterThan(0);
    expect(killed.reportedLost).toBeGreaterThan(killed.trueLost);
  });
});
