import { expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import { ProcessHold } from './process-hold.ts';
import { Quiet } from './quiet.ts';
import { TurnTimer } from './turn-timer.ts';

const MS = 1_000_000;

it('a turn timer goes off once, at the earliest time that it was armed for', async () => {
  const clock = new ManualClock();
  let turns = 0;
  const timer = new TurnTimer(clock, () => turns++);
  const startNs = clock.nowNs();
  expect(timer.atNs).toBe(Infinity);
  timer.arm(10 * MS);
  timer.arm(20 * MS);
  timer.arm(10 * MS);
  expect([timer.atNs - startNs, clock.timers]).toEqual([10 * MS, 1]);
  timer.arm(5 * MS);
  expect([timer.atNs - startNs, clock.timers]).toEqual([5 * MS, 1]);
  await clock.advanceMs(4);
  expect(turns).toBe(0);
  await clock.advanceMs(20);
  expect([turns, timer.atNs, clock.timers]).toEqual([1, Infinity, 0]);
});

it('a turn timer goes off at once for what is overdue, and never when disarmed or armed for never', async () => {
  const clock = new ManualClock();
  let turns = 0;
  const timer = new TurnTimer(clock, () => turns++);
  timer.arm(-5 * MS);
  expect(timer.atNs).toBe(clock.nowNs());
  await clock.advanceMs(0);
  expect(turns).toBe(1);
  timer.arm(Infinity);
  expect([timer.atNs, clock.timers]).toEqual([Infinity, 0]);
  timer.arm(1 * MS);
  timer.disarm();
  timer.disarm();
  expect([timer.atNs, clock.timers]).toEqual([Infinity, 0]);
  await clock.advanceMs(10);
  expect(turns).toBe(1);
});

it('a process is held while somebody waits, by one timer that comes to nothing', async () => {
  const clock = new ManualClock();
  const hold = new ProcessHold(clock);
  hold.hold(false);
  expect(clock.timers).toBe(0);
  hold.hold(true);
  hold.hold(true);
  expect([clock.kept, clock.timers]).toEqual([1, 1]);
  hold.hold(false);
  hold.hold(false);
  expect(clock.timers).toBe(0);
  hold.hold(true);
  await clock.advanceMs(86_400_000);
  expect(clock.kept).toBe(1);
});

it('a wait for quiet ends when it has come about, or when its time is over', async () => {
  const clock = new ManualClock();
  const quiet = new Quiet(clock);
  let isQuiet = false;
  const ends: string[] = [];
  expect(quiet.due).toBe(false);
  quiet.check();
  const first = quiet.until(10 * MS, () => isQuiet).then(() => ends.push('first'));
  quiet.check();
  await clock.advanceMs(1);
  expect([ends, quiet.due, clock.kept]).toEqual([[], false, 1]);
  isQuiet = true;
  expect(quiet.due).toBe(true);
  quiet.check();
  await first;
  expect([ends, quiet.due, clock.timers]).toEqual([['first'], false, 0]);
  const second = quiet.until(10 * MS, () => false).then(() => ends.push('second'));
  await clock.advanceMs(9);
  expect(ends).toEqual(['first']);
  await clock.advanceMs(1);
  await second;
  expect(ends).toEqual(['first', 'second']);
});
