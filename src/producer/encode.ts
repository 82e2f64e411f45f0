import type { WireRecord } from '../ports.ts';
import { CLASSES, type ServiceClass } from '../record.ts';

/** A record as an application offers it. Text is sent as UTF-8. `V` is what the envelope's codec takes. */
export interface ProducerRecord<V = Uint8Array | string> {
  readonly topic: string;
  /** Bytes are not copied: leave them alone until the record is settled. `null` is a tombstone. */
  readonly value: V | null;
  /** Records of one key go to one partition. Default: no key. */
  readonly key?: Uint8Array | string | null;
  readonly headers?: Readonly<Record<string, Uint8Array | string>>;
  /** When the event happened, ms since 1970. Default: now. */
  readonly timestampMs?: number;
  /** Default: the topic's, see `ProducerOptions.classes`. */
  readonly class?: ServiceClass;
}

/** The record in bytes, or null when it is malformed: nothing that an application passes makes this throw. */
export function encode(record: ProducerRecord, nowMs: number): WireRecord | null {
  try {
    const { topic, value, key, headers, timestampMs } = record;
    if (typeof topic !== 'string' || topic.length === 0) return null;
    if (record.class !== undefined && !CLASSES.includes(record.class)) return null;
    if (timestampMs !== undefined && !Number.isFinite(timestampMs)) return null;
    if (headers !== undefined) {
      for (const name in headers) {
        const header: unknown = headers[name];
        if (typeof header !== 'string' && !(header instanceof Uint8Array)) return null;
      }
    }
    return { key: bytesOf(key ?? null), value: bytesOf(value), headers, timestampMs: timestampMs ?? nowMs };
  } catch {
    return null;
  }
}

function bytesOf(value: Uint8Array | string | null): Uint8Array | null {
  if (value === null || value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value, 'utf8');
  throw new TypeError('expected bytes, text or null');
}

/** Payload of the record: key, value and headers, without what any format adds. */
export function payloadBytes(record: WireRecord): number {
  let bytes = 0;
  if (record.key !== null) bytes += record.key.length;
  if (record.value !== null) bytes += record.value.length;
  const headers = record.headers;
  if (headers !== undefined) {
    for (const name in headers) {
      const value = headers[name];
      bytes += Buffer.byteLength(name) + (typeof value === 'string' ? Buffer.byteLength(value) : value.length);
    }
  }
  return bytes;
}
