import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import { type Manner, MemoryPort } from './memory-port.fixture.ts';
import type { BatchNews, RequestNews } from './news.ts';
import type { ProducerOptions } from './options.ts';
import { evictLower } from './overflow.ts';
import { createProducer } from './producer.ts';
import type { ProducerSnapshot } from './snapshot.ts';

const MS = 1_000_000;

function start(options: Partial<ProducerOptions> = {}) {
  const clock = new ManualClock();
  const port = new MemoryPort();
  const producer = createProducer({ port, clock, identity: 'test', lingerNs: 10 * MS, ...options });
  return { clock, port, producer };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

describe('a snapshot', () => {
  it('of a producer that has done nothing is all zeros', () => {
    const { producer } = start();
    const { records, streams, buffer, requests, clusters } = producer.snapshot();
    expect(records).toEqual({
      offered: 0,
      delivered: 0,
      dropped: {},
      unknown: 0,
      buffered: 0,
      spilled: 0,
      replayed: 0,
    });
    expect(streams).toEqual([]);
    expect(buffer).toMatchObject({ bytes: 0, records: 0, recordsMax: 100_000, fill: 0, pressed: false });
    expect(requests).toMatchObject({ sent: 0, retries: 0, inFlight: 0 });
    expect(clusters).toEqual([{ name: 'default', connected: false }]);
  });

  it('tells what is buffered, delivered and dropped, by topic and class', async () => {
    const { clock, port, producer } = start({ bufferRecordsMax: 10, classes: { pay: 'high' } });
    await clock.advanceMs(100);
    for (let i = 0; i < 12; i++) producer.send({ topic: 'view', value: 'v' });
    const full = producer.snapshot();
    expect(full.buffer).toMatchObject({ records: 10, fill: 1, pressed: true });
    expect(full.records).toEqual({
      offered: 12,
      delivered: 0,
      dropped: { 'buffer-full': 2 },
      unknown: 0,
      buffered: 10,
      spilled: 0,
      replayed: 0,
    });
    await clock.advanceMs(100);
    producer.send({ topic: 'pay', value: 'p' });
    await clock.advanceMs(100);
    const { streams, buffer, clusters } = producer.snapshot();
    const nothing = { dropped: {}, unknown: 0, buffered: 0, spilled: 0, replayed: 0 };
    expect(streams).toEqual([
      { topic: 'view', class: 'normal', offered: 12, delivered: 10, ...nothing, dropped: { 'buffer-full': 2 } },
      { topic: 'pay', class: 'high', offered: 1, delivered: 1, ...nothing },
    ]);
    expect(buffer).toMatchObject({ bytes: 0, records: 0, fill: 0, pressed: false });
    expect(clusters).toEqual([{ name: 'default', connected: true }]);
    expect(port.calls.length).toBe(producer.snapshot().requests.sent);
    // The first one stays as it was.
    expect(full.records.delivered).toBe(0);
    expect(Object.isFrozen(full) && Object.isFrozen(full.streams) && Object.isFrozen(full.streams[0])).toBe(true);
  });

  it('measures calls and the time in the buffer', async () => {
    const { clock, port, producer } = start({ retriesMax: 1 });
    const calls: RequestNews[] = [];
    const batches: BatchNews[] = [];
    producer.on('request', (news) => calls.push(news));
    producer.on('batch', (news) => batches.push(news));
    await clock.advanceMs(100);
    port.manner = 'refuse';
    producer.send({ topic: 't', value: '12345' });
    await clock.advanceMs(4);
    producer.send({ topic: 't', value: '12345' });
    await clock.advanceMs(5_000);
    const { requests, timeInBufferNs } = producer.snapshot();
    expect(requests).toMatchObject({ sent: 2, retries: 1, inFlight: 0 });
    expect(requests.byOutcome).toEqual({ ok: 0, refused: 2, unreachable: 0, unknown: 0 });
    expect(requests.records).toMatchObject({ count: 2, sum: 4 });
    expect(requests.bytes).toMatchObject({ count: 2, sum: 20 });
    expect(timeInBufferNs.dropped.count).toBe(2);
    expect(calls.map(({ attempts, outcome, records, bytes }) => [attempts, outcome, records, bytes])).toEqual([
      [0, 'refused', 2, 10],
      [1, 'refused', 2, 10],
    ]);
    expect(batches).toEqual([{ topic: 't', class: 'normal', records: 2, fate: 'dropped', ageNs: expect.any(Number) }]);
    // Four milliseconds lie between the two, and both have waited for linger and back-off.
    expect(timeInBufferNs.dropped.sum).toBe(2 * batches[0].ageNs - 4 * MS);
  });

  it('counts calls that hang as in flight, also once their records are given up', async () => {
    const { clock, port, producer } = start({ requestTimeoutNs: 100 * MS, deliveryTimeoutNs: 200 * MS });
    await clock.advanceMs(100);
    port.mannerOf = () => 'hang';
    producer.send({ topic: 't', value: 'v' });
    await clock.advanceMs(1_000);
    const { records, requests } = producer.snapshot();
    expect(records.unknown).toBe(1);
    expect(requests.inFlight).toBe(requests.sent);
    expect(requests.latencyNs.count).toBe(0);
  });
});

describe('whatever the cluster does', () => {
  const manner = fc.constantFrom<Manner>(
    'fine',
    'down',
    'hang',
    'lose-answer',
    'throw',
    'refuse',
    'not-leader',
    'forbid',
  );
  const atAdmission = ['buffer-full', 'too-large', 'invalid'] as const;

  function holds(snapshot: ProducerSnapshot): void {
    const { records, streams, requests } = snapshot;
    expect(requests.sent).toBe(sum(Object.values(requests.byOutcome)) + requests.inFlight);
    expect(requests.inFlight).toBeGreaterThanOrEqual(0);
    expect(requests.latencyNs.count).toBe(requests.sent - requests.inFlight);
    expect(requests.records.count).toBe(requests.sent);
    expect(requests.bytes.count).toBe(requests.sent);
    expect(requests.records.sum).toBeGreaterThanOrEqual(records.delivered + records.unknown);
    for (const histogram of [requests.latencyNs, requests.records, ...Object.values(snapshot.timeInBufferNs)])
      expect(sum(histogram.counts)).toBe(histogram.count);
    for (const name of ['offered', 'delivered', 'unknown', 'buffered'] as const)
      expect(sum(streams.map((line) => line[name]))).toBe(records[name]);
  }

  it('a snapshot says what the receipt says, and every record admitted is in one histogram of time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(manner, manner, fc.nat(30), fc.nat(3_000)), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 0, max: 2 }),
        async (weather, retriesMax) => {
          const { clock, port, producer } = start({
            retriesMax,
            overflow: evictLower,
            bufferRecordsMax: 40,
            batchBytesMax: 60,
            requestTimeoutNs: 500 * MS,
            deliveryTimeoutNs: 2_000 * MS,
          });
          let refusedAtTheDoor = 0;
          for (const [connection, answer, records, waitMs] of weather) {
            port.manner = connection;
            port.mannerOf = () => answer;
            for (let i = 0; i < records; i++) {
              const record = { topic: `t${i % 2}`, value: `${i}`, class: i % 3 === 0 ? 'low' : 'high' } as const;
              if (!producer.send(record)) refusedAtTheDoor++;
            }
            await clock.advanceMs(waitMs);
            const snapshot = producer.snapshot();
            holds(snapshot);
            const { lines, balanced, ...total } = producer.receipt();
            expect(snapshot.records).toEqual(total);
            expect(snapshot.streams).toEqual(lines);
            expect(snapshot.buffer.records).toBe(total.buffered);
            const { delivered, unknown, dropped } = snapshot.timeInBufferNs;
            expect([delivered.count, unknown.count]).toEqual([total.delivered, total.unknown]);
            expect(dropped.count).toBe(sum(Object.values(total.dropped)) - refusedAtTheDoor);
            expect(sum(atAdmission.map((cause) => total.dropped[cause] ?? 0))).toBe(refusedAtTheDoor);
          }
          void producer.close({ graceMs: 0 });
          await clock.advanceMs(100);
          holds(producer.snapshot());
        },
      ),
      { numRuns: 40 },
    );
  });
});
