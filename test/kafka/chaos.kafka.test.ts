import { setTimeout as sleep } from 'node:timers/promises';
import * as platformatic from '@platformatic/kafka';
import { Kafka } from 'kafkajs';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { confluentProducer } from '../../src/adapters/confluent/index.ts';
import { kafkaJsProducer } from '../../src/adapters/kafkajs/index.ts';
import { platformaticProducer } from '../../src/adapters/platformatic/index.ts';
import type { ProducerPort } from '../../src/ports.ts';
import { confluentClient } from './confluent-client.ts';
import { kafkaEnvironment } from './environment.ts';
import { type Expectation, Load, REQUEST_TIMEOUT_MS } from './load.ts';

const { cluster, topics, bootstrap } = kafkaEnvironment();
/** Partition p is led by broker p + 1 at first. */
const ASSIGNMENT = [
  [1, 2, 3],
  [2, 3, 1],
  [3, 1, 2],
];

const confluent = confluentClient();

const clients: Record<string, () => ProducerPort> = {
  kafkajs: () => kafkaJsProducer({ Kafka, config: { brokers: [...bootstrap] }, silenceMs: 1_000 }),
  '@platformatic/kafka': () =>
    platformaticProducer({
      kafka: platformatic,
      config: { clientId: 'chaos', bootstrapBrokers: [...bootstrap] },
      silenceMs: 1_000,
    }),
  ...(confluent !== null && {
    '@confluentinc/kafka-javascript': () =>
      confluentProducer({
        client: confluent,
        config: { 'bootstrap.servers': bootstrap.join() },
        questionTimeoutMs: 1_000,
      }),
  }),
};

/** Every client, asking for one acknowledgement and for all: they meet the same trouble at the same time. */
async function prepare(): Promise<() => Load[]> {
  const made: { name: string; topic: string; acks: 1 | -1 }[] = [];
  for (const name of Object.keys(clients)) {
    for (const acks of [1, -1] as const) {
      made.push({ name, acks, topic: await topics.create('chaos', { assignment: ASSIGNMENT }) });
    }
  }
  return () => made.map((each) => new Load({ ...each, port: clients[each.name]() }).start());
}

/** Ends the load, reads everything back, and holds it against what the producers said. */
async function settle(title: string, loads: readonly Load[], expectation: Expectation): Promise<void> {
  const receipts = await Promise.all(loads.map((load) => load.stop()));
  const wrong: string[] = [];
  for (const [i, load] of loads.entries()) {
    const findings = load.check(await topics.readBack(load.topic), expectation);
    console.log(`${title}: ${load.tell(findings)}`);
    wrong.push(...findings.wrong.slice(0, 5).map((each) => `${load.name}, acks ${load.acks}: ${each}`));
    const { balanced, offered, delivered, unknown } = receipts[i];
    expect(balanced).toBe(true);
    expect(offered).toBe(load.sent);
    expect(load.ends.filter(({ fate }) => fate === 'delivered')).toHaveLength(delivered);
    expect(load.ends.filter(({ fate }) => fate === 'unknown')).toHaveLength(unknown);
    expect(delivered).toBeGreaterThan(0);
    // Far below every time-out: no call has waited for anybody.
    expect(load.callMs(1)).toBeLessThan(REQUEST_TIMEOUT_MS / 4);
  }
  expect(wrong).toEqual([]);
}

const nothing = () => false;
/** With one acknowledgement, what a leader has taken that then loses office. */
const ledBy =
  (broker: number) =>
  (load: Load, partition: number): boolean =>
    load.acks === 1 && partition === broker - 1;

afterAll(() => topics.close());
afterEach(() => cluster?.heal());

describe.skipIf(cluster === null)('on a bad day', () => {
  it('a leader is killed, and comes back', async () => {
    const loads = (await prepare())();
    await sleep(3_000);
    await cluster!.broker(1).kill9();
    await sleep(7_000);
    await cluster!.broker(1).start();
    await sleep(2_000);
    await settle('killed', loads, { mayMiss: ledBy(1) });
  });

  it('a broker hangs for 20 s', async () => {
    const loads = (await prepare())();
    await sleep(3_000);
    cluster!.broker(2).sigstop();
    await sleep(20_000);
    cluster!.broker(2).sigcont();
    await sleep(3_000);
    await settle('hung', loads, { mayMiss: ledBy(2) });
  });

  it('all three restart, one after the other', async () => {
    const loads = (await prepare())();
    await sleep(2_000);
    for (const broker of cluster!.brokers) {
      await broker.stop();
      await broker.start();
    }
    await sleep(2_000);
    await settle('restarted', loads, { mayMiss: ({ acks }) => acks === 1 });
  });

  it('a topic is deleted and made again', async () => {
    const loads = (await prepare())();
    await sleep(2_000);
    for (const { topic } of loads) {
      await topics.delete(topic);
      await topics.until(topic, (leaders) => leaders.length === 0);
    }
    await sleep(1_000);
    for (const { topic } of loads) await topics.createNamed(topic, { assignment: ASSIGNMENT });
    // Brokers hear of it one after the other.
    await sleep(1_000);
    const from = performance.now();
    await sleep(4_000);
    await settle('made again', loads, { from, mayMiss: nothing });
  });

  it('no broker is there at first, for half a minute', async () => {
    const begin = await prepare();
    await Promise.all(cluster!.brokers.map((broker) => broker.kill9()));
    const loads = begin();
    await sleep(30_000);
    for (const { producer } of loads) expect(producer.connected).toBe(false);
    await cluster!.startAll();
    await sleep(4_000);
    for (const { producer } of loads) expect(producer.connected).toBe(true);
    await settle('late', loads, { mayMiss: nothing });
  });
});
