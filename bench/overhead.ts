/**
 * What a buffered record costs of the heap beyond its payload: the source of `overheadBytesPerRecord` and
 * `overheadBytesPerBatch` in `PRODUCER_DEFAULTS`. A cluster that is away keeps everything buffered; heap and external
 * memory are read after a collection, before and after, and the payload is taken off. Needs --expose-gc.
 */
import { createProducer, PRODUCER_DEFAULTS, type ProducerPort, type ProducerRecord } from '../src/index.ts';

const VALUE_BYTES = 200;

/** A cluster that is never there. */
function away(): ProducerPort {
  const refuse = (): Promise<never> => Promise.reject(new Error('away'));
  return {
    caps: { acksPerCall: true, idempotent: false, retriesInternally: false },
    open: refuse,
    metadata: refuse,
    produce: refuse,
    close: async () => {},
  };
}

/** Bytes on the heap and beside it for each record, payload not counted. */
function measure(records: number, batchBytesMax: number, make: (i: number) => ProducerRecord): number {
  const producer = createProducer({
    port: away(),
    batchBytesMax,
    bufferRecordsMax: records,
    bufferBytesMax: 2 ** 40,
  });
  // Once before the measure, so that compiled code and first allocations are not counted.
  for (let i = 0; i < 10; i++) producer.send(make(i));
  const before = used();
  for (let i = 10; i < records; i++) producer.send(make(i));
  const bytes = used() - before;
  if (producer.bufferedRecords !== records)
    throw new Error(`expected ${records} buffered, got ${producer.bufferedRecords}`);
  void producer.close({ graceMs: 0 });
  return bytes / (records - 10) - VALUE_BYTES;
}

function used(): number {
  if (globalThis.gc === undefined) throw new Error('run node with --expose-gc');
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const KINDS: readonly [string, (i: number) => ProducerRecord][] = [
  ['Uint8Array of its own', () => ({ topic: 't', value: new Uint8Array(VALUE_BYTES) })],
  ['Buffer from the pool', () => ({ topic: 't', value: Buffer.allocUnsafe(VALUE_BYTES) })],
  ['text', (i) => ({ topic: 't', value: String(i).padStart(VALUE_BYTES, ' ') })],
];

export async function run({ quick = false }: { quick?: boolean } = {}): Promise<void> {
  const records = quick ? 5_000 : 50_000;
  console.log(`bytes beyond the payload, ${records} buffered records of ${VALUE_BYTES} bytes, Node ${process.version}`);
  console.log(
    `${'value'.padEnd(24)}${'a record in a 16 KiB batch'.padStart(28)}${'a batch of one record, more'.padStart(30)}`,
  );
  for (const [name, make] of KINDS) {
    const inFull = measure(records, 16_384, make);
    await turn();
    const alone = measure(records, 1, make);
    await turn();
    console.log(`${name.padEnd(24)}${inFull.toFixed(0).padStart(28)}${(alone - inFull).toFixed(0).padStart(30)}`);
  }
  const { overheadBytesPerRecord, overheadBytesPerBatch } = PRODUCER_DEFAULTS;
  console.log(
    `${'counted by default'.padEnd(24)}${String(overheadBytesPerRecord).padStart(28)}${String(overheadBytesPerBatch).padStart(30)}`,
  );
}

/** Lets what was buffered go. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
