import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, ScenarioError, simulate, type Written } from '../sim/index.ts';

const FILE = join(import.meta.dirname, 'trace.yaml');
/** Traces recorded elsewhere, which this repository does not hold. */
const RECORDED = join(import.meta.dirname, '..', '..', 'shared', 'traces');
/** Even arrivals can be counted by hand; a longer wait for data makes quiet hours cheaper to simulate. */
const COUNTABLE = ['producers.arrivals=even', 'router.fetchWait=10s'];
const STREAMS = 60;

/** `laptop` under a trace, 30 records/s at its peak. */
const drivenBy = (file: string, rest: { gaps?: 'hold'; skip?: string }): Written => ({
  name: 'driven',
  extends: 'laptop',
  traffic: { rate: '30/s', shape: { kind: 'trace', file, rateIs: 'peak', ...rest } },
  producers: { arrivals: 'even', policy: { linger: '1s' } },
  router: { fetchWait: '10s' },
});

describe('a recorded load curve', () => {
  it('sends what lies under it', () => {
    // 14:00 to 16:00: 94, 97, 99 and 100 for half an hour each, of a peak of 100; the warm-up goes at the first value.
    const { ledger } = simulate(FILE, { sets: [...COUNTABLE, 'traffic.rate=12/s'] });
    const expected = 12 * (1800 * (0.94 + 0.97 + 0.99 + 1) + 2 * 0.94);
    expect(Math.abs(ledger.offered - expected)).toBeLessThanOrEqual(STREAMS);
  });

  it('says what holds where samples are missing: 10:00, 10:30 and 11:00 are', () => {
    const during = (gaps: string) => {
      const sets = [...COUNTABLE, 'traffic.rate=12/s', 'traffic.shape.skip=10h', `traffic.shape.gaps=${gaps}`];
      return simulate(FILE, { sets, for: '90min' }).ledger.offered;
    };
    // 62 at 9:30 and 75 at 11:30, of a peak of 100.
    expect(Math.abs(during('hold') - 12 * 5402 * 0.62)).toBeLessThanOrEqual(STREAMS);
    const between = 12 * (1800 * (0.6525 + 0.685 + 0.7175) + 2 * 0.6525);
    expect(Math.abs(during('interpolate') - between)).toBeLessThanOrEqual(STREAMS);
    expect(during('zero')).toBe(0);
  });

  it('with gaps and no policy is an error that names the line', () => {
    const load = () => loadScenario(drivenBy(join(import.meta.dirname, 'traces', 'made-up-day.csv'), {}));
    expect(load).toThrow(ScenarioError);
    expect(load).toThrow(/made-up-day\.csv:22/);
  });
});

describe.skipIf(!existsSync(RECORDED))('real traces, where they are at hand (../shared/traces)', () => {
  it('drive a run: taxis of New York, from a night into the rush hour', () => {
    const { ledger } = simulate(drivenBy(join(RECORDED, 'nyc-taxi.csv'), { skip: '28h' }), { for: '4h' });
    // Passengers of 4:00 to 8:00 on 2 July 2014, in half hours, and the peak of the whole file.
    const passengers = [2570, 2485, 2868, 4482, 6788, 11_078, 13_729, 16_700];
    const expected = (30 * (1800 * passengers.reduce((sum, n) => sum + n, 0) + 2 * passengers[0]!)) / 39_197;
    expect(Math.abs(ledger.offered - expected)).toBeLessThanOrEqual(STREAMS);
    expect(ledger).toMatchObject({ dropped: {}, lost: {}, balanced: true });
  });

  it('need a policy where samples are missing: a load balancer', () => {
    const file = join(RECORDED, 'elb-request-count.csv');
    expect(() => loadScenario(drivenBy(file, {}))).toThrow(/elb-request-count\.csv:\d+/);
    // Its peak, 656 requests, is at 19:34 on 22 April 2014: 12 days and 19.5 hours after its first sample.
    const { producers } = loadScenario(drivenBy(file, { gaps: 'hold', skip: '307h' }), { for: '1h' });
    expect(producers.shape.kind === 'trace' && Math.max(...producers.shape.factors)).toBe(1);
  });
});
