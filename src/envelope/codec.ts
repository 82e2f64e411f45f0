/** How values become bytes and back. A codec may throw on what it can't take: its callers count that, and go on. */

export interface Encoded {
  readonly bytes: Uint8Array;
  readonly schemaId?: number;
  /** The bytes still lack their schema's id: it is asked for, and written into them before it is told here. */
  readonly pending?: PendingSchema;
}

export interface PendingSchema {
  /** Calls back once: with the id, or null when the schema was refused for good. Never from inside. */
  whenKnown(listener: (schemaId: number | null) => void): void;
}

/** Reads values of one content type. */
export interface Decoder {
  readonly contentType: string;
  /** @throws on malformed bytes; a `NotNowError` when they can't be judged at the moment */
  decode(bytes: Uint8Array, about: { readonly topic: string }): unknown;
}

export interface Codec<V = unknown> extends Decoder {
  /** Called once when its producer starts: to ask for what will be needed. */
  open?(): void;
  /** Never called with null: that is a tombstone for every codec. @throws on a value that it can't write */
  encode(value: NonNullable<V>, topic: string): Encoded;
  decode(bytes: Uint8Array, about: { readonly topic: string }): V | Promise<V>;
}

/** What is needed to go on can't be reached: the same is worth another try later. */
export class NotNowError extends Error {
  override readonly name = 'NotNowError';
}

/** Bytes and text as they are. Text is UTF-8, and is read back as bytes. */
export function raw(contentType = 'application/octet-stream'): Codec<Uint8Array | string> {
  return {
    contentType,
    encode(value) {
      if (typeof value === 'string') return { bytes: Buffer.from(value, 'utf8') };
      if (value instanceof Uint8Array) return { bytes: value };
      throw new TypeError(`expected bytes or text, got ${typeof value}`);
    },
    decode: (bytes) => bytes,
  };
}

/**
 * JSON as `JSON.stringify` writes it. Refuses what it would write as nothing (undefined, functions, symbols), what makes
 * it throw (cycles, BigInt, getters), and bytes, which it would write as an object of numbers.
 */
export function json<V = unknown>(): Codec<V> {
  return {
    contentType: 'application/json',
    encode(value) {
      if (value instanceof Uint8Array) throw new TypeError('expected a JSON value, got bytes');
      const text: string | undefined = JSON.stringify(value);
      if (text === undefined) throw new TypeError(`expected a JSON value, got ${typeof value}`);
      return { bytes: Buffer.from(text, 'utf8') };
    },
    decode: (bytes) => JSON.parse(utf8.decode(bytes)) as V,
  };
}

/** Malformed UTF-8 is malformed JSON. */
const utf8 = new TextDecoder('utf-8', { fatal: true });
