import { describe, expect, it } from 'vitest';
import { resultFixture } from './result.fixture.ts';
import { COLOURED } from './style.ts';
import { renderSummary } from './terminal.ts';

const command = 'spillway run laptop --seed 7';

describe('the summary of a run', () => {
  it('reads as a planner asks', () => {
    expect(renderSummary(resultFixture(), { command })).toMatchInlineSnapshot(`
      "laptop
      1 min simulated after 2 s of warm-up, request fidelity

      HOLDS: 2 of 2 assertions; every record is accounted for
        ok    loss of s3  observed 0, bound 0
        ok    latency p99 of elasticsearch, ms  observed 2100.25, bound 5,000

      Where records went
        producers  records  of offered
        offered    310,000       100 %
        stored     300,000      96.8 %
        dropped      9,100      2.94 %
        unknown        400     0.129 %
        in flight      500     0.161 %
        of stored, 25 were given up by their producers as unknown

        routes to       stored  delivered   lost  backlog  duplicates
        s3             300,000    299,000      0    1,000          12
        elasticsearch   60,000     58,500  1,000      500           0

      Loss by cause
        producers dropped: buffer-full 9,000 (2.9 %)
        producers dropped: too-large 100 (0.0323 %)
        producers: sent, never answered, in no log 400 (0.129 %)
        route to elasticsearch lost: retention 1,000 (1.67 %)
        route to s3 duplicated: relaunch 12

      Latency by sink, from offer to sink, ms
        sink            mean    p50    p99  p99.9    max
        s3             3,012  2,900  5,100  5,300  5,401
        elasticsearch    812    700  2,100  2,400  2,500

      Lag against retention
        sink           records  oldest  retention      used
        s3              15,000     3 s        4 h  0.0208 %
        elasticsearch    4,000     2 h        2 h     100 %

      Fronting brokers
        6 brokers, CPU mean 33 %, p99 41 %, max 45 %
        busiest is normal/2, shortest of CPU
          CPU 45 %, network 20 %, disk 3 %
        333 requests/s, produce and fetch, without followers'
        produce answered in 1.4 ms mean, 6.2 p99, 12.5 max

      Requests and routers
        15 records a request, over 20,000 produce requests
        60 streams of 12 producers
        9 router containers at the end; relaunches: 1

      What this rests on that is a guess
        broker.cpu.perFetchNs  no source gives the cost of a fetch

      This run
        seed 7, scenario 3fa2c81b9d0e4755, version 0.1.0
        digest c0ffee00c0ffee00
        1.23 M events in 1.5 s of wall time, 41.3 times real time, 150 MiB at most
        spillway run laptop --seed 7
      "
    `);
  });

  it('fits the terminal, but for the command, which is there to be copied', () => {
    for (const columns of [60, 80, 120]) {
      const lines = renderSummary(resultFixture(), { command: 'x', columns }).split('\n');
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
    }
    const long = `spillway run laptop --seed 7 ${'--set a.b=1 '.repeat(20)}`;
    expect(renderSummary(resultFixture(), { command: long })).toContain(long);
  });

  it('holds columns of a day at full scale', () => {
    const { ledger } = resultFixture();
    const routes = ledger.routes.map((route) => ({ ...route, stored: 691_200_000_000, delivered: 99_999_999_999 }));
    const day = resultFixture({ ledger: { ...ledger, offered: 691_200_000_000, routes } });
    const lines = renderSummary(day, { command }).split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(lines.join('\n')).toContain('691 G');
  });

  it('leads with what does not hold', () => {
    const assertions = [
      { name: 'loss of s3', ok: true, observed: 0, bound: 0 },
      { name: 'lag of s3, seconds', ok: false, observed: 31.25, bound: 30 },
    ];
    const summary = renderSummary(resultFixture({ assertions }), { command });
    expect(summary).toContain('FAILS: 1 of 2 assertions does not hold; every record is accounted for');
    expect(summary).toContain('FAIL  lag of s3, seconds  observed 31.25, bound 30');
    expect(summary).not.toContain('HOLDS');
  });

  it('leaves out sinks that nothing is routed to, and says so', () => {
    const { sinks, ledger } = resultFixture();
    const [s3, elasticsearch] = sinks;
    const latencyMs = { mean: 0, p50: 0, p99: 0, p999: 0, max: 0 };
    const idle = { ...elasticsearch!, retentionMinSeconds: 0, lagMax: 0, lagMaxSeconds: 0, latencyMs };
    const summary = renderSummary(resultFixture({ sinks: [s3!, idle] }), { command });
    expect(summary).toContain('\n  nothing is routed to elasticsearch\n');
    expect(summary).not.toMatch(/^ {2}elasticsearch/m);
    const none = renderSummary(resultFixture({ sinks: [idle], ledger: { ...ledger, routes: [] } }), { command });
    expect(none.match(/^ {2}no routes$/gm)).toHaveLength(3);
  });

  it('has a dash, not a latency of 0, where nothing arrived', () => {
    const latencyMs = { mean: 0, p50: 0, p99: 0, p999: 0, max: 0 };
    const { sinks, brokers } = resultFixture();
    const silent = resultFixture({
      sinks: [{ ...sinks[0]!, latencyMs }],
      brokers: { ...brokers, produceLatencyMs: latencyMs },
    });
    const summary = renderSummary(silent, { command });
    expect(summary).toMatch(/^ {2}s3 +– +– +– +– +–$/m);
    expect(summary).toContain('no produce request was answered');
  });

  it('counts one as one', () => {
    const one = resultFixture({
      producers: { count: 1, streams: 1, requests: 1, recordsPerRequest: 1 },
      routers: { containers: 1, relaunches: 0 },
    });
    const summary = renderSummary(one, { command });
    expect(summary).toContain(
      '1 record a request, over 1 produce request\n  1 stream of 1 producer\n  1 router container at',
    );
  });

  it('says when it was stopped, and when the books do not balance', () => {
    expect(renderSummary(resultFixture({ complete: false }), { command })).toContain('STOPPED EARLY');
    const { ledger } = resultFixture();
    const broken = renderSummary(resultFixture({ ledger: { ...ledger, balanced: false } }), { command });
    expect(broken).toContain('BROKEN: the books do not balance');
    expect(broken).not.toContain('every record is accounted for');
  });

  it('lists every cause of loss, largest first, and says none when there is none', () => {
    const summary = renderSummary(resultFixture(), { command });
    expect(summary.indexOf('buffer-full 9,000')).toBeGreaterThan(0);
    expect(summary.indexOf('buffer-full 9,000')).toBeLessThan(summary.indexOf('too-large 100'));
    expect(summary).toContain('route to elasticsearch lost: retention 1,000');
    const clean = { ...resultFixture().ledger, dropped: {}, unknown: 0, lost: {}, routes: [] };
    expect(renderSummary(resultFixture({ ledger: clean }), { command })).toMatch(/Loss by cause\n {2}none\n/);
  });

  it('counts the guesses that it leaves out', () => {
    const guesses = Array.from({ length: 15 }, (_, n) => ({ path: `a.b${n}`, note: 'unknown' }));
    const summary = renderSummary(resultFixture({ guesses }), { command });
    expect(summary).toContain('and 3 more, listed by --json');
    expect(renderSummary(resultFixture({ guesses: [] }), { command })).not.toContain('more, listed');
  });

  it('colours the same text, and only on demand', () => {
    const plain = renderSummary(resultFixture(), { command });
    const coloured = renderSummary(resultFixture(), { command, style: COLOURED });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
    const escapes = /\x1b\[[0-9;]*m/g;
    expect(plain).not.toMatch(escapes);
    expect(coloured).toMatch(escapes);
    expect(coloured.replace(escapes, '')).toBe(plain);
  });
});
