import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import { DiskSpill } from '../spill/disk-spill.ts';
import { MemorySpill } from '../spill/memory-spill.fixture.ts';
import { opened, replayAll, scratch, until } from '../spill/spill.fixture.ts';
import type { Confirmation } from './callbacks.ts';
import { type Manner, MemoryPort } from './memory-port.fixture.ts';
import type { ProducerOptions } from './options.ts';
import { dropOldest, evictLower } from './overflow.ts';
import { createProducer } from './producer.ts';

const MS = 1_000_000;

function setUp(options: Partial<ProducerOptions> = {}, manner: Manner = 'down') {
  const clock = new ManualClock();
  const port = new MemoryPort();
  port.manner = manner;
  port.partitionsByDefault = 1;
  const spill = new MemorySpill();
  const producer = createProducer({
    ...{ port, clock, identity: 'test', lingerNs: 10 * MS, bufferRecordsMax: 5, inFlightMax: 1, spill },
    classes: { pay: 'high' },
    ...options,
  });
  const texts = () => port.log.map(({ record }) => Buffer.from(record.value!).toString());
  const closed = async (graceMs = 100) => {
    const receipt = producer.close({ graceMs });
    await clock.advanceMs(graceMs + 5_000);
    return receipt;
  };
  return { clock, port, spill, producer, texts, closed };
}

const numbers = (n: number, from = 0) => Array.from({ length: n }, (_, i) => `${from + i}`);

describe('a producer with a spill, in an outage', () => {
  it('spills what its buffer has no room for, and sends all in order when the cluster is back', async () => {
    const { clock, port, spill, producer, texts, closed } = setUp();
    const spilled: unknown[] = [];
    producer.on('spilled', (news) => spilled.push(news));
    for (const value of numbers(20)) expect(producer.send({ topic: 'pay', value })).toBe(true);
    expect(producer.receipt()).toMatchObject({ offered: 20, buffered: 5, spilled: 15, dropped: {}, balanced: true });
    await clock.advanceMs(100);
    expect(spilled).toEqual([{ topic: 'pay', class: 'high', records: 15 }]);
    spill.write();
    port.manner = 'fine';
    await clock.advanceMs(10_000);
    expect(texts()).toEqual(numbers(20));
    expect(producer.receipt()).toMatchObject({ delivered: 20, spilled: 0, buffered: 0, replayed: 0, balanced: true });
    expect([spill.ends, spill.out.size]).toEqual([15, 0]);
    await closed();
  });

  it('spills only what its classes and causes say', async () => {
    const { producer, closed } = setUp({ recordBytesMax: 100 });
    for (const value of numbers(10)) producer.send({ topic: 'clicks', value });
    producer.send({ topic: 'pay', value: 'x'.repeat(200) });
    expect(producer.receipt()).toMatchObject({ dropped: { 'buffer-full': 5, 'too-large': 1 }, spilled: 0 });
    const receipt = await closed();
    expect(receipt).toMatchObject({ dropped: { 'buffer-full': 5, 'too-large': 1, closed: 5 }, balanced: true });
    producer.send({ topic: 'pay', value: 'late' });
    expect(producer.receipt()).toMatchObject({ dropped: { closed: 6 }, spilled: 0, balanced: true });
  });

  it('queues new records behind those that are spilled, so that order holds', async () => {
    const { clock, port, spill, producer, texts } = setUp({}, 'fine');
    await clock.advanceMs(10);
    port.mannerOf = () => 'refuse';
    for (const value of numbers(8)) producer.send({ topic: 'pay', value });
    await clock.advanceMs(50);
    port.mannerOf = () => 'fine';
    await clock.advanceMs(5_000);
    // There is room again, but 5 … 7 are still on their way to the disk.
    expect(producer.bufferedRecords).toBe(0);
    producer.send({ topic: 'pay', value: '8' });
    producer.send({ topic: 'clicks', value: 'not spilled, not held up' });
    expect(producer.receipt()).toMatchObject({ spilled: 4, buffered: 1 });
    spill.write();
    await clock.advanceMs(5_000);
    expect(texts().filter((text) => text !== 'not spilled, not held up')).toEqual(numbers(9));
    expect(producer.receipt()).toMatchObject({ delivered: 10, balanced: true });
  });

  it('leaves what it could not send to the next process, in order', async () => {
    // Several batches, some ready, some lingering.
    const first = setUp({ batchBytesMax: 2 });
    for (const value of numbers(12)) first.producer.send({ topic: 'pay', value });
    expect(await first.closed()).toMatchObject({ offered: 12, spilled: 12, delivered: 0, buffered: 0, balanced: true });
    const second = setUp({ spill: new MemorySpill({ earlier: first.spill.kept }) }, 'fine');
    await second.clock.advanceMs(10_000);
    expect(second.texts()).toEqual(numbers(12));
    second.producer.send({ topic: 'pay', value: '12' });
    expect(await second.closed()).toMatchObject({
      ...{ offered: 13, replayed: 12, delivered: 13, spilled: 0, balanced: true },
      lines: [{ topic: 'pay', class: 'high', offered: 13, replayed: 12 }],
    });
  });

  it('tells whoever waits for a record that it was spilled, once it is on disk', async () => {
    const { clock, spill, producer, closed } = setUp();
    const told: Confirmation[] = [];
    for (const value of numbers(7)) producer.send({ topic: 'pay', value }, (confirmation) => told.push(confirmation));
    await clock.advanceMs(100);
    expect(told).toEqual([]);
    spill.write();
    await clock.advanceMs(100);
    expect(told).toEqual([{ fate: 'spilled' }, { fate: 'spilled' }]);
    await closed();
    expect(told).toEqual(Array(7).fill({ fate: 'spilled' }));
  });

  it('drops as without a spill when the disk fails', async () => {
    const { clock, spill, producer, closed } = setUp();
    const told: Confirmation[] = [];
    const troubles: unknown[] = [];
    producer.on('spillTrouble', (cause) => troubles.push(cause));
    for (const value of numbers(7)) producer.send({ topic: 'pay', value }, (confirmation) => told.push(confirmation));
    spill.fail();
    await clock.advanceMs(100);
    expect(told).toEqual(Array(2).fill({ fate: 'dropped', cause: 'buffer-full' }));
    expect(producer.receipt()).toMatchObject({ dropped: { 'buffer-full': 2 }, spilled: 0, balanced: true });
    expect(troubles.map(String)).toEqual(['Error: the disk is full']);
    await closed();
  });

  it('spills what expires, and does not send what is too old', async () => {
    const { clock, spill, producer } = setUp({ deliveryTimeoutNs: 2_000 * MS, requestTimeoutNs: 1_000 * MS });
    for (const value of numbers(3)) producer.send({ topic: 'pay', value });
    producer.send({ topic: 'clicks', value: 'x' });
    await clock.advanceMs(3_000);
    expect(producer.receipt()).toMatchObject({ spilled: 3, dropped: { expired: 1 }, balanced: true });
    spill.write();
    spill.kept[0] = { ...spill.kept[0], tooOld: true };
    const port = new MemoryPort();
    expect(port.log).toEqual([]);
    expect(producer.connected).toBe(false);
  });
});

describe('whatever cluster and disk do', () => {
  const manner = fc.constantFrom<Manner>(
    'fine',
    'down',
    'hang',
    'lose-answer',
    'reject',
    'refuse',
    'not-leader',
    'forbid',
  );
  const disk = fc.constantFrom('write', 'fail', 'lose', 'nothing');

  it('every record is in one place, and what is told of each is true', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(manner, manner, disk, fc.nat(25), fc.nat(3_000)), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(undefined, dropOldest, evictLower),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(5),
        async (weather, overflow, roomRecords, inFlightMax, before) => {
          const earlier = numbers(before).map((text) => ({
            ...{ topic: 'pay', class: 'high' as const, earlier: true, tooOld: text === '3' },
            record: { key: null, value: Buffer.from(`earlier ${text}`), timestampMs: 1 },
          }));
          const spill = new MemorySpill({ earlier, roomRecords, classes: ['high', 'normal'] });
          const { clock, port, producer, closed } = setUp({
            ...{ spill, inFlightMax, bufferRecordsMax: 20, batchBytesMax: 60, retriesMax: 3 },
            ...{ requestTimeoutNs: 1_000 * MS, deliveryTimeoutNs: 4_000 * MS },
            ...(overflow && { overflow }),
          });
          const fates = new Map<string, string>();
          let sent = 0;
          for (const [connection, answer, what, records, waitMs] of weather) {
            port.manner = connection;
            port.mannerOf = () => answer;
            for (let i = 0; i < records; i++) {
              const value = `${sent++}`;
              const topic = sent % 2 === 0 ? 'pay' : 'clicks';
              producer.send({ topic, value, ...(sent % 5 === 0 && { class: 'low' }) }, ({ fate }) =>
                fates.set(value, fate),
              );
              expect(producer.receipt().balanced).toBe(true);
            }
            if (what === 'write') spill.write();
            if (what === 'fail') spill.fail();
            if (what === 'lose') spill.lose(({ topic, class: serviceClass }) => rowOf(topic, serviceClass));
            await clock.advanceMs(waitMs);
            expect(producer.receipt().balanced).toBe(true);
          }
          /** Rows are numbered in the order in which topics and classes came. */
          function rowOf(topic: string, serviceClass: string): number {
            return (
              1 +
              producer
                .receipt()
                .lines.filter((line) => line.topic !== '')
                .findIndex((line) => line.topic === topic && line.class === serviceClass)
            );
          }
          const receipt = await closed(2_000);
          const dropped = Object.values(receipt.dropped).reduce((sum, n) => sum + n, 0);
          expect(receipt).toMatchObject({ balanced: true, buffered: 0, offered: sent + receipt.replayed });
          expect(receipt.delivered + receipt.unknown + dropped + receipt.spilled).toBe(receipt.offered);
          expect(receipt.spilled).toBe(spill.heldRecords);
          expect(spill.out.size).toBe(0);
          const stored = new Set(port.log.map(({ record }) => Buffer.from(record.value!).toString()));
          const kept = new Set(spill.kept.map(({ record }) => Buffer.from(record.value!).toString()));
          for (let n = 0; n < sent; n++) {
            const fate = fates.get(`${n}`);
            if (fate === 'delivered') expect(stored.has(`${n}`)).toBe(true);
            if (fate === 'dropped') expect(stored.has(`${n}`) || kept.has(`${n}`)).toBe(false);
            expect(fate).toBeDefined();
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a producer with a spill on disk', () => {
  it('that closes before its directory is open leaves its records there', async () => {
    const place = scratch();
    const spill = new DiskSpill({ directory: place.directory });
    const { producer, clock } = setUp({ spill });
    for (const value of numbers(50)) producer.send({ topic: 'pay', value });
    const closing = producer.close({ graceMs: 0 });
    await clock.advanceMs(10);
    expect(await closing).toMatchObject({ offered: 50, spilled: 50, dropped: {}, balanced: true });
    const [next] = opened(place.directory);
    expect(await replayAll(next)).toEqual(numbers(50));
    await next.close({ before: [], graceMs: 1_000 });
    place.remove();
  });

  it('hands its buffer over to the next process across a close, in order, by key', async () => {
    const place = scratch();
    const options = { directory: place.directory, survives: 'process-crash' as const };
    const first = setUp({ spill: new DiskSpill(options) });
    // While it is not known whether there is anything to queue behind, all queue.
    for (const value of numbers(30)) first.producer.send({ topic: 'pay', value, key: 'k' });
    await until(() => first.producer.receipt().buffered === 5);
    const closing = first.producer.close({ graceMs: 10 });
    await first.clock.advanceMs(20);
    expect(await closing).toMatchObject({ offered: 30, spilled: 30, balanced: true });
    const second = setUp({ spill: new DiskSpill(options), bufferRecordsMax: 100 }, 'fine');
    await until(() => {
      void second.clock.advanceMs(5);
      return second.port.log.length === 30;
    });
    await second.clock.advanceMs(100);
    expect(second.texts()).toEqual(numbers(30));
    const end = second.producer.close({ graceMs: 10 });
    await second.clock.advanceMs(20);
    expect(await end).toMatchObject({ offered: 30, replayed: 30, delivered: 30, spilled: 0, balanced: true });
    expect(place.files()).toEqual([]);
    const [check] = opened(place.directory);
    await check.close({ before: [], graceMs: 100 });
    place.remove();
  });
});
