import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import type { Confirmation } from './callbacks.ts';
import { MemoryPort } from './memory-port.fixture.ts';
import type { ProducerOptions } from './options.ts';
import { dropOldest } from './overflow.ts';
import { createProducer, type Producer } from './producer.ts';

const MS = 1_000_000;

let clock: ManualClock;
let port: MemoryPort;
let producer: Producer;

function start(options: Partial<ProducerOptions> = {}): void {
  clock = new ManualClock();
  port = new MemoryPort();
  producer = createProducer({ port, clock, identity: 'test', lingerNs: 10 * MS, ...options });
}

afterEach(() => {
  expect(producer.receipt().balanced).toBe(true);
});

describe('a callback', () => {
  it('hears once what became of its record, and never inside send', async () => {
    start({ bufferRecordsMax: 4, overflow: dropOldest, batchBytesMax: 1 });
    const heard: [number, Confirmation][] = [];
    const send = (id: number, value: string | Buffer = 'v') =>
      producer.send({ topic: 't', value }, (confirmation) => heard.push([id, confirmation]));
    for (let i = 0; i < 5; i++) expect(send(i)).toBe(true);
    expect(send(5, Buffer.alloc(2 << 20))).toBe(false);
    expect(producer.send({ topic: '', value: 'v' }, (confirmation) => heard.push([6, confirmation]))).toBe(false);
    expect(heard).toEqual([]);
    await clock.advanceMs(100);
    const ends = heard.map(([id, { fate, ...more }]) => [id, fate, ...Object.values(more)]);
    expect(ends.slice(0, 3)).toEqual([
      [0, 'dropped', 'evicted'],
      [5, 'dropped', 'too-large'],
      [6, 'dropped', 'invalid'],
    ]);
    expect(ends.slice(3).sort()).toEqual([1, 2, 3, 4].map((id) => [id, 'delivered']));
  });

  it('may throw, send and close', async () => {
    start();
    const errors: unknown[] = [];
    const fates: string[] = [];
    producer.on('error', (cause) => errors.push(String(cause)));
    producer.send({ topic: 't', value: 'v' }, () => {
      producer.send({ topic: 't', value: 'w' }, ({ fate }) => {
        fates.push(fate);
        void producer.close();
      });
      throw new Error('mine');
    });
    producer.send({ topic: 't', value: 'v' }, 'no function' as never);
    await clock.advanceMs(1_000);
    expect(errors).toEqual(['Error: mine', expect.stringContaining('TypeError')]);
    expect(fates).toEqual(['delivered']);
    expect(port.closedWith).not.toBeNull();
  });

  it('is called before close is done, and after it, too', async () => {
    start();
    port.manner = 'down';
    const fates: Confirmation[] = [];
    producer.send({ topic: 't', value: 'v' }, (confirmation) => fates.push(confirmation));
    const closing = producer.close({ graceMs: 10 }).then(() => fates.length);
    await clock.advanceMs(100);
    expect(await closing).toBe(1);
    producer.send({ topic: 't', value: 'v' }, (confirmation) => fates.push(confirmation));
    await clock.advanceMs(0);
    expect(fates).toEqual([
      { fate: 'dropped', cause: 'closed' },
      { fate: 'dropped', cause: 'closed' },
    ]);
    expect(clock.timers).toBe(0);
  });

  it('keeps the process alive until it has been called', async () => {
    start();
    const before = clock.timers;
    producer.send({ topic: 't', value: 'v' }, () => {});
    producer.send({ topic: 't', value: 'v' });
    expect(clock.kept).toBe(1);
    await clock.advanceMs(1_000);
    expect(clock.kept).toBe(0);
    producer.send({ topic: '', value: 'v' }, () => {});
    expect(clock.kept).toBe(1);
    await clock.advanceMs(0);
    expect(clock.kept).toBe(0);
    expect(before).toBeGreaterThan(0);
  });
});

describe('acknowledgements by topic', () => {
  it('go with each call', async () => {
    start({ acks: 1, acksByTopic: { payments: -1, metrics: 0 } });
    port.partitionsByDefault = 1;
    for (const topic of ['payments', 'clicks', 'metrics', 'constructor']) producer.send({ topic, value: 'v' });
    await clock.advanceMs(100);
    const asked = Object.fromEntries(port.calls.map(({ topic, acks }) => [topic, acks]));
    expect(asked).toEqual({ payments: -1, clicks: 1, metrics: 0, constructor: 1 });
  });

  it('can not differ where the client has but one number of them: said at once', () => {
    start();
    port.caps = { acksPerCall: false, idempotent: false, retriesInternally: false };
    const make = (acksByTopic: Record<string, 0 | 1 | -1>) => () =>
      createProducer({ port, clock, acks: 1, acksByTopic });
    expect(make({ payments: -1 })).toThrow(
      'acksByTopic.payments: expected 1 as for all topics, got -1: the client of cluster default has one number of acknowledgements for all its calls; give the topic a producer of its own',
    );
    expect(make({ payments: 1 })).not.toThrow();
  });
});

describe('quotas by tenant', () => {
  const quotas = { web: { recordsPerSecond: 10 }, batch: { bytesPerSecond: 1_000, burstBytes: 2_000 } };

  it('bound what a tenant hands over, and nobody else', async () => {
    start({ recordBytesMax: 2_000, tenants: { clicks: 'web', views: 'web', jobs: 'batch' }, quotas });
    for (let i = 0; i < 8; i++) {
      producer.send({ topic: 'clicks', value: 'v' });
      producer.send({ topic: 'views', value: 'v' });
      producer.send({ topic: 'jobs', value: 'v'.repeat(500) });
      producer.send({ topic: 'payments', value: 'v' });
    }
    await clock.advanceMs(1_000);
    const admitted = producer.receipt().lines.map(({ topic, delivered, dropped }) => [topic, delivered, dropped]);
    expect(admitted).toEqual([
      ['clicks', 5, { 'over-quota': 3 }],
      ['views', 5, { 'over-quota': 3 }],
      ['jobs', 4, { 'over-quota': 4 }],
      ['payments', 8, {}],
    ]);
    for (let i = 0; i < 8; i++) producer.send({ topic: 'jobs', value: 'v'.repeat(500) });
    expect(producer.receipt().lines[2].dropped).toEqual({ 'over-quota': 10 });
  });
});

describe('settings that can not be meant', () => {
  it.each<[Partial<ProducerOptions>, string]>([
    [{ tenants: { t: 'wbe' }, quotas: { web: {} } }, 'tenants.t: expected one of web, got wbe'],
    [{ quotas: { web: { recordsPerSecond: -1 } } }, 'quotas.web.recordsPerSecond: expected a whole number'],
    [{ classes: { t: 'urgent' as never } }, 'classes.t: expected one of low, normal, high, got urgent'],
    [{ acksByTopic: { t: 2 as never } }, 'acksByTopic.t: expected one of 0, 1, -1, got 2'],
  ])('%j are refused by name', (options, message) => {
    start();
    expect(() => createProducer({ port, clock, ...options })).toThrow(message);
  });
});
