/**
 * What travels with every event beside its own bytes: as record headers, so that the value stays what the application
 * wrote. Wrapped before a record goes to Kafka, unwrapped before it goes to a sink: neither source nor sink sees it (T16).
 */
import type { WireRecord } from '../ports.ts';
import { isGuid } from './guid.ts';

export interface Envelope {
  /** UUIDv7, ascending within the process that made it: tells copies apart. */
  readonly id: string;
  /** When the event happened, ms since 1970: also where the broker puts its own time into the record. */
  readonly timestampMs: number;
  readonly app: string;
  readonly host: string;
  /** Of the value, as the codec names it: `application/json`. */
  readonly contentType: string;
  /** Of the value's schema in the registry, if it has one. */
  readonly schemaId?: number;
}

const PREFIX = 'spw.';
/** An application's own header whose name begins with the prefix travels behind this one. */
const ESCAPE = 'spw.x.';

/** Header names. All values are text in UTF-8, numbers in decimal, so that any client and tool can read them. */
export const ENVELOPE_HEADERS = {
  id: 'spw.id',
  timestampMs: 'spw.ts',
  app: 'spw.app',
  host: 'spw.host',
  contentType: 'spw.type',
  schemaId: 'spw.schema',
  /** Where the value lies instead, see `ClaimReference`. */
  reference: 'spw.ref',
} as const;
const { id: ID, timestampMs: TS, app: APP, host: HOST, contentType: TYPE, schemaId: SCHEMA } = ENVELOPE_HEADERS;
const REF = ENVELOPE_HEADERS.reference;
const NAMES: readonly string[] = Object.values(ENVELOPE_HEADERS);
const SCHEMA_ID = /^\d{1,10}$/;

type Headers = Readonly<Record<string, Uint8Array | string>>;

/** The record with its envelope. With `reference` its value stands elsewhere, and an empty one goes in its place. */
export function wrap(record: WireRecord, envelope: Envelope, reference?: string): WireRecord {
  const headers: Record<string, Uint8Array | string> = {
    [ID]: envelope.id,
    [TS]: String(record.timestampMs),
    [APP]: envelope.app,
    [HOST]: envelope.host,
    [TYPE]: envelope.contentType,
  };
  if (envelope.schemaId !== undefined) headers[SCHEMA] = String(envelope.schemaId);
  if (reference !== undefined) headers[REF] = reference;
  const own = record.headers;
  if (own !== undefined) {
    for (const name of Object.keys(own)) put(headers, name.startsWith(PREFIX) ? ESCAPE + name : name, own[name]);
  }
  return {
    key: record.key,
    value: reference === undefined ? record.value : new Uint8Array(0),
    headers,
    timestampMs: record.timestampMs,
  };
}

export type Unwrapped<R extends WireRecord> =
  /** From a producer that wraps nothing: left as it is. */
  | { readonly kind: 'plain'; readonly record: R }
  | {
      readonly kind: 'enveloped';
      readonly record: R;
      readonly envelope: Envelope;
      /** The record's value is still to be had from there. */
      readonly reference?: string;
    }
  | { readonly kind: 'malformed'; readonly record: R; readonly why: string };

/** The record as it was offered, and its envelope. Never throws. */
export function unwrap<R extends WireRecord>(record: R): Unwrapped<R> {
  const headers = record.headers;
  if (headers === undefined || !NAMES.some((name) => Object.hasOwn(headers, name))) return { kind: 'plain', record };
  const read = (name: string): string | undefined => (Object.hasOwn(headers, name) ? textOf(headers[name]) : undefined);
  const malformed = (why: string): Unwrapped<R> => ({ kind: 'malformed', record, why });
  const [id, ts, app, host, contentType] = [read(ID), read(TS), read(APP), read(HOST), read(TYPE)];
  if (id === undefined || !isGuid(id)) return malformed(`${ID}: expected a UUID, got ${shown(id)}`);
  const timestampMs = ts === undefined || ts.trim() === '' ? Number.NaN : Number(ts);
  if (!Number.isFinite(timestampMs)) return malformed(`${TS}: expected ms since 1970, got ${shown(ts)}`);
  if (app === undefined || host === undefined || contentType === undefined) {
    const missing = [APP, HOST, TYPE].filter((name) => read(name) === undefined);
    return malformed(`${missing.join(', ')}: missing`);
  }
  const schema = read(SCHEMA);
  if (schema !== undefined && !SCHEMA_ID.test(schema)) {
    return malformed(`${SCHEMA}: expected the number of a schema, got ${shown(schema)}`);
  }
  const envelope: Envelope = {
    id,
    timestampMs,
    app,
    host,
    contentType,
    ...(schema !== undefined && { schemaId: Number(schema) }),
  };
  const reference = read(REF);
  const bare: R = { ...record, headers: ownHeaders(headers), timestampMs };
  return { kind: 'enveloped', record: bare, envelope, ...(reference !== undefined && { reference }) };
}

/** Without the envelope's; those of its names that this version does not know go with it. */
function ownHeaders(headers: Headers): Headers | undefined {
  const own: Record<string, Uint8Array | string> = {};
  let some = false;
  for (const name of Object.keys(headers)) {
    const escaped = name.startsWith(ESCAPE);
    if (!escaped && name.startsWith(PREFIX)) continue;
    put(own, escaped ? name.slice(ESCAPE.length) : name, headers[name]);
    some = true;
  }
  return some ? own : undefined;
}

/** Assigning to this name would set the prototype instead. */
function put(headers: Record<string, Uint8Array | string>, name: string, value: Uint8Array | string): void {
  if (name !== '__proto__') headers[name] = value;
  else Object.defineProperty(headers, name, { value, enumerable: true, writable: true, configurable: true });
}

function textOf(value: Uint8Array | string): string | undefined {
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array)) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
}

function shown(text: string | undefined): string {
  return text === undefined ? 'nothing' : JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
