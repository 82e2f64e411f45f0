import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import type { ConsumedRecord } from '../ports.ts';
import { MemoryPort } from '../producer/memory-port.fixture.ts';
import type { ProducerOptions } from '../producer/options.ts';
import { createProducer, type Producer } from '../producer/producer.ts';
import { json } from './codec.ts';
import { unwrap } from './envelope.ts';
import { folderStore, MemoryStore, type StoreManner } from './object-store.fixture.ts';
import { Opener } from './opening.ts';

const MS = 1_000_000;
const KIB = 1_024;

let clock: ManualClock;
let port: MemoryPort;

function start(options: Partial<ProducerOptions<unknown>> = {}): Producer<unknown> {
  clock = new ManualClock();
  port = new MemoryPort();
  port.partitionsByDefault = 1;
  return createProducer({
    ...{ port, clock, identity: 'test', lingerNs: 10 * MS },
    envelope: { app: 'player', host: 'here', codec: json() },
    ...options,
  });
}

async function closed(producer: Producer<unknown>, graceMs = 1_000) {
  const receipt = producer.close({ graceMs });
  await clock.advanceMs(graceMs + 2_000);
  return receipt;
}

const consumed = (): ConsumedRecord[] => port.log.map(({ record }, offset) => ({ ...record, offset: BigInt(offset) }));

/** What the records say, once opened: values in order. */
async function read(store: MemoryStore | ReturnType<typeof folderStore>): Promise<unknown[]> {
  const opener = new Opener({ store, codecs: [json()], onDeadLetter: () => {} });
  const openings = await opener.open({ topic: 't', partition: 0 }, consumed());
  return openings.map((each) => (each.kind === 'opened' ? each.opened.value : each.kind));
}

describe('values in envelopes', () => {
  it('arrive as JSON, with an id, a time and an origin in their headers', async () => {
    const producer = start();
    producer.send({ topic: 't', value: { event: 'play', at: [1, 2] }, key: 'k', headers: { trace: 'x' } });
    producer.send({ topic: 't', value: null, key: 'k', timestampMs: 5 });
    expect(await closed(producer)).toMatchObject({ offered: 2, delivered: 2, balanced: true });
    const [first, second] = consumed().map(unwrap);
    expect(first).toMatchObject({
      kind: 'enveloped',
      record: { headers: { trace: 'x' } },
      envelope: { app: 'player', host: 'here', contentType: 'application/json', timestampMs: 1_700_000_000_000 },
    });
    expect(Buffer.from(first.record.value!).toString()).toBe('{"event":"play","at":[1,2]}');
    expect(second).toMatchObject({ record: { value: null, timestampMs: 5 }, envelope: { timestampMs: 5 } });
    const ids = [first, second].map((each) => (each.kind === 'enveloped' ? each.envelope.id : ''));
    expect(ids[1] > ids[0]).toBe(true);
  });

  it('become a record or a counted drop, whatever they are', async () => {
    const producer = start();
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    let deep: unknown = 1;
    for (let n = 0; n < 200_000; n++) deep = [deep];
    const hostile: unknown[] = [
      cycle,
      deep,
      1n,
      { n: 1n },
      undefined,
      () => {},
      Symbol('s'),
      new Uint8Array(3),
      Object.defineProperty({}, 'x', {
        enumerable: true,
        get: () => {
          throw new Error('a getter');
        },
      }),
      {
        toJSON: () => {
          throw new Error('a method');
        },
      },
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('a proxy');
          },
        },
      ),
    ];
    for (const value of hostile) expect(producer.send({ topic: 't', value })).toBe(false);
    expect(producer.send(null as never)).toBe(false);
    expect(
      producer.send({
        topic: 't',
        get value() {
          throw new Error('a getter');
        },
      }),
    ).toBe(false);
    expect(producer.receipt()).toMatchObject({ offered: hostile.length + 2, dropped: { invalid: hostile.length + 2 } });
    let sent = hostile.length + 2;
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
        (value) => {
          producer.send({ topic: 't', value });
          sent++;
        },
      ),
    );
    const receipt = await closed(producer);
    expect(receipt).toMatchObject({ offered: sent, balanced: true, buffered: 0 });
    expect(receipt.delivered + receipt.dropped.invalid!).toBe(sent);
    expect(consumed().every((record) => unwrap(record).kind === 'enveloped')).toBe(true);
  });

  it('are read when they are sent, and come back equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 20 }), async (values) => {
        const producer = start();
        const box: { value: unknown } = { value: null };
        for (const value of values) {
          box.value = value;
          producer.send({ topic: 't', value: box });
        }
        await closed(producer);
        expect(await read(new MemoryStore())).toEqual(values.map((value) => JSON.parse(JSON.stringify({ value }))));
      }),
      { numRuns: 20 },
    );
  });

  it('options that make no sense are refused by name', () => {
    expect(() => start({ envelope: { app: '' } })).toThrow('envelope.app: expected a name');
    const store = new MemoryStore();
    expect(() => start({ claimCheck: { store, aboveBytes: -1 } })).toThrow(
      'claimCheck.aboveBytes: expected a number ≥ 0',
    );
    expect(() => start({ claimCheck: { store, aboveBytes: 1, prefix: '../' } })).toThrow('claimCheck.prefix: expected');
    expect(() => createProducer({ port, claimCheck: { store, aboveBytes: 1 } })).toThrow('envelope: expected');
  });
});

describe('claim checks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spillway-claims-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('take large values by way of a store, and give them back byte by byte', async () => {
    const store = folderStore(folder);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(400), { minLength: 1, maxLength: 8 }), async (lengths) => {
        const producer = start({ claimCheck: { store, aboveBytes: 100, prefix: 'claims/' } });
        const values = lengths.map((length, i) => `${i} ${'é'.repeat(length)}`);
        for (const value of values) expect(producer.send({ topic: 't', value, key: 'k' })).toBe(true);
        await until(() => producer.bufferedRecords === values.length || port.log.length > 0);
        const receipt = await closed(producer);
        expect(receipt).toMatchObject({ delivered: values.length, balanced: true });
        expect(await read(store)).toEqual(values);
        const large = values.filter((value) => Buffer.byteLength(JSON.stringify(value)) > 100).length;
        expect(consumed().filter((record) => record.headers?.['spw.ref'] !== undefined)).toHaveLength(large);
      }),
      { numRuns: 15 },
    );
  });

  it('send returns at once; the record is in flight until its body is stored', async () => {
    const store = new MemoryStore();
    store.manner = 'hang';
    const producer = start({ claimCheck: { store, aboveBytes: 10 } });
    let told = '';
    producer.send({ topic: 't', value: 'x'.repeat(100) }, ({ fate }) => {
      told = fate;
    });
    expect(producer.receipt()).toMatchObject({ offered: 1, buffered: 1, balanced: true });
    await clock.advanceMs(29_000);
    expect(producer.receipt()).toMatchObject({ buffered: 1, balanced: true });
    await clock.advanceMs(2_000);
    expect(producer.receipt()).toMatchObject({ dropped: { 'claim-check-failed': 1 }, buffered: 0, balanced: true });
    expect(told).toBe('dropped');
    expect(await closed(producer)).toMatchObject({ balanced: true });
  });

  it('keep the order of a key, though small records need not wait', async () => {
    const store = new MemoryStore();
    const producer = start({ claimCheck: { store, aboveBytes: 50 } });
    const values = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? `${i} ${'x'.repeat(100)}` : `${i}`));
    for (const value of values) producer.send({ topic: 't', value, key: 'k' });
    producer.send({ topic: 't', value: 'another key', key: 'other' });
    expect(producer.bufferedRecords).toBe(1);
    await closed(producer);
    expect((await read(store)).filter((value) => value !== 'another key')).toEqual(values);
    expect(consumed()).toHaveLength(31);
  });

  it('drop what still waits when the time of close is over', async () => {
    const store = new MemoryStore();
    store.manner = 'hang';
    const producer = start({ claimCheck: { store, aboveBytes: 10 } });
    producer.send({ topic: 't', value: 'x'.repeat(100) });
    const closing = producer.close({ graceMs: 100 });
    expect(producer.send({ topic: 't', value: 'late' })).toBe(false);
    await clock.advanceMs(3_000);
    expect(await closing).toMatchObject({ offered: 2, dropped: { closed: 2 }, balanced: true, buffered: 0 });
  });

  it('balance and stay within their bounds, whatever the store does', async () => {
    const manner = fc.constantFrom<StoreManner>('fine', 'reject', 'hang', 'throw');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(manner, fc.array(fc.nat(5 * KIB), { maxLength: 12 }), fc.nat(3_000)), { maxLength: 6 }),
        async (weather) => {
          const store = new MemoryStore();
          const waiting = { bytesMax: 16 * KIB, recordsMax: 6 };
          const claimCheck = { store, aboveBytes: KIB, concurrency: 2, timeoutMs: 1_000 };
          const producer = start({ claimCheck, waiting });
          let sent = 0;
          for (const [how, lengths, waitMs] of weather) {
            store.manner = how;
            for (const [i, length] of lengths.entries()) {
              producer.send({ topic: 't', value: 'x'.repeat(length), ...(i % 2 === 0 && { key: 'k' }) });
              sent++;
              expect(producer.receipt().balanced).toBe(true);
            }
            await clock.advanceMs(waitMs);
            expect(producer.receipt().balanced).toBe(true);
            // Beside what waits, as many bodies as may be on their way can hang.
            expect(store.heldBytesMax).toBeLessThanOrEqual(waiting.bytesMax + 2 * 5 * KIB);
            expect(store.runningMax).toBeLessThanOrEqual(4);
          }
          const receipt = await closed(producer);
          expect(receipt).toMatchObject({ offered: sent, balanced: true, buffered: 0 });
          store.manner = 'fine';
          expect((await read(store)).every((value) => typeof value === 'string' && /^x*$/.test(value))).toBe(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('drop a value that is larger than all that may wait as too large', () => {
    const producer = start({ claimCheck: { store: new MemoryStore(), aboveBytes: 10 }, waiting: { bytesMax: KIB } });
    expect(producer.send({ topic: 't', value: 'x'.repeat(2 * KIB) })).toBe(false);
    expect(producer.receipt()).toMatchObject({ dropped: { 'too-large': 1 }, balanced: true });
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advanceMs(1);
  }
}
