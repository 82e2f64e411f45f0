/** A producer that has lived through a bit of everything: delivered, dropped for several causes, unknown, buffered. */
import { ManualClock } from '../clock.fixture.ts';
import { MemoryPort } from '../producer/memory-port.fixture.ts';
import { createProducer, type Producer } from '../producer/producer.ts';

const MS = 1_000_000;

export interface Lived {
  readonly producer: Producer;
  readonly clock: ManualClock;
  readonly port: MemoryPort;
}

export function start(): Lived {
  const clock = new ManualClock();
  const port = new MemoryPort();
  const produce = port.produce.bind(port);
  // Answers take their time, or there would be no durations to tell of.
  port.produce = (batch, options) =>
    new Promise((resolve) => clock.after(7 * MS, () => resolve(produce(batch, options))));
  const producer = createProducer({
    port,
    clock,
    identity: 'test',
    lingerNs: 10 * MS,
    bufferRecordsMax: 50,
    retriesMax: 1,
    requestTimeoutNs: 1_000 * MS,
    deliveryTimeoutNs: 3_000 * MS,
    classes: { pay: 'high' },
  });
  return { producer, clock, port };
}

export async function live({ producer, clock, port }: Lived): Promise<void> {
  await clock.advanceMs(100);
  for (let i = 0; i < 60; i++) producer.send({ topic: 'view', value: `view ${i}` });
  await clock.advanceMs(100);
  port.mannerOf = () => 'forbid';
  for (let i = 0; i < 3; i++) producer.send({ topic: 'pay', value: `pay ${i}` });
  await clock.advanceMs(100);
  port.mannerOf = () => 'refuse';
  for (let i = 0; i < 5; i++) producer.send({ topic: 'pay', value: `pay ${i}`, class: 'low' });
  await clock.advanceMs(5_000);
  port.mannerOf = () => 'lose-answer';
  for (let i = 0; i < 7; i++) producer.send({ topic: 'view', value: `view ${i}` });
  await clock.advanceMs(20_000);
  port.mannerOf = null;
  for (let i = 0; i < 11; i++) producer.send({ topic: 'pay', value: `pay ${i}` });
  await clock.advanceMs(100);
  producer.send({ topic: 'view', value: 'x'.repeat(2 << 20) });
  producer.send(null as never);
  for (let i = 0; i < 2; i++) producer.send({ topic: 'view', value: 'waits' });
}
