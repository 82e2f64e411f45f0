import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Confirmation, createProducer, type ProducerOptions } from '../../src/index.ts';
import type { ConsumedRecord } from '../../src/ports.ts';
import type { SimulatedKafkaOptions } from './kafka-spec.ts';
import { type SimulatedClientOptions, SimulatedKafka } from './simulated-kafka.ts';

const MS = 1_000_000;
const text = ({ value }: ConsumedRecord): string => Buffer.from(value!).toString();

/** A producer that offers a record every 10 ms, and what became of each. */
function application(kafka: SimulatedKafka, more: Partial<ProducerOptions> & SimulatedClientOptions = {}) {
  const { cluster, zone, ...options } = more;
  const port = kafka.producer({ ...(cluster !== undefined && { cluster }), ...(zone !== undefined && { zone }) });
  const producer = createProducer({ port, clock: kafka.clock, identity: 'application', ...options });
  const fates = new Map<string, Confirmation>();
  let sent = 0;
  let over = false;
  const tick = (): void => {
    if (over) return;
    const value = `${sent++}`;
    void producer.sendAndConfirm({ topic: 'clicks', value }).then((fate) => fates.set(value, fate));
    kafka.clock.after(10 * MS, tick);
  };
  tick();
  const close = () => {
    over = true;
    return kafka.until(producer.close({ graceMs: 5_000 }));
  };
  return { producer, fates, close };
}

const clicks = (options: Partial<SimulatedKafkaOptions> = {}) =>
  new SimulatedKafka({ topics: { clicks: { partitions: 3 } }, ...options });

describe('a producer in virtual time', () => {
  it('delivers, and every record can be read back as it was sent', async () => {
    const kafka = clicks();
    const { close } = application(kafka);
    await kafka.run({ forMs: 10_000 });
    const receipt = await close();
    expect(receipt).toMatchObject({ offered: 1_001, delivered: 1_001, unknown: 0, buffered: 0, balanced: true });
    // Until followers have it, nobody can read it.
    await kafka.run({ forMs: 100 });
    const read = kafka.records('clicks').flat().map(text);
    expect(read.sort()).toEqual(Array.from({ length: 1_001 }, (_, i) => `${i}`).sort());
  });

  it('starts while the cluster is away, and goes on by itself', async () => {
    const kafka = clicks();
    kafka.cutOff();
    kafka.at(60_000, () => kafka.reconnect());
    const { producer, close } = application(kafka);
    await kafka.run({ forMs: 60_000 });
    expect(producer.connected).toBe(false);
    expect(producer.bufferedRecords).toBe(6_001);
    await kafka.run({ forMs: 15_000 });
    expect(producer.connected).toBe(true);
    expect(await close()).toMatchObject({ offered: 7_501, delivered: 7_501, balanced: true });
  });

  it('keeps what a stopped broker can not take, and duplicates what was not answered, at the most', async () => {
    const kafka = clicks();
    kafka.at(2_005, () => kafka.stopBroker(1));
    kafka.at(7_000, () => kafka.startBroker(1));
    const { close } = application(kafka, { acks: -1, requestTimeoutNs: 500 * MS });
    await kafka.run({ forMs: 10_000 });
    const receipt = await close();
    expect(receipt).toMatchObject({ delivered: 1_001, balanced: true });
    expect(new Set(kafka.records('clicks').flat().map(text)).size).toBe(1_001);
  });

  it('hears nothing of a broker that hangs; what it was given is written when it goes on', async () => {
    const kafka = clicks();
    const { producer } = application(kafka, { requestTimeoutNs: 300 * MS, deliveryTimeoutNs: 1_000 * MS });
    kafka.at(1_000, () => {
      for (const broker of [1, 2, 3]) kafka.hangBroker(broker);
    });
    await kafka.run({ forMs: 6_000 });
    const before = kafka.records('clicks').flat().length;
    const { unknown } = producer.receipt();
    expect(unknown).toBeGreaterThan(0);
    for (const broker of [1, 2, 3]) kafka.resumeBroker(broker);
    await kafka.run({ forMs: 1_000 });
    const read = kafka.records('clicks').flat().map(text);
    expect(read.length).toBeGreaterThan(before + 10);
    expect(producer.receipt().balanced).toBe(true);
  });

  it('takes longer from another zone', async () => {
    const took = async (zone: number): Promise<number> => {
      const kafka = new SimulatedKafka({ topics: { clicks: { replicationFactor: 1 } } });
      const port = kafka.producer({ zone });
      await kafka.until(port.open());
      const fromMs = kafka.nowMs;
      for (let i = 0; i < 100; i++) await kafka.until(port.metadata('clicks'));
      const batch = {
        topic: 'clicks',
        partition: 0,
        records: [{ key: null, value: Buffer.from('x'), timestampMs: 1 }],
      };
      for (let i = 0; i < 100; i++) await kafka.until(port.produce(batch, { acks: 1, timeoutMs: 1_000 }));
      return kafka.nowMs - fromMs;
    };
    expect(await took(1)).toBeGreaterThan(1.5 * (await took(0)));
  });

  it('sends again what a cut way loses: all is delivered once, at the first turn after the cut', async () => {
    const kafka = clicks();
    kafka.at(1_005, () => {
      const mends = [1, 2, 3].map((broker) => kafka.cutWay({ broker, way: 'there' }));
      kafka.at(3_005, () => {
        for (const mend of mends) mend();
      });
    });
    const { producer, close } = application(kafka, { acks: -1, requestTimeoutNs: 30_000 * MS });
    await kafka.run({ forMs: 3_000 });
    const during = kafka.records('clicks').flat().length;
    expect(during).toBeLessThan(120);
    expect(producer.connected).toBe(true);
    await kafka.run({ forMs: 7_000 });
    expect(await close()).toMatchObject({ delivered: 1_001, balanced: true });
    expect(kafka.records('clicks').flat()).toHaveLength(1_001);
  });

  it('stores what it has on open connections when only answers are lost, and producers do not hear of it', async () => {
    const kafka = clicks();
    kafka.at(1_005, () => {
      for (const broker of [1, 2, 3]) kafka.cutWay({ broker, way: 'back' });
    });
    const limits = { requestTimeoutNs: 500 * MS, deliveryTimeoutNs: 1_000 * MS, retries: 0 };
    const { producer } = application(kafka, { acks: -1, ...limits });
    await kafka.run({ forMs: 4_000 });
    const stored = kafka.records('clicks').flat().length;
    const { delivered, unknown } = producer.receipt();
    expect(unknown).toBeGreaterThan(0);
    expect(stored).toBeGreaterThan(delivered);
    expect(stored).toBeLessThanOrEqual(delivered + unknown);
  });

  it('has clusters of its own choice', async () => {
    const kafka = clicks({ clusters: { east: { brokers: 3 }, west: { brokers: 2 } } });
    kafka.cutOff({ cluster: 'east' });
    const { close } = application(kafka, { cluster: 'west' });
    await kafka.run({ forMs: 1_000 });
    expect(await close()).toMatchObject({ delivered: 101 });
    await kafka.run({ forMs: 100 });
    expect(kafka.records('clicks', { cluster: 'west' }).flat()).toHaveLength(101);
    expect(kafka.records('clicks', { cluster: 'east' }).flat()).toHaveLength(0);
  });
});

/** One thing after the other that happens to the brokers. */
type Fault = {
  readonly atMs: number;
  readonly forMs: number;
  readonly broker: number;
  readonly kind: 'stop' | 'hang' | 'cut' | 'there' | 'back' | 'both';
};

const fault: fc.Arbitrary<Fault> = fc.record({
  atMs: fc.integer({ min: 0, max: 4_000 }),
  forMs: fc.integer({ min: 1, max: 3_000 }),
  broker: fc.integer({ min: 1, max: 3 }),
  kind: fc.constantFrom('stop', 'hang', 'cut', 'there', 'back', 'both'),
});

function plan(kafka: SimulatedKafka, faults: readonly Fault[]): void {
  for (const { atMs, forMs, broker, kind } of faults) {
    let mend: (() => void) | null = null;
    kafka.at(atMs, () => {
      if (kind === 'there' || kind === 'back' || kind === 'both') mend = kafka.cutWay({ broker, way: kind });
      else if (kind === 'stop') kafka.stopBroker(broker);
      else if (kind === 'hang') kafka.hangBroker(broker);
      else kafka.cutOff();
    });
    kafka.at(atMs + forMs, () => {
      if (mend !== null) mend();
      else if (kind === 'cut') kafka.reconnect();
      else kafka.startBroker(broker);
    });
  }
}

const world = fc.record({
  seed: fc.integer({ min: 1, max: 1_000_000 }),
  faults: fc.array(fault, { maxLength: 4 }),
  acks: fc.constantFrom(-1 as const, 1 as const, 0 as const),
  replicationFactor: fc.integer({ min: 1, max: 3 }),
  bufferRecordsMax: fc.constantFrom(50, 100_000),
});

async function played({
  seed,
  faults,
  acks,
  replicationFactor,
  bufferRecordsMax,
}: typeof world extends fc.Arbitrary<infer T> ? T : never) {
  const kafka = clicks({ seed, topics: { clicks: { partitions: 3, replicationFactor } } });
  plan(kafka, faults);
  const { fates, close } = application(kafka, {
    acks,
    bufferRecordsMax,
    requestTimeoutNs: 400 * MS,
    deliveryTimeoutNs: 2_000 * MS,
    retriesMax: 3,
  });
  await kafka.run({ forMs: 8_000 });
  const receipt = await close();
  await kafka.run({ forMs: 60_000 });
  return { kafka, fates, receipt, read: kafka.records('clicks').flat().map(text) };
}

describe('whatever breaks', () => {
  it('the receipt holds against what is read back, record by record', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (how) => {
        const { fates, receipt, read } = await played(how);
        expect(receipt.balanced).toBe(true);
        expect(fates.size).toBe(receipt.offered);
        const readBack = new Set(read);
        for (const value of readBack) expect(fates.get(value)?.fate).not.toBe('dropped');
        if (how.acks === 0) return;
        // Leaders do not change, so what a leader has said it has, it has.
        for (const [value, { fate }] of fates) if (fate === 'delivered') expect(readBack).toContain(value);
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('it is the same the second time', async () => {
    await fc.assert(
      fc.asyncProperty(world, async (how) => {
        const [a, b] = [await played(how), await played(how)];
        expect(a.receipt).toEqual(b.receipt);
        expect(a.read).toEqual(b.read);
        expect(a.kafka.requests).toBe(b.kafka.requests);
      }),
      { numRuns: 10 },
    );
  }, 120_000);
});
