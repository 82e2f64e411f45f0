/**
 * How a record lies on disk: length and CRC-32 of what follows, 4 bytes each, big-endian, then the record. The CRC covers
 * the length, too, so that a torn or altered frame is told from a whole one; zeros, as a power cut leaves them, are none.
 */
import { crc32 } from 'node:zlib';
import type { WireRecord } from '../ports.ts';
import { CLASSES, type ServiceClass } from '../record.ts';

export interface FramedRecord {
  readonly topic: string;
  readonly class: ServiceClass;
  readonly record: WireRecord;
  /** Time of day at which it was spilled, ms since 1970. */
  readonly spilledAtMs: number;
}

const HEAD_BYTES = 8;
/** Class, two times, lengths of topic, key and value, number of headers: a record is never shorter. */
const FIXED_BYTES = 1 + 8 + 8 + 4 + 4 + 4 + 4;
const NO_BYTES_HERE = 0xffff_ffff;
const AS_BYTES = 0;
const AS_TEXT = 1;

/** Length of the frame that `encodeFrame` makes. */
export function frameBytes({ topic, record }: FramedRecord): number {
  let bytes = HEAD_BYTES + FIXED_BYTES + Buffer.byteLength(topic);
  bytes += (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of Object.entries(record.headers ?? {})) {
    bytes +=
      4 + Buffer.byteLength(name) + 1 + 4 + (typeof value === 'string' ? Buffer.byteLength(value) : value.length);
  }
  return bytes;
}

export function encodeFrame(framed: FramedRecord): Buffer {
  const { topic, record } = framed;
  const out = Buffer.allocUnsafe(frameBytes(framed));
  let at = HEAD_BYTES;
  at = out.writeUInt8(CLASSES.indexOf(framed.class), at);
  at = out.writeDoubleBE(record.timestampMs, at);
  at = out.writeDoubleBE(framed.spilledAtMs, at);
  at = putText(out, topic, at);
  at = putBytes(out, record.key, at);
  at = putBytes(out, record.value, at);
  const headers = Object.entries(record.headers ?? {});
  at = out.writeUInt32BE(headers.length, at);
  for (const [name, value] of headers) {
    at = putText(out, name, at);
    const text = typeof value === 'string';
    at = out.writeUInt8(text ? AS_TEXT : AS_BYTES, at);
    at = text ? putText(out, value, at) : putBytes(out, value, at);
  }
  out.writeUInt32BE(out.length - HEAD_BYTES, 0);
  out.writeUInt32BE(checksum(out), 4);
  return out;
}

export type FrameRead =
  | { readonly kind: 'whole'; readonly framed: FramedRecord; readonly end: number }
  /** The bytes end before the frame does, which has this length by its own account. */
  | { readonly kind: 'short'; readonly bytes: number }
  | { readonly kind: 'bad' };

/** Reads the frame that begins at `at`. Its bytes are copied. Never throws. */
export function readFrame(bytes: Buffer, at: number): FrameRead {
  if (bytes.length - at < HEAD_BYTES) return { kind: 'short', bytes: HEAD_BYTES };
  const length = bytes.readUInt32BE(at);
  if (length < FIXED_BYTES) return { kind: 'bad' };
  const end = at + HEAD_BYTES + length;
  if (end > bytes.length) return { kind: 'short', bytes: HEAD_BYTES + length };
  const frame = bytes.subarray(at, end);
  if (bytes.readUInt32BE(at + 4) !== checksum(frame)) return { kind: 'bad' };
  const framed = decode(frame);
  return framed === null ? { kind: 'bad' } : { kind: 'whole', framed, end };
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(HEAD_BYTES), crc32(frame.subarray(0, 4)));
}

/** Null when the lengths inside do not add up, which a CRC that fits makes all but impossible. */
function decode(frame: Buffer): FramedRecord | null {
  try {
    const reader = new Reader(frame);
    const serviceClass = CLASSES[reader.uint8()];
    const timestampMs = reader.double();
    const spilledAtMs = reader.double();
    const topic = reader.text();
    const key = reader.bytes();
    const value = reader.bytes();
    const count = reader.uint32();
    const headers: [string, Uint8Array | string][] = [];
    for (let i = 0; i < count; i++) {
      const name = reader.text();
      headers.push([name, reader.uint8() === AS_TEXT ? reader.text() : (reader.bytes() ?? Buffer.alloc(0))]);
    }
    if (serviceClass === undefined || !reader.atEnd) return null;
    // From entries: one of the names may be "__proto__".
    const record: WireRecord = {
      key,
      value,
      ...(count > 0 && { headers: Object.fromEntries(headers) }),
      timestampMs,
    };
    return { topic, class: serviceClass, record, spilledAtMs };
  } catch {
    return null;
  }
}

function putText(out: Buffer, text: string, at: number): number {
  const written = out.write(text, at + 4, 'utf8');
  return out.writeUInt32BE(written, at) + written;
}

function putBytes(out: Buffer, bytes: Uint8Array | null, at: number): number {
  if (bytes === null) return out.writeUInt32BE(NO_BYTES_HERE, at);
  const next = out.writeUInt32BE(bytes.length, at);
  out.set(bytes, next);
  return next + bytes.length;
}

class Reader {
  readonly #frame: Buffer;
  #at = HEAD_BYTES;

  constructor(frame: Buffer) {
    this.#frame = frame;
  }

  get atEnd(): boolean {
    return this.#at === this.#frame.length;
  }

  uint8(): number {
    return this.#frame.readUInt8(this.#skip(1));
  }

  uint32(): number {
    return this.#frame.readUInt32BE(this.#skip(4));
  }

  double(): number {
    return this.#frame.readDoubleBE(this.#skip(8));
  }

  text(): string {
    const length = this.uint32();
    const from = this.#skip(length);
    return this.#frame.toString('utf8', from, from + length);
  }

  bytes(): Buffer | null {
    const length = this.uint32();
    if (length === NO_BYTES_HERE) return null;
    const from = this.#skip(length);
    return Buffer.from(this.#frame.subarray(from, from + length));
  }

  #skip(bytes: number): number {
    const from = this.#at;
    this.#at += bytes;
    if (this.#at > this.#frame.length) throw new RangeError('behind the end');
    return from;
  }
}
