import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HeartbeatNews, Heartbeats } from './heartbeats.ts';

/** Beats travel for `travelMs`; null: they are lost. Runs to the end and answers with all that was said. */
function run(options: {
  readonly intervalMs: number;
  readonly boundMs: number;
  readonly untilMs: number;
  readonly travelMs: (sentMs: number) => number | null;
}) {
  const news: HeartbeatNews[] = [];
  const underWay: { atMs: number; beat: number }[] = [];
  let nowMs = 0;
  const beats = new Heartbeats({
    ...options,
    targets: ['1/play-0'],
    send: (_, beat) => {
      const travelMs = options.travelMs(nowMs);
      if (travelMs !== null) underWay.push({ atMs: nowMs + travelMs, beat });
    },
    onNews: (each) => news.push(each),
  });
  for (;;) {
    underWay.sort((a, b) => a.atMs - b.atMs);
    const [next] = underWay;
    const dueMs = Math.max(nowMs, Math.min(beats.deadlineMs(), next?.atMs ?? Infinity));
    if (dueMs > options.untilMs) break;
    nowMs = dueMs;
    if (next !== undefined && next.atMs <= nowMs) {
      underWay.shift();
      beats.arrived('1/play-0', next.beat, nowMs);
    } else beats.onTime(nowMs);
  }
  return { news, beats, standing: beats.standing('1/play-0') };
}

describe('heartbeats', () => {
  it('know of a dead partition after interval + bound at the latest, and not before the bound', () => {
    const times = fc.record({
      intervalMs: fc.integer({ min: 1, max: 500 }),
      boundMs: fc.integer({ min: 2, max: 2_000 }),
      deadMs: fc.integer({ min: 1, max: 5_000 }),
    });
    fc.assert(
      fc.property(times, ({ intervalMs, boundMs, deadMs }) => {
        const { news } = run({
          intervalMs,
          boundMs,
          untilMs: 10_000,
          travelMs: (sentMs) => (sentMs < deadMs ? 1 : null),
        });
        expect(news.map(({ kind }) => kind)).toEqual(['dead']);
        expect(news[0].atMs - deadMs).toBeLessThanOrEqual(intervalMs + boundMs);
        expect(news[0].atMs - deadMs).toBeGreaterThanOrEqual(boundMs);
      }),
    );
  });

  it('tell when it is alive again, by a beat that was sent after the lost ones', () => {
    const travelMs = (sentMs: number) => (sentMs >= 1_000 && sentMs < 2_000 ? null : 10);
    const { news, standing } = run({ intervalMs: 100, boundMs: 250, untilMs: 4_000, travelMs });
    expect(news).toEqual([
      { target: '1/play-0', kind: 'dead', atMs: 1_250 },
      { target: '1/play-0', kind: 'alive', atMs: 2_010 },
    ]);
    expect(standing).toMatchObject({ sent: 41, lost: 10, late: 0, duplicates: 0, lagMs: 10, alive: true });
  });

  it('tell what is late from what is lost, once it has come', () => {
    const travelMs = (sentMs: number) => (sentMs === 500 ? 900 : 5);
    const { standing } = run({ intervalMs: 100, boundMs: 250, untilMs: 3_000, travelMs });
    expect(standing).toMatchObject({ lost: 0, late: 1, onTime: 29, lagMaxMs: 900 });
  });

  it('count what comes twice, and forget what is older than they remember', () => {
    const { beats } = run({ intervalMs: 10, boundMs: 20, untilMs: 2_000, travelMs: () => 1 });
    beats.arrived('1/play-0', 200, 2_001);
    beats.arrived('1/play-0', 199, 2_001);
    beats.arrived('1/play-0', 3, 2_001);
    beats.arrived('1/play-0', 999, 2_001);
    expect(beats.standing('1/play-0')).toMatchObject({ sent: 201, onTime: 201, duplicates: 1, lost: 0 });
  });

  it('send one beat, not all that they missed, when called late', () => {
    const sent: number[] = [];
    const options = { targets: ['a'], intervalMs: 10, boundMs: 20 };
    const beats = new Heartbeats({ ...options, send: (_, beat) => sent.push(beat) });
    for (const atMs of [0, 1_000]) beats.onTime(atMs);
    expect(sent).toEqual([0, 1]);
    expect(() => beats.arrived('b', 0, 1_000)).toThrow("target: expected one of those that get beats, got 'b'");
  });
});
