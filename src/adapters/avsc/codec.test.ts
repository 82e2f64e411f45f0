import avsc from 'avsc';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../clock.fixture.ts';
import { json } from '../../envelope/codec.ts';
import { unwrap } from '../../envelope/envelope.ts';
import { Opener } from '../../envelope/opening.ts';
import type { SchemaRegistryPort } from '../../ports.ts';
import { MemoryPort } from '../../producer/memory-port.fixture.ts';
import { createProducer } from '../../producer/producer.ts';
import { type AvroOptions, avro } from './index.ts';

const MS = 1_000_000;
const play = {
  type: 'record',
  name: 'Play',
  fields: [
    { name: 'title', type: 'string' },
    { name: 'seconds', type: 'int' },
  ],
};

class Registry implements SchemaRegistryPort {
  readonly schemas = new Map<number, string>();
  manner: 'fine' | 'away' | 'hang' | 'refuses' = 'fine';
  asked = 0;

  async idOf(subject: string, schema: string): Promise<number | null> {
    await this.#behave();
    if (this.manner === 'refuses') return null;
    for (const [id, known] of this.schemas) if (known === schema) return id;
    const id = 100 + this.schemas.size;
    this.schemas.set(id, schema);
    expect(subject).toMatch(/-value$/);
    return id;
  }

  async schemaOf(id: number): Promise<string | null> {
    await this.#behave();
    return this.schemas.get(id) ?? null;
  }

  async #behave(): Promise<void> {
    this.asked++;
    if (this.manner === 'hang') await new Promise(() => {});
    if (this.manner === 'away') throw new Error('the registry is away');
  }
}

function setUp(options: Partial<AvroOptions> = {}) {
  const clock = new ManualClock();
  const port = new MemoryPort();
  port.partitionsByDefault = 1;
  const registry = new Registry();
  const codec = avro({ avsc, registry, schemas: { plays: play }, clock, ...options });
  const make = () =>
    createProducer<unknown>({
      port,
      clock,
      identity: 'test',
      lingerNs: 10 * MS,
      envelope: { app: 'a', host: 'h', codec },
    });
  const opener = new Opener({ codecs: [codec], onDeadLetter: () => {}, clock });
  const read = async () => {
    const records = port.log.map(({ record }, offset) => ({ ...record, offset: BigInt(offset) }));
    const openings = await opener.open({ topic: 'plays', partition: 0 }, records);
    return openings.map((each) => (each.kind === 'opened' ? each.opened.value : each.kind));
  };
  return { clock, port, registry, codec, make, read, opener };
}

describe('Avro values', () => {
  it('go out in the wire format of the registry, and come back equal', async () => {
    const { clock, port, make, read } = setUp();
    const producer = make();
    await clock.advanceMs(1);
    const values = fc.sample(fc.record({ title: fc.string({ unit: 'grapheme' }), seconds: fc.integer() }), 50);
    for (const value of values) expect(producer.send({ topic: 'plays', value })).toBe(true);
    await clock.advanceMs(100);
    expect(producer.receipt()).toMatchObject({ delivered: 50, balanced: true });
    const [{ record }] = port.log;
    expect(Buffer.from(record.value!).subarray(0, 5).toString('hex')).toBe('0000000064');
    expect(unwrap(record)).toMatchObject({
      envelope: { schemaId: 100, contentType: 'application/vnd.confluent.avro' },
    });
    expect(await read()).toEqual(values);
  });

  it('that do not fit the schema, or have none, drop as invalid', async () => {
    const { clock, make } = setUp();
    const producer = make();
    await clock.advanceMs(1);
    let sent = 2;
    expect(producer.send({ topic: 'plays', value: { title: 'x' } })).toBe(false);
    expect(producer.send({ topic: 'unheard of', value: { title: 'x', seconds: 1 } })).toBe(false);
    fc.assert(
      fc.property(fc.anything({ withBigInt: true }), (value) => {
        producer.send({ topic: 'plays', value });
        sent++;
      }),
    );
    await clock.advanceMs(100);
    const { dropped, delivered, balanced } = producer.receipt();
    expect([dropped.invalid! + delivered, balanced]).toEqual([sent, true]);
  });

  it('offered before the registry answers wait for it, in order, and none is lost', async () => {
    const { clock, registry, make, read, port } = setUp();
    registry.manner = 'away';
    const producer = make();
    const value = (seconds: number) => ({ title: 't', seconds });
    for (let n = 0; n < 5; n++) expect(producer.send({ topic: 'plays', value: value(n), key: 'k' })).toBe(true);
    await clock.advanceMs(60_000);
    expect(producer.receipt()).toMatchObject({ buffered: 5, delivered: 0, balanced: true });
    expect(port.log).toEqual([]);
    registry.manner = 'fine';
    producer.send({ topic: 'plays', value: value(5), key: 'k' });
    await clock.advanceMs(2_000);
    for (let n = 6; n < 8; n++) producer.send({ topic: 'plays', value: value(n), key: 'k' });
    await clock.advanceMs(100);
    expect(producer.receipt()).toMatchObject({ delivered: 8, balanced: true });
    expect(await read()).toEqual(Array.from({ length: 8 }, (_, n) => value(n)));
  });

  it('of a schema that the registry refuses drop as invalid', async () => {
    const { clock, registry, make } = setUp();
    registry.manner = 'refuses';
    const producer = make();
    expect(producer.send({ topic: 'plays', value: { title: 't', seconds: 1 } })).toBe(true);
    await clock.advanceMs(100);
    expect(producer.send({ topic: 'plays', value: { title: 't', seconds: 1 } })).toBe(false);
    expect(producer.receipt()).toMatchObject({ dropped: { invalid: 2 }, balanced: true });
  });

  it('written by an older schema are brought to the one that is read by', async () => {
    const old = setUp();
    const producer = old.make();
    producer.send({ topic: 'plays', value: { title: 't', seconds: 1 } });
    await old.clock.advanceMs(100);
    const fields = [...play.fields, { name: 'device', type: 'string', default: 'unknown' }];
    const reader = avro({ avsc, registry: old.registry, schemas: { plays: { ...play, fields } }, clock: old.clock });
    const { value } = old.port.log[0].record;
    expect(await reader.decode(value!, { topic: 'plays' })).toEqual({ title: 't', seconds: 1, device: 'unknown' });
    expect(await reader.decode(value!, { topic: 'a topic without schema' })).toEqual({ title: 't', seconds: 1 });
  });

  it('that are malformed are dead letters; those that can not be judged now come again', async () => {
    const { clock, registry, make, port, opener } = setUp();
    const producer = make();
    producer.send({ topic: 'plays', value: { title: 'title', seconds: 1 } });
    await clock.advanceMs(100);
    const { record } = port.log[0];
    const whole = Buffer.from(record.value!);
    const other = Buffer.from(whole);
    other.writeUInt32BE(7, 1);
    const open = async (value: Uint8Array) => {
      const opening = opener.open({ topic: 'plays', partition: 0 }, [{ ...record, value, offset: 0n }]);
      await clock.advanceMs(11_000);
      return (await opening)[0].kind;
    };
    registry.manner = 'hang';
    expect(await open(whole)).toBe('not-now');
    registry.manner = 'fine';
    expect(await open(whole)).toBe('opened');
    registry.manner = 'away';
    expect(await open(whole)).toBe('opened'); // remembered
    registry.manner = 'fine';
    expect(await open(other)).toBe('dead-letter');
    expect(await open(Buffer.from('{"json":true}'))).toBe('dead-letter');
    expect(await open(Buffer.alloc(0))).toBe('dead-letter');
    for (let cut = 5; cut < whole.length; cut++) expect(await open(whole.subarray(0, cut))).toBe('dead-letter');
    expect(await open(Buffer.concat([whole, Buffer.from([1])]))).toBe('dead-letter');
  });

  it('schemas that are none are told by topic', () => {
    const schemas = { plays: { type: 'no type' } };
    expect(() => avro({ avsc, registry: new Registry(), schemas })).toThrow('schemas: plays has no Avro schema');
  });

  it('of many schemas are remembered within a bound', async () => {
    const { registry, codec } = setUp({ schemasMax: 2, schemas: {} });
    for (const [id, name] of [
      [1, 'A'],
      [2, 'B'],
      [3, 'C'],
    ] as const) {
      registry.schemas.set(id, JSON.stringify({ type: 'enum', name, symbols: ['X'] }));
    }
    const decode = (id: number) => codec.decode(Buffer.from([0, 0, 0, 0, id, 0]), { topic: 't' });
    for (const id of [1, 2, 1, 2, 3, 2]) expect(await decode(id)).toBe('X');
    expect(registry.asked).toBe(3);
    await decode(1);
    expect(registry.asked).toBe(4);
    registry.schemas.set(4, '"string"');
    expect(await codec.decode(Buffer.from([0, 0, 0, 0, 4, 2, 0x61]), { topic: 't' })).toBe('a');
    expect(json().contentType).toBe('application/json');
  });
});
