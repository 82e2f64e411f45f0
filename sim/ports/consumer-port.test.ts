import { describe, expect, it } from 'vitest';
import type { ConsumedRecord, ConsumerHandler, ConsumerPort, TopicPartition } from '../../src/ports.ts';
import { SimulatedKafka } from './simulated-kafka.ts';

const text = ({ value }: ConsumedRecord): string => Buffer.from(value!).toString();

/** Commits each batch once it has been handled, as a router does. */
class Reader implements ConsumerHandler {
  readonly port: ConsumerPort;
  readonly read: string[] = [];
  readonly told: string[] = [];

  constructor(port: ConsumerPort) {
    this.port = port;
  }

  async batch(at: TopicPartition, records: readonly ConsumedRecord[]): Promise<void> {
    this.read.push(...records.map(text));
    await this.port.commit([{ ...at, offset: records.at(-1)!.offset + 1n }]).catch(() => {});
  }

  assigned(to: readonly TopicPartition[]): void {
    this.told.push(`assigned ${to.map(({ partition }) => partition)}`);
  }

  async revoked(from: readonly TopicPartition[]): Promise<void> {
    this.told.push(`revoked ${from.map(({ partition }) => partition)}`);
  }

  error({ fatal }: { fatal: boolean }): void {
    this.told.push(fatal ? 'fatal' : 'error');
  }
}

const topics = { clicks: { partitions: 4 } };
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `${from + i}`);

async function writing(kafka: SimulatedKafka) {
  const port = kafka.producer();
  await kafka.until(port.open());
  await kafka.until(port.metadata('clicks'));
  return async (from: number, to: number): Promise<void> => {
    for (const value of numbers(from, to)) {
      const records = [{ key: null, value: Buffer.from(value), timestampMs: 1 }];
      const batch = { topic: 'clicks', partition: Number(value) % 4, records };
      expect((await kafka.until(port.produce(batch, { acks: -1, timeoutMs: 1_000 }))).ok).toBe(true);
    }
  };
}

describe('consumers in virtual time', () => {
  it('share partitions as they come and go, and read every record once while nothing breaks', async () => {
    const kafka = new SimulatedKafka({ topics });
    const write = await writing(kafka);
    await write(0, 100);
    const one = new Reader(kafka.consumer({ groupId: 'g' }));
    const two = new Reader(kafka.consumer({ groupId: 'g' }));
    void one.port.run(['clicks'], one);
    await kafka.run({ forMs: 1_000 });
    void two.port.run(['clicks'], two);
    await kafka.run({ forMs: 5_000 });
    await write(100, 200);
    await kafka.run({ forMs: 1_000 });
    await kafka.until(one.port.close(1_000));
    await kafka.run({ forMs: 5_000 });
    await write(200, 300);
    await kafka.run({ forMs: 1_000 });
    expect(one.told).toEqual(['assigned 0,1,2,3', 'revoked 0,1,2,3', 'assigned 0,1', 'revoked 0,1']);
    expect(two.told).toEqual(['assigned 2,3', 'revoked 2,3', 'assigned 0,1,2,3']);
    expect([...one.read, ...two.read].sort()).toEqual(numbers(0, 300).sort());
    expect(two.read.length).toBeGreaterThan(100);
  });

  it('read on when the broker is back, and again only what was not committed', async () => {
    const kafka = new SimulatedKafka({ topics });
    const write = await writing(kafka);
    await write(0, 200);
    const reader = new Reader(kafka.consumer({ groupId: 'g', batchRecordsMax: 5 }));
    void reader.port.run(['clicks'], reader);
    while (reader.read.length < 20) await kafka.run({ forMs: 0.2 });
    expect(reader.read.length).toBeLessThan(200);
    for (const broker of [1, 2, 3]) kafka.stopBroker(broker);
    await kafka.run({ forMs: 20_000 });
    for (const broker of [1, 2, 3]) kafka.startBroker(broker);
    await kafka.run({ forMs: 20_000 });
    expect(new Set(reader.read)).toEqual(new Set(numbers(0, 200)));
    expect(reader.told).toContain('error');
    expect(reader.told).not.toContain('fatal');
  });

  it('say that they can not start when nobody is there', async () => {
    const kafka = new SimulatedKafka({ topics });
    kafka.cutOff();
    const reader = new Reader(kafka.consumer({ groupId: 'g' }));
    await expect(kafka.until(reader.port.run(['clicks'], reader))).rejects.toThrow('no broker answers');
    expect(reader.told).toEqual(['fatal']);
  });

  it('cost a membership to one that does not let go of its partitions', async () => {
    const kafka = new SimulatedKafka({ topics });
    const stuck = new Reader(kafka.consumer({ groupId: 'g' }));
    stuck.revoked = () => new Promise(() => {});
    const other = new Reader(kafka.consumer({ groupId: 'g' }));
    void stuck.port.run(['clicks'], stuck);
    await kafka.run({ forMs: 1_000 });
    void other.port.run(['clicks'], other);
    await kafka.run({ forMs: 30_000 });
    expect(other.told).toEqual([]);
    await kafka.run({ forMs: 40_000 });
    expect(other.told).toEqual(['assigned 0,1,2,3']);
    const late = stuck.port.commit([{ topic: 'clicks', partition: 0, offset: 1n }]);
    await expect(kafka.until(late)).rejects.toThrow('rebalanced');
  });
});

describe('what is asked for and is not there', () => {
  it.each([
    [
      'a cluster',
      () => new SimulatedKafka({ topics }).producer({ cluster: 'west' }),
      'no cluster west: there are main',
    ],
    [
      'a zone',
      () => new SimulatedKafka({ topics }).producer({ zone: 7 }),
      'zone: expected a whole number from 0 to 2, got 7',
    ],
    ['a broker', () => new SimulatedKafka({ topics }).stopBroker(4), 'no broker 4: they are 1 to 3'],
    ['a topic', () => new SimulatedKafka({ topics }).records('other'), 'no topic other: there are clicks'],
    [
      'partitions',
      () => new SimulatedKafka({ topics: { t: { partitions: 0 } } }),
      'topics.t.partitions: expected a whole number from 1',
    ],
    [
      'brokers for copies',
      () => new SimulatedKafka({ topics: { t: { replicationFactor: 3 } }, clusters: { main: { brokers: 2 } } }),
      'topics.t.replicationFactor: expected a whole number from 1 to 2, got 3',
    ],
  ])('%s', (_, what, told) => {
    expect(what).toThrow(told);
  });

  it('time, while somebody else drives', async () => {
    const kafka = new SimulatedKafka({ topics });
    const first = kafka.run({ forMs: 10 });
    await expect(kafka.run({ forMs: 10 })).rejects.toThrow('driven already');
    await first;
    await expect(kafka.until(new Promise(() => {}), { withinMs: 100 })).rejects.toThrow('not settled within 100 ms');
  });
});
