/**
 * For whoever runs a pipeline: what is missing between producers and Kafka, window by window, from counts at both ends; and
 * beats to every partition, which know of a dead one although nobody writes to it. The clients are simulated here; with real
 * ones the same code runs on `systemClock`.
 */
import { SimulatedKafka } from '../sim/index.ts';
import {
  createProducer,
  type Finding,
  type HeartbeatNews,
  Heartbeats,
  type Receipt,
  Reconciler,
  SendLosses,
  TierCounter,
  unwrap,
  windowOf,
} from '../src/index.ts';

const WINDOW_MS = 10_000;
const BEAT_TOPIC = 'beats';

export interface Audited {
  readonly receipt: Receipt;
  readonly stored: number;
  /** Last word on each window. */
  readonly findings: readonly Finding[];
  readonly news: readonly HeartbeatNews[];
  readonly saidLost: number;
}

/** 200 clicks a second for a minute; two of three brokers hang from the fifth second to the 25th. */
export async function audited(): Promise<Audited> {
  const kafka = new SimulatedKafka({ topics: { clicks: { partitions: 6 }, [BEAT_TOPIC]: { partitions: 3 } } });
  const { clock } = kafka;
  const findings = new Map<number, Finding>();
  const reconciler = new Reconciler({
    pairs: [['producer', 'kafka']],
    windowMs: WINDOW_MS,
    settleMs: 5_000,
    keepMs: 120_000,
    onFinding: (finding) => findings.set(finding.window, finding),
  });
  // Reports go by a topic of their own where processes are several.
  const counterOf = (tier: string) =>
    new TierCounter({
      ...{ tier, instance: 'one', windowMs: WINDOW_MS, graceMs: 2_000 },
      onReport: (report) => reconciler.report(report, clock.wallMs()),
    });
  const [sent, stored] = [counterOf('producer'), counterOf('kafka')];

  // The producer's end: in the callback of each send, whatever became of it.
  const losses = new SendLosses();
  const producer = createProducer({
    port: kafka.producer(),
    clock,
    identity: 'test',
    bufferRecordsMax: 2_000,
    envelope: { app: 'shop', host: 'one', random: () => 7 },
  });
  const count = losses.callback('clicks');
  const send = (n: number) => {
    const timestampMs = clock.wallMs();
    producer.send({ topic: 'clicks', value: `click ${n}`, timestampMs }, (confirmation) => {
      count(confirmation);
      const nowMs = clock.wallMs();
      const window = windowOf(timestampMs, WINDOW_MS);
      sent.add({ topic: 'clicks', window, records: 1, ageMaxMs: nowMs - timestampMs }, nowMs);
    });
  };

  // Kafka's end: a consumer that reads envelopes.
  const consumer = kafka.consumer({ groupId: 'auditor' });
  const consuming = consumer.run(['clicks'], {
    batch: async (_, records) => {
      for (const record of records) {
        const opened = unwrap(record);
        if (opened.kind === 'enveloped') stored.count('clicks', opened.envelope, clock.wallMs());
      }
    },
    assigned: () => undefined,
    revoked: async () => undefined,
    error: () => undefined,
  });

  // Beats: by the port itself, which takes a partition, and read back by a consumer of their own.
  const news: HeartbeatNews[] = [];
  const port = kafka.producer();
  const beats = new Heartbeats({
    targets: ['0', '1', '2'],
    intervalMs: 1_000,
    boundMs: 2_000,
    send: (target, beat) => {
      const record = { key: null, value: new TextEncoder().encode(String(beat)), timestampMs: clock.wallMs() };
      const batch = { topic: BEAT_TOPIC, partition: Number(target), records: [record] };
      void port.produce(batch, { acks: 1, timeoutMs: 2_000 });
    },
    onNews: (each) => news.push(each),
  });
  const beatConsumer = kafka.consumer({ groupId: 'beats' });
  const beating = beatConsumer.run([BEAT_TOPIC], {
    batch: async ({ partition }, records) => {
      for (const { value } of records) {
        beats.arrived(String(partition), Number(new TextDecoder().decode(value!)), clock.wallMs());
      }
    },
    assigned: () => undefined,
    revoked: async () => undefined,
    error: () => undefined,
  });
  await kafka.until(port.open());
  await kafka.until(port.metadata(BEAT_TOPIC));

  for (let n = 0; n < 12_000; n++) kafka.at(n * 5, () => send(n));
  for (let ms = 0; ms < 90_000; ms += 100) {
    kafka.at(ms, () => {
      for (const each of [sent, stored, reconciler, beats]) each.onTime(clock.wallMs());
    });
  }
  for (const broker of [1, 2]) {
    kafka.at(5_000, () => kafka.hangBroker(broker));
    kafka.at(25_000, () => kafka.resumeBroker(broker));
  }
  await kafka.run({ forMs: 90_000 });
  const receipt = await kafka.until(producer.close());
  await kafka.until(Promise.all([consumer.close(1_000), beatConsumer.close(1_000), consuming, beating]));
  return {
    receipt,
    stored: kafka.records('clicks').flat().length,
    findings: [...findings.values()].sort((a, b) => a.window - b.window),
    news,
    saidLost: losses.of('clicks').lost,
  };
}
