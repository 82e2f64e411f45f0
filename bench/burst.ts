/**
 * A burst of 10,000 records in one turn of the event loop, and what becomes of them: handed over, refused at the call,
 * booked as dropped later, or gone without a word. Once with a receiver that works, once with one that fails its first
 * call; then 100 more records, to see whether the buffer is open again. Counts, the same on every machine.
 */
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { KafkajsBuffer } from 'kafkajs-buffer';
import { createProducer, type ProducerOptions } from '../src/index.ts';
import { spanOf } from './span.ts';
import { table } from './table.ts';

const BURST = 10_000;
const AFTERWARDS = 100;
const value = Buffer.alloc(200, 'v');

/** Takes n records, or fails. */
type Receiver = (records: number) => void;

interface Buffered {
  /** False when the record was refused, and the caller told. */
  add(): boolean;
  /** Everything that is buffered has been tried. Answers how many records were booked as dropped after they were taken. */
  drain(): Promise<number>;
}

interface Contender {
  readonly name: string;
  start(receive: Receiver): Promise<Buffered>;
}

function spillway(name: string, options: Partial<ProducerOptions>): Contender {
  return {
    name,
    async start(receive) {
      const producer = createProducer({
        port: {
          caps: { acksPerCall: true, idempotent: false, retriesInternally: false },
          open: async () => {},
          metadata: async () => [{ partition: 0, leader: 0 }],
          produce: async ({ records }) => {
            try {
              receive(records.length);
              return { ok: true, baseOffset: null };
            } catch (cause) {
              return { ok: false, fate: 'not-written', next: 'backoff', cause };
            }
          },
          close: async () => {},
        },
        ...options,
      });
      let refused = 0;
      return {
        add: () => {
          const taken = producer.send({ topic: 't', value });
          if (!taken) refused++;
          return taken;
        },
        drain: async () => {
          while (producer.bufferedRecords > 0) await new Promise((resolve) => setTimeout(resolve, 10));
          const dropped = Object.values(producer.receipt().dropped).reduce((sum, records) => sum + records, 0);
          return dropped - refused;
        },
      };
    },
  };
}

function batchSpanProcessor(name: string, config: { maxQueueSize?: number }): Contender {
  return {
    name,
    async start(receive) {
      const processor = new BatchSpanProcessor(
        {
          export: (spans, told) => {
            try {
              receive(spans.length);
              told({ code: 0 });
            } catch (error) {
              told({ code: 1, error: error as Error });
            }
          },
          shutdown: async () => {},
        },
        config,
      );
      return {
        add: () => {
          processor.onEnd(spanOf(value) as ReadableSpan);
          // It answers nothing.
          return true;
        },
        drain: async () => {
          await processor.forceFlush().catch(() => {});
          await new Promise((resolve) => setTimeout(resolve, 10));
          await processor.forceFlush().catch(() => {});
          return 0;
        },
      };
    },
  };
}

function kafkajsBuffer(name: string, options: { queueBufferingMaxMessages?: number }): Contender {
  return {
    name,
    async start(receive) {
      const send = async ({ messages }: { messages: unknown[] }): Promise<void> => receive(messages.length);
      const buffer = new KafkajsBuffer({ send } as never, options);
      return {
        add: () => {
          try {
            buffer.push({ topic: 't', messages: [{ value, key: null }] });
            return true;
          } catch {
            return false;
          }
        },
        // A failed flush throws; the caller's next try sends what is left.
        drain: async () => {
          await buffer.flush().catch(() => {});
          await buffer.flush().catch(() => {});
          return 0;
        },
      };
    },
  };
}

const CONTENDERS: readonly Contender[] = [
  spillway('spillway', {}),
  spillway('spillway, 2,048 records', { bufferRecordsMax: 2_048 }),
  batchSpanProcessor('OpenTelemetry BatchSpanProcessor', {}),
  batchSpanProcessor('the same, 20,000 spans', { maxQueueSize: 20_000 }),
  kafkajsBuffer('kafkajs-buffer', {}),
  kafkajsBuffer('kafkajs-buffer, 2,048 messages', { queueBufferingMaxMessages: 2_048 }),
];

async function row({ name, start }: Contender, failures: number): Promise<string[]> {
  let received = 0;
  let left = failures;
  const buffered = await start((records) => {
    if (left-- > 0) throw new Error('the receiver fails');
    received += records;
  });
  const offer = (n: number): number => {
    let refused = 0;
    for (let i = 0; i < n; i++) if (!buffered.add()) refused++;
    return refused;
  };
  const refused = offer(BURST);
  const booked = await buffered.drain();
  const gone = BURST - received - refused - booked;
  if (name.startsWith('spillway') && gone !== 0) throw new Error(`${gone} records are not accounted for`);
  const before = received;
  offer(AFTERWARDS);
  await buffered.drain();
  return [name, String(before), String(refused), String(booked), String(gone), String(received - before)];
}

export async function run(): Promise<void> {
  console.log(`${BURST} records in one turn of the event loop; Node ${process.version}`);
  for (const [what, failures] of [
    ['the receiver works', 0],
    ['its first call fails', 1],
  ] as const) {
    const rows: string[][] = [];
    for (const contender of CONTENDERS) rows.push(await row(contender, failures));
    const heads = [
      what,
      'received',
      'refused at the call',
      'booked as dropped',
      'gone silently',
      `of ${AFTERWARDS} afterwards`,
    ];
    console.log(`\n${table(heads, rows)}`);
  }
  console.log(`
Defaults of each, and each with the other's bound. Refused at the call: false from spillway's send, an exception from
kafkajs-buffer's push. Gone silently: no answer, no book, nothing to ask by record (kafkajs-buffer's flush throws an error
that says not which). Of ${AFTERWARDS} afterwards: received of as many offered once the burst is over.`);
}
