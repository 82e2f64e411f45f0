import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireRecord } from '../ports.ts';
import { ENVELOPE_HEADERS, type Envelope, unwrap, wrap } from './envelope.ts';

const bytes = fc.uint8Array({ maxLength: 40 });
const headerName = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', 'spw.', 'spw.x.', 'spw.x.spw.id', ...Object.values(ENVELOPE_HEADERS)),
);
const record: fc.Arbitrary<WireRecord> = fc.record(
  {
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc
      .array(fc.tuple(headerName, fc.oneof(bytes, fc.string())), { minLength: 1 })
      .map((entries) => Object.fromEntries(entries)),
    timestampMs: fc.oneof(
      fc.nat(),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((ms) => ms + 0),
    ),
  },
  { requiredKeys: ['key', 'value', 'timestampMs'] },
);
const envelope = fc.record(
  {
    id: fc.uuid({ version: 7 }),
    app: fc.string(),
    host: fc.string(),
    contentType: fc.string(),
    schemaId: fc.nat(0xffff_ffff),
  },
  { requiredKeys: ['id', 'app', 'host', 'contentType'] },
);

/** As a client reads it back: header values are bytes, the time may be the broker's own. */
function throughKafka(sent: WireRecord, timestampMs: number): WireRecord {
  const entries = Object.entries(sent.headers ?? {}).map(([name, value]) => [name, Buffer.from(value as never)]);
  return { ...sent, headers: Object.fromEntries(entries), timestampMs };
}

const asBytes = (headers: WireRecord['headers']) =>
  headers && Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value as never)]));

describe('a record that was wrapped', () => {
  it('unwraps to itself and its envelope', () => {
    fc.assert(
      fc.property(record, envelope, (original, about) => {
        const full: Envelope = { ...about, timestampMs: original.timestampMs };
        const unwrapped = unwrap(wrap(original, full));
        expect(unwrapped).toEqual({ kind: 'enveloped', record: original, envelope: full });
        if (original.headers !== undefined) {
          const own = Object.keys((unwrapped.record.headers ?? {}) as object);
          expect(own.sort()).toEqual(Object.keys(original.headers).sort());
        }
      }),
    );
  });

  it('does so from what a consumer reads, also where the broker has stamped its own time', () => {
    fc.assert(
      fc.property(record, envelope, fc.nat(), (original, about, brokerMs) => {
        const full: Envelope = { ...about, timestampMs: original.timestampMs };
        const unwrapped = unwrap(throughKafka(wrap(original, full), brokerMs));
        expect(unwrapped).toMatchObject({ kind: 'enveloped' });
        const { headers, ...rest } = original;
        expect(unwrapped.record).toEqual({ ...rest, headers: asBytes(headers) });
      }),
    );
  });

  it('can be wrapped again, and unwraps layer by layer', () => {
    fc.assert(
      fc.property(record, envelope, envelope, (original, inner, outer) => {
        const once = wrap(original, { ...inner, timestampMs: original.timestampMs });
        const twice = wrap(once, { ...outer, timestampMs: once.timestampMs });
        expect(unwrap(twice).record).toEqual(once);
      }),
    );
  });

  it('carries about a hundred bytes beside the names of application and host', () => {
    const about = {
      id: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
      timestampMs: 1_700_000_000_000,
      app: '',
      host: '',
      contentType: 'application/json',
    };
    const { headers } = wrap({ key: null, value: null, timestampMs: about.timestampMs }, about);
    const length = Object.entries(headers ?? {}).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    expect(length).toBe(100);
  });
});

describe('what was not wrapped', () => {
  it('stays as it is when it has no header of the envelope', () => {
    const plain = { key: null, value: Buffer.from('x'), headers: { 'spw.other': 'mine' }, timestampMs: 5 };
    expect(unwrap(plain)).toEqual({ kind: 'plain', record: plain });
    expect(unwrap({ key: null, value: null, timestampMs: 5 })).toMatchObject({ kind: 'plain' });
  });

  it('is malformed when its headers are half an envelope, and says why', () => {
    const good = {
      'spw.id': '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
      'spw.ts': '5',
      'spw.app': 'a',
      'spw.host': 'h',
      'spw.type': 't',
    };
    const why = (headers: Record<string, string | undefined>) => {
      const entries = Object.entries({ ...good, ...headers }).filter(([, value]) => value !== undefined);
      const unwrapped = unwrap({ key: null, value: null, headers: Object.fromEntries(entries), timestampMs: 0 });
      return unwrapped.kind === 'malformed' ? unwrapped.why : unwrapped.kind;
    };
    expect(why({})).toBe('enveloped');
    expect(why({ 'spw.id': 'x' })).toBe('spw.id: expected a UUID, got "x"');
    expect(why({ 'spw.id': undefined })).toBe('spw.id: expected a UUID, got nothing');
    expect(why({ 'spw.ts': '' })).toBe('spw.ts: expected ms since 1970, got ""');
    expect(why({ 'spw.ts': 'Infinity' })).toBe('spw.ts: expected ms since 1970, got "Infinity"');
    expect(why({ 'spw.app': undefined, 'spw.type': undefined })).toBe('spw.app, spw.type: missing');
    expect(why({ 'spw.schema': '1e3' })).toBe('spw.schema: expected the number of a schema, got "1e3"');
  });

  it('never throws, whatever the headers are', () => {
    fc.assert(
      fc.property(fc.dictionary(headerName, fc.anything()), fc.anything(), (headers, timestampMs) => {
        unwrap({ key: null, value: null, headers, timestampMs } as never);
      }),
    );
  });
});
