/**
 * What offering one record costs in production form (n = 1, a value of 200 bytes): nanoseconds and bytes allocated,
 * beside `Array.push` of the same object, OpenTelemetry's batch processor, kafkajs-buffer and p-queue. All contenders take
 * turns in each round; figures are medians of the rounds, and ratios are within them.
 */

import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { KafkajsBuffer } from 'kafkajs-buffer';
import PQueue from 'p-queue';
import {
  createProducer,
  NO_KEY,
  PRODUCER_DEFAULTS,
  ProducerCore,
  type ProducerOptions,
  type ProducerPort,
  random,
  sticky,
} from '../src/index.ts';
import { TopicView } from '../src/producer/topic-view.ts';
import { spanOf } from './span.ts';
import { table } from './table.ts';

const VALUE_BYTES = 200;
/** Few enough to stay inside the young generation. */
const RECORDS = 4_000;

interface Contender {
  readonly name: string;
  /** A fresh one each round: answers what adds one record, and what to do with it all afterwards. */
  start(): Promise<{ add(): void; finish(): Promise<void> | void }>;
}

const value = Buffer.alloc(VALUE_BYTES, 'v');

/** Answers at once that all is well. */
function prompt(): ProducerPort {
  const leaders = Array.from({ length: 12 }, (_, partition) => ({ partition, leader: partition % 3 }));
  return {
    caps: { acksPerCall: true, idempotent: false, retriesInternally: false },
    open: async () => {},
    metadata: async () => leaders,
    produce: async () => ({ ok: true, baseOffset: null }),
    close: async () => {},
  };
}

function producer(name: string, options: Partial<ProducerOptions>, key: Buffer | null = null): Contender {
  return {
    name,
    async start() {
      const producer = createProducer({ port: prompt(), identity: 'bench', ...options });
      // Metadata is known before the clock starts.
      await producer.sendAndConfirm({ topic: 'playback.start', value });
      return {
        add: () => {
          producer.send({ topic: 'playback.start', value, key });
        },
        finish: async () => {
          const { delivered, balanced } = await producer.close();
          if (!balanced || delivered !== RECORDS + 1)
            throw new Error(`${name}: delivered ${delivered} of ${RECORDS + 1}`);
        },
      };
    },
  };
}

const push: Contender = {
  name: 'Array.push',
  async start() {
    const records: unknown[] = [];
    return {
      add: () => {
        records.push({ topic: 'playback.start', value, key: null });
      },
      finish: () => {
        if (records.length !== RECORDS) throw new Error('Array.push');
      },
    };
  },
};

const core: Contender = {
  name: 'ProducerCore.offer',
  async start() {
    const ignore = (): void => {};
    const effects = { send: ignore, dropped: ignore, ended: ignore, freed: ignore, refreshMetadata: ignore };
    const core = new ProducerCore({ ...PRODUCER_DEFAULTS, partitioner: sticky() }, effects);
    core.addProducer();
    const stream = core.addStream(0, 1, 7);
    core.onMetadata(stream, new TopicView(Array.from({ length: 12 }, (_, partition) => partition % 3)), 0);
    let nowNs = 0;
    return {
      add: () => {
        core.offer(stream, 1, VALUE_BYTES, NO_KEY, nowNs++);
      },
      finish: () => {
        if (core.bufferedRecords(0) !== RECORDS) throw new Error('ProducerCore.offer');
      },
    };
  },
};

const kafkajsBuffer: Contender = {
  name: 'kafkajs-buffer push',
  async start() {
    const buffer = new KafkajsBuffer({} as never);
    return {
      add: () => {
        buffer.push({ topic: 'playback.start', messages: [{ value, key: null }] });
      },
      finish: () => {},
    };
  },
};

const batchSpanProcessor: Contender = {
  name: 'BatchSpanProcessor onEnd',
  async start() {
    let exported = 0;
    const exporter = {
      export: (spans: readonly ReadableSpan[], told: (result: { code: number }) => void) => {
        exported += spans.length;
        told({ code: 0 });
      },
      shutdown: async () => {},
    };
    // Its default of 2,048 would drop half, and dropping is cheap.
    const processor = new BatchSpanProcessor(exporter, { maxQueueSize: RECORDS });
    return {
      add: () => {
        processor.onEnd(spanOf(value) as ReadableSpan);
      },
      finish: async () => {
        await processor.shutdown();
        if (exported !== RECORDS) throw new Error(`BatchSpanProcessor: exported ${exported} of ${RECORDS}`);
      },
    };
  },
};

const pQueue: Contender = {
  name: 'p-queue add',
  async start() {
    const queue = new PQueue({ autoStart: false });
    return {
      add: () => {
        void queue.add(() => value);
      },
      finish: () => {
        if (queue.size !== RECORDS) throw new Error('p-queue');
        queue.clear();
      },
    };
  },
};

const CONTENDERS: readonly Contender[] = [
  push,
  core,
  producer('send, sticky', { partitioner: sticky() }),
  producer('send, default', {}),
  producer('send, default, keyed', {}, Buffer.from('profile-12345678')),
  producer('send, random', { partitioner: random() }),
  producer('send, enveloped', { envelope: { app: 'bench', host: 'bench' } }),
  batchSpanProcessor,
  kafkajsBuffer,
  pQueue,
];

interface Timing {
  readonly addNs: number;
  /** From the first record added until the last was delivered, for those that deliver. */
  readonly totalNs: number;
}

async function time(contender: Contender): Promise<Timing> {
  const { add, finish } = await contender.start();
  const began = performance.now();
  for (let i = 0; i < RECORDS; i++) add();
  const added = performance.now();
  await finish();
  const finished = performance.now();
  const perRecord = 1_000_000 / RECORDS;
  return { addNs: (added - began) * perRecord, totalNs: (finished - began) * perRecord };
}

/** Bytes of heap that adding a record takes, garbage included: a collection before, none during. */
async function allocation(contender: Contender): Promise<number> {
  const { add, finish } = await contender.start();
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < RECORDS; i++) add();
  const bytes = (process.memoryUsage().heapUsed - before) / RECORDS;
  await finish();
  return bytes;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

export async function run({ quick = false }: { quick?: boolean } = {}): Promise<void> {
  const rounds = quick ? 15 : 101;
  const timings = CONTENDERS.map((): Timing[] => []);
  // Compiled first, all of them, so that nobody's first rounds count.
  for (let round = -10; round < rounds; round++) {
    for (const [i, contender] of CONTENDERS.entries()) {
      const taken = await time(contender);
      if (round >= 0) timings[i].push(taken);
    }
  }
  // One after the other, not in turns: a function that is not called between many collections loses its compiled code.
  const bytes: number[] = [];
  for (const contender of CONTENDERS) {
    const taken: number[] = [];
    for (let round = 0; round < 9; round++) taken.push(await allocation(contender));
    bytes.push(median(taken));
  }
  const addNs = timings.map((taken) => median(taken.map(({ addNs }) => addNs)));
  const nsOf = (name: string): number => addNs[CONTENDERS.findIndex((contender) => contender.name === name)];
  console.log(
    `one record of ${VALUE_BYTES} bytes; medians of ${rounds} rounds of ${RECORDS}; Node ${process.version}\n`,
  );
  console.log(
    table(
      ['contender', 'ns', '× push', '× onEnd', '× kafkajs-buffer', 'bytes', 'ns until delivered'],
      CONTENDERS.map(({ name }, i) => [
        name,
        addNs[i].toFixed(0),
        (addNs[i] / nsOf(push.name)).toFixed(1),
        (addNs[i] / nsOf(batchSpanProcessor.name)).toFixed(1),
        (addNs[i] / nsOf(kafkajsBuffer.name)).toFixed(1),
        bytes[i].toFixed(0),
        name.startsWith('send') ? median(timings[i].map(({ totalNs }) => totalNs)).toFixed(0) : '–',
      ]),
    ),
  );
  console.log(
    `
bytes: heap that one call takes, garbage included. onEnd: OpenTelemetry's BatchSpanProcessor with an exporter that does nothing
and a queue for all of them; the object it is given is the least it takes, as an event would be. What becomes of a burst in
each: npm run bench -- burst`,
  );
}
