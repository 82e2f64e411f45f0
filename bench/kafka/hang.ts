import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProducer, type ProducerPort } from '../../src/index.ts';
import type { KafkaCluster } from '../../test/kafka/cluster.ts';
import { megabytes, table } from '../table.ts';
import { viaKafkaJs, viaPlatformatic } from './contenders.ts';

const MIB = 1 << 20;
const RECORDS = 100_000;
const VALUE_BYTES = 1_000;
const BUFFER_BYTES_MAX = 32 * MIB;
/**
 * What producer and client may hold beside the buffer: connections, and copies of the requests in flight as the client
 * encodes them (2 × 5 a broker, up to 1 MiB each, twice in memory while they are put together).
 */
const CONSTANT_BYTES = 64 * MIB;

function heldBytes(): number {
  global.gc!();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** 100,000 sends while no broker answers. */
export async function hang(cluster: KafkaCluster, topic: string): Promise<string> {
  const rows: string[][] = [];
  const ports: [string, (bootstrap: readonly string[]) => ProducerPort][] = [
    ['kafkajs', viaKafkaJs],
    ['@platformatic/kafka', viaPlatformatic],
  ];
  for (const [name, port] of ports) {
    const producer = createProducer({
      port: port(cluster.bootstrap),
      identity: 'bench',
      bufferBytesMax: BUFFER_BYTES_MAX,
      requestTimeoutNs: 2e9,
    });
    await producer.sendAndConfirm({ topic, value: 'first' });
    for (const broker of cluster.brokers) broker.sigstop();
    const before = heldBytes();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    let worst = before;
    let callMaxMs = 0;
    for (let i = 0; i < RECORDS; i++) {
      const value = Buffer.alloc(VALUE_BYTES, i & 255);
      const startMs = performance.now();
      producer.send({ topic, value });
      callMaxMs = Math.max(callMaxMs, performance.now() - startMs);
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const pauseMs = delay.max / 1e6;
    delay.disable();
    // Time-outs and retries pass: what is held must not grow with them.
    for (let i = 0; i < 8; i++) {
      await sleep(1_000);
      worst = Math.max(worst, heldBytes());
    }
    for (const broker of cluster.brokers) broker.sigcont();
    const { balanced, delivered, unknown, dropped } = await producer.close({ graceMs: 30_000 });
    if (!balanced) throw new Error(`${name}: the books do not balance`);
    const grown = worst - before;
    if (grown > BUFFER_BYTES_MAX + CONSTANT_BYTES) throw new Error(`${name}: the heap grew by ${megabytes(grown)}`);
    const lost = Object.values(dropped).reduce((sum, each) => sum + each, 0);
    rows.push([
      name,
      megabytes(grown),
      callMaxMs.toFixed(1),
      pauseMs.toFixed(0),
      `${delivered}`,
      `${lost}`,
      `${unknown}`,
    ]);
  }
  const bound = `${megabytes(BUFFER_BYTES_MAX)} of buffer and ${megabytes(CONSTANT_BYTES)} for the client`;
  return [
    `${RECORDS} sends of ${VALUE_BYTES} bytes while all brokers hang; bound: ${bound}`,
    table(['over', 'grown', 'longest call ms', 'longest pause ms', 'delivered', 'dropped', 'unknown'], rows),
  ].join('\n');
}
