import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import type { Confirmation } from './callbacks.ts';
import { HostilePort, type Mood } from './hostile-port.fixture.ts';
import { type Manner, MemoryPort } from './memory-port.fixture.ts';
import { dropNew, dropOldest, evictLower } from './overflow.ts';
import { createProducer } from './producer.ts';
import type { Quota } from './quotas.ts';

const MS = 1_000_000;

describe('whatever the application does', () => {
  it('never throws on send, and books every call', () => {
    const producer = createProducer({ port: new MemoryPort(), clock: new ManualClock() });
    let sent = 0;
    fc.assert(
      fc.property(
        fc.anything(),
        fc.record({
          topic: fc.oneof(fc.constantFrom('t', '', 'constructor', '__proto__'), fc.anything()),
          value: fc.oneof(fc.string(), fc.uint8Array(), fc.anything()),
          key: fc.oneof(fc.string(), fc.anything()),
          headers: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.anything()),
          class: fc.oneof(fc.constantFrom('low', 'high', undefined), fc.anything()),
          timestampMs: fc.anything(),
        }),
        (anything, almost) => {
          producer.send(anything as never);
          producer.send(almost as never);
          sent += 2;
        },
      ),
      { numRuns: 500 },
    );
    expect(producer.receipt()).toMatchObject({ offered: sent, balanced: true });
    expect(producer.receipt().dropped.invalid).toBeGreaterThan(0);
  });
});

describe('whatever the cluster does', () => {
  const manner = fc.constantFrom<Manner>(
    'fine',
    'down',
    'hang',
    'lose-answer',
    'reject',
    'throw',
    'refuse',
    'not-leader',
  );

  it('the books balance, delivered is in the log, dropped is not, and the bounds hold', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(manner, fc.array(manner, { minLength: 1, maxLength: 4 }), fc.nat(30), fc.nat(3_000)), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.constantFrom(undefined, dropOldest, evictLower),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 3 }),
        async (weather, overflow, inFlightMax, retriesMax) => {
          const clock = new ManualClock();
          const port = new MemoryPort();
          const producer = createProducer({
            port,
            clock,
            identity: 'test',
            lingerNs: 10 * MS,
            ...(overflow && { overflow }),
            inFlightMax,
            retriesMax,
            bufferRecordsMax: 40,
            batchBytesMax: 60,
            requestTimeoutNs: 1_000 * MS,
            deliveryTimeoutNs: 4_000 * MS,
          });
          const confirmations: Promise<{ fate: string }>[] = [];
          for (const [connection, answers, records, waitMs] of weather) {
            port.manner = connection;
            let call = 0;
            port.mannerOf = () => answers[call++ % answers.length];
            for (let i = 0; i < records; i++) {
              const id = confirmations.length;
              confirmations.push(
                producer.sendAndConfirm({
                  topic: id % 2 === 0 ? 'even' : 'odd',
                  value: `${id}`,
                  class: id % 3 === 0 ? 'low' : 'high',
                }),
              );
              expect(producer.bufferedRecords).toBeLessThanOrEqual(40);
            }
            await clock.advanceMs(waitMs);
            expect(producer.receipt().balanced).toBe(true);
          }
          const closing = producer.close({ graceMs: 2_000 });
          await clock.advanceMs(3_000);
          const receipt = await closing;
          expect(receipt).toMatchObject({ balanced: true, buffered: 0, offered: confirmations.length });
          const dropped = Object.values(receipt.dropped).reduce((a, b) => a + b, 0);
          expect(receipt.delivered + receipt.unknown + dropped).toBe(confirmations.length);
          const stored = new Set(port.log.map(({ record }) => Number(Buffer.from(record.value!).toString())));
          for (const [id, confirmation] of confirmations.entries()) {
            const { fate } = await confirmation;
            if (fate === 'delivered') expect(stored.has(id)).toBe(true);
            if (fate === 'dropped') expect(stored.has(id)).toBe(false);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('whatever a client does, call by call', () => {
  const mood: fc.Arbitrary<Mood> = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Mood>({ does: 'answer' }) },
    {
      weight: 8,
      arbitrary: fc
        .constantFrom('hang', 'reject', 'throw', 'lose', 'refuse', 'elsewhere', 'forbid', 'away', 'twice', 'close')
        .map((does) => ({ does }) as Mood),
    },
    { weight: 2, arbitrary: fc.record({ does: fc.constant('late' as const), afterMs: fc.nat(9_000) }) },
    {
      weight: 3,
      arbitrary: fc.record({
        does: fc.constant('nonsense' as const),
        answer: fc.oneof(
          fc.constantFrom<unknown>(
            undefined,
            null,
            [],
            [null],
            [{ partition: 0 }],
            [{ partition: -1, leader: 1 }],
            [{ partition: 2 ** 31, leader: 1 }],
            [{ partition: 1, leader: -1 }],
            { length: 3 },
            { ok: false, fate: 'not-written' },
            { ok: false },
            { ok: 'yes' },
          ),
          fc.anything(),
        ),
      }),
    },
  );
  const sends = fc.record({
    n: fc.nat(15),
    topic: fc.constantFrom('a', 'b', 'c'),
    serviceClass: fc.constantFrom('low', 'normal', 'high', undefined),
    key: fc.option(fc.nat(4)),
    wants: fc.boolean(),
  });
  const scene = fc.record({
    moods: fc.array(mood, { minLength: 1, maxLength: 6 }),
    otherMoods: fc.array(mood, { minLength: 1, maxLength: 6 }),
    sends: fc.array(sends, { maxLength: 3 }),
    waitMs: fc.constantFrom(0, 1, 20, 500, 3_000),
    route: fc.option(fc.constantFrom('here', 'there')),
  });
  const settings = fc.record({
    overflow: fc.constantFrom(dropNew, dropOldest, evictLower),
    inFlightMax: fc.integer({ min: 1, max: 3 }),
    retriesMax: fc.integer({ min: 0, max: 3 }),
    lingerNs: fc.constantFrom(0, 10 * MS),
    batchBytesMax: fc.constantFrom(1, 20, 200),
    quotas: fc.constantFrom<Record<string, Quota>>({ some: {} }, { some: { recordsPerSecond: 5 } }),
    graceMs: fc.constantFrom(0, 10, 2_000),
    partitions: fc.integer({ min: 1, max: 5 }),
  });

  it('send never throws, the books balance, the bounds hold, callbacks come once, and all ends with close', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (cause: unknown): void => void unhandled.push(cause);
    process.on('unhandledRejection', onUnhandled);
    try {
      await fc.assert(
        fc.asyncProperty(settings, fc.array(scene, { minLength: 1, maxLength: 5 }), async (how, scenes) => {
          const { graceMs, partitions, ...config } = how;
          const clock = new ManualClock();
          const here = new HostilePort(clock);
          const there = new HostilePort(clock);
          there.partitions = partitions;
          const producer = createProducer({
            ...config,
            clusters: { here, there },
            clusterOf: { default: 'here', topics: { c: 'there' } },
            acksByTopic: { a: -1, b: 0 },
            tenants: { b: 'some' },
            ...{ clock, identity: 'test', bufferRecordsMax: 30, bufferBytesMax: 12_000 },
            ...{ requestTimeoutNs: 1_000 * MS, deliveryTimeoutNs: 4_000 * MS },
          });
          // What a callback throws becomes an event: an expectation in one would be lost.
          const errors: unknown[] = [];
          producer.on('error', (cause) => errors.push(cause));
          const fates = new Map<number, Confirmation>();
          let ids = 0;
          const offered = new Map<string, number>();
          const expectSound = (): void => {
            const { lines, balanced } = producer.receipt();
            expect(balanced).toBe(true);
            expect(new Map(lines.map((line) => [`${line.topic}/${line.class}`, line.offered]))).toEqual(offered);
            expect(producer.bufferedRecords).toBeLessThanOrEqual(30);
            expect(producer.bufferedBytes).toBeLessThanOrEqual(12_000);
          };
          const watched: number[] = [];
          for (const { moods, otherMoods, sends, waitMs, route } of scenes) {
            here.moods = moods;
            there.moods = otherMoods;
            for (const { n, topic, serviceClass, key, wants } of sends) {
              for (let i = 0; i < n; i++) {
                const id = ids++;
                const record = { topic, value: `${id}`, key: key === null ? null : `${key}` };
                const onSettled = (confirmation: Confirmation): void => {
                  if (fates.has(id)) errors.push(`${id} is told twice`);
                  fates.set(id, confirmation);
                };
                if (wants) watched.push(id);
                producer.send(
                  serviceClass === undefined ? record : { ...record, class: serviceClass },
                  wants ? onSettled : undefined,
                );
                const line = `${topic}/${serviceClass ?? 'normal'}`;
                offered.set(line, (offered.get(line) ?? 0) + 1);
              }
              expectSound();
            }
            if (route !== null) producer.route({ default: route, topics: { c: 'there' } });
            await clock.advanceMs(waitMs);
            expectSound();
          }
          const closing = producer.close({ graceMs });
          await clock.advanceMs(graceMs + 10);
          const receipt = await closing;
          const dropped = Object.values(receipt.dropped).reduce((a, b) => a + b, 0);
          expect(receipt.delivered + receipt.unknown + dropped).toBe(ids);
          expectSound();
          expect(producer.bufferedRecords).toBe(0);
          expect([...fates.keys()].sort((a, b) => a - b)).toEqual(watched);
          expect(errors).toEqual([]);
          for (const [id, { fate }] of fates) {
            const stored = here.log.has(`${id}`) || there.log.has(`${id}`);
            if (fate === 'dropped') expect(stored).toBe(false);
            if (fate === 'delivered') expect(stored).toBe(true);
          }
          // What comes after the end changes nothing.
          await clock.advanceMs(20_000);
          expect(producer.receipt()).toEqual(receipt);
          expect([here.closes, here.after, there.closes, there.after]).toEqual([1, 0, 1, 0]);
          expect(clock.timers).toBe(0);
        }),
        { numRuns: 60 },
      );
    } finally {
      process.off('unhandledRejection', onUnhandled);
    }
    expect(unhandled).toEqual([]);
  });

  it('it goes on by itself once the client behaves', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mood, { minLength: 1, maxLength: 6 }), fc.nat(3_000), async (moods, waitMs) => {
        const clock = new ManualClock();
        const port = new HostilePort(clock);
        port.moods = moods;
        const producer = createProducer({ port, clock, identity: 'test', requestTimeoutNs: 1_000 * MS });
        for (let i = 0; i < 5; i++) producer.send({ topic: 't', value: `${i}` });
        await clock.advanceMs(waitMs);
        port.moods = [];
        await clock.advanceMs(5_000);
        for (let i = 5; i < 10; i++) producer.send({ topic: 't', value: `${i}` });
        await clock.advanceMs(5_000);
        expect(producer.connected).toBe(true);
        expect(producer.bufferedRecords).toBe(0);
        for (let i = 5; i < 10; i++) expect(port.log.has(`${i}`)).toBe(true);
        const closing = producer.close();
        await clock.advanceMs(100);
        await closing;
      }),
      { numRuns: 60 },
    );
  });
});
