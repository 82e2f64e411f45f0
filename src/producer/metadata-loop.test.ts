import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import type { PartitionLeader, ProducerPort } from '../ports.ts';
import { MemoryPort } from './memory-port.fixture.ts';
import { MetadataLoop } from './metadata-loop.ts';
import { exponential } from './retry.ts';

const MS = 1_000_000;
const LEADERS: PartitionLeader[] = [{ partition: 0, leader: 7 }];

/** A loop that waits 10, 20, 40 and at most 80 ms between questions, and asks again after a second. */
function begin(port: Pick<ProducerPort, 'metadata'> = { metadata: async () => LEADERS }) {
  const clock = new ManualClock();
  const startNs = clock.nowNs();
  const asked: string[] = [];
  const told: string[] = [];
  const loop = new MetadataLoop({
    port: {
      metadata: (topic: string) => {
        asked.push(`${topic} at ${(clock.nowNs() - startNs) / MS}`);
        return port.metadata(topic);
      },
    } as ProducerPort,
    clock,
    retry: exponential({ retryBackoffNs: 10 * MS, retryBackoffMaxNs: 80 * MS, jitter: 0 }),
    timeoutNs: 100 * MS,
    maxAgeNs: 1_000 * MS,
    identity: 1,
    onLeaders: (topic, leaders) => told.push(`${topic}: ${leaders.map(({ leader }) => leader).join()}`),
    onFailure: (topic, cause) => told.push(`${topic}: ${(cause as Error).message}`),
  });
  return { clock, loop, asked, told };
}

describe('questions about topics', () => {
  it('wait until the port is open, and while it is away', async () => {
    const { clock, loop, asked, told } = begin();
    loop.want('t');
    await clock.advanceMs(5);
    expect(asked).toEqual([]);
    loop.start();
    await clock.advanceMs(0);
    expect([asked, told]).toEqual([['t at 5'], ['t: 7']]);
    loop.pause();
    loop.want('u');
    await clock.advanceMs(5);
    expect(asked).toHaveLength(1);
    loop.start();
    await clock.advanceMs(0);
    expect(asked.slice(1)).toEqual(['u at 10']);
  });

  it('are asked again when what is known is old', async () => {
    const { clock, loop, asked } = begin();
    loop.start();
    loop.want('t');
    await clock.advanceMs(2_500);
    expect(asked).toEqual(['t at 0', 't at 1000', 't at 2000']);
  });

  it('are asked sooner when somebody lacks a leader, later each time, and one at a time', async () => {
    const { clock, loop, asked } = begin();
    loop.start();
    for (let ms = 0; ms < 200; ms++) {
      loop.want('t');
      await clock.advanceMs(1);
    }
    expect(asked).toEqual(['t at 0', 't at 10', 't at 30', 't at 70', 't at 150']);
    // Quiet for long: another trouble, which is asked about at once.
    await clock.advanceMs(300);
    loop.want('t');
    await clock.advanceMs(0);
    expect(asked.slice(5)).toEqual(['t at 230', 't at 500']);
    loop.want('t');
    await clock.advanceMs(10);
    expect(asked.slice(7)).toEqual(['t at 510']);
  });

  it('are asked again after a failure, a time-out or an answer that is none', async () => {
    const answers: (() => Promise<unknown>)[] = [
      async () => {
        throw new Error('refused');
      },
      () => new Promise(() => {}),
      async () => [],
      async () => null,
      async () => [{ partition: 0, leader: 'x' }],
      async () => [{ partition: -1, leader: 1 }],
      async () => [{ partition: 0.5, leader: 1 }],
      async () => [{ partition: 1_000_000, leader: 1 }],
      async () => [null],
      async () => [{ partition: 999_999, leader: -1 }],
    ];
    const { clock, loop, asked, told } = begin({ metadata: () => answers.shift()!() as never });
    loop.start();
    loop.want('t');
    await clock.advanceMs(900);
    const numbers = 'topic t: expected partitions and leaders by number, got';
    expect(told).toEqual([
      't: refused',
      expect.stringContaining('t: '),
      't: no partitions known of topic t',
      't: no partitions known of topic t',
      `t: ${numbers} 0: x`,
      `t: ${numbers} -1: 1`,
      `t: ${numbers} 0.5: 1`,
      `t: ${numbers} 1000000: 1`,
      `t: ${numbers} undefined: undefined`,
      't: -1',
    ]);
    // The second had no answer for 100 ms, which is wait enough.
    expect(asked.slice(0, 5)).toEqual(['t at 0', 't at 10', 't at 110', 't at 120', 't at 140']);
  });

  it('are few at once, so that a cluster that returns is not stormed', async () => {
    let open = 0;
    let openMax = 0;
    const { clock, loop, told } = begin({
      metadata: async () => {
        openMax = Math.max(openMax, ++open);
        await new Promise((resolve) => clock.after(5 * MS, () => resolve(null)));
        open--;
        return LEADERS;
      },
    });
    loop.start();
    for (let i = 0; i < 20; i++) loop.want(`topic ${i}`);
    await clock.advanceMs(50);
    expect([openMax, told.length]).toEqual([4, 20]);
  });

  it('end for a topic that is forgotten, whatever was under way', async () => {
    const port = new MemoryPort();
    const { clock, loop, asked, told } = begin({
      metadata: async (topic) => {
        await new Promise((resolve) => clock.after(5 * MS, () => resolve(null)));
        return port.metadata(topic);
      },
    });
    loop.start();
    loop.forget('t');
    loop.want('t');
    loop.forget('t');
    await clock.advanceMs(5);
    expect([asked, clock.timers]).toEqual([[], 0]);
    for (const manner of ['hang', 'down', 'fine'] as const) {
      port.manner = manner;
      loop.want('t');
      clock.after(1 * MS, () => loop.forget('t'));
      await clock.advanceMs(2_000);
    }
    expect([asked.length, told, clock.timers]).toEqual([3, [], 0]);
  });

  it('end when the loop closes', async () => {
    const port = new MemoryPort();
    const { clock, loop, asked, told } = begin(port);
    loop.start();
    port.manner = 'hang';
    loop.want('a');
    await clock.advanceMs(0);
    loop.want('b');
    loop.close();
    loop.want('c');
    loop.start();
    await clock.advanceMs(5_000);
    expect([asked, told, clock.timers]).toEqual([['a at 0'], [], 0]);
  });
});
