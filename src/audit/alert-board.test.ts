import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Alarm } from './alarm.ts';
import { AlertBoard, type AlertChange } from './alert-board.ts';
import { Growth } from './growth.ts';
import { StuckPartitions } from './stuck-partitions.ts';

const S = 1_000_000_000;

describe('an alarm', () => {
  const look = (alarm: Alarm, values: readonly (number | null)[]) =>
    values.map((value, second) => alarm.look(value, second * S));

  it('is raised and cleared at once where nothing else is asked', () => {
    expect(look(new Alarm({ above: 1, forNs: 0, clearForNs: 0 }), [1, 2, 3, 1])).toEqual([
      null,
      'raised',
      null,
      'cleared',
    ]);
  });

  it('waits until the condition has held for so long, from the first look at which it did', () => {
    const alarm = new Alarm({ above: 0, forNs: 2 * S, clearForNs: 3 * S });
    // One look without it begins the wait anew.
    expect(look(alarm, [1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0])).toEqual([
      ...[null, null, null, null, null, 'raised'],
      ...[null, null, null, null, null, null, 'cleared'],
    ]);
  });

  it('changes nothing by what is not known', () => {
    expect(look(new Alarm({ above: 0, forNs: 2 * S, clearForNs: 0 }), [1, null, 1])).toEqual([null, null, 'raised']);
  });
});

describe('growth', () => {
  it('is what was added since the youngest look that is a window old, however often one looks', () => {
    const looks = fc.array(fc.record({ afterNs: fc.integer({ min: 1, max: 5 }), by: fc.nat(9) }), { maxLength: 200 });
    fc.assert(
      fc.property(looks, fc.integer({ min: 1, max: 40 }), (steps, windowNs) => {
        const growth = new Growth({ windowNs });
        const seen: { atNs: number; total: number }[] = [];
        let [atNs, total] = [0, 0];
        for (const { afterNs, by } of steps) {
          atNs += afterNs;
          total += by;
          const base = seen.findLast((each) => each.atNs <= atNs - windowNs);
          expect(growth.look(total, 2 * total, atNs)).toBe(base !== undefined);
          if (base !== undefined) {
            expect([growth.first, growth.second]).toEqual([total - base.total, 2 * (total - base.total)]);
          }
          seen.push({ atNs, total });
        }
      }),
    );
  });

  it('takes bounded memory: its window gets a little longer instead', () => {
    const growth = new Growth({ windowNs: 10_000 });
    for (let atNs = 0; atNs <= 100_000; atNs++) growth.look(atNs, 0, atNs);
    expect(growth.first).toBeGreaterThanOrEqual(10_000);
    expect(growth.first).toBeLessThan(10_000 * 1.02);
  });
});

describe('a partition', () => {
  it('is stuck when nothing moved for a window while there was something to read', () => {
    const stuck = new StuckPartitions({ windowNs: 2 * S });
    const look = (second: number, position: number, end: number) => stuck.look([position, 7], [end, 7], second * S);
    expect([look(0, 5, 9), look(1, 5, 10), look(2, 5, 11), look(3, 6, 11)]).toEqual([0, 0, 1, 0]);
    // It begins anew with each move, and whoever has read everything isn't stuck.
    expect([look(4, 6, 11), look(5, 6, 11), look(6, 11, 11), look(9, 11, 11), look(10, 11, 12)]).toEqual([
      0, 1, 0, 0, 0,
    ]);
  });
});

describe('a board', () => {
  const board = (rules: ConstructorParameters<typeof AlertBoard>[0]['rules'] = {}) => {
    const changes: AlertChange[] = [];
    return { changes, board: new AlertBoard({ rules, onChange: (change) => changes.push(change) }) };
  };

  it('raises and clears drops when arithmetic says so', () => {
    const { changes, board: all } = board({ drops: { windowNs: 10 * S, forNs: 3 * S, clearForNs: 5 * S } });
    // 100 a second; all of 20 s … 24 s is lost: 1 % of a window is 10 records.
    const lostBy = (second: number) => 100 * Math.max(0, Math.min(24, second) - 20);
    for (let second = 0; second < 60; second++) {
      all.drops('play', { offered: 100 * second, lost: lostBy(second) }, second * S);
    }
    // Lost records are in the window at 21 … 33 s.
    expect(changes.map(({ raised, atNs }) => [raised, atNs / S])).toEqual([
      [true, 21 + 3],
      [false, 34 + 5],
    ]);
    expect(changes[0]).toMatchObject({ rule: 'drops', subject: 'play', value: 0.4 });
  });

  it('knows nothing of a window that has not passed', () => {
    const { changes, board: all } = board({ lag: { windowNs: 10 * S, forNs: 0 } });
    for (let second = 0; second <= 10; second++) all.lag('play', { stored: second, lag: 1 }, second * S);
    expect(changes.map(({ atNs }) => atNs / S)).toEqual([10]);
  });

  it('takes a lag behind nothing that came in for more than any share', () => {
    const { board: all } = board({ lag: { above: 1000, windowNs: S, forNs: 0 } });
    for (const second of [0, 1]) all.lag('play', { stored: 50, lag: 1 }, second * S);
    expect(all.isRaised('lag', 'play')).toBe(true);
    for (const second of [0, 1]) all.lag('quiet', { stored: 50, lag: 0 }, second * S);
    expect(all.isRaised('lag', 'quiet')).toBe(false);
  });

  it('keeps subjects and rules apart', () => {
    const { changes, board: all } = board({ 'under-replicated': { forNs: S } });
    all.cluster('a', { underReplicated: 3, offline: 0 }, 0);
    all.cluster('b', { underReplicated: 3, offline: 1 }, 0);
    all.cluster('a', { underReplicated: 3, offline: 0 }, S);
    all.cluster('b', { underReplicated: 0, offline: 0 }, S);
    expect(changes.map(({ rule, subject, raised }) => [rule, subject, raised])).toEqual([
      ['offline', 'b', true],
      ['under-replicated', 'a', true],
      ['offline', 'b', false],
    ]);
  });

  it('refuses a number that no rule can have', () => {
    expect(() => board({ drops: { above: Number.NaN } })).toThrow('drops.above: expected a number ≥ 0, got NaN');
  });
});
