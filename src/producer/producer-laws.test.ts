import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import { type Manner, MemoryPort } from './memory-port.fixture.ts';
import { dropOldest, evictLower } from './overflow.ts';
import { createProducer } from './producer.ts';

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
