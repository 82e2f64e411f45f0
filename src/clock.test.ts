import { describe, expect, it } from 'vitest';
import { ManualClock } from './clock.fixture.ts';
import { systemClock, TimeoutError, within } from './clock.ts';

describe('system clock', () => {
  it('counts whole nanoseconds and never goes back', () => {
    let before = systemClock.nowNs();
    for (let i = 0; i < 1_000; i++) {
      const now = systemClock.nowNs();
      expect(Number.isSafeInteger(now)).toBe(true);
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
    }
  });

  it.each([0, 1_000_000])('runs a callback after %i ns, but not a cancelled one', async (delayNs) => {
    let cancelled = false;
    systemClock.after(delayNs, () => (cancelled = true)).cancel();
    await new Promise<void>((resolve) => systemClock.after(delayNs, resolve, { keepAlive: true }));
    await new Promise<void>((resolve) => systemClock.after(2_000_000, resolve, { keepAlive: true }));
    expect(cancelled).toBe(false);
  });
});

describe('within', () => {
  const clock = new ManualClock();
  const limit = { clock, limitNs: 5_000_000 };

  it('answers what the work answers, and leaves no timer behind', async () => {
    await expect(within(limit, async () => 7)).resolves.toBe(7);
    await expect(within(limit, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(clock.timers).toBe(0);
  });

  it('turns an exception into a rejection', async () => {
    const work = () => {
      throw new Error('at once');
    };
    await expect(within(limit, work)).rejects.toThrow('at once');
  });

  it('gives up on work that hangs', async () => {
    const hung = within(limit, () => new Promise(() => {}));
    const outcome = hung.catch((error: unknown) => error);
    await clock.advanceMs(5);
    expect(await outcome).toBeInstanceOf(TimeoutError);
  });
});
