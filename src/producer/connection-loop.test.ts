import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import { ConnectionLoop } from './connection-loop.ts';
import { MemoryPort } from './memory-port.fixture.ts';
import { exponential } from './retry.ts';

const MS = 1_000_000;

/** A connection that waits 10, 20 and at most 40 ms between attempts, each of which may take 100 ms. */
function begin({ openMs = 0 } = {}) {
  const clock = new ManualClock();
  const startNs = clock.nowNs();
  const port = new MemoryPort();
  const opens: number[] = [];
  const told: string[] = [];
  const open = port.open.bind(port);
  port.open = async () => {
    opens.push((clock.nowNs() - startNs) / MS);
    if (openMs > 0) await new Promise((resolve) => clock.after(openMs * MS, () => resolve(null)));
    return open();
  };
  const loop = new ConnectionLoop({
    port,
    clock,
    retry: exponential({ retryBackoffNs: 10 * MS, retryBackoffMaxNs: 40 * MS, jitter: 0 }),
    openTimeoutNs: 100 * MS,
    identity: 1,
    onConnected: () => told.push('connected'),
    onDisconnected: (cause) => told.push(`disconnected: ${(cause as Error).message}`),
  });
  return { clock, port, loop, opens, told };
}

describe('a connection', () => {
  it('is opened when asked to, once, and told', async () => {
    const { clock, loop, opens, told } = begin();
    await clock.advanceMs(10);
    expect([opens, loop.connected]).toEqual([[], false]);
    loop.check();
    loop.check();
    expect(clock.timers).toBe(1);
    await clock.advanceMs(100);
    expect([opens, told, loop.connected]).toEqual([[10], ['connected'], true]);
    expect(clock.timers).toBe(0);
  });

  it('that can not be had is told once, and tried later each time until it works', async () => {
    const { clock, port, loop, opens, told } = begin();
    port.manner = 'down';
    loop.check();
    await clock.advanceMs(100);
    loop.check();
    expect(opens).toEqual([0, 10, 30, 70]);
    expect([told, loop.connected]).toEqual([['disconnected: open: connection refused'], false]);
    port.manner = 'fine';
    await clock.advanceMs(10);
    expect([opens.slice(4), told.slice(1), loop.connected]).toEqual([[110], ['connected'], true]);
    // The next trouble begins with the shortest wait again.
    port.manner = 'down';
    await clock.advanceMs(10);
    loop.check();
    await clock.advanceMs(25);
    expect(opens.slice(5)).toEqual([120, 130]);
    expect([told.length, loop.connected]).toEqual([3, false]);
  });

  it('is not opened in a tight loop by calls that fail on it', async () => {
    const { clock, loop, opens, told } = begin();
    for (let ms = 0; ms < 35; ms++) {
      loop.check();
      await clock.advanceMs(1);
    }
    expect(opens).toEqual([0, 10, 20, 30]);
    expect(told).toEqual(['connected']);
  });

  it('that does not come about in time has failed, and is not opened twice meanwhile', async () => {
    const { clock, port, loop, opens, told } = begin();
    port.manner = 'hang';
    loop.check();
    await clock.advanceMs(99);
    loop.check();
    expect([opens, told]).toEqual([[0], []]);
    await clock.advanceMs(1);
    expect(told).toHaveLength(1);
    await clock.advanceMs(10);
    expect(opens).toEqual([0, 110]);
  });

  it('is left alone once closed, whatever was under way', async () => {
    for (const manner of ['fine', 'down', 'hang'] as const) {
      for (const closeAfterMs of [null, 1]) {
        const { clock, port, loop, opens, told } = begin({ openMs: 5 });
        port.manner = manner;
        loop.check();
        if (closeAfterMs !== null) clock.after(closeAfterMs * MS, () => loop.close());
        else loop.close();
        await clock.advanceMs(500);
        loop.check();
        await clock.advanceMs(500);
        expect([opens.length, told, clock.timers]).toEqual([closeAfterMs === null ? 0 : 1, [], 0]);
      }
    }
  });
});
