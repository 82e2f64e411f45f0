import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import type { ServiceClass } from '../record.ts';
import { type Manner, MemoryPort } from './memory-port.fixture.ts';
import type { DropNews } from './news.ts';
import type { ProducerOptions } from './options.ts';
import { dropOldest, evictLower } from './overflow.ts';
import { murmur2 } from './partitioner/index.ts';
import type { PressureNews } from './pressure.ts';
import { createProducer, type Producer } from './producer.ts';
import type { Receipt } from './receipt.ts';

const MS = 1_000_000;

let clock: ManualClock;
let port: MemoryPort;
let producer: Producer;

function start(options: Partial<ProducerOptions> = {}, manner: Manner = 'fine'): void {
  clock = new ManualClock();
  port = new MemoryPort();
  port.manner = manner;
  producer = createProducer({ port, clock, identity: 'test', lingerNs: 10 * MS, ...options });
}

const record = (topic: string, i: number) => ({ topic, value: `value ${i}` });
const texts = () => port.log.map(({ record }) => Buffer.from(record.value!).toString());

/** Lets time pass until the producer has closed. */
async function closed(graceMs = 1_000): Promise<Receipt> {
  const receipt = producer.close({ graceMs });
  await clock.advanceMs(graceMs + 1_000);
  return receipt;
}

afterEach(() => {
  expect(producer.receipt().balanced).toBe(true);
});

describe('a producer whose leader goes', () => {
  it.each([
    ['refuses connections', 'down'],
    ['loses answers', 'lose-answer'],
  ] as const)('asks who leads when the old one %s', async (_, manner) => {
    start({ lingerNs: 0 });
    port.leaders.set('t', [{ partition: 0, leader: 1 }]);
    port.mannerOf = () => (port.leaders.get('t')?.[0].leader === 1 ? manner : 'fine');
    producer.send(record('t', 1));
    await clock.advanceMs(10);
    const asked = port.metadataCalls;
    port.leaders.set('t', [{ partition: 0, leader: 2 }]);
    await clock.advanceMs(5_000);
    expect(port.metadataCalls).toBeGreaterThan(asked);
    expect(texts()).toContain('value 1');
    expect((await closed()).delivered).toBe(1);
  });
});

describe('a producer over a cluster that works', () => {
  it('delivers what was sent, once, and its receipt says so by topic and class', async () => {
    start({ classes: { 'billing.charge': 'high' } });
    for (let i = 0; i < 50; i++) expect(producer.send(record('playback.start', i))).toBe(true);
    for (let i = 50; i < 60; i++) expect(producer.send(record('billing.charge', i))).toBe(true);
    producer.send({ ...record('playback.start', 60), class: 'low' });
    expect(port.calls).toEqual([]); // nothing happens inside send
    await clock.advanceMs(100);
    expect(texts().sort()).toEqual(Array.from({ length: 61 }, (_, i) => `value ${i}`).sort());
    const receipt = await closed();
    const nothing = { dropped: {}, unknown: 0, buffered: 0, spilled: 0, replayed: 0 };
    expect(receipt).toEqual({
      offered: 61,
      delivered: 61,
      ...nothing,
      balanced: true,
      lines: [
        { topic: 'playback.start', class: 'normal', offered: 50, delivered: 50, ...nothing },
        { topic: 'billing.charge', class: 'high', offered: 10, delivered: 10, ...nothing },
        { topic: 'playback.start', class: 'low', offered: 1, delivered: 1, ...nothing },
      ],
    });
    expect(port.closedWith).not.toBeNull();
  });

  it('waits for its linger, and sends a full batch before', async () => {
    start({ batchBytesMax: 100 });
    await clock.advanceMs(50);
    producer.send({ topic: 't', value: 'first' });
    await clock.advanceMs(50);
    port.log.length = 0;
    producer.send({ topic: 't', value: 'a' });
    await clock.advanceMs(9);
    expect(texts()).toEqual([]);
    await clock.advanceMs(2);
    expect(texts()).toEqual(['a']);
    for (let i = 0; i < 30; i++) producer.send({ topic: 't', value: '0123456789' });
    await clock.advanceMs(0);
    expect(port.log.length).toBeGreaterThanOrEqual(20);
  });

  it('sends a key to the partition that Kafka sends it to, and keeps its order', async () => {
    start();
    for (let i = 0; i < 40; i++) producer.send({ topic: 't', key: `key ${i % 4}`, value: `${i}` });
    await clock.advanceMs(100);
    const seen = new Map<string, number>();
    for (const { partition, record } of port.log) {
      expect(partition).toBe((murmur2(record.key!) & 0x7fffffff) % 3);
      const key = Buffer.from(record.key!).toString();
      const value = Number(Buffer.from(record.value!).toString());
      expect(value).toBeGreaterThan(seen.get(key) ?? -1);
      seen.set(key, value);
    }
    expect(port.log).toHaveLength(40);
  });

  it('stamps records with the time of day, unless they bring their own', async () => {
    start();
    await clock.advanceMs(5_000);
    producer.send(record('t', 1));
    await clock.advanceMs(3);
    producer.send(record('t', 2));
    producer.send({ ...record('t', 3), timestampMs: 7 });
    const nowMs = clock.wallMs();
    await clock.advanceMs(100);
    const stamps = port.log.map(({ record }) => record.timestampMs).sort((a, b) => a - b);
    expect(stamps).toEqual([7, nowMs - 3, nowMs]);
  });

  it('confirms single records', async () => {
    start();
    const confirmations = Promise.all([
      producer.sendAndConfirm(record('t', 1)),
      producer.sendAndConfirm(record('t', 2)),
      producer.sendAndConfirm({ topic: 't', value: Buffer.alloc(2 << 20) }),
    ]);
    await clock.advanceMs(100);
    expect(await confirmations).toEqual([
      { fate: 'delivered' },
      { fate: 'delivered' },
      { fate: 'dropped', cause: 'too-large' },
    ]);
  });

  it('tells listeners, in sums, after send has returned', async () => {
    start();
    const news: unknown[] = [];
    producer.on('connected', () => news.push('connected'));
    producer.on('delivered', (about) => news.push(about));
    producer.on('drop', (about) => news.push(about));
    for (let i = 0; i < 5; i++) producer.send(record('t', i));
    producer.send({ topic: 't', value: Buffer.alloc(2 << 20) });
    producer.send({ topic: 't', value: Buffer.alloc(2 << 20) });
    expect(news).toEqual([]);
    await clock.advanceMs(100);
    expect(news).toEqual([
      'connected',
      { topic: 't', class: 'normal', cause: 'too-large', records: 2 },
      { topic: 't', class: 'normal', records: 5 },
    ]);
  });

  it('survives listeners that throw, send or close', async () => {
    start();
    const errors: unknown[] = [];
    producer.on('error', (cause) => errors.push(cause));
    let again = 3;
    producer.on('delivered', () => {
      if (again-- > 0) producer.send(record('t', again));
      else void producer.close();
      throw new Error('listener');
    });
    producer.send(record('t', 9));
    await clock.advanceMs(500);
    expect(errors).toHaveLength(4);
    expect(producer.receipt()).toMatchObject({ offered: 4, delivered: 4, buffered: 0 });
    expect(port.closedWith).not.toBeNull();
  });
});

describe('a producer and its bounds', () => {
  it('bounds the topics it keeps state for', async () => {
    start({ streamsMax: 3 });
    const admitted = Array.from({ length: 10 }, (_, i) => producer.send(record(`topic ${i}`, i)));
    expect(admitted.filter(Boolean)).toHaveLength(3);
    expect(await closed()).toMatchObject({ delivered: 3, dropped: { 'buffer-full': 7 } });
  });

  it('refuses settings it can not keep, by name', () => {
    start();
    expect(() => createProducer({ port, clock, lingerNs: -1 })).toThrow('lingerNs: expected a number ≥ 0, got -1');
  });
});

describe('a producer without a cluster', () => {
  it.each(['down', 'hang', 'throw'] as const)('starts, admits, and resumes by itself: %s', async (manner) => {
    start({}, manner);
    const news: string[] = [];
    producer.on('connected', () => news.push('connected'));
    producer.on('disconnected', () => news.push('disconnected'));
    for (let i = 0; i < 100; i++) expect(producer.send(record('t', i))).toBe(true);
    await clock.advanceMs(40_000);
    expect(producer.connected).toBe(false);
    expect(news).toEqual(['disconnected']);
    expect(producer.bufferedRecords).toBe(100);
    port.manner = 'fine';
    await clock.advanceMs(61_000); // a hung `open` is given up after the request time-out
    expect(news).toEqual(['disconnected', 'connected']);
    expect(producer.receipt()).toMatchObject({ delivered: 100, buffered: 0 });
  });

  it('drops by cause when its buffer is full or its records are too old', async () => {
    start({ bufferRecordsMax: 10, deliveryTimeoutNs: 60_000 * MS }, 'down');
    const drops: DropNews[] = [];
    producer.on('drop', (news) => drops.push(news));
    for (let i = 0; i < 25; i++) producer.send(record('t', i));
    await clock.advanceMs(0);
    expect(drops).toEqual([{ topic: 't', class: 'normal', cause: 'buffer-full', records: 15 }]);
    await clock.advanceMs(61_000);
    expect(producer.receipt()).toMatchObject({ dropped: { 'buffer-full': 15, expired: 10 }, buffered: 0 });
  });

  it.each([
    [dropOldest, { 'buffer-full': 0, evicted: 40 }],
    [evictLower, { 'buffer-full': 20, evicted: 20 }],
  ])('gives way as its overflow policy says: $name', async (overflow, dropped) => {
    start({ bufferRecordsMax: 20, batchBytesMax: 8, overflow }, 'down');
    const classes: ServiceClass[] = ['low', 'high', 'low'];
    for (const serviceClass of classes) {
      for (let i = 0; i < 20; i++) producer.send({ topic: 't', value: 'v'.repeat(8), class: serviceClass });
    }
    const receipt = producer.receipt();
    expect({ 'buffer-full': 0, ...receipt.dropped }).toEqual(dropped);
    port.manner = 'fine';
    await clock.advanceMs(5_000);
    expect(port.log).toHaveLength(20);
  });

  it('signals back-pressure once in each direction', async () => {
    start({ bufferRecordsMax: 100 }, 'down');
    const news: PressureNews[] = [];
    producer.on('backpressure', (about) => news.push(about));
    for (let i = 0; i < 120; i++) producer.send(record('t', i));
    await clock.advanceMs(1_000);
    expect(news.map(({ high, bufferedRecords }) => [high, bufferedRecords])).toEqual([[true, 81]]);
    port.manner = 'fine';
    await clock.advanceMs(5_000);
    expect(news.map(({ high }) => high)).toEqual([true, false]);
  });

  it('close gives up after its grace and says what was never sent', async () => {
    start({}, 'down');
    for (let i = 0; i < 10; i++) producer.send(record('t', i));
    const receipt = await closed(200);
    expect(receipt).toMatchObject({ offered: 10, delivered: 0, dropped: { closed: 10 }, unknown: 0, buffered: 0 });
    expect(producer.send(record('t', 11))).toBe(false);
    expect(producer.send(record('another', 12))).toBe(false);
    expect(producer.receipt()).toMatchObject({ offered: 12, dropped: { closed: 12 } });
    expect(await producer.close()).toBe(receipt);
    expect(clock.timers).toBeLessThanOrEqual(1);
  });
});

describe('a producer and a client with bad manners', () => {
  it('retries what was refused, without duplicates', async () => {
    start();
    let refusals = 3;
    port.mannerOf = () => (refusals-- > 0 ? 'refuse' : 'fine');
    for (let i = 0; i < 10; i++) producer.send(record('t', i));
    await clock.advanceMs(10_000);
    expect(port.log).toHaveLength(10);
    expect(producer.receipt()).toMatchObject({ delivered: 10 });
  });

  it('drops what is refused as often as allowed, or for good', async () => {
    start({ retriesMax: 2 });
    port.mannerOf = ({ topic }) => (topic === 'forbidden' ? 'forbid' : 'refuse');
    producer.send(record('t', 1));
    producer.send(record('forbidden', 2));
    await clock.advanceMs(10_000);
    expect(producer.receipt()).toMatchObject({ dropped: { 'retries-exhausted': 1, refused: 1 } });
    expect(port.calls.filter(({ topic }) => topic === 't')).toHaveLength(3);
    expect(port.calls.filter(({ topic }) => topic === 'forbidden')).toHaveLength(1);
  });

  it('asks for metadata when the leader is elsewhere, and follows it', async () => {
    start({ retriesMax: 5 });
    port.leaders.set('t', [{ partition: 0, leader: 7 }]);
    port.mannerOf = () => (port.leaders.get('t')![0].leader === 8 ? 'fine' : 'not-leader');
    producer.send(record('t', 1));
    await clock.advanceMs(50);
    const asked = port.metadataCalls;
    port.leaders.set('t', [{ partition: 0, leader: 8 }]);
    await clock.advanceMs(5_000);
    expect(port.metadataCalls).toBeGreaterThan(asked);
    expect(port.log).toHaveLength(1);
  });

  it('waits for a partition without a leader, and does not ask for it too often', async () => {
    start();
    port.leaders.set('t', [{ partition: 0, leader: -1 }]);
    producer.send(record('t', 1));
    await clock.advanceMs(10_000);
    expect(port.metadataCalls).toBeGreaterThan(5);
    expect(port.metadataCalls).toBeLessThan(25);
    port.leaders.set('t', [{ partition: 0, leader: 3 }]);
    await clock.advanceMs(2_000);
    expect(port.log).toHaveLength(1);
  });

  it('follows a topic that was deleted and made again with fewer partitions, not one that is told by halves', async () => {
    start();
    const send = (from: number, to: number) => {
      for (let i = from; i < to; i++) producer.send({ topic: 't', key: `key ${i}`, value: `${i}` });
    };
    send(0, 20);
    await clock.advanceMs(100);
    const leader = (partition: number) => ({ partition, leader: 1001 });
    port.mannerOf = ({ partition }) => (partition < port.leaders.get('t')!.length ? 'fine' : 'not-leader');
    port.leaders.set('t', [leader(0)]);
    send(20, 40);
    await clock.advanceMs(110);
    port.leaders.set('t', [leader(0), leader(1), leader(2)]);
    await clock.advanceMs(3_000);
    const partitions = () => new Set(port.log.slice(-20).map(({ partition }) => partition));
    expect([port.log.length, partitions().size]).toEqual([40, 3]);
    port.leaders.set('t', [leader(0)]);
    send(40, 60);
    await clock.advanceMs(5_000);
    expect([port.log.length, partitions().size]).toEqual([60, 1]);
  });

  it.each(['lose-answer', 'reject', 'throw'] as const)('calls it unknown when nobody can say: %s', async (manner) => {
    start({ retriesMax: 1 });
    port.mannerOf = () => manner;
    const confirmation = producer.sendAndConfirm(record('t', 1));
    await clock.advanceMs(10_000);
    expect(await confirmation).toEqual({ fate: 'unknown' });
    expect(port.calls).toHaveLength(2);
    expect(producer.receipt()).toMatchObject({ unknown: 1, dropped: {} });
  });

  it('a hung broker costs bounded memory: calls that nobody answers do not pile up', async () => {
    start({ inFlightMax: 2, requestTimeoutNs: 1_000 * MS, deliveryTimeoutNs: 100_000 * MS, batchBytesMax: 100 });
    port.partitionsByDefault = 1;
    port.mannerOf = () => 'hang';
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 20; i++) producer.send({ topic: 't', value: 'v'.repeat(50) });
      await clock.advanceMs(1_000);
    }
    expect(port.unansweredMax).toBeLessThanOrEqual(4);
    expect(producer.receipt().buffered).toBe(1_200);
    port.mannerOf = null;
    await clock.advanceMs(110_000); // the hung calls no longer count after the delivery time-out
    expect(producer.bufferedRecords).toBe(0);
    producer.send(record('t', 1));
    await clock.advanceMs(2_000);
    expect(producer.receipt().delivered).toBeGreaterThan(0);
  });

  it('a time-out without retries lets the batches behind it go', async () => {
    start({ inFlightMax: 1, retriesMax: 0, requestTimeoutNs: 1_000 * MS, batchBytesMax: 100 });
    port.partitionsByDefault = 1;
    let calls = 0;
    port.mannerOf = () => (calls++ === 0 ? 'hang' : 'fine');
    for (let i = 0; i < 6; i++) producer.send({ topic: 't', value: 'v'.repeat(50) });
    await clock.advanceMs(1_500);
    expect(producer.receipt()).toMatchObject({ unknown: 2, delivered: 4, buffered: 0 });
  });

  it('close with answers outstanding books them as unknown, and takes no longer than its grace', async () => {
    start();
    port.mannerOf = () => 'hang';
    producer.send(record('t', 1));
    await clock.advanceMs(100);
    producer.send(record('t', 2));
    port.manner = 'hang';
    const before = clock.nowNs();
    let took = Infinity;
    const receipt = producer.close({ graceMs: 300 }).then((it) => {
      took = clock.nowNs() - before;
      return it;
    });
    await clock.advanceMs(1_000);
    expect(await receipt).toMatchObject({ offered: 2, delivered: 0, unknown: 2, buffered: 0 });
    expect(took).toBeLessThanOrEqual(300 * MS);
  });
});
