import { describe, expect, it } from 'vitest';
import { encode, type ProducerRecord, payloadBytes } from './encode.ts';

const bytes = (text: string) => Buffer.from(text, 'utf8');

describe('a record as bytes', () => {
  it('is text in UTF-8, bytes as they are, and a time', () => {
    const value = new Uint8Array([1, 2]);
    expect(encode({ topic: 't', value, key: 'ä', timestampMs: 5 }, 9)).toEqual({
      key: bytes('ä'),
      value,
      headers: undefined,
      timestampMs: 5,
    });
    expect(encode({ topic: 't', value, key: 'ä' }, 9)!.value).toBe(value);
    expect(encode({ topic: 't', value: 'v', key: null }, 9)).toMatchObject({ key: null, timestampMs: 9 });
    expect(encode({ topic: 't', value: null, timestampMs: 0 }, 9)).toMatchObject({ value: null, timestampMs: 0 });
  });

  it.each<[string, unknown]>([
    ['a topic that is no text', { topic: 7, value: 'v' }],
    ['a topic without a name', { topic: '', value: 'v' }],
    ['a topic that is a list', { topic: ['t'], value: 'v' }],
    ['a class that there is not', { topic: 't', value: 'v', class: 'urgent' }],
    ['a time that is none', { topic: 't', value: 'v', timestampMs: Number.NaN }],
    ['an endless time', { topic: 't', value: 'v', timestampMs: Infinity }],
    ['a value of another type', { topic: 't', value: 7 }],
    ['no value at all', { topic: 't' }],
    ['a key of another type', { topic: 't', value: 'v', key: {} }],
    ['a header of another type', { topic: 't', value: 'v', headers: { good: 'h', bad: 7 } }],
    ['nothing', null],
  ])('can not be made of %s, and nothing is thrown', (_, record) => {
    expect(encode(record as ProducerRecord, 9)).toBeNull();
  });

  it('takes headers of both kinds and each class', () => {
    const headers = { text: 'h', bytes: new Uint8Array([1]) };
    for (const serviceClass of ['low', 'normal', 'high'] as const) {
      expect(encode({ topic: 't', value: 'v', headers, class: serviceClass }, 9)!.headers).toBe(headers);
    }
  });
});

describe('the payload of a record', () => {
  it('is its key, value and headers in bytes, names included', () => {
    const of = (record: Omit<ProducerRecord, 'topic'>) => payloadBytes(encode({ topic: 't', ...record }, 0)!);
    expect(of({ value: null })).toBe(0);
    expect(of({ value: 'ää' })).toBe(4);
    expect(of({ value: 'ää', key: 'kkk' })).toBe(7);
    expect(of({ value: null, headers: { ä: 'öö', b: new Uint8Array(10) } })).toBe(2 + 4 + 1 + 10);
  });
});
