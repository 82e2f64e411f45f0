/** One producer, two clusters: a topic is moved while records wait, and each key's order is what it was. */
import { expect, it } from 'vitest';
import { createProducer, type ProducerPort, type WireRecord } from '../src/index.ts';

/** A cluster in memory; `up` says whether it can be reached. In production: an adapter around your client. */
function cluster(partitions: number, isUp: () => boolean) {
  const log: { readonly partition: number; readonly record: WireRecord; readonly acks: number }[] = [];
  const away = new Error('cluster away');
  const port: ProducerPort = {
    caps: { acksPerCall: true, idempotent: false, retriesInternally: false },
    open: async () => {
      if (!isUp()) throw away;
    },
    metadata: async () => Array.from({ length: partitions }, (_, partition) => ({ partition, leader: partition })),
    produce: async ({ partition, records }, { acks }) => {
      if (!isUp()) return { ok: false, fate: 'not-written', next: 'reconnect', cause: away };
      for (const record of records) log.push({ partition, record, acks });
      return { ok: true, baseOffset: null };
    },
    close: async () => {},
  };
  return { port, log };
}

it('moves a topic to a cluster with another number of partitions', async () => {
  let eastIsUp = true;
  const east = cluster(3, () => eastIsUp);
  const west = cluster(4, () => true);
  const producer = createProducer({
    clusters: { east: east.port, west: west.port },
    clusterOf: { default: 'east' },
    lingerNs: 0,
    acksByTopic: { orders: -1 },
    tenants: { clicks: 'web' },
    quotas: { web: { recordsPerSecond: 1, burstRecords: 10 } },
  });
  const moves: unknown[] = [];
  producer.on('failover', (news) => moves.push(news));

  await producer.sendAndConfirm({ topic: 'orders', key: 'ada', value: '0' });
  eastIsUp = false;
  for (let n = 1; n < 40; n++) producer.send({ topic: 'orders', key: n % 2 === 0 ? 'ada' : 'bob', value: `${n}` });
  // Where your configuration service says so:
  producer.route({ default: 'east', topics: { orders: 'west' } });
  await producer.sendAndConfirm({ topic: 'orders', key: 'ada', value: '40' });
  for (let n = 0; n < 50; n++) producer.send({ topic: 'clicks', value: 'click' });

  const receipt = await producer.close({ graceMs: 20 });
  expect(moves).toEqual([{ topics: ['orders'], from: 'east', to: 'west' }]);
  const values = (key: string) =>
    west.log.filter(({ record }) => String(record.key) === key).map(({ record }) => Number(String(record.value)));
  expect(values('ada')).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i + 2));
  expect(values('bob')).toEqual(Array.from({ length: 20 }, (_, i) => 2 * i + 1));
  expect(west.log.every(({ acks }) => acks === -1)).toBe(true);
  // The cluster of the clicks never came back; ten of them were within their tenant's quota.
  expect(receipt.dropped).toEqual({ 'over-quota': 40, closed: 10 });
  expect(receipt.balanced).toBe(true);
});
