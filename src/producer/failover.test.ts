import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../clock.fixture.ts';
import type { ProduceOutcome } from '../ports.ts';
import { MemoryPort } from './memory-port.fixture.ts';
import type { ProducerOptions } from './options.ts';
import { dropOldest } from './overflow.ts';
import { murmur2 } from './partitioner/index.ts';
import { createProducer, type Producer } from './producer.ts';

const MS = 1_000_000;

let clock: ManualClock;
let east: MemoryPort;
let west: MemoryPort;
let producer: Producer;
let news: unknown[];

/** Two clusters; topics go east unless told otherwise. */
function start(options: Partial<ProducerOptions> = {}): void {
  clock = new ManualClock();
  east = new MemoryPort();
  west = new MemoryPort();
  news = [];
  producer = createProducer({
    clusters: { east, west },
    clusterOf: { default: 'east' },
    ...{ clock, identity: 'test', lingerNs: 10 * MS },
    ...options,
  });
  producer.on('failover', (about) => news.push(about));
}

const send = (from: number, to: number, topic = 't') => {
  for (let i = from; i < to; i++) producer.send({ topic, key: `key ${i % 5}`, value: `${i}` });
};
const values = (port: MemoryPort) => port.log.map(({ record }) => Number(Buffer.from(record.value!).toString()));

/** Each key in one partition, the one that Kafka says, and in order. */
function expectOrderByKey(port: MemoryPort, partitions: number): void {
  const last = new Map<string, number>();
  for (const { partition, record } of port.log) {
    const key = Buffer.from(record.key!).toString();
    expect(partition).toBe((murmur2(record.key!) & 0x7fffffff) % partitions);
    const value = Number(Buffer.from(record.value!).toString());
    expect(value).toBeGreaterThan(last.get(key) ?? -1);
    last.set(key, value);
  }
}

afterEach(async () => {
  expect(producer.receipt().balanced).toBe(true);
  const closing = producer.close({ graceMs: 100 });
  await clock.advanceMs(200);
  expect(await closing).toMatchObject({ balanced: true, buffered: 0 });
  expect([east.closedWith, west.closedWith]).not.toContain(null);
});

describe('a producer over several clusters', () => {
  it('sends each topic to its own', async () => {
    start({ clusterOf: { default: 'east', topics: { payments: 'west' } } });
    send(0, 3, 'clicks');
    send(3, 5, 'payments');
    send(5, 6, 'constructor');
    await clock.advanceMs(100);
    expect([values(east).sort(), values(west).sort()]).toEqual([
      [0, 1, 2, 5],
      [3, 4],
    ]);
  });

  it('asks a cluster no more of a topic that has moved away, however its last calls end', async () => {
    start();
    send(0, 1);
    await clock.advanceMs(100);
    let answer: (outcome: ProduceOutcome) => void = () => {};
    east.produce = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    send(1, 2);
    await clock.advanceMs(50);
    producer.route({ default: 'west' });
    const asked = east.metadataCalls;
    answer({ ok: false, fate: 'maybe-written', cause: 'late' });
    await clock.advanceMs(20_000);
    expect(east.metadataCalls).toBe(asked);
    expect(values(west)).toEqual([1]);
  });

  it('says of which cluster it speaks', async () => {
    start();
    west.manner = 'down';
    producer.on('connected', (about) => news.push(['connected', about]));
    producer.on('disconnected', ({ cluster, cause }) => news.push(['disconnected', cluster, String(cause)]));
    await clock.advanceMs(100);
    expect(news).toEqual([
      ['connected', { cluster: 'east' }],
      ['disconnected', 'west', 'Error: open: connection refused'],
    ]);
    expect(producer.connections).toEqual({ east: true, west: false });
    expect(producer.connected).toBe(false);
  });

  it('lets one that is away take no time from the other, but room', async () => {
    start({ clusterOf: { default: 'east', topics: { far: 'west' } }, bufferRecordsMax: 20 });
    west.manner = 'hang';
    send(0, 15, 'far');
    for (let i = 100; i < 150; i += 5) {
      send(i, i + 5);
      await clock.advanceMs(20);
    }
    expect(values(east)).toHaveLength(50);
    expect(producer.bufferedRecords).toBe(15);
    send(200, 210);
    expect(producer.receipt().dropped).toEqual({ 'buffer-full': 5 });
  });

  it.each([
    [{ clusters: undefined, clusterOf: undefined }, 'port, clusters: expected one of the two, got neither'],
    [{ port: new MemoryPort() }, 'port, clusters: expected one of the two, got both'],
    [{ clusters: {} }, 'clusters: expected at least one, got none'],
    [{ clusterOf: undefined }, 'clusterOf: expected, as there are several clusters'],
    [{ clusterOf: { default: 'north' } }, 'clusterOf.default: expected one of east, west, got north'],
    [{ clusterOf: { default: 'east', topics: { t: 'north' } } }, 'clusterOf.topics.t: expected one of east, west'],
  ])('refuses what can not be meant: %#', (options, message) => {
    start();
    const given = { clusters: { east, west }, clusterOf: { default: 'east' }, clock, ...options };
    expect(() => createProducer(given as ProducerOptions)).toThrow(message);
  });
});

describe('a topic that is moved', () => {
  it('takes along what waits, in order, and tells', async () => {
    start();
    east.manner = 'down';
    send(0, 40);
    await clock.advanceMs(500);
    producer.route({ default: 'west' });
    send(40, 60);
    await clock.advanceMs(500);
    expect(values(west).sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expectOrderByKey(west, 3);
    expect(news).toEqual([{ topics: ['t'], from: 'east', to: 'west' }]);
    expect(producer.receipt()).toMatchObject({ delivered: 60, dropped: {} });
  });

  it.each([2, 5, 12])('finds each key its partition where there are not 3 but %i of them', async (partitions) => {
    start({ batchBytesMax: 60 });
    west.partitionsByDefault = partitions;
    const told: string[] = [];
    await clock.advanceMs(20);
    send(0, 1);
    await clock.advanceMs(50);
    east.mannerOf = () => 'down';
    for (let i = 1; i < 60; i++) {
      producer.send({ topic: 't', key: `key ${i % 5}`, value: `${i}` }, ({ fate }) => told.push(`${i} ${fate}`));
    }
    await clock.advanceMs(200);
    expect(producer.bufferedRecords).toBe(59);
    producer.route({ default: 'east', topics: { t: 'west' } });
    send(60, 80);
    await clock.advanceMs(2_000);
    expect(values(west).sort((a, b) => a - b)).toEqual(Array.from({ length: 79 }, (_, i) => i + 1));
    expectOrderByKey(west, partitions);
    expect(told.sort()).toEqual(Array.from({ length: 59 }, (_, i) => `${i + 1} delivered`).sort());
  });

  it('waits for the cluster that it has moved to, and bounds what waits', async () => {
    start({ bufferRecordsMax: 30, overflow: dropOldest, batchBytesMax: 40 });
    send(0, 5);
    await clock.advanceMs(100);
    west.manner = 'down';
    producer.route({ default: 'west' });
    send(5, 60);
    await clock.advanceMs(5_000);
    expect(producer.bufferedRecords).toBeLessThanOrEqual(30);
    west.manner = 'fine';
    await clock.advanceMs(5_000);
    expect(producer.bufferedRecords).toBe(0);
    expect(values(west)).toContain(59);
    expect(values(east)).toHaveLength(5);
  });

  it('leaves in flight what is, and sends it again to the new cluster if it must: it can be in both', async () => {
    start({ requestTimeoutNs: 1_000 * MS });
    await clock.advanceMs(20);
    east.mannerOf = () => 'lose-answer';
    send(0, 5);
    await clock.advanceMs(15);
    expect(values(east).sort()).toEqual([0, 1, 2, 3, 4]);
    producer.route({ default: 'west' });
    await clock.advanceMs(3_000);
    expect(values(west).sort()).toEqual([0, 1, 2, 3, 4]);
    expect(producer.receipt()).toMatchObject({ delivered: 5 });
  });

  it('does not go where a late answer of the old cluster says, and asks it no more', async () => {
    start({ metadataMaxAgeNs: 1_000 * MS });
    let asked = 0;
    east.metadata = () => {
      asked++;
      return new Promise((resolve) => clock.after(500 * MS, () => resolve([{ partition: 0, leader: 1 }])));
    };
    send(0, 5);
    await clock.advanceMs(100);
    producer.route({ default: 'west' });
    await clock.advanceMs(1_000);
    expectOrderByKey(west, 3);
    expect(values(west).sort()).toEqual([0, 1, 2, 3, 4]);
    await clock.advanceMs(5_000);
    expect(asked).toBe(1);
    expect(west.metadataCalls).toBeGreaterThan(3);
  });

  it('goes back and forth before anybody has answered', async () => {
    start();
    send(0, 5);
    await clock.advanceMs(100);
    for (const to of ['west', 'east', 'west', 'east']) producer.route({ default: to });
    send(5, 9);
    await clock.advanceMs(200);
    expect(values(east).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(news).toHaveLength(4);
  });

  it('stays where it is when the map names a cluster that there is not', async () => {
    start();
    send(0, 1);
    expect(() => producer.route({ default: 'west', topics: { t: 'north' } })).toThrow('clusterOf.topics.t');
    await clock.advanceMs(100);
    expect(values(east)).toEqual([0]);
    expect(news).toEqual([]);
  });
});
