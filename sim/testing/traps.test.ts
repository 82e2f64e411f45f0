/** Known traps, each found from scratch: nothing but the flaw itself is told. */
import { describe, expect, it } from 'vitest';
import { commitEvery } from '../../src/router/commit.ts';
import { DedupeWindow } from '../../src/router/dedupe.ts';
import type { CommitPolicy } from '../../src/router/policy.ts';
import type { CheckOptions } from './check.ts';
import { checkPolicy } from './check.ts';
import { runSchedule } from './schedule-run.ts';
import { smallPipeline } from './traps.fixture.ts';

const MS = 1_000_000;
const SCHEDULES_MAX = 1_000;
const FAULTS_MAX = 3;

/** What lets a router fall behind. */
const SINKS = ['sink-stop', 'sink-slow', 'router-crash'] as const;

/** Looks for the flaw; answers the failure, which must be small. */
function trapped(options: CheckOptions) {
  const report = checkPolicy({ runs: SCHEDULES_MAX, seed: 1, ...options });
  expect(report.failure, `nothing found in ${report.schedules} schedules`).not.toBeNull();
  expect(report.failure!.scenario.faults!.length).toBeLessThanOrEqual(FAULTS_MAX);
  return { ...report.failure!, schedules: report.schedules };
}

describe('a trap is found, with the least that springs it', () => {
  it('a retry without idempotence duplicates after a lost answer', () => {
    const failure = trapped({
      world: smallPipeline({ policy: { idempotence: 'off' } }),
      bounds: { duplicates: 0 },
      faults: { kinds: ['cluster-unreachable', 'broker-kill', 'sink-stop'] },
    });
    expect(failure.scenario.faults).toHaveLength(1);
    expect(failure.story.join('\n')).toMatch(
      /sent again[\s\S]*appended to clicks\/0[\s\S]*: a second copy[\s\S]*sink has it again/,
    );
  });

  it('a buffer smaller than the outage drops', () => {
    const world = smallPipeline({ policy: { buffer: '1kB' } });
    const failure = trapped({ world, bounds: { loss: 0 } });
    expect(failure.seen).toContain('buffer-full');
  });

  it('retention shorter than an outage loses what was acknowledged', () => {
    const world = smallPipeline({
      topic: { retention: '300ms' },
      log: { segmentAge: '100ms', retentionCheck: '100ms' },
    });
    const failure = trapped({ world, faults: { kinds: SINKS }, bounds: { loss: { cause: 'retention', atMost: 0 } } });
    expect(failure.story.join('\n')).toMatch(/acknowledged[\s\S]*retention had removed it/);
  });

  it('a reset to the latest skips what the log still has', () => {
    const check = (reset: 'earliest' | 'latest'): CheckOptions => ({
      world: smallPipeline({
        topic: { retention: '500ms' },
        log: { segmentAge: '50ms', retentionCheck: '50ms' },
        router: { reset, buffer: '500B', fetchMax: '500B' },
      }),
      faults: { kinds: SINKS },
      bounds: { loss: { cause: 'skipped-by-reset', atMost: 0 } },
    });
    const failure = trapped(check('latest'));
    expect(failure.seen).toMatch(/skipped-by-reset at sink/);
    expect(failure.story.join('\n')).toMatch(/acknowledged[\s\S]*reset to the end of the log/);
    expect(checkPolicy({ ...check('earliest'), runs: 200, seed: 1 }).failure?.text).toBeUndefined();
  });

  it('a commit before the write loses at a crash', () => {
    const check = (commit: CommitPolicy, seed = 1): CheckOptions => ({
      world: smallPipeline(),
      faults: { kinds: ['router-crash', 'sink-stop'] },
      router: { commit },
      bounds: { loss: 0 },
      seed,
    });
    const ahead: CommitPolicy = { name: 'at most once', upTo: 'fetched', dueNs: (_, lastNs) => lastNs + 100 * MS };
    const failure = trapped(check(ahead));
    expect(failure.seen).toMatch(/unwritten at sink/);
    expect(failure.story.join('\n')).toMatch(/committed as done[\s\S]*container 0 .* dies[\s\S]*nobody reads it again/);
    expect(checkPolicy({ ...check(commitEvery(100 * MS)), runs: 200 }).failure).toBeNull();
    // The setting says the same without code.
    const written = { ...check(commitEvery(100 * MS)), world: smallPipeline({ router: { commitUpTo: 'fetched' } }) };
    const { router: _, ...settings } = written;
    expect(trapped(settings).command).toMatch(/^npx spillway replay/);
  });

  it('a dedupe window shorter than the replay lets copies through', () => {
    const window = (windowNs: number) => ({
      world: smallPipeline({ router: { commitInterval: '500ms' } }),
      faults: { kinds: ['router-crash' as const] },
      bounds: { duplicates: 0 },
      dedupe: () => new DedupeWindow({ idsMax: 100_000, windowNs }),
    });
    expect(trapped(window(300 * MS)).story.join('\n')).toMatch(/container 0 .* dies[\s\S]*sink has it again/);
    expect(checkPolicy({ ...window(3_000 * MS), runs: 300, seed: 1 }).failure).toBeNull();
  });

  it('a router shared by two sinks stalls the good one', () => {
    const sinks = (sharedWith: string[]) =>
      ({
        archive: {
          kind: 's3',
          fileAge: '50ms',
          putLatency: '10ms',
          router: { sharedWith, buffer: '1kB', fetchMax: '500B' },
        },
        search: { kind: 'rate-limited', rate: '5000/s' },
      }) as const;
    const check = (sharedWith: string[]): CheckOptions => ({
      world: smallPipeline({ sinks: sinks(sharedWith) }),
      faults: { kinds: ['sink-stop'], where: ({ sink }) => sink === 'search' },
      bounds: { staleness: { sink: 'archive', atMost: '400ms' } },
    });
    expect(trapped(check(['search'])).seen).toMatch(/at archive/);
    expect(checkPolicy({ ...check([]), runs: 200, seed: 1 }).failure).toBeNull();
  });

  const inFlight = (inFlight: number) =>
    smallPipeline({
      policy: { inFlight, linger: '0ms', retryBackoff: '50ms', idempotence: 'off', deliveryTimeout: 'never' },
      topic: { rate: '300/s' },
    });

  it('several requests in flight with retries reorder', () => {
    const check = (requests: number): CheckOptions => ({ world: inFlight(requests), bounds: { order: 'log' } });
    const failure = trapped(check(5));
    expect(failure.story.length).toBeGreaterThan(3);
    expect(checkPolicy({ ...check(1), runs: 100, seed: 1 }).failure?.text).toBeUndefined();
  });

  it('one request in flight keeps order, also where a broker dies between taking a batch and storing it', () => {
    const { book, disorders } = runSchedule({
      ...inFlight(1),
      seed: 18238,
      faults: [
        { kind: 'broker-slow', cluster: 'normal', broker: 0, network: 1000, at: '474ms', for: '924ms' },
        { kind: 'broker-kill', cluster: 'normal', broker: 0, at: '1400ms', for: '1ms' },
      ],
    });
    const again = book!.records.filter(({ batch }) => batch?.appends.some(({ happened }) => !happened));
    // A batch of several: what nobody has stored yet is no order to keep.
    expect(again.length).toBeGreaterThan(1);
    expect(again.every(({ batch }) => batch!.appends.at(-1)!.stands)).toBe(true);
    expect(disorders).toEqual([]);
  });

  it('one request in flight reorders what was given up: it may still be under way, and land behind its successors', () => {
    const cut = (deliveryTimeout: string) => {
      const world = inFlight(1);
      return runSchedule({
        ...world,
        run: { ...world.run, for: '5s' },
        producers: { ...world.producers, policy: { ...world.producers!.policy, deliveryTimeout } },
        faults: [
          {
            kind: 'network-partition',
            from: 'applications',
            to: 'broker:normal/0',
            oneWay: true,
            at: '500ms',
            for: '1500ms',
          },
        ],
        seed: 18238,
      });
    };
    const { book, disorders } = cut('500ms');
    const [{ record, behind }] = disorders!;
    const [late, successor] = [record, behind].map((id) => book!.records[id].batch!);
    expect(late).toMatchObject({ ended: true, acknowledged: false });
    expect(successor.acknowledged).toBe(true);
    expect(late.appends[0].atNs).toBeGreaterThan(successor.appends[0].atNs);
    expect(cut('never').disorders).toEqual([]);
  });

  describe('of a cluster whose leaders die', () => {
    const cluster = (how: Parameters<typeof smallPipeline>[0] = {}) =>
      smallPipeline({ brokers: 3, copies: 2, ...how, policy: { deliveryTimeout: 'never', ...how.policy } });

    it('acks=1 loses the tail of the log', () => {
      const world = cluster({ policy: { acks: '1' }, log: { replicaFetchPause: '50ms' }, topic: { rate: '200/s' } });
      const check = { world, bounds: { loss: 0 }, faults: { kinds: ['broker-kill' as const] } };
      const failure = trapped(check);
      expect(failure.seen).toMatch(/truncated/);
      expect(failure.story.join('\n')).toMatch(/acknowledged[\s\S]*lost it/);
      const safe = cluster({ policy: { acks: 'all' }, log: { replicaFetchPause: '50ms' }, topic: { rate: '200/s' } });
      expect(
        checkPolicy({ ...check, world: safe, faults: { ...check.faults, faultsMax: 1 }, runs: 50, seed: 1 }).ok,
      ).toBe(true);
    });

    it('an unclean election loses what was acknowledged by all', () => {
      const log = { uncleanElection: true, replicaFetchPause: '20ms' };
      const world = cluster({ log, policy: { acks: 'all' }, topic: { rate: '200/s' } });
      const failure = trapped({ world, bounds: { loss: 0 }, faults: { kinds: ['broker-kill'] } });
      expect(failure.story.join('\n')).toMatch(/acknowledged[\s\S]*lost it/);
    });

    it('truncation to the high watermark, before KIP-101, loses what was acknowledged by all', () => {
      const old = (truncation: 'high-watermark' | 'epoch'): CheckOptions => ({
        world: cluster({
          copies: 3,
          kafka: { profile: '0.9' },
          log: { uncleanElection: false, truncation, replicaFetchPause: '100ms' },
          policy: { acks: 'all', retries: 1_000_000 },
          topic: { rate: '200/s' },
        }),
        faults: { kinds: ['broker-kill', 'broker-stop'] },
        bounds: { loss: 0 },
      });
      const failure = trapped(old('high-watermark'));
      expect(failure.seen).toMatch(/truncated/);
      expect(failure.story.join('\n')).toMatch(/acknowledged[\s\S]*lost it/);
      expect(checkPolicy({ ...old('epoch'), runs: 300, seed: 1 }).failure?.text).toBeUndefined();
    });

    it('written, but not to enough replicas: a retry duplicates', () => {
      const log = { minInsyncReplicas: 2, replicaFetchPause: '20ms' };
      const world = cluster({ log, policy: { acks: 'all', idempotence: 'off' }, topic: { rate: '200/s' } });
      const failure = trapped({ world, bounds: { duplicates: 0 }, faults: { kinds: ['broker-kill', 'broker-hang'] } });
      expect(failure.story.join('\n')).toMatch(/a second copy/);
    });
  });
});
