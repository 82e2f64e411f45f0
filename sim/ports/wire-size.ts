/** What a batch weighs on the wire and in a log (Kafka's record format v2). */
import type { WireRecord } from '../../src/ports.ts';

/** Batch header: offset 8, length 4, epoch 4, magic 1, crc 4, attributes 2, delta 4, times 16, producer 14, count 4. */
const BATCH_BYTES = 61;
/** Length, attributes, deltas of time and offset, lengths of key and value, count of headers: varints of 1 to 3 bytes. */
const RECORD_BYTES = 10;
const HEADER_BYTES = 2;

export function batchBytes(records: readonly WireRecord[]): number {
  let bytes = BATCH_BYTES;
  for (const { key, value, headers } of records) {
    bytes += RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
    for (const name in headers) bytes += HEADER_BYTES + Buffer.byteLength(name) + Buffer.byteLength(headers[name]);
  }
  return bytes;
}
