import assert from 'node:assert/strict';
import { describe, expect, it } from 'vitest';
import { losesAtMost } from './promises.ts';
import { runSchedule } from './schedule-run.ts';
import { smallPipeline } from './traps.fixture.ts';
import './vitest.ts';

/** What an expectation that does not hold says. */
function saying(expectation: () => void): string {
  try {
    expectation();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the expectation holds');
}

const outage = { kind: 'cluster-unreachable', at: '1100ms', for: '900ms', cluster: 'normal' } as const;
const tight = smallPipeline({ policy: { buffer: '1kB' } });

describe('matchers on a run', () => {
  const calm = runSchedule(smallPipeline());
  const struck = runSchedule({ ...tight, faults: [outage] });

  it('hold where the promise does', () => {
    expect(calm).toBalance();
    expect(calm).toLoseAtMost(0);
    expect(calm).toDuplicateAtMost(0);
    expect(calm).toKeepOrderPerKey();
    expect(calm).toKeepOrderPerKey('sinks');
    expect(calm).toRecoverWithin('100ms');
    expect(calm).toStayUnder('1kB');
    expect(calm).toStayFresherThan('50ms', { sink: 'sink' });
    expect(struck).toLoseAtMost('80%', { cause: 'buffer-full' });
    expect(struck).toLoseAtMost(0, { class: 'high' });
    expect(struck).toLoseAtMost(({ scenario }) => scenario.topics.length * 1_000);
  });

  it('say the bound, what was seen and in which schedule where it does not', () => {
    expect(saying(() => expect(struck).toLoseAtMost(0))).toMatch(
      /^broken: loses at most 0 records\n {2}seen: \d+ of \d+ records lost: \d+ buffer-full\nin\n[\s\S]*at 1100ms for 900ms: cluster-unreachable, cluster normal$/,
    );
    expect(saying(() => expect(struck).toLoseAtMost('1%', { cause: 'buffer-full' }))).toContain('1% by buffer-full');
    expect(saying(() => expect(struck).toRecoverWithin('1ms'))).toContain('recovers from healing within 1ms');
    expect(saying(() => expect(struck).toStayUnder(100))).toMatch(/at most 100 bytes\n {2}seen: \d+ bytes/);
    expect(saying(() => expect(struck).toStayFresherThan('100ms'))).toMatch(/within 100ms\n {2}seen: [\d.]+ s at sink/);
    expect(saying(() => expect(calm).not.toLoseAtMost(0))).toContain('held');
  });

  it('tell what was acknowledged from what was only offered', () => {
    const world = smallPipeline({
      topic: { retention: '300ms' },
      log: { segmentAge: '100ms', retentionCheck: '100ms' },
      router: { buffer: '500B', fetchMax: '500B' },
    });
    const run = runSchedule({ ...world, faults: [{ kind: 'sink-stop', at: '500ms', for: '1500ms', sink: 'sink' }] });
    expect(struck).toLoseAtMost(0, { acknowledged: true });
    expect(run).toLoseAtMost(0, { acknowledged: true, cause: 'buffer-full' });
    expect(saying(() => expect(run).toLoseAtMost(0, { acknowledged: true }))).toMatch(
      /loses at most 0 records that were acknowledged\n {2}seen: \d+ of \d+ records lost: \d+ retention at sink/,
    );
    const sums = runSchedule(smallPipeline(), { fidelity: 'request' });
    expect(() => losesAtMost(sums, 0, { acknowledged: true })).toThrow(
      /acknowledged records; expected record fidelity/,
    );
  });

  it('refuse a bound that can’t be read', () => {
    expect(() => expect(calm).toRecoverWithin('soon')).toThrow(/recovery "soon"; expected a duration with its unit/);
    const request = runSchedule(smallPipeline(), { fidelity: 'request' });
    expect(() => expect(request).toKeepOrderPerKey()).toThrow(/expected record fidelity/);
  });
});

describe('matchers on a pipeline', () => {
  it('search, and tell the failure that was found', () => {
    const pipeline = { world: tight, runs: 100, seed: 1 };
    expect(pipeline).toStayUnder('1kB');
    expect(saying(() => expect(pipeline).toLoseAtMost(0))).toMatch(
      /^broken: loses at most 0 records\n[\s\S]*shrinking tried:\n[\s\S]*what became of record \d+:\n[\s\S]*\n {2}npx spillway replay spw1-/,
    );
  });

  it('are plain functions as well, for any runner', () => {
    const verdict = losesAtMost({ world: tight, runs: 100, seed: 1 }, 0);
    assert.equal(verdict.pass, false);
    assert.match(verdict.message, /^broken: loses at most 0 records/);
    assert.ok(losesAtMost({ world: smallPipeline(), faults: { kinds: ['sink-stop'] }, runs: 20 }, 0).pass);
  });
});
