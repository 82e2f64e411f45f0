import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConsumedRecord, SinkPort, WriteOutcome } from '../ports.ts';
import { json, NotNowError, raw } from './codec.ts';
import { type Envelope, wrap } from './envelope.ts';
import { MemoryStore } from './object-store.fixture.ts';
import { type DeadLetter, Opener, type OpenerOptions } from './opening.ts';
import { referenceText } from './reference.ts';
import { unwrapping } from './unwrapping.ts';

const GUID = '017f22e2-79b0-7cc3-98c4-dc0c0c0739';
const guid = (n: number) => `${GUID}${String(n).padStart(2, '0')}`;
const at = { topic: 't', partition: 0 };

function plain(n: number, text = `value ${n}`): ConsumedRecord {
  return { key: null, value: Buffer.from(text), timestampMs: n, offset: BigInt(n) };
}

function enveloped(n: number, about: { text?: string; contentType?: string; reference?: string } = {}): ConsumedRecord {
  const record = plain(n, about.text);
  const envelope: Envelope = {
    id: guid(n),
    timestampMs: n,
    app: 'a',
    host: 'h',
    contentType: about.contentType ?? 'x',
  };
  return { ...wrap(record, envelope, about.reference), offset: record.offset };
}

/** A record whose body lies in the store. */
function claimed(n: number, store: MemoryStore, text: string): ConsumedRecord {
  const body = Buffer.from(text);
  store.objects.set(guid(n), body);
  return enveloped(n, { reference: referenceText({ key: guid(n), bytes: body.length, crc32: crc32(body) }) });
}

class Sink implements SinkPort {
  readonly caps = { credit: false, deduplicates: false };
  readonly written: string[] = [];
  readonly calls: number[] = [];
  answer: (texts: string[]) => WriteOutcome = () => ({ ok: true });
  async open() {}
  async write({ records }: { records: readonly ConsumedRecord[] }) {
    const texts = records.map(({ value }) => Buffer.from(value!).toString());
    this.calls.push(records.length);
    const outcome = this.answer(texts);
    for (const [i, text] of texts.entries()) {
      if (outcome.ok || (outcome.rejected !== 'all' && !outcome.rejected.includes(i))) this.written.push(text);
    }
    return outcome;
  }
  async close() {}
}

function setUp(options: Partial<OpenerOptions> = {}) {
  const sink = new Sink();
  const letters: DeadLetter[] = [];
  const store = new MemoryStore();
  const wrapped = unwrapping(sink, { store, onDeadLetter: (letter) => void letters.push(letter), ...options });
  const write = (records: readonly ConsumedRecord[]) => wrapped.write({ ...at, records }, { timeoutMs: 1_000 });
  return { sink, letters, store, write, opener: wrapped.opener };
}

describe('a sink behind an opener', () => {
  it('sees records as they were offered: no envelope, the body of a claim check in place', async () => {
    const { sink, store, write, opener } = setUp();
    const seen: ConsumedRecord[] = [];
    sink.write = async ({ records }) => {
      seen.push(...records);
      return { ok: true };
    };
    const body = 'b'.repeat(10_000);
    expect(await write([plain(0), enveloped(1), claimed(2, store, body)])).toEqual({ ok: true });
    expect(seen).toEqual([plain(0), plain(1), { ...plain(2), value: Buffer.from(body) }]);
    expect(opener.counts()).toEqual({ opened: 3, plain: 1, resolved: 1, notNow: 0, deadLetters: {} });
  });

  it('is not handed what can not be opened: that is a dead letter, with its reason', async () => {
    const { sink, letters, store, write, opener } = setUp({ codecs: [json()], bodyBytesMax: 1_000 });
    const gone = claimed(3, store, 'gone');
    store.objects.delete(guid(3));
    const altered = claimed(4, store, 'as it was');
    store.objects.set(guid(4), Buffer.from('as it is!'));
    const shorter = claimed(5, store, 'as it was');
    store.objects.set(guid(5), Buffer.from('as'));
    const broken = { ...plain(1), headers: { 'spw.id': 'no' } };
    const records = [
      plain(0),
      broken,
      enveloped(2, { reference: 'no reference' }),
      gone,
      altered,
      shorter,
      claimed(6, store, 'x'.repeat(2_000)),
      enveloped(7, { text: '{"half":', contentType: 'application/json' }),
      enveloped(8, { text: '{}', contentType: 'application/json' }),
    ];
    expect(await write(records)).toEqual({ ok: true });
    expect(letters.map(({ reason }) => reason).sort()).toEqual(
      ['body-altered', 'body-altered', 'body-missing', 'body-too-large', 'envelope', 'payload', 'reference'].sort(),
    );
    expect(letters.find(({ reason }) => reason === 'envelope')?.record).toBe(broken);
    expect(sink.written).toEqual(['value 0', '{}']);
    expect(opener.counts().deadLetters['body-altered']).toBe(2);
    const { write: withoutStore, letters: others } = (() => {
      const sink = new Sink();
      const letters: DeadLetter[] = [];
      const wrapped = unwrapping(sink, { onDeadLetter: (letter) => void letters.push(letter) });
      return { letters, write: (all: ConsumedRecord[]) => wrapped.write({ ...at, records: all }, { timeoutMs: 1 }) };
    })();
    await withoutStore([claimed(9, store, 'x')]);
    expect(others.map(({ reason }) => reason)).toEqual(['no-store']);
  });

  it('is handed all before what can not be had now, and asked for the rest again', async () => {
    const { sink, store, write } = setUp();
    const records = [enveloped(0), claimed(1, store, 'one'), enveloped(2), enveloped(3)];
    store.manner = 'reject';
    expect(await write(records)).toMatchObject({ ok: false, rejected: [1, 2, 3], next: 'backoff' });
    expect(sink.written).toEqual(['value 0']);
    store.manner = 'fine';
    expect(await write(records.slice(1))).toEqual({ ok: true });
    expect(sink.written).toEqual(['value 0', 'one', 'value 2', 'value 3']);
  });

  it('does not lose a letter that can not be delivered', async () => {
    let full = true;
    const { write, opener } = setUp({
      onDeadLetter: async () => {
        if (full) throw new Error('no room for letters');
      },
    });
    const broken = { ...plain(0), headers: { 'spw.id': 'no' } };
    expect(await write([broken])).toMatchObject({ ok: false, rejected: [0], next: 'backoff' });
    full = false;
    expect(await write([broken])).toEqual({ ok: true });
    expect(opener.counts()).toMatchObject({ notNow: 1, deadLetters: { envelope: 1 } });
  });

  it('holds no more of bodies than its bound: a batch is written in stretches', async () => {
    const { sink, store, write, opener } = setUp({ bodyBytesMax: 1_000 });
    const records = Array.from({ length: 12 }, (_, n) =>
      n % 2 ? enveloped(n) : claimed(n, store, `${n} ${'x'.repeat(400)}`),
    );
    expect(opener.stretches(records)).toEqual([4, 4, 4]);
    expect(await write(records)).toEqual({ ok: true });
    expect(sink.calls).toEqual([4, 4, 4]);
    expect(sink.written).toHaveLength(12);
  });

  it('hears what the sink rejects, by the places in its own batch', async () => {
    const { sink, store, write } = setUp({ bodyBytesMax: 10 });
    const broken = { ...plain(0), headers: { 'spw.id': 'no' } };
    const records = [
      broken,
      claimed(1, store, 'x'.repeat(9)),
      enveloped(2),
      claimed(3, store, 'y'.repeat(9)),
      enveloped(4),
    ];
    const refuse =
      (text: string, next: 'never' | 'backoff') =>
      (texts: string[]): WriteOutcome =>
        texts.includes(text) ? { ok: false, rejected: [texts.indexOf(text)], next, cause: text } : { ok: true };
    sink.answer = refuse('value 2', 'backoff');
    expect(await write(records)).toMatchObject({ rejected: [2, 3, 4], next: 'backoff' });
    sink.answer = refuse('value 2', 'never');
    sink.written.length = 0;
    expect(await write(records)).toMatchObject({ rejected: [2], next: 'never' });
    expect(sink.written).toEqual(['x'.repeat(9), 'y'.repeat(9), 'value 4']);
    store.manner = 'fine';
    sink.answer = (texts) => {
      // The store goes away after the first stretch.
      store.manner = 'reject';
      return refuse('value 2', 'never')(texts);
    };
    expect(await write(records)).toMatchObject({ rejected: [2, 3, 4], next: 'backoff' });
  });

  it('never throws, whatever comes in', async () => {
    const { write, opener } = setUp({ codecs: [raw(), json()] });
    let records = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.dictionary(
            fc.constantFrom('spw.id', 'spw.ts', 'spw.app', 'spw.host', 'spw.type', 'spw.ref', 'a'),
            fc.anything(),
          ),
        ),
        async (all) => {
          records += all.length;
          await write(all.map((headers, n) => ({ ...plain(n), headers }) as ConsumedRecord));
        },
      ),
    );
    const { opened, deadLetters } = opener.counts();
    expect(opened + Object.values(deadLetters).reduce((sum, n) => sum + n, 0)).toBe(records);
  });
});

it('a codec that can not tell now is asked again', async () => {
  let away = true;
  const codec = {
    contentType: 'x',
    encode: () => ({ bytes: Buffer.alloc(0) }),
    decode: () => {
      if (away) throw new NotNowError('the registry is away');
      return 'read';
    },
  };
  const opener = new Opener({ codecs: [codec], onDeadLetter: () => {} });
  expect(await opener.open(at, [enveloped(0)])).toMatchObject([{ kind: 'not-now' }]);
  away = false;
  expect(await opener.open(at, [enveloped(0)])).toMatchObject([{ kind: 'opened', opened: { value: 'read' } }]);
});
