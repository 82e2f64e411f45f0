import { describe, expect, it } from 'vitest';
import type { WireRecord } from '../../ports.ts';
import { FakeClient, nativeError } from './client.fixture.ts';
import { confluentProducer } from './producer.ts';

const record = (text: string): WireRecord => ({ key: null, value: Buffer.from(text), timestampMs: 1 });
const batch = (...texts: string[]) => ({ topic: 't', partition: 0, records: texts.map(record) });
const options = { acks: 1, timeoutMs: 30_000 } as const;
/** Until the port has handed over what it was given. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

async function opened(more: { queueRecordsMax?: number } = {}) {
  const fake = new FakeClient();
  const port = confluentProducer({ client: fake.client, config: { 'bootstrap.servers': 'b' }, ...more });
  await port.open();
  await port.metadata('t');
  return { fake, port, native: fake.producers[0] };
}

describe('a batch', () => {
  it('is written when every record is, at the offset of its first', async () => {
    const { port, native } = await opened();
    const outcome = port.produce(batch('a', 'b', 'c'), options);
    await turn();
    native.report(7, 8, 9);
    expect(await outcome).toEqual({ ok: true, baseOffset: 7n });
  });

  it('has no offset with acks 0', async () => {
    const { fake, port } = await opened();
    const outcome = port.produce(batch('a'), { acks: 0, timeoutMs: 30_000 });
    await turn();
    fake.producers.at(-1)!.report(-1001);
    expect(await outcome).toEqual({ ok: true, baseOffset: null });
  });

  it('may be written when one record is and another is not, whatever the other’s error says', async () => {
    const { port, native } = await opened();
    const outcome = port.produce(batch('a', 'b'), options);
    await turn();
    native.report(nativeError(-190), 3);
    expect(await outcome).toMatchObject({ ok: false, fate: 'maybe-written', code: -190 });
  });

  it('waits for all its reports: the first failure is not the last word', async () => {
    const { port, native } = await opened();
    const outcome = port.produce(batch('a', 'b'), options);
    await turn();
    native.report(nativeError(19));
    expect(await Promise.race([outcome, turn()])).toBeUndefined();
    native.report(nativeError(-192));
    expect(await outcome).toMatchObject({ fate: 'maybe-written', code: -192 });
  });

  it.each([
    [-192, { fate: 'maybe-written' }],
    [-195, { fate: 'maybe-written' }],
    [-185, { fate: 'maybe-written' }],
    [-190, { fate: 'not-written', next: 'refresh-metadata' }],
    [-184, { fate: 'not-written', next: 'backoff' }],
    [10, { fate: 'not-written', next: 'never' }],
    [19, { fate: 'not-written', next: 'backoff' }],
    [-12345, { fate: 'maybe-written' }],
  ])('that librdkafka reports as failed with %i is %o', async (code, expected) => {
    const { port, native } = await opened();
    const outcome = port.produce(batch('a'), options);
    await turn();
    native.report(nativeError(code));
    expect(await outcome).toMatchObject({ ok: false, code, ...expected });
  });

  it('is refused whole when librdkafka’s queue would not hold all of it', async () => {
    const { port, native } = await opened({ queueRecordsMax: 3 });
    const first = port.produce(batch('a', 'b'), options);
    const second = port.produce(batch('c', 'd'), options);
    expect(await second).toMatchObject({ fate: 'not-written', next: 'backoff' });
    native.report(0, 1);
    expect(await first).toMatchObject({ ok: true });
    void port.produce(batch('c', 'd'), options);
    await turn();
    expect(native.taken).toHaveLength(2);
  });

  it('that librdkafka takes in part may be written, and none of it otherwise', async () => {
    const { port, native } = await opened();
    native.takesMax = 1;
    const outcome = port.produce(batch('a', 'b'), options);
    await turn();
    expect(await port.produce(batch('c'), options)).toMatchObject({ fate: 'not-written', next: 'backoff', code: -184 });
    native.report(0);
    expect(await outcome).toMatchObject({ fate: 'maybe-written' });
  });

  it('carries headers one by one', async () => {
    const { port, native } = await opened();
    void port.produce(
      { topic: 't', partition: 0, records: [{ ...record('a'), headers: { x: '1', y: '2' } }] },
      options,
    );
    await turn();
    expect(native.taken[0].headers).toEqual([{ x: '1' }, { y: '2' }]);
  });

  it.each([
    ['t', 1],
    ['t', 9],
    ['other', 0],
  ])('for %s/%i, of which no leader is known, is not left to wait in librdkafka', async (topic, partition) => {
    const { port, native } = await opened();
    const outcome = await port.produce({ ...batch('a'), topic, partition }, options);
    expect(outcome).toMatchObject({ fate: 'not-written', next: 'refresh-metadata' });
    expect(native.taken).toEqual([]);
  });

  it('keeps an empty value empty: the binding reads null from an array without memory', async () => {
    const { port, native } = await opened();
    void port.produce({ topic: 't', partition: 0, records: [{ ...record(''), value: new Uint8Array(0) }] }, options);
    await turn();
    expect(native.taken[0].value!.buffer.byteLength).toBeGreaterThan(0);
    expect(native.taken[0].value).toHaveLength(0);
  });

  it('without records is done', async () => {
    const { port } = await opened();
    expect(await port.produce(batch(), options)).toEqual({ ok: true, baseOffset: null });
  });
});

describe('a client', () => {
  it('is made for each acks and time-out; one that no batch has used gives way', async () => {
    const { fake, port } = await opened();
    void port.produce(batch('a'), { acks: -1, timeoutMs: 5_000 });
    await turn();
    void port.produce(batch('b'), { acks: 1, timeoutMs: 5_000 });
    await turn();
    void port.produce(batch('c'), { acks: -1, timeoutMs: 5_000 });
    await turn();
    expect(fake.producers.map(({ config, disconnected }) => [config.acks, disconnected])).toEqual([
      [1, true],
      [-1, false],
      [1, false],
    ]);
    expect(fake.producers.map(({ taken }) => taken.length)).toEqual([0, 2, 1]);
  });

  it('retries nothing, and gives up a scan’s time before the producer does', async () => {
    const { native } = await opened();
    expect(native.config).toMatchObject({ retries: 0, 'message.timeout.ms': 29_000, 'linger.ms': 1, acks: 1 });
  });

  it.each(['acks', 'retries', 'message.timeout.ms', 'enable.idempotence'])('can not be told %s', (name) => {
    const { client } = new FakeClient();
    expect(() => confluentProducer({ client, config: { [name]: 1 } })).toThrow(`config: ${name}`);
  });

  it('that did not connect is made anew; before that nothing is written', async () => {
    const fake = new FakeClient();
    fake.failure = nativeError(-195);
    const port = confluentProducer({ client: fake.client, config: {} });
    await expect(port.open()).rejects.toMatchObject({ code: -195 });
    expect(await port.produce(batch('a'), options)).toMatchObject({ fate: 'not-written', next: 'reconnect' });
    fake.failure = null;
    await port.open();
    expect(fake.producers.at(-1)!.isConnected()).toBe(true);
  });

  it('stays when it works', async () => {
    const { fake, port } = await opened();
    await port.open();
    expect(fake.producers).toHaveLength(1);
  });

  it('takes nothing while no broker is there, and goes on when one answers', async () => {
    const { port, native } = await opened();
    native.emit('event.error', nativeError(-187));
    expect(await port.produce(batch('a'), options)).toMatchObject({ fate: 'not-written', next: 'reconnect' });
    await port.open();
    void port.produce(batch('a'), options);
    await turn();
    expect(native.taken).toHaveLength(1);
  });

  it('that fails for good may have written what it had, and is replaced', async () => {
    const { fake, port, native } = await opened();
    const outcome = port.produce(batch('a'), options);
    await turn();
    native.emit('event.error', nativeError(-150, { isFatal: true }));
    expect(await outcome).toMatchObject({ fate: 'maybe-written' });
    await port.open();
    expect(fake.producers).toHaveLength(2);
  });

  it('tells leaders, −1 where there is none', async () => {
    const { port } = await opened();
    expect(await port.metadata('t')).toEqual([
      { partition: 0, leader: 1 },
      { partition: 1, leader: -1 },
    ]);
  });

  it('may have written what it has not reported when it closes', async () => {
    const { port, native } = await opened();
    const outcome = port.produce(batch('a'), options);
    await turn();
    await port.close(10);
    expect(await outcome).toMatchObject({ fate: 'maybe-written' });
    expect(native.disconnected).toBe(true);
    expect(await port.produce(batch('b'), options)).toMatchObject({ fate: 'not-written' });
  });
});
