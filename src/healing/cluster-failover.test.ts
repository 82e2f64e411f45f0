import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClusterFailover, type FailoverMilestone, type FailoverPolicy } from './cluster-failover.ts';

const S = 1_000_000_000;
const policy: FailoverPolicy = {
  rule: { checkNs: 10 * S, hits: 2, window: 3, sickFraction: 0.25 },
  stayNs: 60 * S,
  lookNs: 5 * S,
};
const ORDER: readonly FailoverMilestone[] = [
  'detected',
  'started',
  'created',
  'shifted',
  'drained',
  'returning',
  'back',
  'standbyDrained',
];

/** A failover, and what it asks for and reaches, as words. */
function recorded(changes: Partial<FailoverPolicy> = {}, claim = true) {
  const said: string[] = [];
  const failover = new ClusterFailover(
    { ...policy, ...changes },
    {
      claim: () => claim,
      start: () => said.push('start'),
      create: () => said.push('create'),
      repoint: (to) => said.push(`repoint to ${to}`),
      leave: (which) => said.push(`leave ${which}`),
      reached: (milestone, nowNs) => said.push(`${milestone} at ${nowNs / S}`),
    },
  );
  return { failover, said };
}

describe('ClusterFailover', () => {
  it('goes to the stand-by and back, step by step', () => {
    const { failover, said } = recorded();
    failover.watch(0);
    failover.health(0.25, 0);
    failover.health(0, 10 * S);
    failover.health(1, 20 * S);
    for (const at of [80, 90, 94]) failover.done(at * S);
    expect([failover.asks, failover.drains, failover.askAtNs]).toEqual(['drain', 'home', 94 * S]);
    failover.drain(false, 94 * S);
    failover.drain(true, 99 * S);
    // It is well, but traffic stays for 60 s.
    failover.health(0, 153 * S);
    expect([failover.asks, failover.askAtNs]).toEqual(['health', 158 * S]);
    // One partition that can't be written to keeps it away.
    failover.health(0.01, 158 * S);
    failover.health(0, 163 * S);
    failover.done(170 * S);
    expect(failover.drains).toBe('stand-by');
    failover.drain(true, 170 * S);
    expect(said).toEqual([
      'detected at 20',
      'start',
      'started at 80',
      'create',
      'created at 90',
      'repoint to stand-by',
      'shifted at 94',
      'drained at 99',
      'returning at 163',
      'repoint to home',
      'back at 170',
      'leave stand-by',
      'standbyDrained at 170',
    ]);
    expect([failover.isUnderWay, failover.asks]).toEqual([false, null]);
  });

  it('leaves the cluster for good where it is told to', () => {
    const { failover, said } = recorded({ stayNs: null });
    failover.decide(0);
    for (let i = 0; i < 3; i++) failover.done(0);
    failover.drain(true, 0);
    expect(said.at(-1)).toBe('leave home');
    expect([failover.isUnderWay, failover.asks]).toEqual([false, null]);
  });

  it('does nothing where somebody else is at the cluster', () => {
    const { failover, said } = recorded({}, false);
    failover.decide(0);
    expect([said, failover.isUnderWay, failover.asks]).toEqual([[], false, null]);
  });

  it('is not moved by one bad check, nor by bad ones that lie far apart', () => {
    const { failover } = recorded();
    failover.watch(0);
    for (let i = 0; i < 30; i++) failover.health(i % 3 === 0 ? 1 : 0, 10 * S * i);
    expect(failover.isUnderWay).toBe(false);
  });

  it('counts anew when it is watched again', () => {
    const { failover, said } = recorded({ stayNs: null });
    failover.watch(0);
    failover.health(1, 0);
    failover.health(1, 10 * S);
    for (let i = 0; i < 3; i++) failover.done(10 * S);
    failover.drain(true, 10 * S);
    failover.watch(20 * S);
    failover.health(1, 20 * S);
    expect(failover.isUnderWay).toBe(false);
    failover.health(1, 30 * S);
    expect(said.at(-1)).toBe('start');
  });

  it('reaches each milestone once and in order, whatever it is told', () => {
    const told = fc.array(
      fc.record({ sick: fc.constantFrom(0, 0.1, 0.25, 1), drained: fc.boolean(), byHand: fc.boolean() }),
      {
        maxLength: 200,
      },
    );
    const stays = fc.constantFrom(0, 20 * S, null);
    let whole = 0;
    fc.assert(
      fc.property(told, stays, (steps, stayNs) => {
        const { failover, said } = recorded({ stayNs });
        let nowNs = 0;
        let waits = false;
        failover.watch(nowNs);
        for (const { sick, drained, byHand } of steps) {
          if (failover.asks !== null) {
            expect(failover.askAtNs).toBeGreaterThanOrEqual(nowNs);
            nowNs = Math.max(nowNs, failover.askAtNs);
            if (failover.asks === 'health') failover.health(sick, nowNs);
            else failover.drain(drained, nowNs);
          } else if (failover.isUnderWay) {
            nowNs += S;
            failover.done(nowNs);
          } else break;
          // Deciding again changes nothing while it is under way.
          const before = said.length;
          waits = failover.isUnderWay;
          if (byHand && waits) failover.decide(nowNs);
          if (waits) expect(said.length).toBe(before);
        }
        const reached = said.filter((word) => word.includes(' at ')).map((word) => word.split(' ')[0]);
        expect(reached).toEqual(ORDER.slice(0, reached.length));
        if (!failover.isUnderWay && reached.length > 0) {
          whole++;
          expect(reached.at(-1)).toBe(stayNs === null ? 'drained' : 'standbyDrained');
        }
      }),
    );
    expect(whole).toBeGreaterThan(0);
  });

  it.each<[string, Partial<FailoverPolicy>]>([
    ['lookNs must be above 0, not 0', { lookNs: 0 }],
    ['stayNs must be 0 or more, or null, not -1', { stayNs: -1 }],
    ['checkNs must be above 0, not 0', { rule: { ...policy.rule!, checkNs: 0 } }],
    ['sickFraction must be above 0 and at most 1, not 0', { rule: { ...policy.rule!, sickFraction: 0 } }],
    ['hits must be in [1, window] and window at most 31, not 4 of 3', { rule: { ...policy.rule!, hits: 4 } }],
  ])('says what is wrong: %s', (message, wrong) => {
    expect(() => recorded(wrong)).toThrow(new RangeError(message));
  });
});
