import { describe, expect, it } from 'vitest';
import { DROP_CAUSES } from '../record.ts';
import { CoreWorld, config, MS } from './core.fixture.ts';
import {
  OUTCOME_OK,
  OUTCOME_REFUSED_FATAL,
  OUTCOME_REFUSED_METADATA,
  OUTCOME_REFUSED_RETRY,
  OUTCOME_UNKNOWN,
  OUTCOME_UNREACHABLE,
} from './outcome.ts';
import { dropNew, dropOldest, evictLower } from './overflow.ts';
import { keyed, roundRobin, sticky } from './partitioner/index.ts';
import { REQUEST } from './request-pool.ts';

const { R_HEAD, R_INTS } = REQUEST;

const LOW = 0;
const HIGH = 2;

describe('a batch', () => {
  it('lingers for company, then goes', () => {
    const world = new CoreWorld().start();
    world.offer(2);
    world.pass(4 * MS);
    world.offer(1);
    world.pass(100 * MS);
    expect(world.log).toEqual(['10 ms, broker 0: 0/0:3']);
  });

  it('goes at once without linger', () => {
    const world = new CoreWorld({ lingerNs: 0 }).start();
    world.offer(1);
    expect(world.log).toEqual(['0 ms, broker 0: 0/0:1']);
  });

  it('is full when the next record no longer fits, and is due then', () => {
    const world = new CoreWorld().start();
    world.offer(10);
    expect(world.log).toEqual([]);
    world.offer(1);
    expect(world.log).toEqual(['0 ms, broker 0: 0/0:10']);
  });

  it('holds more records when they are compressed, while memory is counted raw', () => {
    const world = new CoreWorld({
      compressionRatio: 0.5,
      overheadBytesPerRecord: 7,
      overheadBytesPerBatch: 60,
    }).start();
    world.offer(21);
    expect(world.log).toEqual(['0 ms, broker 0: 0/0:20']);
    expect(world.core.bufferedBytes(0)).toBe(21 * 107 + 2 * 60);
  });

  it('of one record is allowed to be larger than a batch', () => {
    const world = new CoreWorld({ batchBytesMax: 50 }).start();
    world.offer(2);
    expect(world.log).toEqual(['0 ms, broker 0: 0/0:1']);
  });
});

describe('a request', () => {
  it('takes along what lingers for the same broker, one batch of a partition', () => {
    const world = new CoreWorld({ partitioner: roundRobin() }).start({ leaders: [0, 0, 1] });
    world.offer(6);
    world.pass(10 * MS);
    const [first, second] = [...world.log].sort();
    expect(first).toMatch(/^10 ms, broker 0: 0\/[01]:2 0\/[01]:2$/);
    expect(second).toBe('10 ms, broker 1: 0/2:2');
  });

  it('stays below requestBytesMax', () => {
    const world = new CoreWorld({ partitioner: roundRobin(), requestBytesMax: 450, inFlightMax: 5 });
    world.start({ leaders: [0, 0, 0] });
    world.offer(6);
    world.pass(10 * MS);
    expect(world.sent.map(({ what }) => what.split(' ').length)).toEqual([2, 1]);
  });

  it('waits for the one in flight; several in flight do not wait', () => {
    const sends = (inFlightMax: number) => {
      const world = new CoreWorld({ inFlightMax }).start();
      world.offer(31);
      const before = world.sent.length;
      while (world.core.requestHead(0) !== -1) world.answer(OUTCOME_OK);
      return [before, world.sent.length];
    };
    expect(sends(1)).toEqual([1, 3]);
    expect(sends(2)).toEqual([2, 3]);
    expect(sends(5)).toEqual([3, 3]);
  });

  it('is delivered with its answer, whatever the acknowledgements asked for', () => {
    for (const acks of [0, 1, -1] as const) {
      const world = new CoreWorld({ acks, lingerNs: 0 }).start();
      world.offer(3);
      expect(world.delivered).toBe(0);
      world.answer(OUTCOME_OK);
      expect(world).toMatchObject({ delivered: 3, unknown: 0, drops: {} });
      expect(world.core.bufferedBytes(0)).toBe(0);
    }
  });
});

describe('before metadata', () => {
  it('records are accepted, and go when it is there', () => {
    const world = new CoreWorld().start({ leaders: null });
    expect(world.offer(5)).toBe(5);
    world.pass(50 * MS);
    expect(world.sent).toEqual([]);
    expect(world.refreshes).toBeGreaterThan(0);
    world.learn([3]);
    expect(world.log).toEqual(['50 ms, broker 3: 0/0:5']);
  });

  it('keyed ones too, and each goes to the partition of its key', () => {
    const world = new CoreWorld({ partitioner: keyed(), inFlightMax: 5 }).start({ leaders: null });
    for (const key of [10, 11, 12, 10]) world.offer(1, { key });
    world.pass(50 * MS);
    world.learn([0, 0, 0]);
    while (world.core.requestHead(0) !== -1) world.answer(OUTCOME_OK);
    const parts = world.sent.flatMap(({ what }) => what.split(' ')).sort();
    expect(parts).toEqual(['0/0:1', '0/1:2', '0/2:1']);
    expect(world.delivered).toBe(4);
  });

  it('a topic without a leader waits for one', () => {
    const world = new CoreWorld({ lingerNs: 0 }).start({ leaders: [-1] });
    world.offer(1);
    world.pass(20 * MS);
    expect(world.sent).toEqual([]);
    world.learn([2]);
    expect(world.log).toEqual(['20 ms, broker 2: 0/0:1']);
  });
});

describe('a refusal', () => {
  it('is tried again after the back-off, as often as retriesMax says', () => {
    const world = new CoreWorld({ lingerNs: 0, retriesMax: 2 }).start();
    world.offer(1);
    for (let i = 0; i < 3; i++) {
      world.pass(MS);
      world.answer(OUTCOME_REFUSED_RETRY);
      world.pass(30 * MS);
    }
    expect(world.sent.map(({ atNs }) => atNs / MS)).toEqual([0, 21, 52]);
    expect(world.drops).toEqual({ 'retries-exhausted': 1 });
  });

  it('for want of the leader asks for metadata, and goes to the new leader', () => {
    const world = new CoreWorld({ lingerNs: 0 }).start();
    world.offer(1);
    world.answer(OUTCOME_REFUSED_METADATA);
    expect(world.refreshes).toBe(1);
    world.learn([4]);
    world.pass(20 * MS);
    expect(world.log).toEqual(['0 ms, broker 0: 0/0:1', '20 ms, broker 4: 0/0:1']);
  });

  it('that no retry mends is dropped at once', () => {
    const world = new CoreWorld({ lingerNs: 0 }).start();
    world.offer(2);
    world.answer(OUTCOME_REFUSED_FATAL);
    expect(world.drops).toEqual({ refused: 2 });
  });

  it('of a connection is no attempt: it goes on beyond retriesMax, with growing waits', () => {
    const world = new CoreWorld({ lingerNs: 0, retriesMax: 0 }).start();
    world.offer(1);
    for (let i = 0; i < 5; i++) {
      world.answer(OUTCOME_UNREACHABLE);
      world.pass(60 * MS);
    }
    expect(world.sent.length).toBe(6);
    world.answer(OUTCOME_OK);
    expect(world).toMatchObject({ delivered: 1, drops: {}, unknown: 0 });
  });

  it('keeps younger batches of the partition behind it while it backs off', () => {
    const world = new CoreWorld({ lingerNs: 0 }).start();
    world.offer(1);
    world.offer(2);
    world.answer(OUTCOME_REFUSED_RETRY);
    world.pass(20 * MS);
    world.answer(OUTCOME_OK);
    expect(world.log).toEqual(['0 ms, broker 0: 0/0:1', '20 ms, broker 0: 0/0:1', '20 ms, broker 0: 0/0:2']);
  });

  it('with several in flight lets a younger batch land before it: so it is said', () => {
    const world = new CoreWorld({ lingerNs: 0, inFlightMax: 2 }).start();
    world.offer(1);
    world.offer(2);
    world.answer(OUTCOME_REFUSED_RETRY);
    world.answer(OUTCOME_OK);
    world.pass(20 * MS);
    expect(world.sent.map(({ what }) => what)).toEqual(['0/0:1', '0/0:2', '0/0:1']);
  });

  it('may be told for one batch of a request', () => {
    const world = new CoreWorld({ partitioner: roundRobin() }).start({ leaders: [0, 0] });
    world.offer(4);
    world.pass(10 * MS);
    const { requests } = world.core;
    const request = world.core.requestHead(0);
    world.core.onBatchResult(
      request,
      requests.batchOf(requests.ints[request * R_INTS + R_HEAD]),
      OUTCOME_REFUSED_FATAL,
      world.nowNs,
    );
    world.answer(OUTCOME_OK);
    expect(world).toMatchObject({ delivered: 2, drops: { refused: 2 } });
  });
});

describe('silence', () => {
  it('until the request time-out is tried again, and unknown when retries run out', () => {
    const world = new CoreWorld({ lingerNs: 0, retriesMax: 1 }).start();
    world.offer(3);
    world.pass(500 * MS);
    expect(world.sent.map(({ atNs }) => atNs / MS)).toEqual([0, 120]);
    expect(world).toMatchObject({ unknown: 3, drops: {}, delivered: 0 });
  });

  it('is never called a drop, though a refusal comes after it: the first attempt may be in a log', () => {
    const world = new CoreWorld({ lingerNs: 0 }).start();
    world.offer(3);
    world.pass(120 * MS);
    world.answer(OUTCOME_REFUSED_FATAL);
    expect(world).toMatchObject({ unknown: 3, drops: {} });
  });

  it('broken by a late answer changes no fate, and frees the slots', () => {
    const world = new CoreWorld({ lingerNs: 0, retriesMax: 0 }).start();
    world.offer(3);
    world.pass(200 * MS);
    expect(world).toMatchObject({ unknown: 3 });
    expect([world.core.requests.live, world.core.batches.live]).toEqual([1, 1]);
    world.answer(OUTCOME_OK, world.sent[0].request);
    expect(world).toMatchObject({ unknown: 3, delivered: 0 });
    expect([world.core.requests.live, world.core.batches.live]).toEqual([0, 0]);
  });

  it('announced by the driver ends with the time-out, too', () => {
    const world = new CoreWorld({ lingerNs: 0, retriesMax: 0 }).start();
    world.offer(1);
    world.core.abandon(world.core.requestHead(0));
    world.pass(99 * MS);
    expect(world.unknown).toBe(0);
    world.pass(MS);
    expect([world.unknown, world.core.requests.live, world.core.batches.live]).toEqual([1, 0, 0]);
  });
});

describe('the delivery time-out', () => {
  it('drops what was never handed to the network as expired', () => {
    const world = new CoreWorld({ lingerNs: 0 }).start({ leaders: null });
    world.offer(2);
    world.pass(999 * MS);
    expect(world.drops).toEqual({});
    world.pass(MS);
    expect(world.drops).toEqual({ expired: 2 });
  });

  it('makes unknown of what was', () => {
    const world = new CoreWorld({ lingerNs: 0, retriesMax: 1_000 }).start();
    world.offer(2);
    world.pass(2_000 * MS);
    expect(world).toMatchObject({ unknown: 2, drops: {} });
  });
});

describe('closing', () => {
  it('flushes, admits no more, and still hears answers', () => {
    const world = new CoreWorld().start();
    world.offer(2);
    world.core.close(0, world.nowNs);
    expect(world.log).toEqual(['0 ms, broker 0: 0/0:2']);
    expect(world.offer(3)).toBe(0);
    world.answer(OUTCOME_OK);
    expect(world).toMatchObject({ delivered: 2, drops: { closed: 3 } });
  });

  it('at once drops what was never sent, and knows not what was', () => {
    const world = new CoreWorld({ lingerNs: 0 }).start();
    world.offer(2);
    world.offer(3);
    world.core.terminate(0, world.nowNs);
    expect(world).toMatchObject({ unknown: 2, drops: { closed: 3 } });
    expect(world.core.bufferedRecords(0)).toBe(0);
  });
});

describe('a full buffer', () => {
  /** Ten low and ten high records buffered, no way to send them; then one more of each class. */
  const full = (overflow: typeof dropNew) => {
    const world = new CoreWorld({ overflow, bufferRecordsMax: 20 }).start({ classes: [LOW, HIGH], leaders: null });
    world.offer(10, { stream: 0 });
    world.pass(MS);
    world.offer(10, { stream: 1 });
    world.pass(MS);
    const admitted = [world.offer(1, { stream: 0 }), world.offer(1, { stream: 1 })];
    return { admitted, drops: world.drops };
  };

  it('drops the new record', () => {
    expect(full(dropNew)).toEqual({ admitted: [0, 0], drops: { 'buffer-full': 2 } });
  });

  it('or the oldest batch', () => {
    expect(full(dropOldest)).toEqual({ admitted: [1, 1], drops: { evicted: 10 } });
  });

  it('or a lower class, never its own', () => {
    expect(full(evictLower)).toEqual({ admitted: [0, 1], drops: { 'buffer-full': 1, evicted: 10 } });
  });

  it('is full in bytes as well, overheads included', () => {
    const world = new CoreWorld({ bufferBytesMax: 460, overheadBytesPerRecord: 10, overheadBytesPerBatch: 20 });
    world.start({ leaders: null });
    expect(world.offer(10)).toBe(4);
    expect(world.drops).toEqual({ 'buffer-full': 6 });
  });

  it('never evicts what is in flight', () => {
    const world = new CoreWorld({ overflow: dropOldest, bufferRecordsMax: 2, lingerNs: 0 }).start();
    world.offer(2);
    expect(world.offer(1)).toBe(0);
    expect(world.drops).toEqual({ 'buffer-full': 1 });
  });

  it('drains by itself after an outage, and admits again', () => {
    const world = new CoreWorld({ bufferRecordsMax: 30, lingerNs: 0 }).start();
    for (let i = 0; i < 30; i++) {
      world.offer(2);
      if (world.core.requestHead(0) !== -1) world.answer(OUTCOME_UNREACHABLE);
      world.pass(10 * MS);
    }
    expect(world.drops['buffer-full']).toBe(30);
    while (world.core.bufferedRecords(0) > 0) {
      if (world.core.requestHead(0) !== -1) world.answer(OUTCOME_OK);
      else world.pass(50 * MS);
    }
    expect(world.delivered).toBe(30);
    expect(world.offer(5)).toBe(5);
  });
});

describe('every drop has a cause', () => {
  it('too large', () => {
    const world = new CoreWorld().start();
    expect(world.offer(3, { bytes: 1_001 })).toBe(0);
    expect(world.drops).toEqual({ 'too-large': 3 });
  });

  it('and these are all there are; the rest are shown above, but for the driver’s own', () => {
    expect(DROP_CAUSES).toEqual([
      'buffer-full',
      'evicted',
      'expired',
      'too-large',
      'retries-exhausted',
      'refused',
      'closed',
      'invalid',
      'over-quota',
      'claim-check-failed',
      'spill-lost',
    ]);
  });
});

describe('a run', () => {
  it('may be offered as far as there is room before the core decides something', () => {
    const world = new CoreWorld().start();
    expect(world.core.room(0, 100, -1)).toBe(0);
    world.offer(3);
    expect(world.core.room(0, 100, -1)).toBe(7);
    expect(world.core.capacity(100)).toBe(10);
    expect(world.core.targetBroker(0, -1)).toBe(0);
  });
});

describe('a configuration', () => {
  it.each([
    [{ lingerNs: -1 }, 'lingerNs: expected a number ≥ 0, got -1'],
    [{ inFlightMax: 0 }, 'inFlightMax: expected a number ≥ 1, got 0'],
    [{ compressionRatio: 2 }, 'compressionRatio: expected a number in (0, 1], got 2'],
    [{ bufferBytesMax: Number.NaN }, 'bufferBytesMax: expected a number ≥ 1, got NaN'],
    [
      { deliveryTimeoutNs: config.requestTimeoutNs },
      'deliveryTimeoutNs: expected at least lingerNs + requestTimeoutNs',
    ],
  ])('%j is refused by name', (changes, message) => {
    expect(() => new CoreWorld({ ...changes, partitioner: sticky() })).toThrow(message);
  });
});

it('an unknown outcome is told as silence', () => {
  const world = new CoreWorld({ lingerNs: 0, retriesMax: 0 }).start();
  world.offer(1);
  world.answer(OUTCOME_UNKNOWN);
  expect(world).toMatchObject({ unknown: 1, drops: {} });
});
