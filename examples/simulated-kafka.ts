/**
 * For whoever writes an application, and wants to test what it does while Kafka is in trouble: Kafka in virtual time behind
 * the application's own producer. No broker, no mock; a minute takes about a second, and goes the same way each time.
 */

import { SimulatedKafka } from '../sim/index.ts';
import { createProducer, type Receipt } from '../src/index.ts';

const CLICKS = 12_000;

/** 200 clicks a second for a minute; two of three brokers hang from the fifth second to the 25th. */
export async function outage(): Promise<{ receipt: Receipt; stored: number; warnedAtMs: number }> {
  const kafka = new SimulatedKafka({ topics: { clicks: { partitions: 6 } } });
  const { clock } = kafka;
  const producer = createProducer({ port: kafka.producer(), clock, identity: 'test', bufferRecordsMax: 2_000 });
  let warnedAtMs = Infinity;
  producer.once('backpressure', () => {
    warnedAtMs = kafka.nowMs;
  });
  for (let n = 0; n < CLICKS; n++) {
    kafka.at(n * 5, () => producer.send({ topic: 'clicks', key: `user ${n % 500}`, value: `click ${n}` }));
  }
  for (const broker of [1, 2]) {
    kafka.at(5_000, () => kafka.hangBroker(broker));
    kafka.at(25_000, () => kafka.resumeBroker(broker));
  }
  await kafka.run({ forMs: 60_000 });
  const receipt = await kafka.until(producer.close());
  await kafka.run({ forMs: 1_000 });
  return { receipt, stored: kafka.records('clicks').flat().length, warnedAtMs };
}
