import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MigrationReport, Simulation } from '../../index.ts';
import { ScenarioError } from '../../scenario/index.ts';
import { resolveScenario, type Written } from '../../scenario/resolve.ts';

const S = 1_000_000_000;
/** Instances of the preset. */
const CLIENTS = 20;

const world = (patch: Omit<Written, 'extends'> = {}): Written =>
  ({
    extends: 'laptop',
    name: 'migration',
    run: { warmup: '0s', for: '30s', fidelity: 'record' },
    traffic: { rate: '200/s', until: '20s' },
    sinks: { 'old-kafka': { kind: 'rate-limited', rate: '1k/s' } },
    migration: { sink: 's3', collectors: 2, collector: { fileAge: '3s' }, branch: { sink: 'old-kafka' } },
    ...patch,
  }) as Written;

const built = (written: Written): Simulation => new Simulation(resolveScenario(written));

function reportOf(simulation: Simulation): MigrationReport {
  simulation.advance();
  return simulation.finish().migration!;
}

const sum = (counts: Readonly<Record<string, number | undefined>>): number =>
  Object.values(counts).reduce<number>((total, n) => total + n!, 0);

describe('the old pipeline beside the new one', () => {
  it('delivers all when nothing breaks, and so does the new one', () => {
    const report = reportOf(built(world()));
    expect(report.offered).toBeGreaterThan(2000);
    expect(report.both).toBe(report.offered);
    expect(report.branch).toEqual({ taken: report.offered, delivered: report.offered, lost: {}, backlog: 0 });
  });

  it('loses with a collector what it held in memory, to the record, and keeps what it had written', () => {
    const simulation = built(
      world({ faults: [{ kind: 'collector-kill', collector: 1, at: '10s', for: '5s', disk: 'kept' }] }),
    );
    simulation.advance({ untilNs: 10 * S - 1 });
    const { old } = simulation;
    const before = old!.held;
    simulation.advance({ untilNs: 10 * S });
    const gone = before - old!.held;
    expect(gone).toBeGreaterThan(0);
    const report = reportOf(simulation);
    expect(report.old.lost).toEqual({ 'collector-memory': gone });
    expect(report.onlyNew).toEqual({ 'collector-memory': gone });
  });

  it('loses its files as well with its disk', () => {
    const fault = { kind: 'collector-kill', collector: 1, at: '10s', for: '5s' } as const;
    const kept = reportOf(built(world({ faults: [{ ...fault, disk: 'kept' }] })));
    const lost = reportOf(built(world({ faults: [{ ...fault, disk: 'lost' }] })));
    expect(lost.old.lost['collector-memory']).toBe(kept.old.lost['collector-memory']);
    expect(lost.old.lost['collector-disk']).toBeGreaterThan(0);
  });

  it('with no collector left, each client keeps its queue and the sets in its hands, and drops the rest', () => {
    const report = reportOf(
      built(
        world({
          traffic: { rate: '200/s' },
          migration: { sink: 's3', collectors: 1, client: { queue: 20, batch: 10, senders: 2 } },
          faults: [{ kind: 'collector-kill', at: '0s', for: '30s', disk: 'kept' }],
        } as Omit<Written, 'extends'>),
      ),
    );
    // Senders give their sets back into a queue that is full by then: only what they carry at the end is beside it.
    expect(report.old.inFlight).toBeGreaterThanOrEqual(CLIENTS * 20);
    expect(report.old.inFlight).toBeLessThanOrEqual(CLIENTS * (20 + 2 * 10));
    expect(report.old.lost).toEqual({ 'client-queue-full': report.offered - report.old.inFlight });
  });

  it('waits for S3 on its disks, as the new one waits in Kafka', () => {
    const report = reportOf(
      built(
        world({
          run: { warmup: '0s', for: '60s', fidelity: 'record' },
          faults: [{ kind: 'sink-stop', sink: 's3', at: '5s', for: '15s' }],
        }),
      ),
    );
    expect(report.both).toBe(report.offered);
    expect(report.old.latencyMs.max).toBeGreaterThan(10_000);
  });

  it('accounts for every record on both sides, whatever breaks, and what it says of the new one is what the ledger says', () => {
    const at = fc.nat(19).map((s) => `${s}s`);
    const lasting = fc.integer({ min: 1, max: 8 }).map((s) => `${s}s`);
    const disk = fc.constantFrom('kept' as const, 'lost' as const);
    const fault = fc.oneof(
      fc.record({ kind: fc.constant('collector-kill' as const), collector: fc.nat(1), at, for: lasting, disk }),
      fc.record({
        kind: fc.constant('broker-kill' as const),
        cluster: fc.constantFrom('normal', 'high'),
        broker: fc.nat(2),
        at,
        for: lasting,
        disk,
      }),
      fc.record({
        kind: fc.constant('sink-stop' as const),
        sink: fc.constantFrom('s3', 'old-kafka'),
        at,
        for: lasting,
      }),
      fc.record({
        kind: fc.constant('cluster-unreachable' as const),
        cluster: fc.constant('normal'),
        at,
        for: lasting,
      }),
    );
    const settings = fc.record({
      acks: fc.constantFrom('0', '1', 'all'),
      bufferRecords: fc.constantFrom(20, 100_000),
      deliveryTimeout: fc.constantFrom('2s', '2min'),
      requestTimeout: fc.constantFrom('500ms', '1s'),
    });
    fc.assert(
      fc.property(fc.array(fault, { maxLength: 4 }), settings, fc.nat(1000), (faults, policy, seed) => {
        const simulation = built(world({ seed, faults, producers: { policy } } as Omit<Written, 'extends'>));
        simulation.advance();
        const { migration, ledger } = simulation.finish();
        const { offered, both, onlyOld, onlyNew, neither, old, new: mine } = migration!;
        expect(both + sum(onlyOld) + sum(onlyNew) + neither).toBe(offered);
        for (const side of [old, mine]) expect(side.delivered + sum(side.lost) + side.inFlight).toBe(offered);
        expect(offered).toBe(ledger.offered);
        const route = ledger.routes.find(({ sink }) => sink === 's3')!;
        expect(mine.delivered).toBe(route.delivered);
        for (const cause of ['buffer-full', 'expired', 'retries-exhausted'] as const) {
          expect(mine.lost[cause] ?? 0).toBe(ledger.dropped[cause] ?? 0);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('comes out the same from the same seed', () => {
    const faults = [{ kind: 'collector-kill', collector: 0, at: '7s', for: '4s', disk: 'lost' }] as const;
    const [one, other] = [0, 1].map(() => {
      const simulation = built(world({ faults: [...faults] } as Omit<Written, 'extends'>));
      simulation.advance();
      return simulation.finish();
    });
    expect(one).toEqual(other);
  });
});

describe('a migration that makes no sense', () => {
  const problem = (patch: Omit<Written, 'extends'>): string => {
    try {
      resolveScenario(world(patch));
    } catch (error) {
      if (error instanceof ScenarioError) return error.message;
      throw error;
    }
    return 'none';
  };

  it('needs records one by one', () => {
    expect(problem({ run: { for: '30s', fidelity: 'request' } })).toContain('expected run.fidelity: record');
  });

  it('is compared by a sink of kind s3 that there is', () => {
    expect(problem({ migration: { sink: 's4' } })).toMatch(/migration\.sink: unknown name "s4".*s3/);
    expect(problem({ migration: { sink: 'elasticsearch' } })).toContain('expected a sink of kind s3');
    expect(problem({ migration: { sink: 's3', branch: { sink: 'kafka' } } })).toContain(
      'expected a sink of another kind',
    );
  });

  it('has as many collectors as it says', () => {
    expect(problem({ faults: [{ kind: 'collector-kill', collector: 2, at: '1s', for: '1s' }] })).toContain('0 to 1');
  });

  it('is what an assertion on one pipeline alone speaks of', () => {
    const patch = { migration: undefined, assert: [{ metric: 'only', pipeline: 'old', atMost: 0 }] };
    expect(problem(patch as Omit<Written, 'extends'>)).toContain('a `migration`, in which there are two pipelines');
  });
});
