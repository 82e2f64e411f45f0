/** Confluent's wire format: a zero byte, the schema's id in 4 bytes, big-endian, then the value in Avro's binary form. */

const MAGIC = 0;
const HEAD_BYTES = 5;

/** The value behind a head whose id is not written yet. */
export function framed(value: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + value.length);
  bytes[0] = MAGIC;
  bytes.fill(0, 1, HEAD_BYTES);
  bytes.set(value, HEAD_BYTES);
  return bytes;
}

/** Writes the id into the head. */
export function stamp(bytes: Buffer, schemaId: number): void {
  bytes.writeUInt32BE(schemaId, 1);
}

/** @throws TypeError when the bytes do not have the format */
export function unframed(bytes: Uint8Array): { readonly schemaId: number; readonly value: Buffer } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < HEAD_BYTES || buffer[0] !== MAGIC) {
    const got = buffer.subarray(0, HEAD_BYTES).toString('hex');
    throw new TypeError(`expected a zero byte and a schema id before the value, got ${got === '' ? 'nothing' : got}`);
  }
  return { schemaId: buffer.readUInt32BE(1), value: buffer.subarray(HEAD_BYTES) };
}
